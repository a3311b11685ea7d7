//! The content of an attached view.

use model::Timestamp;
use report::{AgentStatus, DaySummary, LogLine};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The right to see the live view: an opaque word that the agent hands out. It is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ViewTicket(String);

impl ViewTicket {
    /// A ticket with this word.
    pub fn new(word: impl Into<String>) -> Self {
        Self(word.into())
    }
}

impl fmt::Debug for ViewTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ViewTicket(..)")
    }
}

/// The present state, and the log lines since the view's last request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttachedView {
    /// The state of the agent.
    pub status: AgentStatus,
    /// The day so far.
    #[serde(rename = "glance")]
    pub day_summary: DaySummary,
    /// Lines after the one the view named; those that are still remembered.
    pub lines: Vec<LogLine>,
    /// The number of the last line; 0 before the first.
    #[serde(rename = "last")]
    pub last_line: u64,
    /// The newest screenshot, by its number in the journal.
    #[serde(rename = "newest")]
    pub newest_screenshot: Option<u64>,
    /// How many redactions there were in this run. When it grows, the view clears the screen.
    #[serde(rename = "removals")]
    pub redactions: u64,
}

/// A screenshot of this start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ViewedScreenshot {
    /// Its number in the journal.
    pub seq: u64,
    /// Its position among those of this start, counted from 1, the oldest.
    #[serde(rename = "place")]
    pub position: u64,
    /// How many of them there are.
    #[serde(rename = "of")]
    pub total: u64,
    /// When it was taken.
    #[serde(rename = "at_us")]
    pub taken_at: Timestamp,
    /// True when it was blurred before it was stored.
    #[serde(rename = "blurred")]
    pub is_blurred: bool,
    /// The encoded image, in Base64 (RFC 4648).
    #[serde(rename = "bytes")]
    pub base64: String,
}
