//! The scope and the result of a redaction, as they travel between the programs of one user.

use model::{Counts, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use zeroize::Zeroize;

/// The scope of a redaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "wish")]
pub enum RedactionScope {
    /// Everything from an instant on, until it is executed.
    Since {
        /// The instant.
        #[serde(rename = "from_us")]
        from: Timestamp,
    },
    /// A time range.
    #[serde(rename = "time")]
    Range {
        /// Its start.
        #[serde(rename = "from_us")]
        from: Timestamp,
        /// Its end; exclusive.
        #[serde(rename = "to_us")]
        to: Timestamp,
    },
    /// One screenshot.
    #[serde(rename = "shot")]
    Screenshot {
        /// Its number in the journal.
        seq: u64,
    },
    /// Whole UTC days, erased for good.
    #[serde(rename = "erase")]
    Days {
        /// First day, counted from 1970-01-01.
        first: i32,
        /// Last day; inclusive.
        last: i32,
    },
}

impl RedactionScope {
    /// The time range, where the scope is one; it ends at `now` where it has no end of its own.
    #[must_use]
    pub fn time_range(&self, now: Timestamp) -> Option<Range<Timestamp>> {
        match *self {
            Self::Since { from } => Some(from..now),
            Self::Range { from, to } => Some(from..to),
            Self::Screenshot { .. } | Self::Days { .. } => None,
        }
    }
}

/// The viewer's key, given to the running agent for one request. It is wiped when dropped and never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ViewerKey(String);

impl ViewerKey {
    /// An identity as age writes it.
    pub fn new(identity: impl Into<String>) -> Self {
        Self(identity.into())
    }

    /// The identity as age writes it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ViewerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ViewerKey(..)")
    }
}

impl Drop for ViewerKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// An uploaded object that holds some of the deleted data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedObject {
    /// Its name, without the destination's prefix.
    pub name: String,
    /// True when it holds nothing else: a screenshot, or a segment of erased records alone.
    #[serde(rename = "whole")]
    pub is_exclusive: bool,
    /// True for a screenshot.
    #[serde(rename = "picture")]
    pub is_screenshot: bool,
}

/// The numbers of a redaction, planned or done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedactionSummary {
    /// Spans that lose window and counts; none where days are erased.
    pub spans: u64,
    /// Screenshots.
    #[serde(rename = "shots")]
    pub screenshots: u64,
    /// Erased records, screenshots included; none where a time or a screenshot is deleted.
    pub records: u64,
    /// Rows that do not open without the viewer's key.
    #[serde(rename = "closed")]
    pub unreadable: u64,
    /// Objects that the destination has, or may have.
    pub objects: Vec<AffectedObject>,
    /// True when both factors are needed; then nothing was done.
    pub needs_key: bool,
    /// True when another reader keeps old bytes in the write-ahead log.
    #[serde(rename = "unfolded")]
    pub checkpoint_pending: bool,
    /// Files that were set aside earlier; they may hold the same, and nothing touches them.
    #[serde(rename = "aside")]
    pub set_aside_files: Vec<PathBuf>,
    /// When the first of it began.
    #[serde(rename = "first_us")]
    pub first_at: Option<Timestamp>,
    /// Counts of the spans, each with the span's start. Not on the wire.
    #[serde(skip)]
    pub redacted_counts: Vec<(Timestamp, Counts)>,
}

impl RedactionSummary {
    /// True when there is nothing to delete.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans == 0 && self.screenshots == 0 && self.records == 0
    }
}
