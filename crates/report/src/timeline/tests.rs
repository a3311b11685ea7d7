#![allow(clippy::unwrap_used)]

use super::*;
use crate::day::build_day_with_timeline;
use crate::{Extent, ViewOptions};
use jiff::civil::{Date, date};
use model::{DeviceId, InputCounts, Record, RecordLine, WindowInfo};
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
    let timeline = build_day_with_timeline(&lines, &[], (view, day), extent, "Europe/Berlin").1;
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
    let told = |view| build_day_with_timeline(&lines, &[], (view, day), extent, "Europe/Berlin").1;
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
    let timeline = build_day_with_timeline(&lines, &[], (view, day), extent, "Europe/Berlin").1;
    assert_eq!(timeline.tens.len(), 150);
    assert!(
        timeline
            .tens
            .iter()
            .all(|t| t.active_us == TEN_US.unsigned_abs())
    );
}
