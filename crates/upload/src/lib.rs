//! Delivery: outbox to segments and pictures, into any sink.
//!
//! * [`Destination`] says where to, from a URL or from variables, and opens a [`ObjectStoreSink`].
//! * [`Sink`] is the small interface every destination has: put a new object, look, read, list.
//! * [`drain()`] empties a journal's outbox into a sink, in order, without loss and without doubles.
//! * [`upload_manifests()`] lists what was delivered in signed [`manifest`]s, and [`verify`] checks a sink against them.
//! * [`schedule`] says when to try next.
//!
//! Errors say what kind they are ([`SinkError`]), whether waiting can help, and what to do; nothing is logged here.

mod chain;
mod classify;
mod conditions;
mod destination;
mod drain;
mod error;
pub mod keys;
mod look;
pub mod manifest;
mod pace;
pub mod policy;
pub mod schedule;
mod store;
pub mod verify;
mod wire;

pub use chain::{KEEPALIVE_INTERVAL, ManifestUploadReport, upload_manifests};
pub use classify::classify_answer;
pub use destination::{
    ConfigError, Credentials, Destination, NetworkRoute, S3Target, SecretText, profile_settings,
    vars,
};
pub use drain::{
    BATCH, BATCH_BYTES, DrainProgress, DrainReport, UploadCause, UploadError, UploadQueue, drain,
};
pub use error::SinkError;
pub use look::{InspectableSink, LookupResults, ObjectDigest};
pub use store::{
    MAX_AT_ONCE, NewObject, ObjectHead, ObjectStoreSink, PutOutcome, Sink, sha256_hex,
};

use std::time::Duration;

/// How long a sink waits for the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For an answer, beside the time a slow line (8 KiB/s) needs for the body.
    pub answer: Duration,
    /// For a request and its whole answer, whatever its size.
    pub total: Duration,
}

impl Default for Timeouts {
    /// 10 s, 30 s and 10 min.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            total: Duration::from_secs(600),
        }
    }
}
