//! Where delivery goes: from a URL, or from names in the environment and `.env`.
//!
//! What is always true:
//! * No message, description or debug output holds a secret.
//! * Nothing is read from the process here: the caller hands in the variables. Files that they name are read.
//! * Without credentials the destination is a directory, and `why` says so.

mod check;
mod credentials;
mod network;
mod profile;

pub use credentials::Credentials;
pub use network::NetworkRoute;

use crate::Timeouts;
use crate::error::SinkError;
use crate::store::ObjectStoreSink;
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
    /// Name of a profile in the files of Amazon's own tools; `default` when not set.
    pub const PROFILE: &str = "AWS_PROFILE";
    /// The file with the profiles' keys; `~/.aws/credentials` when not set.
    pub const CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";
    /// The file with the profiles' settings; `~/.aws/config` when not set.
    pub const CONFIG_FILE: &str = "AWS_CONFIG_FILE";
    /// File with the token of a web identity, which is exchanged for keys of [`ROLE`].
    pub const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
    /// The role that the web identity takes on.
    pub const ROLE: &str = "AWS_ROLE_ARN";
    /// How the role's log names this computer; `uam` when not set.
    pub const ROLE_SESSION: &str = "AWS_ROLE_SESSION_NAME";
    /// Address of the service that exchanges tokens for keys; Amazon's when not set.
    pub const STS: &str = "AWS_ENDPOINT_URL_STS";
    /// `false` chooses the role of the machine itself (EC2 instance metadata). Never asked otherwise: on a laptop that
    /// address belongs to whoever runs the network.
    pub const NO_METADATA: &str = "AWS_EC2_METADATA_DISABLED";
    /// Address of the metadata service; that of EC2 when not set.
    pub const METADATA: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    /// Certificates (PEM) to trust instead of the system's.
    pub const CA_BUNDLE: &str = "AWS_CA_BUNDLE";
    /// The same, where [`CA_BUNDLE`] is not set.
    pub const CERT_FILE: &str = "SSL_CERT_FILE";
    /// Proxies by the scheme of the store's address, then for both; the lower-case names come first, as in curl.
    pub const PROXIES: [&str; 6] = [
        "https_proxy",
        "HTTPS_PROXY",
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ];
    /// Hosts that are reached without a proxy.
    pub const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];
    /// The user's own folder, in which `.aws` lies. Not looked up in `.env`; the caller answers it.
    pub const HOME: &str = "HOME";
    /// All that may stand in the environment or `.env`.
    pub const ALL: [&str; 27] = [
        BUCKET,
        PREFIX,
        ACCESS_KEY,
        SECRET_KEY,
        TOKEN,
        REGION,
        DEFAULT_REGION,
        ENDPOINT,
        PROFILE,
        CREDENTIALS_FILE,
        CONFIG_FILE,
        TOKEN_FILE,
        ROLE,
        ROLE_SESSION,
        STS,
        NO_METADATA,
        METADATA,
        CA_BUNDLE,
        CERT_FILE,
        PROXIES[0],
        PROXIES[1],
        PROXIES[2],
        PROXIES[3],
        PROXIES[4],
        PROXIES[5],
        NO_PROXY[0],
        NO_PROXY[1],
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
pub struct SecretText(String);

impl SecretText {
    /// For the one place that signs requests.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// An S3 bucket and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Target {
    /// Name of the bucket.
    pub bucket: String,
    /// Folder within it, without slashes at its ends; may be empty.
    pub prefix: String,
    /// Region.
    pub region: String,
    /// Address of the store; `None` for Amazon's.
    pub endpoint: Option<Url>,
    /// What requests are signed with.
    pub credentials: Credentials,
    /// The way there.
    pub network: NetworkRoute,
}

impl S3Target {
    /// True when the endpoint is on this computer.
    #[must_use]
    pub fn on_loopback(&self) -> bool {
        self.endpoint.as_ref().is_some_and(is_loopback)
    }

    /// True when no TLS is spoken with the store.
    pub(crate) fn is_http(&self) -> bool {
        self.endpoint
            .as_ref()
            .is_some_and(|url| url.scheme() == "http")
    }

    /// The bucket's own address.
    pub(crate) fn address(&self) -> Result<Url, SinkError> {
        let endpoint = match &self.endpoint {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("https://s3.{}.amazonaws.com", self.region),
        };
        Url::parse(&format!("{endpoint}/{}", self.bucket)).map_err(|e| SinkError::Other {
            what: e.to_string(),
        })
    }
}

/// Where delivery goes.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// Whose keys requests are signed with, in a few words; `None` for a directory. Never a secret.
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

    /// What the user should know before anything is sent: why it is a directory, or that the line is not encrypted.
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
                        "{} is http, so everything is sent unencrypted; use https unless the network is your own.",
                        vars::ENDPOINT
                    ));
                }
                remarks.extend(s3.network.remarks());
                remarks
            }
        }
    }

    /// Opens the sink. For S3 nothing is sent yet.
    ///
    /// # Errors
    /// [`SinkError`] when the directory cannot be made, or TLS has no root certificates.
    pub fn open_sink(&self, timeouts: Timeouts) -> Result<ObjectStoreSink, SinkError> {
        match self {
            Self::S3(s3) => ObjectStoreSink::s3(s3, self.describe(), timeouts),
            Self::Directory { dir, .. } => ObjectStoreSink::directory(dir),
        }
    }
}

