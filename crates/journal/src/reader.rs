//! Looking without changing anything.

use crate::{Damaged, Depth, JournalError, Lines, ShotRow};
use model::{DeviceId, Line, Span};
use std::ops::Range;
use std::path::Path;
use vault::Opener;

/// Looks into a journal that another process may be writing.
#[derive(Debug)]
pub struct Reader {}

impl Reader {
    /// Opens the journal in `dir` for looking.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn open(dir: &Path, opener: Opener) -> Result<Self, JournalError> {
        let _ = (dir, opener);
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

    /// Every record whose **start** lies in `start_us` (microseconds since the Unix epoch, UTC), by rising `seq`. A span
    /// that began before the range and reaches into it is not among them: ask from as much earlier as a span may last.
    ///
    /// # Errors
    /// See [`JournalError`]; a row that cannot be read is no error but an entry in [`Lines::damaged`].
    pub fn lines(&self, start_us: Range<i64>) -> Result<Lines, JournalError> {
        let _ = start_us;
        todo!()
    }

    /// As [`Self::lines`], one at a time, for ranges that should not lie in memory at once.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn each_line(
        &self,
        start_us: Range<i64>,
        visit: &mut dyn FnMut(Result<Line, Damaged>),
    ) -> Result<(), JournalError> {
        let _ = (start_us, visit);
        todo!()
    }

    /// Up to `limit` records with a number above `seq`, by rising `seq`.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn tail_after(&self, seq: u64, limit: usize) -> Result<Lines, JournalError> {
        let _ = (seq, limit);
        todo!()
    }

    /// The highest number given so far; 0 when there is none.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn last_seq(&self) -> Result<u64, JournalError> {
        todo!()
    }

    /// Up to `limit` records with a number above `seq` as the very bytes that were sealed (and are uploaded).
    ///
    /// # Errors
    /// See [`JournalError`]; here a row that does not open is an error.
    pub fn raw_lines(&self, seq: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        let _ = (seq, limit);
        todo!()
    }

    /// The provisional spans: what is being counted right now.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn pending(&self) -> Result<Vec<Span>, JournalError> {
        todo!()
    }

    /// The last moment at which something became durable, in microseconds since the Unix epoch (UTC).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn last_durable_us(&self) -> Result<Option<i64>, JournalError> {
        todo!()
    }

    /// What waits for the sink.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn depth(&self) -> Result<Depth, JournalError> {
        todo!()
    }

    /// When the sink last acknowledged something, in microseconds since the Unix epoch (UTC).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn last_ack_us(&self) -> Result<Option<i64>, JournalError> {
        todo!()
    }

    /// The uploader's note ([`crate::Outbox::set_note`]).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn note(&self) -> Result<Option<String>, JournalError> {
        todo!()
    }

    /// The newest `limit` shots, newest first; those whose facts cannot be read are left out.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn shots(&self, limit: usize) -> Result<Vec<ShotRow>, JournalError> {
        let _ = limit;
        todo!()
    }

    /// The encoded picture of a shot, checked against its hash.
    ///
    /// # Errors
    /// [`JournalError::NoShot`], [`JournalError::PictureLost`], [`JournalError::PictureDeleted`].
    pub fn picture(&self, seq: u64) -> Result<Vec<u8>, JournalError> {
        let _ = seq;
        todo!()
    }
}
