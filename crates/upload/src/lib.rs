//! Delivery: segments, screenshots and signed manifests into any sink.
//!
//! [`Destination`] says where, from a URL or from variables; [`open_sink`] opens it. [`drain()`] empties a journal's outbox
//! in order. [`upload_manifests`] lists the acknowledged objects, signed and chained. [`verify`] checks a sink against
//! those lists. [`retry`] says when to try next.
//!
//! Always true:
//! * An object counts as delivered after an ETag, or after a look at that key confirmed size and hash.
//! * Puts are conditional; a key carries its content's hash, so a repeated put never makes a second object.
//! * The screenshots a segment names are in the sink before it; segments go one after the other.
//! * A manifest lists only acknowledged objects, each once; every number is in an object or explained.
//! * Nothing is put into a bucket that lists its objects to anyone.
//!
//! Errors are permanent or retriable by type ([`SinkError`]) and say what to do; nothing is logged here.

mod destination;
mod drain;
mod error;
mod http;
pub mod iam_policy;
pub mod manifest;
mod manifest_upload;
pub mod object_keys;
pub mod retry;
mod sink;
mod timeouts;
pub mod verify;

pub use destination::config_error::ConfigError;
pub use destination::credentials::Credentials;
pub use destination::network::NetworkRoute;
pub use destination::s3_target::S3Target;
pub use destination::secret::SecretText;
pub use destination::{Destination, profile_settings, vars};
pub use drain::outcome::{DrainProgress, DrainReport, UploadCause, UploadError};
pub use drain::queue::UploadQueue;
pub use drain::{BATCH, BATCH_BYTES, drain};
pub use error::SinkError;
pub use http::classify::classify_answer;
pub use http::service::MAX_AT_ONCE;
pub use manifest_upload::{KEEPALIVE_INTERVAL, ManifestUploadReport, upload_manifests};
pub use sink::interface::{
    InspectableSink, LookupResults, NewObject, ObjectDigest, ObjectHead, PutOutcome, Sink,
    sha256_hex,
};
pub use sink::object_store::ObjectStoreSink;
pub use sink::open::open_sink;
pub use timeouts::Timeouts;
