//! The append-only local truth: SQLite, sealed records, picture files, outbox.
//!
//! Always true, whatever happens (kill -9, power cut, full disk) at whatever moment:
//! * What [`Journal::commit`] or [`Journal::add_screenshot`] returned `Ok` for is on the disk and stays there, until its owner
//!   has it removed or erased.
//! * `seq` counts 1, 2, 3, …; a number is never given twice within one installation epoch.
//! * A record is sealed as the bytes of its JSON line ([`model::RecordLineRef`]); a segment, opened again, holds exactly these
//!   bytes and a line feed, so journal and bucket are equal byte for byte.
//! * Everything personal is sealed for recipients. Nothing here needs a key that opens what an earlier lease wrote:
//!   neither the start, nor its mending, nor delivery; and the uploader's side holds no key at all.
//! * In clear lie only seq, the coarse UTC day, sizes, hashes of sealed files (and of what goes out readable), outbox
//!   state and the last durable moment.
//! * A picture's row exists only when its file is whole. Deleting goes the other way round: row first, then file; a
//!   missing file counts as deleted.
//! * Nothing that the sink has not acknowledged is deleted, unless its owner asks for it; and a damaged database is set
//!   aside, never deleted.
//!
//! Four doors, for four kinds of use: [`Journal`] is the one writer, [`Errand`] the writer for a moment while none runs,
//! [`Outbox`] the uploader's side (another process may hold it at the same time), [`Reader`] looks and changes nothing.

mod blobs;
mod chain;
mod day;
mod db;
mod depth;
mod doubt;
mod erase;
mod errand;
mod error;
pub mod floor;
mod form;
mod freeze;
mod keys;
mod lines;
mod migrate;
mod outbox;
mod reader;
mod recover;
mod remove;
pub mod retention;
mod rollup;
mod salvage;
mod sweep;
mod writer;

pub use blobs::{ScreenshotEntry, ScreenshotFile, ScreenshotLocation, WaitingScreenshot};
pub use chain::{
    GapReason, ListedObject, ManifestDraft, ManifestHead, ManifestInfo, SequenceGap, Tombstone,
    UnsentManifest,
};
pub use day::UtcDay;
pub use depth::OutboxDepth;
pub use erase::{EraseReport, ErasedRange};
pub use errand::Errand;
pub use error::JournalError;
pub use form::{
    ObjectEncoding, OpenedSegment, PutAttempts, SealedRowLine, SegmentError, UnsealedDigest,
    UploadedObject, open_segment,
};
pub use freeze::{FreezeOptions, FreezeReport, SegmentLimits};
pub use keys::JournalKeys;
pub use lines::{DamagedRow, RecordLines, SpanHead};
pub use outbox::{Outbox, Segment, UploadedObjectInfo, VaultCopy};
pub use reader::Reader;
pub use recover::{QuarantineReport, ReconcileReport, RecoveryReport};
pub use remove::{Lender, RedactionReport, RedactionTarget};
pub use rollup::{SLOT_US, StoredRollup, slot_of};
pub use writer::{Commit, Journal};

/// The database's name within the journal's directory.
pub const DB_NAME: &str = "journal.db";
