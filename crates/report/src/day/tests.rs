#![allow(clippy::unwrap_used)]

use super::*;
use jiff::civil::date;
use model::{
    Counts, Coverage, DeviceId, InputCounts, Notice, NoticeCode, RECORD_SCHEMA, WindowInfo,
};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const S: Duration = Duration::from_secs(1);
pub(crate) const H: Duration = Duration::from_secs(3600);

pub(crate) fn at(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().unwrap();
    Timestamp::from_micros(at.as_microsecond())
}

pub(crate) fn keys(keys: u64) -> Counts {
    Counts {
        hardware: InputCounts {
            keys,
            ..InputCounts::default()
        },
        ..Counts::default()
    }
}

pub(crate) fn span(
    start: Timestamp,
    duration: Duration,
    zone: &str,
    state: Coverage,
    app: &str,
) -> Span {
    Span {
        start,
        duration,
        zone: zone.into(),
        state,
        protected: app == "protected",
        redacted: false,
        window: (!app.is_empty() && app != "protected").then(|| {
            Arc::new(WindowInfo {
                app: app.into(),
                exe: String::new(),
                title: format!("{app} title"),
            })
        }),
        counts: keys(1),
    }
}

pub(crate) fn lines(spans: &[Span]) -> Vec<RecordLine> {
    (1..)
        .zip(spans)
        .map(|(seq, span)| RecordLine {
            schema: RECORD_SCHEMA,
            device_id: DeviceId::from_bytes([1; 16]),
            seq,
            record: Record::Span(span.clone()),
        })
        .collect()
}

fn whole(report: &DayReport) {
    let states: Duration = report.states.iter().map(|s| s.duration).sum();
    assert_eq!(states, report.length, "states sum to the day");
    let rows = || {
        report
            .apps
            .iter()
            .flat_map(|a| a.windows.iter().map(|w| w.usage))
            .chain([report.protected, report.redacted, report.unnamed])
    };
    let active: Duration = rows().map(|u| u.active).sum();
    let idle: Duration = rows().map(|u| u.idle).sum();
    assert_eq!(active, report.time_in(Coverage::Active));
    assert_eq!(idle, report.time_in(Coverage::Idle));
    let mut counts = Counts::default();
    rows().for_each(|u| counts += u.counts);
    assert_eq!(counts, report.counts, "rows' counts sum to the day's");
}

#[test]
fn days_are_23_24_and_25_hours_long_in_berlin() {
    let extent = Extent {
        began: at("2026-01-01T00:00:00Z"),
        now: at("2026-12-31T00:00:00Z"),
    };
    for (day, hours) in [
        (date(2026, 3, 29), 23),
        (date(2026, 7, 15), 24),
        (date(2026, 10, 25), 25),
    ] {
        let report = build_day_report(
            &[],
            &[],
            (ViewOptions::default(), day),
            extent,
            "Europe/Berlin",
        );
        assert_eq!(report.length, hours * H, "{day}");
        assert_eq!(report.time_in(Coverage::Off), report.length);
    }
}

#[test]
fn a_span_over_midnight_is_split_in_its_own_zone() {
    let midnight = at("2026-07-15T22:00:00Z");
    let lines = lines(&[span(
        midnight - 10 * S,
        40 * S,
        "Europe/Berlin",
        Coverage::Active,
        "Editor",
    )]);
    let extent = Extent {
        began: midnight - 10 * S,
        now: midnight + 30 * S,
    };
    let before = build_day_report(
        &lines,
        &[],
        (ViewOptions::default(), date(2026, 7, 15)),
        extent,
        "UTC",
    );
    let after = build_day_report(
        &lines,
        &[],
        (ViewOptions::default(), date(2026, 7, 16)),
        extent,
        "UTC",
    );
    assert_eq!((before.length, after.length), (10 * S, 30 * S));
    assert_eq!((before.counts.keys(), after.counts.keys()), (1, 0));
    assert_eq!(before.zone, "Europe/Berlin");
}

#[test]
fn an_hour_set_back_and_lived_twice_counts_once() {
    let ten = at("2026-07-15T10:00:00Z");
    let lines = lines(&[
        span(ten, 2 * H, "UTC", Coverage::Active, "Editor"),
        span(ten + H, H, "UTC", Coverage::Active, "Browser"),
    ]);
    let extent = Extent {
        began: ten,
        now: ten + 2 * H,
    };
    let report = build_day_report(
        &lines,
        &[],
        (ViewOptions::default(), date(2026, 7, 15)),
        extent,
        "UTC",
    );
    whole(&report);
    assert_eq!(report.length, 2 * H);
    let app = |name| {
        let found: Vec<_> = report.apps.iter().filter(|a| a.app == name).collect();
        found[0].usage.active
    };
    assert_eq!((app("Editor"), app("Browser")), (H, H));
    assert_eq!(report.counts.keys(), 2, "facts stay");
}

