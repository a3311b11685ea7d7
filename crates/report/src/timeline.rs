//! A day as a timeline: which window was in front at every moment, and how much happened in each ten minutes.
//!
//! Always true: pieces are sorted, do not overlap, lie within the day, and sum to the day's time outside `off`; the
//! rules at the head of [`crate::day`] hold.

use crate::buckets::TEN_US;
use crate::calendar::DayBounds;
use crate::stretches::{Extent, Stretches, ViewOptions, spans_of};
use jiff::civil::Date;
use model::{Coverage, RecordLine, Span};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The owner of a piece of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimelineOwner {
    /// A window: its place in [`Timeline::windows`].
    Window(usize),
    /// Something an exclusion rule held back.
    Protected,
    /// Something its owner redacted later.
    Removed,
    /// No window was active.
    Nobody,
}

/// A time in one state, with one owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelinePiece {
    /// Its start, microseconds since the Unix epoch (UTC).
    pub from_us: i64,
    /// Its end; exclusive.
    pub to_us: i64,
    /// Its state; never `off`.
    pub state: Coverage,
    /// Whose it is.
    pub owner: TimelineOwner,
}

/// Activity in ten minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineBucket {
    /// Time in state `active`, in microseconds.
    pub active_us: u64,
    /// Time in state `idle`, in microseconds.
    pub idle_us: u64,
    /// Seconds in which something was typed or clicked.
    pub input_s: u64,
    /// Keys.
    pub keys: u64,
    /// Clicks.
    pub clicks: u64,
}

/// The timeline of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The day's first instant in its zone, microseconds since the Unix epoch (UTC).
    pub from_us: i64,
    /// The next day's.
    pub to_us: i64,
    /// Application and title of each window, raw text.
    pub windows: Vec<(String, String)>,
    /// The day's pieces. Where there is none, nothing ran.
    pub pieces: Vec<TimelinePiece>,
    /// One for each ten minutes from `from_us` on.
    pub tens: Vec<TimelineBucket>,
}

/// The timeline of one day; arguments as for [`crate::build_day_report`], and the zone in force at the day's end.
#[must_use]
pub fn build_timeline(
    lines: &[RecordLine],
    pending: &[Span],
    (view, day): (ViewOptions, Date),
    extent: Extent,
    zone: &str,
) -> Timeline {
    let spans = spans_of(lines, pending);
    let stretches = Stretches::new(&spans, extent, zone, view.merge_us);
    build_timeline_of(&spans, &stretches, (view, day), extent, zone)
}

pub(crate) fn build_timeline_of(
    spans: &[&Span],
    stretches: &Stretches<'_>,
    (view, day): (ViewOptions, Date),
    extent: Extent,
    zone: &str,
) -> Timeline {
    let mut bounds = DayBounds::new(day, view.starts);
    let (from_us, to_us) = bounds.of(zone);
    let mut out = Timeline {
        from_us,
        to_us,
        ..Timeline::default()
    };
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    // Who travelled has a day that is longer than its zone's; all of it is shown.
    let mut clipped = Vec::new();
    for stretch in &stretches.list {
        let (Some(owner), Some(shown)) = (stretch.owner, stretch.shown) else {
            continue;
        };
        let (start, end) = bounds.of(stretch.zone);
        let (from, to) = (stretch.from_us.max(start), stretch.to_us.min(end));
        let (from, to) = (from.max(extent.began_us), to.min(extent.now_us));
        if from < to && owner.state != Coverage::Off {
            out.from_us = out.from_us.min(from);
            out.to_us = out.to_us.max(to);
            clipped.push((from, to, owner.state, shown));
        }
    }
    let tens = (out.to_us.saturating_sub(out.from_us) + TEN_US - 1) / TEN_US;
    out.tens = vec![TimelineBucket::default(); usize::try_from(tens.clamp(0, 400)).unwrap_or(0)];
    for (from, to, state, span) in clipped {
        let owner = match &span.window {
            _ if span.protected => TimelineOwner::Protected,
            _ if span.removed => TimelineOwner::Removed,
            None => TimelineOwner::Nobody,
            Some(window) => {
                let name = (window.app.as_str(), window.title.as_str());
                TimelineOwner::Window(*known.entry(name).or_insert_with(|| {
                    out.windows.push((window.app.clone(), window.title.clone()));
                    out.windows.len() - 1
                }))
            }
        };
        spread(&mut out, from, to, state);
        match out.pieces.last_mut() {
            Some(last) if last.to_us == from && last.owner == owner && last.state == state => {
                last.to_us = to;
            }
            _ => out.pieces.push(TimelinePiece {
                from_us: from,
                to_us: to,
                state,
                owner,
            }),
        }
    }
    for span in spans.iter().filter(|s| !s.counts.is_zero()) {
        let (start, end) = bounds.of(&span.zone);
        if (start..end).contains(&span.start.as_micros())
            && let Some(ten) = bucket_at(out.from_us, span.start.as_micros())
            && let Some(ten) = out.tens.get_mut(ten)
        {
            ten.input_s += span.counts.hardware.seconds + span.counts.injected.seconds;
            ten.keys += span.counts.keys();
            ten.clicks += span.counts.clicks();
        }
    }
    out
}

