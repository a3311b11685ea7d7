//! Opens a destination.

use super::object_store::{ObjectStoreSink, StoreKind};
use crate::destination::Destination;
use crate::destination::credentials::Credentials;
use crate::destination::s3_target::S3Target;
use crate::destination::secret::redact_url;
use crate::error::SinkError;
use crate::http::conditional_puts::ConditionalPuts;
use crate::http::service::{S3HttpService, ServiceConnector};
use crate::timeouts::Timeouts;
use object_store::RetryConfig;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum, S3ConditionalPut};
use std::sync::Arc;

/// Opens the sink of a destination. For S3 nothing is sent yet.
///
/// # Errors
/// [`SinkError`] when the directory cannot be made, or TLS has no root certificates.
pub fn open_sink(
    destination: &Destination,
    timeouts: Timeouts,
) -> Result<ObjectStoreSink, SinkError> {
    match destination {
        Destination::S3(s3) => open_bucket(s3, destination.describe(), timeouts),
        Destination::Directory { dir, .. } => ObjectStoreSink::directory(dir),
    }
}

/// A sink for an S3 bucket; nothing is sent yet.
fn open_bucket(
    s3: &S3Target,
    description: String,
    timeouts: Timeouts,
) -> Result<ObjectStoreSink, SinkError> {
    let conditions = Arc::new(ConditionalPuts::for_endpoint(s3.endpoint.as_ref()));
    let service = S3HttpService::new(timeouts, s3, Arc::clone(&conditions))?;
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&s3.bucket)
        .with_region(&s3.region)
        .with_allow_http(s3.is_http())
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        // The store checks it, and answers with it, so a byte flipped on the way is found out.
        .with_checksum_algorithm(Checksum::SHA256)
        // Every store can delete one object at a time, and a policy for one device can allow that.
        .with_disable_bulk_delete(true)
        // The one schedule for trying again is ours.
        .with_retry(RetryConfig {
            max_retries: 0,
            ..RetryConfig::default()
        })
        .with_http_connector(ServiceConnector(service.clone()));
    if let Some(endpoint) = &s3.endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    let inner = with_credentials(builder, &s3.credentials)
        .build()
        .map_err(|e| SinkError::Other {
            what: redact_url(&e.to_string()),
        })?;
    let mut sink = ObjectStoreSink::new(
        Arc::new(inner),
        s3.prefix.clone(),
        description,
        s3.bucket.clone(),
        StoreKind::S3,
    )?;
    sink.conditions = conditions;
    sink.bucket = Some((service, s3.address()?));
    Ok(sink)
}

/// The builder with the keys that sign requests.
fn with_credentials(builder: AmazonS3Builder, credentials: &Credentials) -> AmazonS3Builder {
    match credentials {
        Credentials::Keys {
            access_key,
            secret_key,
            session_token,
            ..
        } => {
            let builder = builder
                .with_access_key_id(access_key)
                .with_secret_access_key(secret_key.reveal());
            match session_token {
                Some(token) => builder.with_token(token.reveal()),
                None => builder,
            }
        }
        Credentials::WebIdentity {
            token_file,
            role,
            session,
            service,
        } => {
            let file = token_file.to_string_lossy();
            let builder = builder
                .with_config(AmazonS3ConfigKey::WebIdentityTokenFile, file)
                .with_config(AmazonS3ConfigKey::RoleArn, role)
                .with_config(AmazonS3ConfigKey::RoleSessionName, session);
            match service {
                Some(url) => builder.with_config(AmazonS3ConfigKey::StsEndpoint, url.as_str()),
                None => builder,
            }
        }
        Credentials::Instance { service } => {
            builder.with_metadata_endpoint(service.as_str().trim_end_matches('/'))
        }
    }
}
