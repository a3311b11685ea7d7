//! The append-only local truth: SQLite, sealed records, picture files, outbox.
//!
//! Always true, whatever happens (kill -9, power cut, full disk) at whatever moment:
//! * What [`Journal::commit`] or [`Journal::add_shot`] returned `Ok` for is on the disk and stays there.
//! * `seq` counts 1, 2, 3, …; a number is never given twice within one installation epoch.
//! * A record is sealed as the bytes of its JSON line ([`model::LineRef`]); a segment holds exactly these bytes and a
//!   line feed, so journal and bucket are equal byte for byte.
//! * In clear lie only seq, the coarse UTC day, sizes, hashes, outbox state and the last durable moment.
//! * A picture's row exists only when its file is whole. Deleting goes the other way round: row first, then file; a
//!   missing file counts as deleted.
//! * Nothing that the sink has not acknowledged is ever deleted, and a damaged database is set aside, never deleted.
//!
//! Three doors, for three kinds of use: [`Journal`] is the one writer, [`Outbox`] the uploader's side (another process
//! may hold it at the same time), [`Reader`] looks and changes nothing.

mod blobs;
mod day;
mod db;
mod depth;
mod error;
mod lines;
mod migrate;
mod outbox;
mod reader;
mod recover;
pub mod retention;
mod salvage;
mod sweep;
mod writer;

pub use blobs::{Place, ShotRow, WaitingShot};
pub use day::Day;
pub use depth::Depth;
pub use error::JournalError;
pub use lines::{Damaged, Lines};
pub use outbox::{Limits, Outbox, Segment};
pub use reader::Reader;
pub use recover::{Quarantined, Recovery, Swept};
pub use writer::{Commit, Journal};

/// The database's name within the journal's directory.
pub const DB_NAME: &str = "journal.db";
