//! The live log: one readable line per thing that happened.
//!
//! The recorder cuts spans at each whole minute; people want a line per window. [`ActivityLog`] joins consecutive spans
//! that differ in nothing but their minute and gives out the line when something else begins.
//!
//! # Invariants
//! * Every span given in is part of exactly one line given out (after [`ActivityLog::finish_line`]), with its time and counts.
//! * A screenshot's or an upload's line comes at once; a notice's line comes after the line of the span before it. The daily
//!   notice has a line for each sentence, so that nothing of it is clipped away.

use crate::columns::{ReportOutput, columns_of};
use crate::format::{format_bytes, window_label};
use crate::log_line::{LogLine, LogSubject};
use crate::totals::{NO_WINDOW, PROTECTED, Usage};
use model::{Counts, NoticeCode, Record, Screenshot, Span, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// Widest hole between two spans that still belong together: stamps of one instant, taken twice.
const MAX_HOLE: Duration = Duration::from_secs(1);

/// Longest time told in one line, so that a long film still gives a sign of life.
const LONGEST_LINE: Duration = Duration::from_secs(3600);

/// Spans that go together.
#[derive(Clone, Debug)]
struct SpanGroup {
    /// The first one, with the time and the counts of all.
    sum: Span,
    /// When the last one ends.
    end: Timestamp,
}

/// Turns records into log lines, as they come.
#[derive(Clone, Debug, Default)]
pub struct ActivityLog {
    group: Option<SpanGroup>,
}

impl ActivityLog {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a record in the journal's order; gives out the lines that are now complete.
    pub fn push_record(&mut self, record: &Record) -> Vec<LogLine> {
        match record {
            Record::Span(span) => self.push_span(span).into_iter().collect(),
            Record::Shot(shot) => vec![screenshot_line(shot)],
            Record::Notice(notice) => {
                let mut lines: Vec<LogLine> = self.finish_line().into_iter().collect();
                let zone: Arc<str> = notice.zone.as_str().into();
                let texts: Vec<&str> = match notice.code {
                    NoticeCode::Daily => notice.text.split_inclusive(". ").collect(),
                    _ => vec![&notice.text],
                };
                lines.extend(texts.into_iter().map(|text| LogLine {
                    at: notice.at,
                    zone: Arc::clone(&zone),
                    word: LogSubject::Notice(notice.code),
                    text: text.trim_end().to_owned(),
                    detail: String::new(),
                    duration: None,
                }));
                lines
            }
        }
    }

    /// Gives out the lines that are still held back, as at the end of a run.
    pub fn finish_line(&mut self) -> Option<LogLine> {
        self.group.take().map(SpanGroup::into_line)
    }

    fn push_span(&mut self, span: &Span) -> Option<LogLine> {
        if let Some(group) = self.group.as_mut()
            && group.accepts(span)
        {
            group.end = span.end();
            group.sum.duration += span.duration;
            group.sum.counts += span.counts;
            return None;
        }
        let group = SpanGroup {
            sum: span.clone(),
            end: span.end(),
        };
        self.group.replace(group).map(SpanGroup::into_line)
    }
}

impl SpanGroup {
    fn accepts(&self, span: &Span) -> bool {
        let sum = &self.sum;
        sum.state == span.state
            && sum.protected == span.protected
            && sum.window == span.window
            && sum.zone == span.zone
            && span.start.abs_diff(self.end) <= MAX_HOLE
            && sum.duration + span.duration <= LONGEST_LINE
    }

    fn into_line(self) -> LogLine {
        let span = self.sum;
        let text = match &span.window {
            _ if span.protected => PROTECTED.to_owned(),
            Some(window) => window_label(&window.app, &window.title),
            None if span.state.is_recording() => NO_WINDOW.to_owned(),
            None => String::new(),
        };
        LogLine {
            at: span.start,
            zone: span.zone,
            word: LogSubject::State(span.state),
            text,
            detail: format_log_counts(span.counts),
            duration: Some(span.duration),
        }
    }
}

fn screenshot_line(shot: &Screenshot) -> LogLine {
    let window = shot
        .window
        .as_ref()
        .map_or_else(String::new, |w| window_label(&w.app, &w.title));
    LogLine {
        at: shot.at,
        zone: shot.zone.clone(),
        word: LogSubject::Shot,
        text: window,
        detail: format!(
            "{}x{}{}  {}",
            shot.width,
            shot.height,
            if shot.blurred { " blurred" } else { "" },
            format_bytes(shot.bytes)
        ),
        duration: None,
    }
}

/// `42 keys 3 clicks`; zero counts are left out.
fn format_log_counts(counts: Counts) -> String {
    let usage = Usage::from(counts);
    let shown = columns_of(ReportOutput::LogLine).filter(|column| (column.read)(&usage) > 0);
    let phrases: Vec<String> = shown.map(|column| column.format_phrase(&usage)).collect();
    phrases.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::display_width;
    use model::{Coverage, InputCounts, Notice, WindowInfo};

    const T: Timestamp = Timestamp::from_seconds(1_784_100_000);
    const S: Duration = Duration::from_secs(1);

    fn span(at_s: u32, length_s: u32, state: Coverage, title: &str, keys: u64) -> Record {
        Record::Span(Span {
            start: T + at_s * S,
            duration: length_s * S,
            zone: "Europe/Berlin".into(),
            state,
            protected: title == "protected",
            redacted: false,
            window: (!title.is_empty() && title != "protected").then(|| {
                Arc::new(WindowInfo {
                    app: "Editor".into(),
                    exe: String::new(),
                    title: title.into(),
                })
            }),
            counts: Counts {
                hardware: InputCounts {
                    keys,
                    left: keys / 10,
                    ..InputCounts::default()
                },
                ..Counts::default()
            },
        })
    }

    fn sample() -> Vec<Record> {
        vec![
            Record::Notice(Notice {
                at: T,
                zone: "Europe/Berlin".into(),
                code: NoticeCode::Started,
                text: "Recording began.".into(),
            }),
            span(0, 20, Coverage::Active, "main.rs", 40),
            span(20, 60, Coverage::Active, "main.rs", 2),
            span(
                80,
                15,
                Coverage::Active,
                "\u{1b}]0;evil\u{7}\u{202e}日本語の題名",
                1,
            ),
            Record::Shot(Screenshot {
                at: T + 90 * S,
                zone: "Europe/Berlin".into(),
                sha256: "ab".repeat(32),
                bytes: 48_200,
                media: "image/webp".into(),
                width: 1280,
                height: 720,
                screen_width: 1280,
                screen_height: 720,
                blurred: true,
                redacted: false,
                window: None,
            }),
            span(95, 10, Coverage::Active, "protected", 12),
            span(105, 4000, Coverage::Idle, "", 0),
            span(4105, 60, Coverage::Locked, "", 0),
            Record::Notice(Notice {
                at: T + 4165 * S,
                zone: "Europe/Berlin".into(),
                code: NoticeCode::UploadStuck,
                text: "The bucket does not exist; check S3_BUCKET_NAME in .env.".into(),
            }),
            span(4165, 60, Coverage::Locked, "", 0),
        ]
    }

    fn lines() -> Vec<LogLine> {
        let mut log = ActivityLog::new();
        let mut lines: Vec<LogLine> = sample().iter().flat_map(|r| log.push_record(r)).collect();
        lines.extend(log.finish_line());
        lines
    }

    #[test]
    fn a_line_per_window_change() {
        let text = |width| {
            lines()
                .iter()
                .map(|l| l.to_plain_text(width))
                .collect::<Vec<_>>()
                .join("\n")
        };
        insta::assert_snapshot!("feed_80", text(80));
        insta::assert_snapshot!("feed_50", text(50));
    }

    #[test]
    fn no_time_and_no_count_is_lost() {
        let (mut length, mut keys) = (Duration::ZERO, 0);
        for record in sample() {
            if let Record::Span(span) = record {
                length += span.duration;
                keys += span.counts.keys();
            }
        }
        let told: Duration = lines().iter().filter_map(|l| l.duration).sum();
        assert_eq!(told, length);
        assert_eq!(keys, 55);
        assert!(lines()[1].detail.starts_with("42 keys"), "{:?}", lines()[1]);
    }

    #[test]
    fn the_daily_notice_has_a_line_for_each_sentence() {
        let notice = |code| {
            let notice = Record::Notice(Notice {
                at: Timestamp::UNIX_EPOCH,
                zone: "UTC".into(),
                code,
                text: "One. Two is in /a.b/c. Three.".into(),
            });
            let lines = ActivityLog::new().push_record(&notice);
            lines.into_iter().map(|l| l.text).collect::<Vec<_>>()
        };
        assert_eq!(
            notice(NoticeCode::Daily),
            ["One.", "Two is in /a.b/c.", "Three."]
        );
        assert_eq!(
            notice(NoticeCode::Retention),
            ["One. Two is in /a.b/c. Three."]
        );
    }

    #[test]
    fn no_line_is_too_wide_or_harmful() {
        for width in [40, 50, 80, 120] {
            for line in lines() {
                let text = line.to_plain_text(width);
                assert!(display_width(&text) <= width, "{width}: {text}");
                assert!(!text.chars().any(char::is_control), "{text:?}");
            }
        }
    }
}
