//! The keys that sign requests.

use super::secret::SecretText;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use url::Url;

/// The keys that sign requests. Shown, it names their source and never the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Credentials {
    /// A key that was written down.
    Keys {
        /// Access key id.
        #[serde(skip)]
        access_key: String,
        /// Secret access key.
        #[serde(skip)]
        secret_key: SecretText,
        /// Token of a temporary key.
        #[serde(skip)]
        session_token: Option<SecretText>,
        /// The profile it stands in, with its file; `None` for the environment and `.env`.
        profile: Option<String>,
    },
    /// A token in a file, exchanged for the keys of a role for an hour at a time.
    WebIdentity {
        /// The file; read again at each exchange, since other programs renew it.
        token_file: PathBuf,
        /// The role.
        role: String,
        /// How the role's log names this computer.
        session: String,
        /// Where tokens are exchanged; `None` for Amazon's service of the region.
        service: Option<Url>,
    },
    /// The role of the machine itself.
    Instance {
        /// The metadata service.
        service: Url,
    },
}

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys { profile: None, .. } => f.write_str("the key in the environment or .env"),
            Self::Keys {
                profile: Some(profile),
                ..
            } => write!(f, "the key of {profile}"),
            Self::WebIdentity {
                token_file, role, ..
            } => write!(
                f,
                "the role {role}, for the token in {}",
                token_file.display()
            ),
            Self::Instance { service } => write!(
                f,
                "the role of this machine, from {}",
                service.as_str().trim_end_matches('/')
            ),
        }
    }
}
