//! Records: spans, screenshots, notices, and the redaction of their content.

use crate::counts::Counts;
use crate::coverage::Coverage;
use crate::micros;
use crate::notice::Notice;
use crate::timestamp::Timestamp;
use crate::window::WindowInfo;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// A closed half-open interval `[start, start + duration)` in one state, with one window, and what was counted in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// When it starts.
    pub start: Timestamp,
    /// How long it lasts, by the clock that counts through sleep. Unless the wall clock was set in between (then a
    /// clock-jump notice lies between the two spans), `start + duration` is the next span's start.
    #[serde(rename = "dur_us", with = "micros")]
    pub duration: Duration,
    /// IANA name of the time zone in force.
    pub zone: Arc<str>,
    /// The state of these seconds.
    pub state: Coverage,
    /// True when an exclusion rule withheld the window.
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
    /// When it ends; exclusive.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.start + self.duration
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

    /// Redacts it when it touches `range`, also when it was redacted before.
    pub fn redact_within(&mut self, range: &Range<Timestamp>) {
        if touches(range, self.start, self.end()) {
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
    /// When it was taken.
    #[serde(rename = "start")]
    pub at: Timestamp,
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
            at: self.at,
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

/// True when the time from `start` to `end` touches `range`. The end is exclusive; where both are the same, it is an
/// instant.
#[must_use]
pub fn touches(range: &Range<Timestamp>, start: Timestamp, end: Timestamp) -> bool {
    start < range.end && (end > range.start || start == end && start >= range.start)
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
    /// When it starts.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        match self {
            Self::Span(s) => s.start,
            Self::Shot(s) => s.at,
            Self::Notice(n) => n.at,
        }
    }

    /// When it ends: of a screenshot or a notice the instant itself.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        match self {
            Self::Span(s) => s.end(),
            Self::Shot(s) => s.at,
            Self::Notice(n) => n.at,
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
