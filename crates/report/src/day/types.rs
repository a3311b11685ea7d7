//! The shape of a day's report: what `uam report --json` prints.
//!
//! Field names are stable. Instants end in `_us` and are microseconds since the Unix epoch (UTC); durations end in
//! `_us` too and are microseconds. Titles and names are raw text: show them through [`model::to_printable`] only.

use crate::activity::ActivityBucket;
use crate::meaning::NamedUsage;
use jiff::civil::Date;
use model::{Counts, Coverage, NoticeCode};
use serde::{Deserialize, Serialize};

/// One day. The rules behind the numbers stand at the head of [`crate::day`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayReport {
    /// The date, `YYYY-MM-DD`.
    pub day: Date,
    /// IANA name of the zone last in force on that day.
    pub zone: String,
    /// The day's first instant that is counted; none when the day lies outside the journal.
    pub from_us: Option<i64>,
    /// The instant after the day's last one that is counted.
    pub to_us: Option<i64>,
    /// How much of the day is counted; the sum of `states`.
    pub length_us: u64,
    /// Time in each state: all eight, in the order of [`Coverage::ALL`].
    pub states: Vec<StateTotal>,
    /// Everything counted on the day.
    pub counts: Counts,
    /// Per application, longest first.
    pub apps: Vec<AppTotal>,
    /// What an exclusion rule held back: its time and counts, never its name.
    pub protected: Usage,
    /// What its owner had taken out later: its time alone is left.
    #[serde(default)]
    pub removed: Usage,
    /// Time and counts while no window was active.
    pub unnamed: Usage,
    /// Per category, longest first; empty where no rules were asked. See [`crate::meaning`].
    #[serde(default)]
    pub categories: Vec<NamedUsage>,
    /// Per project, longest first.
    #[serde(default)]
    pub projects: Vec<NamedUsage>,
    /// Per ten minutes, those without active or idle time left out.
    #[serde(default)]
    pub activity: Vec<ActivityBucket>,
    /// Screenshots, in the journal's order.
    pub shots: Vec<DayScreenshot>,
    /// Notices, in the journal's order.
    pub notices: Vec<DayNotice>,
    /// Numbers of the journal's rows on or near this day that cannot be read any more; their time shows as `off`.
    pub damaged: Vec<u64>,
}

impl DayReport {
    /// Time in one state, in microseconds.
    #[must_use]
    pub fn state_us(&self, state: Coverage) -> u64 {
        self.states
            .iter()
            .filter(|t| t.state == state)
            .map(|t| t.us)
            .sum()
    }
}

/// Time in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateTotal {
    /// The state.
    pub state: Coverage,
    /// How long, in microseconds.
    pub us: u64,
}

/// Time and counts of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Time in state `active`, in microseconds.
    pub active_us: u64,
    /// Time in state `idle`, in microseconds.
    pub idle_us: u64,
    /// What was counted, hardware and injected apart.
    pub counts: Counts,
}

impl Usage {
    /// Active and idle time together, in microseconds.
    #[must_use]
    pub fn total_us(&self) -> u64 {
        self.active_us + self.idle_us
    }

    /// True when there is nothing to show.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// One application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppTotal {
    /// Its name.
    pub app: String,
    /// Its executable's path; empty when it could not be known.
    pub exe: String,
    /// The sum of its windows.
    #[serde(flatten)]
    pub usage: Usage,
    /// Per title, longest first.
    pub windows: Vec<WindowTotal>,
}

/// One window title of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowTotal {
    /// The title.
    pub title: String,
    /// Its time and counts.
    #[serde(flatten)]
    pub usage: Usage,
}

/// One screenshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayScreenshot {
    /// Its number in the journal.
    pub seq: u64,
    /// When.
    pub at_us: i64,
    /// IANA name of the zone in force.
    pub zone: String,
    /// The application shown, or empty.
    pub app: String,
    /// The title shown, or empty.
    pub title: String,
    /// Width of the picture in pixels.
    pub width: u32,
    /// Height of the picture in pixels.
    pub height: u32,
    /// Size of the encoded picture in bytes.
    pub bytes: u64,
    /// Media type.
    pub media: String,
    /// True when it was made unreadable.
    pub blurred: bool,
    /// True when its owner had it taken out later.
    #[serde(default)]
    pub removed: bool,
    /// SHA-256 of the encoded picture, in hex.
    pub sha256: String,
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayNotice {
    /// Its number in the journal.
    pub seq: u64,
    /// When.
    pub at_us: i64,
    /// IANA name of the zone in force.
    pub zone: String,
    /// What kind.
    pub code: NoticeCode,
    /// One sentence for people.
    pub text: String,
}
