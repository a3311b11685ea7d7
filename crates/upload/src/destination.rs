//! Where delivery goes: from a URL, or from names in the environment and `.env`.
//!
//! What is always true:
//! * No message, description or debug output holds a secret.
//! * Nothing is read from the process here: the caller hands in the variables.
//! * Without credentials the destination is a directory, and `why` says so.

mod check;

use crate::Timeouts;
use crate::error::SinkError;
use crate::store::Store;
use check::{check_bucket, checked_endpoint, checked_prefix, is_loopback};
use std::fmt;
use std::path::{Path, PathBuf};
use thiserror::Error;
use url::Url;

/// The names read from the environment or `.env`. An empty value counts as not set.
pub mod vars {
    /// Name of the bucket.
    pub const BUCKET: &str = "S3_BUCKET_NAME";
    /// Folder within the bucket.
    pub const PREFIX: &str = "S3_PREFIX";
    /// Access key id.
    pub const ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";
    /// Secret access key.
    pub const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
    /// Token that goes with a temporary key.
    pub const TOKEN: &str = "AWS_SESSION_TOKEN";
    /// Region; `us-east-1` when not set.
    pub const REGION: &str = "AWS_REGION";
    /// Region, where [`REGION`] is not set.
    pub const DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
    /// Address of a store other than Amazon's.
    pub const ENDPOINT: &str = "AWS_ENDPOINT_URL";
    /// All of them.
    pub const ALL: [&str; 8] = [
        BUCKET,
        PREFIX,
        ACCESS_KEY,
        SECRET_KEY,
        TOKEN,
        REGION,
        DEFAULT_REGION,
        ENDPOINT,
    ];
}

/// The region when none is named: Amazon's own default, and what other stores accept.
const DEFAULT_REGION: &str = "us-east-1";

/// A setting that cannot be used: what is wrong, where, and what to do.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{place}: {what}. {hint}")]
pub struct ConfigError {
    /// The variable's name, or `destination` for the URL.
    pub place: &'static str,
    /// What is wrong; never holds a secret.
    pub what: String,
    /// What to do.
    pub hint: String,
}

/// Text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// For the one place that signs requests.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// An S3 bucket and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3 {
    /// Name of the bucket.
    pub bucket: String,
    /// Folder within it, without slashes at its ends; may be empty.
    pub prefix: String,
    /// Region.
    pub region: String,
    /// Address of the store; `None` for Amazon's.
    pub endpoint: Option<Url>,
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: Secret,
    /// Token of a temporary key.
    pub session_token: Option<Secret>,
}

impl S3 {
    /// True when the endpoint is on this computer.
    #[must_use]
    pub fn on_loopback(&self) -> bool {
        self.endpoint.as_ref().is_some_and(is_loopback)
    }
}

/// Where delivery goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A bucket.
    S3(Box<S3>),
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
    pub fn choose(
        url: Option<&str>,
        get: &dyn Fn(&str) -> Option<String>,
        default_dir: &Path,
    ) -> Result<Self, ConfigError> {
        let given = Given(get);
        match url.map(str::trim).filter(|u| !u.is_empty()) {
            Some(url) => from_url(url, &given),
            None => match given.plain(vars::BUCKET)? {
                Some(bucket) => {
                    let prefix = given.text(vars::PREFIX).unwrap_or_default();
                    Ok(Self::S3(Box::new(s3(
                        bucket,
                        vars::BUCKET,
                        &prefix,
                        vars::PREFIX,
                        &given,
                    )?)))
                }
                None => no_bucket(&given, default_dir),
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

    /// What the user should know before anything is sent: why it is a directory, or that the line is not encrypted.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        match self {
            Self::Directory { why, .. } => why.iter().cloned().collect(),
            Self::S3(s3) => match &s3.endpoint {
                Some(url) if url.scheme() == "http" && !is_loopback(url) => vec![format!(
                    "{} is http, so everything is sent unencrypted; use https unless the network is your own.",
                    vars::ENDPOINT
                )],
                _ => Vec::new(),
            },
        }
    }

    /// Opens the sink. For S3 nothing is sent yet.
    ///
    /// # Errors
    /// [`SinkError`] when the directory cannot be made, or TLS has no root certificates.
    pub fn open(&self, timeouts: Timeouts) -> Result<Store, SinkError> {
        match self {
            Self::S3(s3) => Store::s3(s3, self.describe(), timeouts),
            Self::Directory { dir, .. } => Store::directory(dir),
        }
    }
}

fn error(place: &'static str, what: impl Into<String>, hint: impl Into<String>) -> ConfigError {
    ConfigError {
        place,
        what: what.into(),
        hint: hint.into(),
    }
}

/// The variables, with what is common to reading them.
struct Given<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Given<'_> {
    fn text(&self, name: &str) -> Option<String> {
        (self.0)(name)
            .map(|v| v.trim().to_owned())
            .filter(|v| !v.is_empty())
    }

    /// A value without spaces, quotes or control characters, and not the placeholder of an example file.
    fn plain(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let Some(value) = self.text(name) else {
            return Ok(None);
        };
        if value.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(error(
                name,
                "has a space or a line break inside",
                "Copy the value again, on one line.",
            ));
        }
        if value.contains(['"', '\'', '`']) {
            return Err(error(
                name,
                "has a quotation mark inside",
                "Write the value without quotation marks, or with one at each end.",
            ));
        }
        if is_placeholder(&value) {
            return Err(error(
                name,
                "still holds the example's placeholder",
                "Put your own value there, or remove the line to keep everything on this computer.",
            ));
        }
        Ok(Some(value))
    }
}