/// The settings of a profile in the text of a file as Amazon's tools share it (`credentials`; not `config`, whose sections
/// are named otherwise).
#[must_use]
pub fn profile_settings(text: &str, name: &str) -> std::collections::BTreeMap<String, String> {
    profile::section(text, name, false)
}

fn error(place: &'static str, what: impl Into<String>, hint: impl Into<String>) -> ConfigError {
    ConfigError {
        place,
        what: what.into(),
        hint: hint.into(),
    }
}

/// The variables, with what is common to reading them.
struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    /// The first of them that is set, with its name.
    fn first(&self, names: &[&'static str]) -> Option<(&'static str, String)> {
        names
            .iter()
            .find_map(|name| self.text(name).map(|value| (*name, value)))
    }

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
fn no_bucket(given: &Variables<'_>, default_dir: &Path) -> Result<Destination, ConfigError> {
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

fn from_url(text: &str, given: &Variables<'_>) -> Result<Destination, ConfigError> {
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
    given: &Variables<'_>,
) -> Result<S3Target, ConfigError> {
    check_bucket(&bucket, bucket_place)?;
    let prefix = checked_prefix(prefix, prefix_place)?;
    // A profile's address and region go with its keys, and with no other's.
    let (credentials, profile) = Credentials::choose(given, &bucket)?;
    let setting = |name: &str| profile.as_ref()?.setting(name);
    let endpoint = given
        .plain(vars::ENDPOINT)?
        .or_else(|| setting("endpoint_url"))
        .map(|text| checked_endpoint(&text, &bucket))
        .transpose()?;
    let (region, region_place) = match given.plain(vars::REGION)? {
        Some(region) => (Some(region), vars::REGION),
        None => (given.plain(vars::DEFAULT_REGION)?, vars::DEFAULT_REGION),
    };
    let region = region
        .or_else(|| setting("region"))
        .unwrap_or_else(|| DEFAULT_REGION.into());
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if region.len() > 64 || !region.chars().all(word) {
        return Err(error(
            region_place,
            format!("\"{region}\" is not a region"),
            "Give a name such as eu-central-1, or auto where the store says so.",
        ));
    }
    Ok(S3Target {
        network: NetworkRoute::choose(given, endpoint.as_ref())?,
        bucket,
        prefix,
        region,
        endpoint,
        credentials,
    })
}

/// Whatever stands before an `@` may be a password.
pub(crate) fn redact_url(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    }
}
