//! Where delivery goes: from a URL, or from variables in the environment and `.env`. Nothing is opened here.
//!
//! Always true:
//! * No message, description or debug output holds a secret.
//! * Nothing is read from the process: the caller passes the variables. Files that they name are read.
//! * Without credentials the destination is a directory, and `why` says so.

use config_error::ConfigError;
use credentials::Credentials;
use s3_target::S3Target;
use secret::{SecretText, redact_url};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use url::Url;
use validate::is_loopback;
use variables::Variables;

pub(crate) mod config_error;
pub(crate) mod credentials;
mod credentials_source;
pub(crate) mod network;
mod profile;
pub(crate) mod s3_target;
pub(crate) mod secret;
mod validate;
mod variables;
pub mod vars;

/// Where delivery goes. As JSON it holds no secret: keys, tokens and the address of a proxy are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Destination {
    /// A bucket.
    S3(Box<S3Target>),
    /// A directory.
    Directory {
        /// Which.
        dir: PathBuf,
        /// Set when nobody asked for a directory: one sentence for the user.
        why: Option<String>,
    },
}

impl Destination {
    /// Decides where delivery goes.
    ///
    /// `url` is the user's own choice (`s3://bucket/prefix`, `file:///dir`, or an absolute path) and wins over the
    /// variables, which still give the credentials. `get` looks a variable up. `default_dir` is used when there is
    /// neither a URL nor a bucket.
    ///
    /// # Errors
    /// [`ConfigError`] when something is given that cannot be used.
    pub fn resolve(
        url: Option<&str>,
        get: &dyn Fn(&str) -> Option<String>,
        default_dir: &Path,
    ) -> Result<Self, ConfigError> {
        let given = Variables(get);
        match url.map(str::trim).filter(|u| !u.is_empty()) {
            Some(url) => parse_url(url, &given),
            None => match given.plain_value(vars::BUCKET)? {
                Some(bucket) => {
                    let prefix = given.trimmed(vars::PREFIX).unwrap_or_default();
                    Ok(Self::S3(Box::new(S3Target::from_variables(
                        bucket,
                        vars::BUCKET,
                        &prefix,
                        vars::PREFIX,
                        &given,
                    )?)))
                }
                None => fall_back_to_directory(&given, default_dir),
            },
        }
    }

    /// One line for people; never a secret.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::S3(s3) => {
                let folder = if s3.prefix.is_empty() {
                    String::new()
                } else {
                    format!("/{}", s3.prefix)
                };
                let at = match &s3.endpoint {
                    Some(url) => format!("at {}", url.as_str().trim_end_matches('/')),
                    None => "at Amazon S3".into(),
                };
                format!("s3://{}{folder} {at}, region {}", s3.bucket, s3.region)
            }
            Self::Directory { dir, .. } => format!("the directory {}", dir.display()),
        }
    }

    /// The source of the keys that sign requests, in a few words; `None` for a directory. Never a secret.
    #[must_use]
    pub fn describe_credentials(&self) -> Option<String> {
        match self {
            Self::S3(s3) => Some(s3.credentials.to_string()),
            Self::Directory { .. } => None,
        }
    }

    /// The same destination, sending no faster than this many KiB a second; 0 is no limit.
    #[must_use]
    pub fn with_rate_limit(mut self, kib_per_s: u32) -> Self {
        if let Self::S3(s3) = &mut self {
            s3.network.limit_kib_per_s = kib_per_s;
        }
        self
    }

    /// The same destination as its JSON holds it: nothing can be uploaded before the secrets are put back.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        if let Self::S3(s3) = &mut self {
            s3.network.clear_secrets();
            if let Credentials::Keys {
                access_key,
                secret_key,
                session_token,
                ..
            } = &mut s3.credentials
            {
                (*access_key, *secret_key) = (String::new(), SecretText::default());
                *session_token = None;
            }
        }
        self
    }

    /// Remarks for the user before anything is uploaded: why it is a directory, or that the line is not encrypted.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        match self {
            Self::Directory { why, .. } => why.iter().cloned().collect(),
            Self::S3(s3) => {
                let mut remarks = Vec::new();
                if let Some(url) = &s3.endpoint
                    && url.scheme() == "http"
                    && !is_loopback(url)
                {
                    remarks.push(format!(
                        "{} is http, so everything is uploaded unencrypted; use https unless the network is your own.",
                        vars::ENDPOINT
                    ));
                }
                remarks.extend(s3.network.remarks());
                remarks
            }
        }
    }
}

