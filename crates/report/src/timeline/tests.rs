#![allow(clippy::unwrap_used)]

use super::*;
use crate::day::build_day_with_timeline;
use crate::{Extent, ViewOptions};
use jiff::civil::{Date, date};
use model::{DeviceId, InputCounts, Record, RecordLine, WindowInfo};
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn line(
    seq: u64,
    start: Timestamp,
    duration: Duration,
    state: Coverage,
    title: &str,
) -> RecordLine {
    RecordLine {
        schema: model::RECORD_SCHEMA,
        device_id: DeviceId::from_bytes([1; 16]),
        seq,
        record: Record::Span(Span {
            start,
            duration,
            zone: "Europe/Berlin".into(),
            state,
            protected: title == "protected",
            redacted: false,
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

fn start(day: Date) -> Timestamp {
    crate::calendar::day_start(day, &TimeZone::get("Europe/Berlin").unwrap())
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
        began: start(day) - MINUTE,
        now: at + 100 * MINUTE,
    };
    let view = ViewOptions::default();
    let report = crate::build_day_report(&lines, &[], (view, day), extent, "UTC");
    let timeline = build_day_with_timeline(&lines, &[], (view, day), extent, "Europe/Berlin").1;
    assert_eq!(timeline.tens.len(), 144);
    let told: Vec<_> = timeline
        .pieces
        .iter()
        .map(|p| (p.to.duration_since(p.from).as_secs() / 60, p.state, p.owner))
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
    let active: Duration = timeline.tens.iter().map(|t| t.active).sum();
    assert_eq!(active, report.time_in(Coverage::Active));
    assert_eq!(timeline.tens[54].active, 9 * MINUTE);
    assert_eq!(timeline.tens[54].idle, MINUTE);
    // Counts belong to the day in which their span starts.
    assert_eq!(
        timeline.tens.iter().map(|t| t.counts.keys()).sum::<u64>(),
        12
    );
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
        began: four - 2 * MINUTE,
        now: four + 60 * MINUTE,
    };
    let view = ViewOptions {
        starts: crate::DayStart::parse("04:00").unwrap(),
        merge: Duration::from_secs(90),
    };
    let told = |view| build_day_with_timeline(&lines, &[], (view, day), extent, "Europe/Berlin").1;
    assert_eq!(told(view).windows, [("Editor".into(), "a".into())]);
    assert_eq!(told(view).pieces.len(), 1);
    assert_eq!(told(view).from, four);
    let report = crate::build_day_report(&lines, &[], (view, day), extent, "UTC");
    assert_eq!(report.apps.len(), 1);
    assert_eq!(told(ViewOptions::default()).windows.len(), 3);
    assert_eq!(told(ViewOptions::default()).pieces.len(), 4);
}

#[test]
fn a_day_of_25_hours_has_150_tens() {
    let day = date(2026, 10, 25);
    let extent = Extent {
        began: start(day),
        now: start(day) + 40 * 60 * MINUTE,
    };
    let lines = [line(1, start(day), 26 * 60 * MINUTE, Coverage::Active, "a")];
    let view = ViewOptions::default();
    let timeline = build_day_with_timeline(&lines, &[], (view, day), extent, "Europe/Berlin").1;
    assert_eq!(timeline.tens.len(), 150);
    assert!(timeline.tens.iter().all(|t| t.active == TEN_MINUTES));
}
