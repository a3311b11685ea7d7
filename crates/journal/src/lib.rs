//! The append-only local truth: SQLite with sealed records, screenshot files, and the outbox.
//!
//! Three layers: `tables` (one file per table, typed queries) ← `ops` (functions over a write transaction) ← [`Journal`] (the
//! one writer), [`Outbox`] (the uploader's side, possibly in another process) and [`Reader`] (changes nothing).
//!
//! Always true, after a kill, a power cut or a full disk at any moment:
//! * Records for which [`Journal::commit`] or [`Journal::add_screenshot`] returned `Ok` are on the disk and stay there,
//!   until their owner redacts or erases them.
//! * `seq` counts 1, 2, 3, …; no number is given twice within one epoch.
//! * A record is sealed as the bytes of its JSON line; a segment, opened, holds exactly these bytes and a line feed.
//! * Everything personal is sealed. No step needs a key that opens records of an earlier lease; the outbox needs none.
//! * In clear: numbers, the UTC day, sizes, hashes of sealed files, outbox state, the last durable moment.
//! * File before row when writing, row before file when deleting; a missing file counts as deleted.
//! * Nothing is deleted before the sink acknowledged it, unless its owner asks. A damaged database is set aside, never
//!   deleted.

// Ground: knows no table.
mod database;
pub mod disk_reserve;
mod error;
mod object;
mod quarter_hour;
mod record_line;
pub mod retention;
mod screenshot_files;
mod sealed_row;
mod sealing;
mod segment_file;
mod utc_day;

mod tables;

mod ops;

// Façades.
mod journal;
mod outbox;
mod reader;

pub use database::DB_NAME;
pub use error::JournalError;
pub use journal::{Commit, Journal};
pub use object::{
    GapReason, ListedObject, ObjectEncoding, PutAttempts, ScreenshotEntry, ScreenshotFile,
    ScreenshotLocation, Segment, SequenceGap, UnsealedDigest, UploadedObject, UploadedObjectInfo,
    VaultCopy, WaitingScreenshot,
};
pub use ops::depth::OutboxDepth;
pub use ops::erase::EraseReport;
pub use ops::freeze::{FreezeOptions, FreezeReport, SegmentLimits};
pub use ops::manifest_outbox::ManifestDraft;
pub use ops::reconcile::ReconcileReport;
pub use ops::recover::{IntegrityCheck, RecoveryReport};
pub use ops::redact::{RedactionReport, RedactionTarget};
pub use ops::rollups::StoredRollup;
pub use ops::salvage::QuarantineReport;
pub use outbox::Outbox;
pub use quarter_hour::QuarterHour;
pub use reader::Reader;
pub use record_line::{DamagedRow, RecordLines, SpanHead};
pub use sealing::JournalKeys;
pub use segment_file::{OpenedSegment, SealedRowLine, SegmentError, open_segment};
pub use tables::erased::ErasedRange;
pub use tables::manifests::{ManifestHead, ManifestInfo, UnsentManifest};
pub use tables::tombstones::Tombstone;
pub use utc_day::UtcDay;
