//! What requests are signed with, and where it comes from.

use super::check::checked_service;
use super::profile::AwsProfile;
use super::{ConfigError, SecretText, Variables, error, half_a_key, vars};
use std::fmt;
use std::path::PathBuf;
use url::Url;

/// Where EC2 tells a machine the keys of its role.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>
const EC2: &str = "http://169.254.169.254";

/// What requests are signed with. Shown, it says where the keys come from and never what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A key that was written down.
    Keys {
        /// Access key id.
        access_key: String,
        /// Secret access key.
        secret_key: SecretText,
        /// Token of a temporary key.
        session_token: Option<SecretText>,
        /// The profile it stands in, with its file; `None` for the environment and `.env`.
        profile: Option<String>,
    },
    /// A token in a file, exchanged for the keys of a role for an hour at a time.
    WebIdentity {
        /// The file; read anew at each exchange, since others renew it.
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

impl Credentials {
    /// The first of: a key in the variables, a web identity, a profile that was named, the machine's role where that was
    /// chosen, the profile `default`. With the profile, where it is that one.
    pub(super) fn choose(
        given: &Variables<'_>,
        bucket: &str,
    ) -> Result<(Self, Option<AwsProfile>), ConfigError> {
        match (
            given.plain(vars::ACCESS_KEY)?,
            given.plain(vars::SECRET_KEY)?,
        ) {
            (Some(access_key), Some(secret_key)) => {
                let keys = Self::Keys {
                    access_key,
                    secret_key: SecretText(secret_key),
                    session_token: given.plain(vars::TOKEN)?.map(SecretText),
                    profile: None,
                };
                return Ok((keys, None));
            }
            (Some(_), None) => return Err(half_a_key(vars::SECRET_KEY, vars::ACCESS_KEY)),
            (None, Some(_)) => return Err(half_a_key(vars::ACCESS_KEY, vars::SECRET_KEY)),
            (None, None) => {}
        }
        if let Some(identity) = web_identity(given)? {
            return Ok((identity, None));
        }
        let named = given.text(vars::PROFILE).is_some();
        if !named && let Some(machine) = instance(given)? {
            return Ok((machine, None));
        }
        if let Some(profile) = AwsProfile::find(given)? {
            return Ok((profile.credentials()?, Some(profile)));
        }
        Err(error(
            vars::ACCESS_KEY,
            format!("is not set, but the bucket {bucket} is"),
            format!(
                "Set {} and {} of a key that may write to it, or {} for a profile in ~/.aws/credentials.",
                vars::ACCESS_KEY,
                vars::SECRET_KEY,
                vars::PROFILE
            ),
        ))
    }
}

fn web_identity(given: &Variables<'_>) -> Result<Option<Credentials>, ConfigError> {
    let Some(file) = given.text(vars::TOKEN_FILE) else {
        return Ok(None);
    };
    let role = given
        .plain(vars::ROLE)?
        .ok_or_else(|| half_a_key(vars::ROLE, vars::TOKEN_FILE))?;
    // What is in it is read when it is exchanged; a wrong name should be told before the first record.
    std::fs::File::open(&file).map_err(|e| {
        error(
            vars::TOKEN_FILE,
            format!("names {file}, which cannot be read ({e})"),
            "Give the file that holds the token, and let this user read it.",
        )
    })?;
    Ok(Some(Credentials::WebIdentity {
        token_file: file.into(),
        role,
        session: given
            .plain(vars::ROLE_SESSION)?
            .unwrap_or_else(|| "uam".into()),
        service: given
            .plain(vars::STS)?
            .map(|text| checked_service(&text, vars::STS, false))
            .transpose()?,
    }))
}

fn instance(given: &Variables<'_>) -> Result<Option<Credentials>, ConfigError> {
    match given.text(vars::NO_METADATA).as_deref() {
        None | Some("true") => Ok(None),
        Some("false") => {
            let address = given.plain(vars::METADATA)?.unwrap_or_else(|| EC2.into());
            let service = checked_service(&address, vars::METADATA, true)?;
            Ok(Some(Credentials::Instance { service }))
        }
        Some(_) => Err(error(
            vars::NO_METADATA,
            "is neither true nor false",
            "Write false to sign with the role of this (EC2) machine, or remove it.",
        )),
    }
}
