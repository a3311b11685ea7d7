//! One line of the live log: its words, and its layout for a terminal.

use crate::calendar::load_zone;
use crate::format::{
    clip_to_width, display_width, format_clock_time, format_short_duration, pad_left, pad_right,
};
use crate::status::UploadAttempt;
use model::{Coverage, NoticeCode, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The subject of a line, which decides its word and its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogSubject {
    /// Time in a state.
    State(Coverage),
    /// A screenshot was taken.
    Shot,
    /// A notice.
    Notice(NoticeCode),
    /// An upload ended; true when the sink acknowledged.
    Upload(bool),
}

impl LogSubject {
    /// The word shown.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::State(state) => state.label().to_owned(),
            Self::Shot => "screenshot".to_owned(),
            Self::Notice(code) => code.to_string(),
            Self::Upload(true) => "uploaded".to_owned(),
            Self::Upload(false) => "not uploaded".to_owned(),
        }
    }

    /// True for lines that need the user's attention.
    #[must_use]
    pub fn is_warning(self) -> bool {
        match self {
            Self::State(state) => state == Coverage::NotRecorded,
            Self::Upload(ok) => !ok,
            Self::Shot => false,
            Self::Notice(code) => matches!(
                code,
                NoticeCode::CodeRefused
                    | NoticeCode::SensorLost
                    | NoticeCode::Stalled
                    | NoticeCode::LowBattery
                    | NoticeCode::UploadStuck
                    | NoticeCode::DiskLow
                    | NoticeCode::Quarantined
                    | NoticeCode::Recovered
            ),
        }
    }
}

/// One line of the live log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it began.
    #[serde(rename = "at_us")]
    pub at: Timestamp,
    /// IANA name of the zone in force.
    pub zone: Arc<str>,
    /// Its subject.
    pub word: LogSubject,
    /// The text of the line; raw text, made harmless when shown.
    pub text: String,
    /// The counts, ready to show; may be empty.
    pub detail: String,
    /// How long it took.
    #[serde(rename = "dur_us", with = "model::micros::option")]
    pub duration: Option<Duration>,
}

/// A line laid out for a width. Written as `time`, two blanks, `word`, a blank, `text`, a blank, `detail`, it fills at
/// most the width asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogColumns {
    /// `HH:MM:SS` in the line's own zone.
    pub time: String,
    /// The word.
    pub word: String,
    /// The text of the line, clipped.
    pub text: String,
    /// The counts and the duration.
    pub detail: String,
}

impl LogLine {
    /// An upload that ended.
    #[must_use]
    pub fn upload(upload: &UploadAttempt, zone: Arc<str>) -> Self {
        Self {
            at: upload.at,
            zone,
            word: LogSubject::Upload(upload.ok),
            text: upload.text.clone(),
            detail: String::new(),
            duration: None,
        }
    }

    /// The line in columns for a terminal `width` columns wide (at least 40 are used).
    #[must_use]
    pub fn layout(&self, width: usize) -> LogColumns {
        let width = width.max(40);
        let time = format_clock_time(self.at, &load_zone(&self.zone));
        let word = pad_right(&self.word.text(), 13);
        let room = width - display_width(&time) - 2 - display_width(&word) - 1;
        let mut detail = self.detail.clone();
        if let Some(duration) = self.duration.map(format_short_duration) {
            let both = format!("{detail}{}", pad_left(&duration, 9));
            // On a narrow terminal the text keeps at least a third of the remaining columns, and the counts go first.
            detail = match display_width(&both) > room * 2 / 3 {
                true => duration,
                false => both,
            };
        }
        let detail = clip_to_width(&detail, room * 2 / 3);
        let gap = if detail.is_empty() { 0 } else { 1 };
        let text = pad_right(&self.text, room - display_width(&detail) - gap);
        LogColumns {
            time,
            word,
            text,
            detail,
        }
    }

    /// The line as plain text, at most `width` columns (at least 40), without blanks at its end; harmless to print.
    #[must_use]
    pub fn to_plain_text(&self, width: usize) -> String {
        let laid = self.layout(width);
        format!("{}  {} {} {}", laid.time, laid.word, laid.text, laid.detail)
            .trim_end()
            .to_owned()
    }
}
