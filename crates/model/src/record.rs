//! What the journal keeps.

use crate::{Counts, Coverage, Notice, WindowInfo};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Version of the record format; a reader refuses a higher one politely.
pub const RECORD_SCHEMA: u32 = 1;

/// Names this installation of uam: 16 random bytes in lower-case hex, made on first run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(String);

impl DeviceId {
    /// From 16 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// From its text form; `None` unless it is 32 lower-case hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let ok = text.len() == 32
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        ok.then(|| Self(text.to_owned()))
    }

    /// The 32 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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
    /// What was counted.
    #[serde(default, skip_serializing_if = "Counts::is_zero")]
    pub counts: Counts,
    /// True when its owner had window and counts taken out later; the time and its state stay.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
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
            removed: true,
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
        !self.removed
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
    /// True when its owner had the screenshot and its facts taken out later; that there was one at this time stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
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
            removed: true,
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

/// What the journal keeps and the bucket receives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Record {
    /// An interval.
    Span(Span),
    /// A screenshot's facts.
    Shot(Screenshot),
    /// Something to know.
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

/// One line of a segment, owned (for reading).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLine {
    /// Format version, [`RECORD_SCHEMA`].
    pub schema: u32,
    /// Which installation.
    pub device_id: DeviceId,
    /// The journal's own counter: 1, 2, 3, … without gaps.
    pub seq: u64,
    /// The record.
    #[serde(flatten)]
    pub record: Record,
}

/// One line of a segment, borrowed (for writing); the same JSON as [`RecordLine`].
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RecordLineRef<'a> {
    /// Format version, [`RECORD_SCHEMA`].
    pub schema: u32,
    /// Which installation.
    pub device_id: &'a DeviceId,
    /// The journal's own counter.
    pub seq: u64,
    /// The record.
    #[serde(flatten)]
    pub record: &'a Record,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::NoticeCode;

    #[test]
    fn a_line_reads_back_as_written() {
        let device = DeviceId::from_bytes([7; 16]);
        let record = Record::Span(Span {
            start_us: 1_790_000_000_000_000,
            dur_us: 60_000_000,
            zone: "Europe/Berlin".into(),
            state: Coverage::Active,
            protected: false,
            window: Some(Arc::new(WindowInfo {
                app: "Editor".into(),
                exe: String::new(),
                title: "a\u{202e}b\n".into(),
            })),
            counts: Counts::default(),
            removed: false,
        });
        let json = serde_json::to_string(&RecordLineRef {
            schema: RECORD_SCHEMA,
            device_id: &device,
            seq: 3,
            record: &record,
        })
        .unwrap();
        assert!(!json.contains('\n'), "one record is one line: {json}");
        let line: RecordLine = serde_json::from_str(&json).unwrap();
        assert_eq!(
            line,
            RecordLine {
                schema: RECORD_SCHEMA,
                device_id: device,
                seq: 3,
                record
            }
        );
    }

    #[test]
    fn a_newer_notice_code_is_kept_as_unknown() {
        let n: Notice =
            serde_json::from_str(r#"{"start":1,"zone":"UTC","code":"from-the-future","text":"x"}"#)
                .unwrap();
        assert_eq!(n.code, NoticeCode::Unknown);
    }

    #[test]
    fn a_device_id_is_32_hex_digits() {
        assert!(DeviceId::parse("0123456789abcdef0123456789abcdef").is_some());
        assert!(DeviceId::parse("../../etc/passwd").is_none());
        assert!(DeviceId::parse("0123456789ABCDEF0123456789abcdef").is_none());
    }
}