fn is_placeholder(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let starts = [
        "your_",
        "your-",
        "<",
        "${",
        "xxxx",
        "changeme",
        "change-me",
        "change_me",
    ];
    starts.iter().any(|start| value.starts_with(start))
}

/// Neither URL nor bucket: the local directory, unless half a key is a sign of a mistake.
fn no_bucket(given: &Given<'_>, default_dir: &Path) -> Result<Destination, ConfigError> {
    let access = given.plain(vars::ACCESS_KEY)?;
    let secret = given.plain(vars::SECRET_KEY)?;
    let found = match (access, secret) {
        (Some(_), Some(_)) => format!("An access key is set, but {} is not", vars::BUCKET),
        (None, None) => format!(
            "No bucket is set ({}, {} and {} are empty)",
            vars::BUCKET,
            vars::ACCESS_KEY,
            vars::SECRET_KEY
        ),
        (Some(_), None) => return Err(half_a_key(vars::SECRET_KEY, vars::ACCESS_KEY)),
        (None, Some(_)) => return Err(half_a_key(vars::ACCESS_KEY, vars::SECRET_KEY)),
    };
    Ok(Destination::Directory {
        dir: default_dir.to_owned(),
        why: Some(format!(
            "{found}: nothing leaves this computer, deliveries go to {}.",
            default_dir.display()
        )),
    })
}

fn half_a_key(missing: &'static str, present: &str) -> ConfigError {
    error(
        missing,
        format!("is not set, but {present} is"),
        format!("Set both, or remove {present}."),
    )
}

fn from_url(text: &str, given: &Given<'_>) -> Result<Destination, ConfigError> {
    const PLACE: &str = "destination";
    let hint = "Give s3://bucket/prefix, file:///directory or an absolute path.";
    if Path::new(text).is_absolute() {
        return Ok(Destination::Directory {
            dir: PathBuf::from(text),
            why: None,
        });
    }
    let url = Url::parse(text).map_err(|e| {
        error(
            PLACE,
            format!("\"{}\" is not a URL ({e})", redact_url(text)),
            hint,
        )
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(error(
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
        return Err(error(PLACE, "has a part after ? or #", hint));
    }
    match url.scheme() {
        "s3" => {
            let bucket = url.host_str().unwrap_or_default();
            if url.port().is_some() {
                return Err(error(
                    PLACE,
                    "names a port",
                    format!(
                        "Give s3://bucket/prefix and put the store's address into {}.",
                        vars::ENDPOINT
                    ),
                ));
            }
            let prefix = url.path();
            Ok(Destination::S3(Box::new(s3(
                bucket.to_owned(),
                PLACE,
                prefix,
                PLACE,
                given,
            )?)))
        }
        "file" => {
            let dir = url.to_file_path().map_err(|()| {
                error(
                    PLACE,
                    format!("\"{text}\" is not a local directory"),
                    "Give file:///directory with three slashes.",
                )
            })?;
            Ok(Destination::Directory { dir, why: None })
        }
        "http" | "https" => Err(error(
            PLACE,
            format!("{} is not a kind of destination", url.scheme()),
            format!(
                "Give s3://bucket/prefix and put the store's address into {}.",
                vars::ENDPOINT
            ),
        )),
        other => Err(error(
            PLACE,
            format!("{other} is not a kind of destination"),
            hint,
        )),
    }
}

fn s3(
    bucket: String,
    bucket_place: &'static str,
    prefix: &str,
    prefix_place: &'static str,
    given: &Given<'_>,
) -> Result<S3, ConfigError> {
    check_bucket(&bucket, bucket_place)?;
    let prefix = checked_prefix(prefix, prefix_place)?;
    let access = given.plain(vars::ACCESS_KEY)?;
    let secret = given.plain(vars::SECRET_KEY)?;
    let (access_key, secret_key) = match (access, secret) {
        (Some(access), Some(secret)) => (access, secret),
        (Some(_), None) => return Err(half_a_key(vars::SECRET_KEY, vars::ACCESS_KEY)),
        (None, Some(_)) => return Err(half_a_key(vars::ACCESS_KEY, vars::SECRET_KEY)),
        (None, None) => {
            return Err(error(
                vars::ACCESS_KEY,
                format!("is not set, but the bucket {bucket} is"),
                format!(
                    "Set {} and {} of a key that may write to it.",
                    vars::ACCESS_KEY,
                    vars::SECRET_KEY
                ),
            ));
        }
    };
    let endpoint = given
        .plain(vars::ENDPOINT)?
        .map(|text| checked_endpoint(&text, &bucket))
        .transpose()?;
    let (region, region_place) = match given.plain(vars::REGION)? {
        Some(region) => (Some(region), vars::REGION),
        None => (given.plain(vars::DEFAULT_REGION)?, vars::DEFAULT_REGION),
    };
    let region = region.unwrap_or_else(|| DEFAULT_REGION.into());
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if region.len() > 64 || !region.chars().all(word) {
        return Err(error(
            region_place,
            format!("\"{region}\" is not a region"),
            "Give a name such as eu-central-1, or auto where the store says so.",
        ));
    }
    Ok(S3 {
        bucket,
        prefix,
        region,
        endpoint,
        access_key,
        secret_key: Secret(secret_key),
        session_token: given.plain(vars::TOKEN)?.map(Secret),
    })
}

/// Whatever stands before an `@` may be a password.
pub(crate) fn redact_url(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    }
}
