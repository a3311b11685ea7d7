//! Records: spans, screenshots, notices, and the redaction of their content.

use crate::counts::Counts;
use crate::coverage::Coverage;
use crate::notice::Notice;
use crate::window::WindowInfo;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// A closed half-open interval `[start, start + dur)` in one state, with one window, and what was counted in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Start in microseconds since the Unix epoch (UTC).
    #[serde(rename = "start")]
    pub start_us: i64,
    /// Length in microseconds, from the clock that counts through sleep. Unless the wall clock was set in between
    /// (then a clock-jump notice lies between the two spans), `start + dur` is the next span's start.
    pub dur_us: u64,
    /// IANA name of the time zone in force.
    pub zone: Arc<str>,
    /// The state of these seconds.
    pub state: Coverage,
    /// True when an exclusion rule held back what the window was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    /// The active window, when there was one that may be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Arc<WindowInfo>>,
    /// The counts.
    #[serde(default, skip_serializing_if = "Counts::is_zero")]
    pub counts: Counts,
    /// True when its owner redacted window and counts later; the time and its state stay.
    #[serde(
        rename = "removed",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub redacted: bool,
}

impl Span {
    /// End in microseconds since the Unix epoch (UTC); exclusive.
    #[must_use]
    pub fn end_us(&self) -> i64 {
        self.start_us.saturating_add_unsigned(self.dur_us)
    }

    /// The same time and state without window and counts, marked as redacted.
    #[must_use]
    pub fn without_content(&self) -> Self {
        Self {
            protected: false,
            redacted: true,
            window: None,
            counts: Counts::default(),
            zone: Arc::clone(&self.zone),
            ..*self
        }
    }

    /// Redacts it when it touches `range` (microseconds since the Unix epoch, UTC), also when it was redacted before.
    pub fn redact_within(&mut self, range: &Range<i64>) {
        if touches(range, self.start_us, self.end_us()) {
            *self = self.without_content();
        }
    }

    /// True when there may be content to redact: not redacted yet, and in a recording state or with a window, counts or
    /// a protected window.
    #[must_use]
    pub fn has_content(&self) -> bool {
        !self.redacted
            && (self.state.is_recording()
                || self.protected
                || self.window.is_some()
                || !self.counts.is_zero())
    }
}

/// The facts of a screenshot. The screenshot itself is an object of its own, found by the number of its line; `sha256` says
/// whether it is the one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screenshot {
    /// When, in microseconds since the Unix epoch (UTC).
    #[serde(rename = "start")]
    pub at_us: i64,
    /// IANA name of the time zone in force.
    pub zone: Arc<str>,
    /// SHA-256 of the encoded screenshot, 64 lower-case hex digits.
    pub sha256: String,
    /// Size of the encoded screenshot in bytes.
    pub bytes: u64,
    /// Media type, `image/webp`.
    pub media: String,
    /// Size of the encoded screenshot in pixels.
    pub width: u32,
    /// Size of the encoded screenshot in pixels.
    pub height: u32,
    /// Size on screen in pixels; larger than `width` when the screenshot was blurred by scaling down.
    pub screen_width: u32,
    /// Size on screen in pixels.
    pub screen_height: u32,
    /// True when the screenshot was made unreadable.
    pub blurred: bool,
    /// The window shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Arc<WindowInfo>>,
    /// True when its owner redacted the screenshot and its facts later; that there was one at this time stays.
    #[serde(
        rename = "removed",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub redacted: bool,
}

impl Screenshot {
    /// The same time without the facts of its file, marked as redacted.
    #[must_use]
    pub fn without_content(&self) -> Self {
        Self {
            at_us: self.at_us,
            zone: Arc::clone(&self.zone),
            sha256: String::new(),
            bytes: 0,
            media: self.media.clone(),
            width: 0,
            height: 0,
            screen_width: 0,
            screen_height: 0,
            blurred: false,
            redacted: true,
            window: None,
        }
    }
}

/// True when the time from `start_us` to `end_us` touches `range`, in microseconds since the Unix epoch (UTC). The end is
/// exclusive; where both are the same, it is an instant.
#[must_use]
pub fn touches(range: &Range<i64>, start_us: i64, end_us: i64) -> bool {
    start_us < range.end && (end_us > range.start || start_us == end_us && start_us >= range.start)
}

/// A record: the journal keeps it, the bucket receives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Record {
    /// An interval.
    Span(Span),
    /// A screenshot's facts.
    Shot(Screenshot),
    /// A notice.
    Notice(Notice),
}

impl Record {
    /// When it starts, in microseconds since the Unix epoch (UTC).
    #[must_use]
    pub fn start_us(&self) -> i64 {
        match self {
            Self::Span(s) => s.start_us,
            Self::Shot(s) => s.at_us,
            Self::Notice(n) => n.at_us,
        }
    }

    /// When it ends, in microseconds since the Unix epoch (UTC); the instant itself of what lasts no time.
    #[must_use]
    pub fn end_us(&self) -> i64 {
        match self {
            Self::Span(s) => s.end_us(),
            Self::Shot(s) => s.at_us,
            Self::Notice(n) => n.at_us,
        }
    }

    /// The word for its kind, as in its JSON form.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Span(_) => "span",
            Self::Shot(_) => "shot",
            Self::Notice(_) => "notice",
        }
    }
}
