//! The single writer.

use crate::retention::{Applied, BlobItem, Step};
use crate::{JournalError, Recovery};
use model::{DeviceId, Record, Shot, Span};
use std::path::Path;
use vault::Vault;

/// One durable step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Commit<'a> {
    /// Records to append, in order.
    pub records: &'a [Record],
    /// Provisional spans to put or replace, each under an id of the caller's choice (rising, below 2^63).
    pub pending_put: &'a [(u64, Span)],
    /// Provisional spans of this run with an id below this are dropped. Done after `pending_put`.
    pub pending_drop_below: u64,
    /// Now, in microseconds since the Unix epoch (UTC); kept as the last durable moment.
    pub at_us: i64,
}

/// The single writer.
#[derive(Debug)]
pub struct Journal {}

impl Journal {
    /// Opens or makes the journal in `dir`, mends what a crash left, and starts a session.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn open(dir: &Path, vault: &Vault, now_us: i64) -> Result<(Self, Recovery), JournalError> {
        let _ = (dir, vault, now_us);
        todo!()
    }

    /// The installation's id.
    #[must_use]
    pub fn device(&self) -> &DeviceId {
        todo!()
    }

    /// Seconds since the Unix epoch (UTC) at which this journal was made.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        todo!()
    }

    /// One durable transaction: records, provisional spans and the last durable moment. Returns the records' numbers.
    ///
    /// # Errors
    /// See [`JournalError`]; nothing of the step was written.
    pub fn commit(&mut self, step: Commit<'_>) -> Result<Vec<u64>, JournalError> {
        let _ = step;
        todo!()
    }

    /// Appends the records made from [`Recovery::pending`] and drops those provisional spans, in one step. Call it once,
    /// also with no records; a crash before it leaves the provisional spans for the next start.
    ///
    /// # Errors
    /// See [`JournalError`]; nothing of the step was written.
    pub fn commit_recovered(
        &mut self,
        records: &[Record],
        at_us: i64,
    ) -> Result<Vec<u64>, JournalError> {
        let _ = (records, at_us);
        todo!()
    }

    /// Keeps a picture and its facts; returns the record's number.
    ///
    /// # Errors
    /// [`JournalError::WrongPicture`] when hash or size do not match; see [`JournalError`] for the rest.
    pub fn add_shot(
        &mut self,
        shot: &Shot,
        picture: &[u8],
        at_us: i64,
    ) -> Result<u64, JournalError> {
        let _ = (shot, picture, at_us);
        todo!()
    }

    /// The pictures that lie here, for [`crate::retention::plan`].
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn blob_items(&self) -> Result<Vec<BlobItem>, JournalError> {
        todo!()
    }

    /// Carries out a plan; repeating it after a crash does no harm.
    ///
    /// # Errors
    /// See [`JournalError`]; the steps before are done.
    pub fn apply(&mut self, plan: &[Step]) -> Result<Applied, JournalError> {
        let _ = plan;
        todo!()
    }

    /// The clean end: marks it and folds the write-ahead log into the database.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn close(self, at_us: i64) -> Result<(), JournalError> {
        let _ = at_us;
        todo!()
    }
}
