//! Who can read, and what was agreed to.

use crate::{InvalidAgeKey, Recipient, VaultError};
use serde::{Deserialize, Serialize};

/// Longest name of an organisation, in characters.
const MAX_NAME: usize = 60;

/// Somebody outside this computer who can read the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// What it is called, as in "Acme Ltd, payroll".
    pub name: String,
    /// Its age public key.
    pub key: String,
}

/// Why an organisation cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrganisation {
    /// No name, or one that is too long or holds control characters.
    #[error("give the organisation a name of 1 to 60 characters, so that people know who reads")]
    Name,
    /// The key is none.
    #[error(transparent)]
    Key(#[from] InvalidAgeKey),
}

impl Organisation {
    /// With its key checked.
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

/// That somebody read the notice and agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Version of the notice.
    pub version: u32,
    /// SHA-256 of the text that was shown, 64 lower-case hex digits.
    pub text_sha256: String,
    /// When, in microseconds since the Unix epoch (UTC).
    pub at_us: i64,
}

impl From<InvalidOrganisation> for VaultError {
    fn from(e: InvalidOrganisation) -> Self {
        Self::BadOrganisation(e)
    }
}