#[test]
fn travelling_west_makes_a_longer_day() {
    // Berlin's midnight to noon, then in New York until its midnight: 12 h + 18 h.
    let start = at("2026-07-14T22:00:00Z");
    let lines = lines(&[
        span(start, 12 * H, "Europe/Berlin", Coverage::Idle, ""),
        span(
            start + 12 * H,
            24 * H,
            "America/New_York",
            Coverage::Active,
            "",
        ),
    ]);
    let extent = Extent {
        began: start,
        now: start + 36 * H,
    };
    let day = build_day_report(
        &lines,
        &[],
        (ViewOptions::default(), date(2026, 7, 15)),
        extent,
        "UTC",
    );
    let next = build_day_report(
        &lines,
        &[],
        (ViewOptions::default(), date(2026, 7, 16)),
        extent,
        "UTC",
    );
    assert_eq!(day.length, 30 * H);
    assert_eq!(next.length, 6 * H);
}

#[test]
fn what_was_taken_out_keeps_its_time_in_a_row_of_its_own() {
    let ten = at("2026-07-15T10:00:00Z");
    let gone = Span {
        redacted: true,
        counts: Counts::default(),
        ..span(ten, 60 * S, "UTC", Coverage::Active, "")
    };
    let extent = Extent {
        began: ten,
        now: ten + 60 * S,
    };
    let report = build_day_report(
        &lines(&[gone]),
        &[],
        (ViewOptions::default(), date(2026, 7, 15)),
        extent,
        "UTC",
    );
    whole(&report);
    assert_eq!(report.redacted.active, 60 * S);
    assert_eq!(report.unnamed, Usage::default());
}

#[test]
fn protected_time_is_a_row_of_its_own() {
    let ten = at("2026-07-15T10:00:00Z");
    let lines = lines(&[
        span(ten, 60 * S, "UTC", Coverage::Active, "protected"),
        span(ten + 60 * S, 30 * S, "UTC", Coverage::Idle, ""),
        span(ten + 90 * S, 30 * S, "UTC", Coverage::Locked, ""),
    ]);
    let pending = [span(
        ten + 120 * S,
        5 * S,
        "UTC",
        Coverage::Active,
        "Editor",
    )];
    let extent = Extent {
        began: ten,
        now: ten + 130 * S,
    };
    let report = build_day_report(
        &lines,
        &pending,
        (ViewOptions::default(), date(2026, 7, 15)),
        extent,
        "UTC",
    );
    whole(&report);
    assert_eq!(report.protected.active, 60 * S);
    assert_eq!(report.unnamed.idle, 30 * S);
    assert_eq!(report.time_in(Coverage::Off), 5 * S);
    assert_eq!(report.apps.len(), 1, "the pending span is shown too");
}

#[test]
fn shots_and_notices_lie_on_the_day_of_their_own_zone() {
    let mut all = lines(&[]);
    all.push(RecordLine {
        schema: RECORD_SCHEMA,
        device_id: DeviceId::from_bytes([1; 16]),
        seq: 9,
        record: Record::Notice(Notice {
            at: at("2026-07-15T23:30:00Z"),
            zone: "Europe/Berlin".into(),
            code: NoticeCode::Started,
            text: "Recording began.".into(),
        }),
    });
    let extent = Extent {
        began: Timestamp::UNIX_EPOCH,
        now: Timestamp::MAX,
    };
    assert!(
        build_day_report(
            &all,
            &[],
            (ViewOptions::default(), date(2026, 7, 15)),
            extent,
            "UTC"
        )
        .notices
        .is_empty()
    );
    assert_eq!(
        build_day_report(
            &all,
            &[],
            (ViewOptions::default(), date(2026, 7, 16)),
            extent,
            "UTC"
        )
        .notices[0]
            .seq,
        9
    );
}

pub(crate) fn any_span() -> impl Strategy<Value = Span> {
    let zones = [
        "UTC",
        "Europe/Berlin",
        "Asia/Kathmandu",
        "America/New_York",
        "Pacific/Apia",
    ];
    let apps = ["Editor", "Browser", "", "protected"];
    (
        0..120 * 3_600_000_000u64,
        prop_oneof![Just(0), 1..90_000_000u64, 1..30 * 3_600_000_000u64],
        0..zones.len(),
        0..Coverage::ALL.len(),
        0..apps.len(),
    )
        .prop_map(move |(offset, dur, zone, state, app)| {
            // Round the end of summer time in Berlin.
            let from = Timestamp::from_seconds(1_792_886_400) - 60 * H;
            span(
                from + Duration::from_micros(offset),
                Duration::from_micros(dur),
                zones[zone],
                Coverage::ALL[state],
                apps[app],
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any spans at all: in any order, over each other, with holes, over midnights, in any zones.
    #[test]
    fn parts_sum_to_the_whole(spans in prop::collection::vec(any_span(), 0..25), began in 0u32..140, lasted in 0u32..140) {
        let base = Timestamp::from_seconds(1_792_886_400) - 70 * H;
        let extent = Extent { began: base + began * H, now: base + (began + lasted) * H };
        let lines = lines(&spans);
        let (mut time, mut counted) = (Duration::ZERO, 0);
        for day in date(2026, 10, 15).series(jiff::Span::new().days(1)).take(25) {
            let report = build_day_report(&lines, &[], (ViewOptions::default(), day), extent, "UTC");
            whole(&report);
            time += report.length;
            counted += report.counts.keys();
        }
        prop_assert_eq!(time, lasted * H, "each second of the extent belongs to exactly one day");
        prop_assert_eq!(counted, spans.len() as u64, "each span's counts belong to exactly one day");
    }
}
