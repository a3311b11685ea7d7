//! The uploader's side.

use crate::retention::{Applied, BlobItem, Step};
use crate::{Day, JournalError, WaitingShot};
use model::DeviceId;
use std::path::Path;
use vault::Vault;

/// How large a segment may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Records at most; at least one is taken.
    pub records: usize,
    /// Bytes of lines at most, before compression; at least one record is taken.
    pub bytes: usize,
}

impl Default for Limits {
    /// 10,000 records or 4 MiB: a segment that a slow line still puts within the sink's time limit.
    fn default() -> Self {
        Self {
            records: 10_000,
            bytes: 4 << 20,
        }
    }
}

/// One immutable batch of records, ready to put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Number of its first record.
    pub first_seq: u64,
    /// Number of its last record.
    pub last_seq: u64,
    /// How many records it holds; less than `last - first + 1` only when rows were damaged.
    pub count: u64,
    /// UTC day on which it was frozen; the same at every try.
    pub day: Day,
    /// zstd-compressed JSON lines, each ended by a line feed; the same bytes at every try.
    pub body: Vec<u8>,
    /// SHA-256 of `body`, 64 lower-case hex digits.
    pub sha256: String,
}

/// What waits for the sink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Records.
    pub records: u64,
    /// Pictures.
    pub shots: u64,
    /// Bytes on the disk of both.
    pub bytes: u64,
    /// Start of the oldest waiting record, in microseconds since the Unix epoch (UTC).
    pub oldest_us: Option<i64>,
}

/// The uploader's side of the journal; another process than the writer's may hold it.
#[derive(Debug)]
pub struct Outbox {}

impl Outbox {
    /// Opens the outbox of the journal in `dir`.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn open(dir: &Path, vault: &Vault) -> Result<Self, JournalError> {
        let _ = (dir, vault);
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

    /// The oldest `limit` pictures the sink does not have. Put them before the segments: a segment is never frozen past
    /// a shot whose picture still waits, so a record in the sink never names a picture that is not there.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn next_shots(&self, limit: usize) -> Result<Vec<WaitingShot>, JournalError> {
        let _ = limit;
        todo!()
    }

    /// The encoded picture of a shot, checked against its hash.
    ///
    /// # Errors
    /// [`JournalError::PictureLost`] when it is gone or does not open; it is then marked lost and waits no more.
    pub fn picture(&self, seq: u64) -> Result<Vec<u8>, JournalError> {
        let _ = seq;
        todo!()
    }

    /// The sink has the picture durably.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn ack_shot(&mut self, seq: u64, at_us: i64) -> Result<(), JournalError> {
        let _ = (seq, at_us);
        todo!()
    }

    /// The next segment to put, or `None` when nothing waits. As long as it is not acknowledged, the same segment with
    /// the same bytes comes back, also after a crash.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn freeze(&mut self, now_us: i64, limits: Limits) -> Result<Option<Segment>, JournalError> {
        let _ = (now_us, limits);
        todo!()
    }

    /// The sink has the segment durably. Repeating it does no harm.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn ack_segment(
        &mut self,
        first_seq: u64,
        last_seq: u64,
        at_us: i64,
    ) -> Result<(), JournalError> {
        let _ = (first_seq, last_seq, at_us);
        todo!()
    }

    /// What waits for the sink.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn depth(&self) -> Result<Depth, JournalError> {
        todo!()
    }

    /// Keeps one line for `uam status` (the state of uploading; free text, never a secret).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn set_note(&mut self, note: &str) -> Result<(), JournalError> {
        let _ = note;
        todo!()
    }

    /// The line kept last.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn note(&self) -> Result<Option<String>, JournalError> {
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
}
