#![allow(clippy::unwrap_used)]

use super::*;
use jiff::Timestamp;
use jiff::civil::date;
use model::{
    Counts, Coverage, DeviceId, InputCounts, Notice, NoticeCode, RECORD_SCHEMA, WindowInfo,
};
use proptest::prelude::*;
use std::sync::Arc;

pub(crate) const S: i64 = 1_000_000;
pub(crate) const H: i64 = 3600 * S;

pub(crate) fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_microsecond()
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

pub(crate) fn span(start_us: i64, dur_us: i64, zone: &str, state: Coverage, app: &str) -> Span {
    Span {
        start: model::Timestamp::from_micros(start_us),
        duration: std::time::Duration::from_micros(u64::try_from(dur_us).unwrap()),
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
    let states: u64 = report.states.iter().map(|s| s.us).sum();
    assert_eq!(states, report.length_us, "states sum to the day");
    let rows = || {
        report
            .apps
            .iter()
            .flat_map(|a| a.windows.iter().map(|w| w.usage))
            .chain([report.protected, report.redacted, report.unnamed])
    };
    let active: u64 = rows().map(|u| u.active_us).sum();
    let idle: u64 = rows().map(|u| u.idle_us).sum();
    assert_eq!(active, report.state_us(Coverage::Active));
    assert_eq!(idle, report.state_us(Coverage::Idle));
    let mut counts = Counts::default();
    rows().for_each(|u| counts += u.counts);
    assert_eq!(counts, report.counts, "rows' counts sum to the day's");
}

#[test]
fn days_are_23_24_and_25_hours_long_in_berlin() {
    let extent = Extent {
        began_us: at("2026-01-01T00:00:00Z"),
        now_us: at("2026-12-31T00:00:00Z"),
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
        assert_eq!(report.length_us, (hours * H) as u64, "{day}");
        assert_eq!(report.state_us(Coverage::Off), report.length_us);
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
        began_us: midnight - 10 * S,
        now_us: midnight + 30 * S,
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
    assert_eq!(
        (before.length_us, after.length_us),
        (10 * S as u64, 30 * S as u64)
    );
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
        began_us: ten,
        now_us: ten + 2 * H,
    };
    let report = build_day_report(
        &lines,
        &[],
        (ViewOptions::default(), date(2026, 7, 15)),
        extent,
        "UTC",
    );
    whole(&report);
    assert_eq!(report.length_us, (2 * H) as u64);
    let app = |name| {
        let found: Vec<_> = report.apps.iter().filter(|a| a.app == name).collect();
        found[0].usage.active_us
    };
    assert_eq!((app("Editor"), app("Browser")), (H as u64, H as u64));
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
        began_us: start,
        now_us: start + 36 * H,
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
    assert_eq!(day.length_us, (30 * H) as u64);
    assert_eq!(next.length_us, (6 * H) as u64);
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
        began_us: ten,
        now_us: ten + 60 * S,
    };
    let report = build_day_report(
        &lines(&[gone]),
        &[],
        (ViewOptions::default(), date(2026, 7, 15)),
        extent,
        "UTC",
    );
    whole(&report);
    assert_eq!(report.redacted.active_us, 60 * S as u64);
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
        began_us: ten,
        now_us: ten + 130 * S,
    };
    let report = build_day_report(
        &lines,
        &pending,
        (ViewOptions::default(), date(2026, 7, 15)),
        extent,
        "UTC",
    );
    whole(&report);
    assert_eq!(report.protected.active_us, 60 * S as u64);
    assert_eq!(report.unnamed.idle_us, 30 * S as u64);
    assert_eq!(report.state_us(Coverage::Off), 5 * S as u64);
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
            at: model::Timestamp::from_micros(at("2026-07-15T23:30:00Z")),
            zone: "Europe/Berlin".into(),
            code: NoticeCode::Started,
            text: "Recording began.".into(),
        }),
    });
    let extent = Extent {
        began_us: 0,
        now_us: i64::MAX,
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
        -60 * H..60 * H,
        prop_oneof![Just(0), 1..90 * S, 1..30 * H],
        0..zones.len(),
        0..Coverage::ALL.len(),
        0..apps.len(),
    )
        .prop_map(move |(offset, dur, zone, state, app)| {
            // Round the end of summer time in Berlin.
            let base = 1_792_886_400 * S;
            span(
                base + offset,
                dur,
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
    fn parts_sum_to_the_whole(spans in prop::collection::vec(any_span(), 0..25), began in -70i64..70, lasted in 0i64..140) {
        let base = 1_792_886_400 * S;
        let extent = Extent { began_us: base + began * H, now_us: base + (began + lasted) * H };
        let lines = lines(&spans);
        let (mut time, mut counted) = (0, 0);
        for day in date(2026, 10, 15).series(jiff::Span::new().days(1)).take(25) {
            let report = build_day_report(&lines, &[], (ViewOptions::default(), day), extent, "UTC");
            whole(&report);
            time += report.length_us;
            counted += report.counts.keys();
        }
        prop_assert_eq!(time, (lasted * H) as u64, "each second of the extent belongs to exactly one day");
        prop_assert_eq!(counted, spans.len() as u64, "each span's counts belong to exactly one day");
    }
}