/// The settings of a profile in the text of a file as Amazon's tools share it (`credentials`; not `config`, whose sections
/// are named otherwise).
#[must_use]
pub fn profile_settings(text: &str, name: &str) -> std::collections::BTreeMap<String, String> {
    profile::read_section(text, name, false)
}

/// Neither URL nor bucket: the local directory, unless half a key is a sign of a mistake.
fn fall_back_to_directory(
    given: &Variables<'_>,
    default_dir: &Path,
) -> Result<Destination, ConfigError> {
    let access = given.plain_value(vars::ACCESS_KEY)?;
    let secret = given.plain_value(vars::SECRET_KEY)?;
    let found = match (access, secret) {
        (Some(_), Some(_)) => format!("An access key is set, but {} is not", vars::BUCKET),
        (None, None) => format!(
            "No bucket is set ({}, {} and {} are empty)",
            vars::BUCKET,
            vars::ACCESS_KEY,
            vars::SECRET_KEY
        ),
        (Some(_), None) => {
            return Err(ConfigError::missing_half(
                vars::SECRET_KEY,
                vars::ACCESS_KEY,
            ));
        }
        (None, Some(_)) => {
            return Err(ConfigError::missing_half(
                vars::ACCESS_KEY,
                vars::SECRET_KEY,
            ));
        }
    };
    Ok(Destination::Directory {
        dir: default_dir.to_owned(),
        why: Some(format!(
            "{found}: nothing leaves this computer, uploads go to {}.",
            default_dir.display()
        )),
    })
}

fn parse_url(text: &str, given: &Variables<'_>) -> Result<Destination, ConfigError> {
    const PLACE: &str = "destination";
    let hint = "Give s3://bucket/prefix, file:///directory or an absolute path.";
    if Path::new(text).is_absolute() {
        return Ok(Destination::Directory {
            dir: PathBuf::from(text),
            why: None,
        });
    }
    let url = Url::parse(text).map_err(|e| {
        ConfigError::new(
            PLACE,
            format!("\"{}\" is not a URL ({e})", redact_url(text)),
            hint,
        )
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigError::new(
            PLACE,
            "holds a user name or password",
            format!(
                "Put the keys into {} and {} instead.",
                vars::ACCESS_KEY,
                vars::SECRET_KEY
            ),
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigError::new(PLACE, "has a part after ? or #", hint));
    }
    match url.scheme() {
        "s3" => {
            let bucket = url.host_str().unwrap_or_default();
            if url.port().is_some() {
                return Err(ConfigError::new(
                    PLACE,
                    "names a port",
                    format!(
                        "Give s3://bucket/prefix and put the store's address into {}.",
                        vars::ENDPOINT
                    ),
                ));
            }
            let prefix = url.path();
            Ok(Destination::S3(Box::new(S3Target::from_variables(
                bucket.to_owned(),
                PLACE,
                prefix,
                PLACE,
                given,
            )?)))
        }
        "file" => {
            let dir = url.to_file_path().map_err(|()| {
                ConfigError::new(
                    PLACE,
                    format!("\"{text}\" is not a local directory"),
                    "Give file:///directory with three slashes.",
                )
            })?;
            Ok(Destination::Directory { dir, why: None })
        }
        "http" | "https" => Err(ConfigError::new(
            PLACE,
            format!("{} is not a kind of destination", url.scheme()),
            format!(
                "Give s3://bucket/prefix and put the store's address into {}.",
                vars::ENDPOINT
            ),
        )),
        other => Err(ConfigError::new(
            PLACE,
            format!("{other} is not a kind of destination"),
            hint,
        )),
    }
}
