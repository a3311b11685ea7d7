#![allow(clippy::unwrap_used)]

use super::*;
use crate::day::tests::{H, S, any_span, at, lines, span};
use crate::rules::ClassificationRule;
use crate::{Classifier, GroupBy, PeriodTotals, build_day_report};
use jiff::civil::date;
use model::Counts;
use proptest::prelude::*;
use std::sync::LazyLock;

static RULES: LazyLock<ClassificationRules> = LazyLock::new(rules);

fn rules() -> ClassificationRules {
    let rule = |name: &str, app: &str, title: &str| ClassificationRule {
        name: name.to_owned(),
        app: Some(app.to_owned()),
        title: Some(title.to_owned()),
    };
    let categories = [rule("writing", "editor", "title")];
    let projects = [rule("uam", "brow", "browser title")];
    ClassificationRules::new(&categories, true, &projects).unwrap()
}

fn made(view: ViewOptions, days: &[Date], extent: Extent, spans: &[Span]) -> Overview {
    let mut making = OverviewBuilder::new(view, Some(&RULES), extent);
    let spans: Vec<&Span> = spans.iter().collect();
    for some in days.chunks(3) {
        making.add_days(some, &spans, "UTC");
    }
    making.finish(Vec::new())
}

/// Everything that the head of the module promises of a day.
fn whole(day: &OverviewDay) {
    let totals = &day.totals;
    let [active, idle] = [Coverage::Active, Coverage::Idle].map(|s| totals.time_in(s));
    let one = PeriodTotals::of([totals].into_iter());
    for rows in [&one.categories, &one.projects, &one.apps] {
        assert_eq!(
            rows.iter().map(|r| r.usage.active).sum::<Duration>(),
            active
        );
        assert_eq!(rows.iter().map(|r| r.usage.idle).sum::<Duration>(), idle);
        let mut counts = Counts::default();
        rows.iter().for_each(|r| counts += r.usage.counts);
        assert_eq!(counts, totals.counts);
    }
    assert_eq!(
        one.states.iter().map(|s| s.duration).sum::<Duration>(),
        totals.length
    );
    assert_eq!(day.tens.iter().map(|t| t.active).sum::<Duration>(), active);
    assert_eq!(day.tens.iter().map(|t| t.idle).sum::<Duration>(), idle);
    assert_eq!(day.cells.iter().map(|c| c.active).sum::<Duration>(), active);
    let strips = day.strips.iter().map(|s| s.to.duration_since(s.from));
    let strips: Duration = strips.sum();
    assert_eq!(strips, totals.length);
    assert!(day.strips.iter().all(|s| s.from < s.to));
    assert!(day.strips.windows(2).all(|w| w[0].to <= w[1].from));
}

#[test]
fn days_of_23_and_25_hours_are_whole() {
    let zone = "Europe/Berlin";
    for (day, began, hours) in [
        (date(2026, 3, 29), "2026-03-28T23:00:00Z", 23),
        (date(2026, 10, 25), "2026-10-24T22:00:00Z", 25),
    ] {
        let began = at(began);
        let spans = [span(began - H, 30 * H, zone, Coverage::Active, "Editor")];
        let extent = Extent {
            began: began - H,
            now: began + 29 * H,
        };
        let overview = made(ViewOptions::default(), &[day], extent, &spans);
        let view = &overview.days[0];
        whole(view);
        assert_eq!(view.totals.length, hours * H);
        assert_eq!(view.tens.len(), 6 * hours as usize);
        assert_eq!(view.totals.categories[0].name, "writing");
        assert_eq!(view.strips.len(), 1);
        // From four to four the clock change lies in the day before.
        let view = ViewOptions {
            starts: DayStart::parse("04:00").unwrap(),
            ..ViewOptions::default()
        };
        let overview = made(view, &[day], extent, &spans);
        assert_eq!(
            overview.days[0].counted.clone().unwrap().start,
            began + hours * H - 24 * H + 4 * H
        );
    }
}

#[test]
fn a_short_interruption_is_counted_to_what_it_interrupted() {
    let ten = at("2026-07-15T10:00:00Z");
    let visit = |from, dur, app| span(ten + from * S, dur * S, "UTC", Coverage::Active, app);
    let spans = [
        visit(0, 300, "Editor"),
        visit(300, 20, "Browser"),
        visit(320, 280, "Editor"),
        visit(600, 10, "protected"),
        visit(610, 30, "Editor"),
        visit(640, 40, "Browser"),
        visit(680, 100, "Editor"),
    ];
    let extent = Extent {
        began: ten,
        now: ten + 780 * S,
    };
    let day = date(2026, 7, 15);
    let seconds = |merge| {
        let view = ViewOptions {
            merge,
            ..ViewOptions::default()
        };
        let overview = made(view, &[day], extent, &spans);
        whole(&overview.days[0]);
        let report = build_day_report(&lines(&spans), &[], (view, day), extent, "UTC");
        assert_eq!(report.protected, overview.days[0].totals.protected);
        let of = |name: &str| {
            let all = overview.days[0].totals.apps.iter();
            let found: Vec<_> = all.filter(|a| a.name == name).collect();
            let told: Vec<_> = report.apps.iter().filter(|a| a.app == name).collect();
            assert_eq!(found[0].usage, told[0].usage);
            (
                found[0].usage.active.as_secs(),
                found[0].usage.counts.keys(),
            )
        };
        (of("Editor"), of("Browser"))
    };
    assert_eq!(seconds(Duration::ZERO), ((710, 4), (60, 2)));
    assert_eq!(seconds(30 * S), ((730, 5), (40, 1)));
    assert_eq!(seconds(20 * S), ((710, 4), (60, 2)), "not shorter");
}

