//! What was found at the start.

use model::Span;
use std::path::PathBuf;

/// What [`crate::Journal::open`] found and mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// True when the journal was made just now.
    pub first: bool,
    /// True when the last run ended with [`crate::Journal::close`] (or there was none).
    pub clean: bool,
    /// Provisional spans the last run left behind, in the order in which they were first put. They stay in the journal
    /// until [`crate::Journal::commit_recovered`] puts records in their place.
    pub pending: Vec<Span>,
    /// Provisional spans that could not be read.
    pub pending_damaged: u64,
    /// The last moment at which something became durable, in microseconds since the Unix epoch (UTC).
    pub last_durable_us: Option<i64>,
    /// What the look at the picture files mended.
    pub swept: Swept,
    /// Set when the database was damaged and set aside.
    pub quarantined: Option<Quarantined>,
}

/// Numbers of files and rows that did not match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Unfinished files, removed.
    pub unfinished: u64,
    /// Whole files whose row was never written (a crash in between; never acknowledged), removed.
    pub orphans: u64,
    /// Files that no row explains, moved into `set-aside`.
    pub set_aside: u64,
    /// Files whose row says deleted or archived already, removed.
    pub leftovers: u64,
    /// Rows whose file is missing, marked lost.
    pub lost: u64,
}

/// A damaged database that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Where the damaged file is now.
    pub path: PathBuf,
    /// What was wrong with it.
    pub why: String,
    /// Records saved from it.
    pub salvaged: u64,
    /// Records known to be missing.
    pub lost: u64,
}