fn bucket_at(from_us: i64, at_us: i64) -> Option<usize> {
    usize::try_from(at_us.checked_sub(from_us)? / TEN_US).ok()
}

/// Gives time to the ten minutes it lies in.
fn spread(strip: &mut Timeline, from: i64, to: i64, state: Coverage) {
    let mut at = from;
    while at < to {
        let Some(n) = bucket_at(strip.from_us, at) else {
            return;
        };
        let next = strip.from_us + (i64::try_from(n).unwrap_or(0) + 1) * TEN_US;
        let end = to.min(next);
        if let Some(ten) = strip.tens.get_mut(n) {
            match state {
                Coverage::Active => ten.active_us += end.abs_diff(at),
                Coverage::Idle => ten.idle_us += end.abs_diff(at),
                _ => {}
            }
        }
        at = end;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use model::{Counts, DeviceId, InputCounts, Record, WindowInfo};
    use std::sync::Arc;

    const MINUTE: i64 = 60_000_000;

    fn line(seq: u64, start_us: i64, dur_us: i64, state: Coverage, title: &str) -> RecordLine {
        RecordLine {
            schema: model::RECORD_SCHEMA,
            device_id: DeviceId::from_bytes([1; 16]),
            seq,
            record: Record::Span(Span {
                start: model::Timestamp::from_micros(start_us),
                duration: std::time::Duration::from_micros(dur_us.unsigned_abs()),
                zone: "Europe/Berlin".into(),
                state,
                protected: title == "protected",
                removed: false,
                window: (!title.is_empty()).then(|| {
                    Arc::new(WindowInfo {
                        app: "Editor".into(),
                        exe: String::new(),
                        title: title.into(),
                    })
                }),
                counts: Counts {
                    hardware: InputCounts {
                        keys: 3,
                        seconds: 2,
                        ..InputCounts::default()
                    },
                    ..Counts::default()
                },
            }),
        }
    }

    fn start(day: Date) -> i64 {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        day.to_zoned(zone).unwrap().timestamp().as_microsecond()
    }

    #[test]
    fn pieces_join_and_sum_to_the_report() {
        let day = date(2026, 11, 25);
        let at = start(day) + 9 * 60 * MINUTE;
        let lines = [
            line(1, start(day) - MINUTE, 2 * MINUTE, Coverage::Locked, ""),
            line(2, at, MINUTE, Coverage::Active, "a"),
            line(3, at + MINUTE, MINUTE, Coverage::Active, "a"),
            line(4, at + 2 * MINUTE, MINUTE, Coverage::Idle, "a"),
            line(
                5,
                at + 3 * MINUTE,
                17 * MINUTE,
                Coverage::Active,
                "protected",
            ),
        ];
        let extent = Extent {
            began_us: start(day) - MINUTE,
            now_us: at + 100 * MINUTE,
        };
        let view = ViewOptions::default();
        let report = crate::build_day_report(&lines, &[], (view, day), extent, "UTC");
        let timeline = build_timeline(&lines, &[], (view, day), extent, "Europe/Berlin");
        assert_eq!(timeline.tens.len(), 144);
        let told: Vec<_> = timeline
            .pieces
            .iter()
            .map(|p| ((p.to_us - p.from_us) / MINUTE, p.state, p.owner))
            .collect();
        assert_eq!(
            told,
            [
                (1, Coverage::Locked, TimelineOwner::Nobody),
                (2, Coverage::Active, TimelineOwner::Window(0)),
                (1, Coverage::Idle, TimelineOwner::Window(0)),
                (17, Coverage::Active, TimelineOwner::Protected),
            ]
        );
        let active: u64 = timeline.tens.iter().map(|t| t.active_us).sum();
        assert_eq!(active, report.state_us(Coverage::Active));
        assert_eq!(timeline.tens[54].active_us, 9 * MINUTE.unsigned_abs());
        assert_eq!(timeline.tens[54].idle_us, MINUTE.unsigned_abs());
        // Counts belong to the day in which their span starts.
        assert_eq!(timeline.tens.iter().map(|t| t.keys).sum::<u64>(), 12);
        assert_eq!(report.counts.keys(), 12);
        assert_eq!(timeline.windows, [("Editor".into(), "a".into())]);
    }

    #[test]
    fn a_merged_visit_and_a_later_start_show_as_in_the_report() {
        let day = date(2026, 11, 25);
        let four = start(day) + 4 * 60 * MINUTE;
        let mut lines = [
            line(1, four - 2 * MINUTE, MINUTE, Coverage::Active, "before"),
            line(2, four, 10 * MINUTE, Coverage::Active, "a"),
            line(3, four + 10 * MINUTE, MINUTE, Coverage::Active, "b"),
            line(4, four + 11 * MINUTE, 4 * MINUTE, Coverage::Active, "a"),
        ];
        if let Record::Span(span) = &mut lines[2].record {
            let window = WindowInfo {
                app: "Other".into(),
                exe: String::new(),
                title: "b".into(),
            };
            span.window = Some(Arc::new(window));
        }
        let extent = Extent {
            began_us: four - 2 * MINUTE,
            now_us: four + 60 * MINUTE,
        };
        let view = ViewOptions {
            starts: crate::DayStart::parse("04:00").unwrap(),
            merge_us: 90_000_000,
        };
        let told = |view| build_timeline(&lines, &[], (view, day), extent, "Europe/Berlin");
        assert_eq!(told(view).windows, [("Editor".into(), "a".into())]);
        assert_eq!(told(view).pieces.len(), 1);
        assert_eq!(told(view).from_us, four);
        let report = crate::build_day_report(&lines, &[], (view, day), extent, "UTC");
        assert_eq!(report.apps.len(), 1);
        assert_eq!(told(ViewOptions::default()).windows.len(), 3);
        assert_eq!(told(ViewOptions::default()).pieces.len(), 4);
    }

    #[test]
    fn a_day_of_25_hours_has_150_tens() {
        let day = date(2026, 10, 25);
        let extent = Extent {
            began_us: start(day),
            now_us: start(day) + 40 * 60 * MINUTE,
        };
        let lines = [line(1, start(day), 26 * 60 * MINUTE, Coverage::Active, "a")];
        let view = ViewOptions::default();
        let timeline = build_timeline(&lines, &[], (view, day), extent, "Europe/Berlin");
        assert_eq!(timeline.tens.len(), 150);
        assert!(
            timeline
                .tens
                .iter()
                .all(|t| t.active_us == TEN_US.unsigned_abs())
        );
    }
}
