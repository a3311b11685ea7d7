//! Organisations: further recipients outside this computer.

use crate::age_keys::{InvalidAgeKey, Recipient};
use serde::{Deserialize, Serialize};

/// Longest name of an organisation, in characters.
const MAX_NAME: usize = 60;

/// A recipient outside this computer who can read everything sealed from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its name, as in "Acme Ltd, payroll"; 1 to 60 characters.
    pub name: String,
    /// Its age public key.
    pub key: String,
}

/// Why an organisation cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrganisation {
    /// The name is empty, too long, or holds control characters.
    #[error("give the organisation a name of 1 to 60 characters, so that people know who can read")]
    Name,
    /// The key is no age public key.
    #[error(transparent)]
    Key(#[from] InvalidAgeKey),
}

impl Organisation {
    /// Takes a name (trimmed) and an age public key, both checked.
    ///
    /// # Errors
    /// [`InvalidOrganisation`].
    pub fn new(name: &str, key: &str) -> Result<Self, InvalidOrganisation> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control)
        {
            return Err(InvalidOrganisation::Name);
        }
        let key: Recipient = key.parse()?;
        Ok(Self {
            name: name.to_owned(),
            key: key.to_string(),
        })
    }
}
