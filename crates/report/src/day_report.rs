//! The shape of a day's report: the JSON of `uam report --json`.
//!
//! Field names are stable. In JSON, instants and durations end in `_us`: microseconds since the Unix epoch (UTC), or
//! microseconds. Titles and names are raw text: show them through [`model::to_printable`] only.

use crate::buckets::ActivityBucket;
use crate::totals::{NamedUsage, StateTotal, Usage, time_in};
use jiff::civil::Date;
use model::{Counts, Coverage, Notice, NoticeCode, Screenshot, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One day. The rules behind the numbers stand at the head of [`crate::day`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayReport {
    /// The date, `YYYY-MM-DD`.
    pub day: Date,
    /// IANA name of the zone last in force on that day.
    pub zone: String,
    /// The day's first instant that is counted; none when the day lies outside the journal.
    #[serde(rename = "from_us")]
    pub from: Option<Timestamp>,
    /// The instant after the day's last one that is counted.
    #[serde(rename = "to_us")]
    pub to: Option<Timestamp>,
    /// How much of the day is counted; the sum of `states`.
    #[serde(rename = "length_us", with = "model::micros")]
    pub length: Duration,
    /// Time in each state: all eight, in the order of [`Coverage::ALL`].
    pub states: Vec<StateTotal>,
    /// Everything counted on the day.
    pub counts: Counts,
    /// Per application, longest first.
    pub apps: Vec<AppTotal>,
    /// Windows that an exclusion rule withheld: their time and counts, never its name.
    pub protected: Usage,
    /// Redacted records: only their time is left.
    #[serde(default, rename = "removed")]
    pub redacted: Usage,
    /// Time and counts while no window was active.
    pub unnamed: Usage,
    /// Per category, longest first; empty where no rules were asked. See [`crate::rules`].
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
    /// Time in one state.
    #[must_use]
    pub fn time_in(&self, state: Coverage) -> Duration {
        time_in(&self.states, state)
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
    #[serde(rename = "at_us")]
    pub at: Timestamp,
    /// IANA name of the zone in force.
    pub zone: String,
    /// The application shown, or empty.
    pub app: String,
    /// The title shown, or empty.
    pub title: String,
    /// Width of the screenshot in pixels.
    pub width: u32,
    /// Height of the screenshot in pixels.
    pub height: u32,
    /// Size of the encoded screenshot in bytes.
    pub bytes: u64,
    /// Media type.
    pub media: String,
    /// True when it was made unreadable.
    pub blurred: bool,
    /// True when its owner redacted it later.
    #[serde(default, rename = "removed")]
    pub redacted: bool,
    /// SHA-256 of the encoded screenshot, in hex.
    pub sha256: String,
}

impl DayScreenshot {
    pub(crate) fn new(seq: u64, shot: &Screenshot) -> Self {
        let window = shot.window.as_deref().cloned().unwrap_or_default();
        Self {
            seq,
            at: shot.at,
            zone: shot.zone.to_string(),
            app: window.app,
            title: window.title,
            width: shot.width,
            height: shot.height,
            bytes: shot.bytes,
            media: shot.media.clone(),
            blurred: shot.blurred,
            redacted: shot.redacted,
            sha256: shot.sha256.clone(),
        }
    }
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayNotice {
    /// Its number in the journal.
    pub seq: u64,
    /// When.
    #[serde(rename = "at_us")]
    pub at: Timestamp,
    /// IANA name of the zone in force.
    pub zone: String,
    /// Its code.
    pub code: NoticeCode,
    /// One sentence for people.
    pub text: String,
}

impl DayNotice {
    pub(crate) fn new(seq: u64, notice: &Notice) -> Self {
        Self {
            seq,
            at: notice.at,
            zone: notice.zone.clone(),
            code: notice.code,
            text: notice.text.clone(),
        }
    }
}