#[test]
fn what_is_held_back_is_never_counted_to_anything_else() {
    let ten = at("2026-07-15T10:00:00Z");
    let visit = |n: u32, app| span(ten + n * 10 * S, 10 * S, "UTC", Coverage::Active, app);
    // Neither should hold a window; the point is that their marks alone describe them.
    let apps = ["Editor", "Browser", "Editor", "Browser", "Editor"];
    let mut spans: Vec<Span> = (0..).zip(apps).map(|(n, app)| visit(n, app)).collect();
    spans[1].protected = true;
    spans[3].redacted = true;
    let extent = Extent {
        began: ten,
        now: ten + 50 * S,
    };
    let view = ViewOptions {
        merge: H,
        ..ViewOptions::default()
    };
    let overview = made(view, &[date(2026, 7, 15)], extent, &spans);
    let totals = &overview.days[0].totals;
    whole(&overview.days[0]);
    assert_eq!(totals.protected.active, 10 * S);
    assert_eq!(totals.redacted.active, 10 * S);
    assert_eq!(totals.apps[0].usage.active, 30 * S);
}

#[test]
fn work_makes_blocks_that_do_not_overlap() {
    let eight = at("2026-07-15T08:00:00Z");
    let mut spans = Vec::new();
    for minute in 0..120 {
        // The browser most of the time, a look at the editor each third minute; then half an hour of the editor.
        let app = match (minute, minute % 3) {
            (90.., _) | (_, 2) => "Editor",
            _ => "Browser",
        };
        let from = eight + minute * 60 * S;
        spans.push(span(from, 60 * S, "UTC", Coverage::Active, app));
    }
    // And again after a break.
    spans.push(span(
        eight + 160 * 60 * S,
        600 * S,
        "UTC",
        Coverage::Active,
        "Editor",
    ));
    let extent = Extent {
        began: eight,
        now: eight + 3 * H,
    };
    let overview = made(ViewOptions::default(), &[date(2026, 7, 15)], extent, &spans);
    let minutes = |at: Timestamp| at.duration_since(eight).as_secs() / 60;
    let blocks = |by, min: u64| {
        let found = overview
            .blocks(by, Duration::from_secs(min * 60))
            .into_iter();
        found
            .map(|b| {
                (
                    b.name,
                    minutes(b.from),
                    minutes(b.to),
                    b.active.as_secs() / 60,
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        blocks(GroupBy::App, 10),
        [
            ("Browser".to_owned(), 0, 89, 60),
            ("Editor".to_owned(), 90, 120, 30),
            ("Editor".to_owned(), 160, 170, 10)
        ]
    );
    assert_eq!(
        blocks(GroupBy::Project, 10),
        [("uam".to_owned(), 0, 89, 60)]
    );
    assert_eq!(blocks(GroupBy::Category, 60).len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Any spans at all, in any zones and any order, in every view: every sum is whole, and the same as day by day.
    #[test]
    fn sums_are_whole_in_every_view(
        spans in prop::collection::vec(any_span(), 0..25),
        began in 0u32..140,
        lasted in 0u32..140,
        starts in 0u16..=720,
        merge_s in prop_oneof![Just(0u64), 1..100_000u64],
    ) {
        let base = Timestamp::from_seconds(1_792_886_400) - 70 * H;
        let extent = Extent { began: base + began * H, now: base + (began + lasted) * H };
        let starts = DayStart::parse(&format!("{:02}:{:02}", starts / 60, starts % 60)).unwrap();
        let view = ViewOptions { starts, merge: Duration::from_secs(merge_s) };
        let days: Vec<Date> = date(2026, 10, 15).series(jiff::Span::new().days(1)).take(25).collect();
        let lines = lines(&spans);
        let overview = made(view, &days, extent, &spans);
        let (mut time, mut counted) = (Duration::ZERO, 0);
        for (day, date) in overview.days.iter().zip(days) {
            whole(day);
            time += day.totals.length;
            counted += day.totals.counts.keys();
            let mut report = build_day_report(&lines, &[], (view, date), extent, "UTC");
            Classifier::new(&RULES).classify_day(&mut report);
            prop_assert_eq!(&report.states, &day.totals.states);
            prop_assert_eq!(&report.categories, &day.totals.categories);
            prop_assert_eq!(&report.projects, &day.totals.projects);
            prop_assert_eq!(&report.activity, &day.tens);
            prop_assert_eq!(report.protected, day.totals.protected);
        }
        prop_assert_eq!(time, lasted * H, "each second belongs to exactly one day");
        prop_assert_eq!(counted, spans.len() as u64);
    }
}
