//! The result of a drain, its steps and its errors.

use crate::error::SinkError;
use crate::retry::AttemptOutcome;
use journal::JournalError;
use thiserror::Error;

/// The objects that were delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DrainReport {
    /// Segments acknowledged.
    pub segments: u64,
    /// Records in them.
    pub records: u64,
    /// Screenshots acknowledged.
    pub screenshots: u64,
    /// Vault copies acknowledged.
    pub vault_copies: u64,
    /// Bytes of all of these that were put.
    pub bytes: u64,
    /// Objects of these that an earlier try had already stored.
    pub already_there: u64,
    /// Screenshots that were lost on this computer's disk before they could be delivered; their facts are delivered.
    pub lost_screenshots: u64,
    /// True when the caller asked to stop before the outbox was empty.
    pub stopped: bool,
}

/// One step of a drain, for the caller to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrainProgress {
    /// A screenshot is in the sink.
    Screenshot {
        /// Its number.
        seq: u64,
        /// Its key.
        key: String,
        /// Its size.
        bytes: u64,
    },
    /// A segment is in the sink.
    Segment {
        /// Number of its first record.
        first_seq: u64,
        /// Number of its last record.
        last_seq: u64,
        /// How many records.
        records: u64,
        /// Its key.
        key: String,
        /// Its size.
        bytes: u64,
    },
    /// A vault copy is in the sink.
    VaultCopy {
        /// Its key.
        key: String,
        /// Its size.
        bytes: u64,
    },
    /// A screenshot was lost on this computer's disk.
    ScreenshotLost {
        /// Its number.
        seq: u64,
        /// Why.
        why: String,
    },
}

/// Draining ended early. The objects delivered until then are counted in `drained`, and are acknowledged.
#[derive(Debug, Error)]
#[error("{cause}")]
pub struct UploadError {
    /// Why.
    #[source]
    pub cause: UploadCause,
    /// The objects delivered before.
    pub drained: DrainReport,
}

/// The side that failed.
#[derive(Debug, Error)]
pub enum UploadCause {
    /// The sink's.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The journal's.
    #[error(transparent)]
    Journal(Box<JournalError>),
}

impl From<JournalError> for UploadCause {
    fn from(error: JournalError) -> Self {
        Self::Journal(Box::new(error))
    }
}

impl UploadError {
    /// True when somebody must mend something first.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match &self.cause {
            UploadCause::Sink(e) => e.is_permanent(),
            UploadCause::Journal(e) => !e.is_temporary(),
        }
    }

    /// The remedy, as one sentence; empty where the error itself says it.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.cause {
            UploadCause::Sink(e) => e.hint(),
            UploadCause::Journal(_) => String::new(),
        }
    }

    /// The outcome for the retry schedule.
    #[must_use]
    pub fn outcome(&self) -> AttemptOutcome {
        if self.is_permanent() {
            return AttemptOutcome::Permanent;
        }
        AttemptOutcome::Retriable {
            retry_after: match &self.cause {
                UploadCause::Sink(e) => e.retry_after(),
                UploadCause::Journal(_) => None,
            },
        }
    }
}
