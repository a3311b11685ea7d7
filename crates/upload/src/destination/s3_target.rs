//! An S3 bucket as the user chose it.

use super::config_error::ConfigError;
use super::credentials::Credentials;
use super::credentials_source::choose_credentials;
use super::network::NetworkRoute;
use super::validate::{check_bucket, check_endpoint, check_prefix, is_loopback};
use super::variables::Variables;
use super::vars;
use crate::error::SinkError;
use serde::{Deserialize, Serialize};
use url::Url;

/// The region when none is named: Amazon's own default, which other stores accept.
const DEFAULT_REGION: &str = "us-east-1";

/// An S3 bucket and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Target {
    /// Name of the bucket.
    pub bucket: String,
    /// Folder within it, without slashes at its ends; may be empty.
    pub prefix: String,
    /// Region.
    pub region: String,
    /// Address of the store; `None` for Amazon's.
    pub endpoint: Option<Url>,
    /// The keys that sign requests.
    pub credentials: Credentials,
    /// Proxy, certificates and speed.
    pub network: NetworkRoute,
}

impl S3Target {
    /// The bucket `bucket` with everything else from the variables. The two places are named in errors.
    pub(super) fn from_variables(
        bucket: String,
        bucket_place: &'static str,
        prefix: &str,
        prefix_place: &'static str,
        given: &Variables<'_>,
    ) -> Result<Self, ConfigError> {
        check_bucket(&bucket, bucket_place)?;
        let prefix = check_prefix(prefix, prefix_place)?;
        // A profile's address and region go with its keys, and with no other's.
        let (credentials, profile) = choose_credentials(given, &bucket)?;
        let setting = |name: &str| profile.as_ref()?.setting(name);
        let endpoint = given
            .plain_value(vars::ENDPOINT)?
            .or_else(|| setting("endpoint_url"))
            .map(|text| check_endpoint(&text, &bucket))
            .transpose()?;
        let (region, region_place) = match given.plain_value(vars::REGION)? {
            Some(region) => (Some(region), vars::REGION),
            None => (
                given.plain_value(vars::DEFAULT_REGION)?,
                vars::DEFAULT_REGION,
            ),
        };
        let region = region
            .or_else(|| setting("region"))
            .unwrap_or_else(|| DEFAULT_REGION.into());
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if region.len() > 64 || !region.chars().all(word) {
            return Err(ConfigError::new(
                region_place,
                format!("\"{region}\" is not a region"),
                "Give a name such as eu-central-1, or auto where the store says so.",
            ));
        }
        Ok(Self {
            network: NetworkRoute::from_variables(given, endpoint.as_ref())?,
            bucket,
            prefix,
            region,
            endpoint,
            credentials,
        })
    }

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
