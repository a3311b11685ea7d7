//! The request for a check, its steps and its errors.

use super::report::VerifyReport;
use crate::error::SinkError;
use journal::{JournalError, Reader};
use thiserror::Error;
use vault::DevicePublicKey;

/// Options of a check.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// The keys that may sign. Empty: the one that signed a device's first manifest, for all of that device's.
    pub keys: Vec<DevicePublicKey>,
    /// Looks at names and sizes alone and reads only the manifests.
    pub quick: bool,
    /// The report of an earlier check: the chains it found must still be there.
    pub since: Option<VerifyReport>,
}

/// The uploads that the journal of a device knows of.
pub struct JournalExpectation<'a> {
    /// The journal; it need not open anything.
    pub reader: &'a Reader,
    /// The device's own key.
    pub key: Option<DevicePublicKey>,
}

/// A step of a check, for the caller to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyProgress {
    /// So many names were listed.
    Listed(u64),
    /// So many of these manifests were followed, and so many objects read.
    Followed {
        /// Manifests followed.
        manifests: u64,
        /// Manifests there are.
        of: u64,
        /// Objects that were read through.
        objects: u64,
    },
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The sink could not be listed.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] Box<JournalError>),
    /// The temporary list of names could not be kept.
    #[error("cannot keep the list of names in a temporary file: {0}; make room, or set TMPDIR")]
    Index(#[from] rusqlite::Error),
    /// The caller asked to stop.
    #[error("stopped before the end")]
    Stopped,
}
