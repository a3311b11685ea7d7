#![allow(clippy::unwrap_used)]

mod kit;

use super::*;
use crate::RollupBuilder;

use jiff::civil::date;
use journal::{RedactionTarget, UtcDay};
use kit::*;
use model::Record;
use proptest::prelude::*;
use std::collections::BTreeMap;
use vault::Identity;

const S: Duration = Duration::from_secs(1);
const H: Duration = Duration::from_secs(3600);

/// Offsets of whole hours, of half and of quarter ones; with summer time of an hour and of half of one.
const ZONES: [&str; 5] = [
    "UTC",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/St_Johns",
];

#[test]
fn a_plain_run_is_told_by_roll_ups_alone() {
    let desk = Desk::new();
    let lease = Identity::generate();
    let begin = at("2026-03-28T21:07:11Z");
    let mut run = desk.start(&lease, begin);
    for n in 0..180u8 {
        let state = [Coverage::Active, Coverage::Active, Coverage::Idle][usize::from(n % 3)];
        run.span(7 * 60 * S + u32::from(n) * S, "Europe/Berlin", state, n % 6);
        run.commit(2);
    }
    // A night in one span.
    run.span(9 * H, "Europe/Berlin", Coverage::Asleep, 0);
    run.commit(1);
    let now = run.now;
    desk.compare(date(2026, 3, 27)..=date(2026, 3, 31), now);
    run.stop();
    let touched = QuarterHour::of(now - Duration::from_micros(1)).0 - QuarterHour::of(begin).0 + 1;
    assert_eq!(desk.slots(), (usize::try_from(touched).unwrap(), 0));
    for row in desk
        .reader()
        .read_rollups(QuarterHour(0)..QuarterHour(i64::MAX))
        .unwrap()
    {
        let content = row.content.unwrap();
        let rollup = Rollup::decode(row.quarter_hour, &content).unwrap();
        let mut apps: BTreeMap<String, Usage> = BTreeMap::new();
        let read = rollup.for_each_window(&content, &mut |window| {
            assert!(window.title.starts_with("canary title "), "{window:?}");
            assert!(window.seen.0 >= row.quarter_hour.start() && window.seen.0 <= window.seen.1);
            *apps.entry(window.app.to_owned()).or_default() += &window.usage;
        });
        read.unwrap();
        assert_eq!(
            apps, rollup.totals.rows,
            "windows sum to their applications"
        );
    }
    desk.compare(date(2026, 3, 27)..=date(2026, 3, 31), now);
    // A second run in the slot in which the first one ended: nobody knows all of it but the records.
    let mut run = desk.start(&lease, now + 60 * S);
    run.span(H, "Europe/Berlin", Coverage::Active, 1);
    run.commit(0);
    desk.compare(date(2026, 3, 27)..=date(2026, 3, 31), run.now);
    run.stop();
    assert_eq!(desk.slots().1, 1, "only the shared slot is a mark");
}

/// The hits of a search in records alone: windows with their first and last moment and active time.
fn found_by_records(
    lines: &[model::RecordLine],
    word: &str,
) -> Vec<(String, Timestamp, Timestamp, Duration)> {
    let mut found: BTreeMap<String, (Timestamp, Timestamp, Duration)> = BTreeMap::new();
    for line in lines {
        if let Record::Span(span) = &line.record
            && let Some(window) = window_of(span).filter(|w| w.title.contains(word))
        {
            let mut usage = Usage::default();
            usage.add_time(span.state, span.duration);
            let (start, end) = (span.start, span.end());
            let new = (start, end, Duration::ZERO);
            let hit = found.entry(window.title.clone()).or_insert(new);
            *hit = (hit.0.min(start), hit.1.max(end), hit.2 + usage.active);
        }
    }
    let rows = found
        .into_iter()
        .map(|(title, (a, b, active))| (title, a, b, active));
    rows.collect()
}

#[test]
fn a_search_in_roll_ups_finds_what_is_in_the_records() {
    let desk = Desk::new();
    let lease = Identity::generate();
    let begin = at("2026-03-28T02:07:11Z");
    let mut run = desk.start(&lease, begin);
    for n in 0..90u8 {
        let state = [Coverage::Active, Coverage::Active, Coverage::Idle][usize::from(n % 3)];
        run.span(7 * 60 * S + u32::from(n) * S, "Europe/Berlin", state, n % 5);
        run.commit(2);
    }
    let search = |words: &str| {
        let reader = desk.reader();
        let mut all = Vec::new();
        let days = UtcDay::of(begin)..=UtcDay::of(begin);
        crate::query::search_titles(&reader, &days, words, |_, hits| {
            all.extend(
                hits.into_iter()
                    .map(|h| (h.title, h.first, h.last, h.active)),
            );
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
        all.sort();
        all
    };
    let records = |word: &str| {
        let lines = desk
            .reader()
            .read_records(Timestamp::UNIX_EPOCH..Timestamp::MAX)
            .unwrap()
            .lines;
        found_by_records(&lines, word)
    };
    // Some slots are read from roll-ups, the last from records.
    assert!(desk.slots().0 > 30 && desk.slots().1 > 0);
    assert_eq!(search("TITLE canary"), records("canary"));
    assert_eq!(records("canary").len(), 4);
    run.stop();
    for (words, word) in [
        ("title", "title"),
        ("Canary 3", "3"),
        ("app 2", "2"),
        ("no", "no"),
    ] {
        assert_eq!(search(words), records(word), "{words}");
    }
    assert_eq!(search("canary 7"), []);
    // A slot in the middle that a second run wrote into, and one that is redacted.
    let mut run = desk.start(&lease, begin + 3 * H);
    run.span(10 * 60 * S, "Europe/Berlin", Coverage::Active, 1);
    run.commit(0);
    let what = RedactionTarget::Time(begin + 2 * H..begin + 2 * H + 60 * S);
    run.journal.redact(&what, run.now).unwrap();
    assert!(desk.slots().1 > 0);
    assert_eq!(search("canary"), records("canary"));
    run.stop();
}

#[test]
fn a_slot_that_an_open_span_touches_is_told_by_its_records() {
    let desk = Desk::new();
    let begin = at("2026-03-28T12:00:00Z");
    let mut run = desk.start(&Identity::generate(), begin);
    run.span(14 * 60 * S, "UTC", Coverage::Active, 1);
    run.span(6 * 60 * S, "UTC", Coverage::Active, 2);
    // The clock is set back into the slot that the spans before have just filled.
    run.now -= 10 * 60 * S;
    run.span(60 * S, "UTC", Coverage::Active, 3);
    run.commit(1);
    let (now, days) = (begin + H, || date(2026, 3, 28)..=date(2026, 3, 28));
    desk.compare(days(), now);
    // After a hard crash nobody can open that span but its reader.
    drop(run);
    let run = desk.start(&Identity::generate(), now);
    desk.compare(days(), now);
    drop(run);
}

#[test]
fn a_roll_up_reads_back_and_one_of_another_form_does_not() {
    let mut rollups = RollupBuilder::new(QuarterHour(0));
    rollups.add(&span(
        QuarterHour(1_000).start() + Duration::from_micros(5),
        60 * S,
        "Asia/Kathmandu",
        Coverage::Active,
        2,
    ));
    rollups.add(&span(
        QuarterHour(1_000).start() + 90 * S,
        2 * H,
        "Asia/Kathmandu",
        Coverage::Idle,
        4,
    ));
    let done = rollups.pending_rollups();
    let rollup = Rollup::decode(QuarterHour(1_000), done[0].1).unwrap();
    assert_eq!(
        rollup.covered.start,
        QuarterHour(1_000).start() + Duration::from_micros(5)
    );
    assert_eq!(rollup.carried_from, Some(QuarterHour(1_000)));
    assert_eq!(
        rollup.totals.states[Coverage::Active],
        Duration::from_secs(60)
    );
    let (sums, windows) = split_content(done[0].1);
    let again = rollup.encode().unwrap();
    assert_eq!(split_content(&again), (sums, Some(&b""[..])));
    assert!(windows.is_some_and(|w| !w.is_empty()));
    let text = String::from_utf8(sums.to_vec()).unwrap();
    let newer = text.replace("\"v\":2", "\"v\":3");
    assert_eq!(Rollup::decode(QuarterHour(1_000), newer.as_bytes()), None);
    // One that was made before windows were kept tells sums, and no titles.
    let older = text.replace("\"v\":2", "\"v\":1");
    let older_rollup = Rollup::decode(QuarterHour(1_000), older.as_bytes()).unwrap();
    assert_eq!(older_rollup.totals, rollup.totals);
    assert_eq!(
        older_rollup.for_each_window(older.as_bytes(), &mut |_| ()),
        None
    );
    assert_eq!(Rollup::decode(QuarterHour(1_000), b"{}"), None);
}

#[test]
fn a_span_of_a_million_years_is_no_work() {
    let mut rollups = RollupBuilder::new(QuarterHour(0));
    const MOST: Duration = Duration::from_micros(i64::MAX.cast_unsigned());
    rollups.add(&span(
        Timestamp::UNIX_EPOCH,
        MOST,
        "UTC",
        Coverage::Asleep,
        0,
    ));
    rollups.add(&span(
        Timestamp::from_seconds(1),
        S,
        "UTC",
        Coverage::Active,
        0,
    ));
    rollups.finish_current();
    assert!(rollups.pending_rollups().is_empty());
    let desk = Desk::new();
    let mut run = desk.start(&Identity::generate(), at("2026-03-28T21:07:11Z"));
    run.span(50_000 * QuarterHour::LENGTH, "UTC", Coverage::Asleep, 0);
    run.commit(1);
    run.commit(0);
    desk.compare(date(2026, 3, 27)..=date(2026, 3, 31), run.now);
}

#[derive(Clone, Debug)]
enum Step {
    /// A span: length in seconds, state, application.
    Span(u32, Coverage, u8),
    /// The zone changes.
    Zone(usize),
    /// The clock is set by so many seconds.
    Set(i64),
    /// A step is written; so many spans may still change.
    Commit(usize),
    /// The last seconds are removed.
    Remove(u32),
    /// The present UTC day is erased.
    Erase,
    /// The program ends well, or not; the next begins so many seconds later, under the same lease or another.
    Again { clean: bool, after: i64, same: bool },
}

fn set_clock(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_micros(now.as_micros() + seconds * 1_000_000)
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop::sample::select(vec![
        Coverage::Active,
        Coverage::Active,
        Coverage::Active,
        Coverage::Idle,
        Coverage::Idle,
        Coverage::Locked,
        Coverage::Asleep,
    ]);
    let seconds = prop_oneof![4 => 1..90u32, 4 => 90..1_000u32, 1 => 1_000..20_000u32];
    prop_oneof![
        40 => (seconds, state, 0..6u8).prop_map(|(s, state, app)| Step::Span(s, state, app)),
        20 => (0..4usize).prop_map(Step::Commit),
        1 => (0..ZONES.len()).prop_map(Step::Zone),
        2 => (-5_000..5_000i64).prop_map(Step::Set),
        2 => (1..4_000u32).prop_map(Step::Remove),
        1 => Just(Step::Erase),
        3 => (any::<bool>(), -2_000..20_000i64, any::<bool>())
            .prop_map(|(clean, after, same)| Step::Again { clean, after, same }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Roll-ups and the records beside them give the totals of all records, whatever happens.
    #[test]
    fn roll_ups_and_records_come_to_the_same(
        begin in prop::sample::select(vec!["2026-03-28T20:03:00Z", "2026-10-24T22:00:00Z", "2026-04-04T11:29:59Z"]),
        first_zone in 0..ZONES.len(),
        steps in prop::collection::vec(step(), 20..120),
    ) {
        let desk = Desk::new();
        let mut lease = Identity::generate();
        let begin = at(begin);
        let mut zone = ZONES[first_zone];
        let mut run = desk.start(&lease, begin);
        let mut latest = begin;
        for step in steps {
            latest = latest.max(run.now);
            match step {
                Step::Span(seconds, state, app) => run.span(seconds * S + Duration::from_micros(1), zone, state, app),
                Step::Zone(n) => zone = ZONES[n],
                Step::Set(seconds) => run.now = set_clock(run.now, seconds),
                Step::Commit(keep) => run.commit(keep),
                Step::Remove(seconds) => {
                    run.commit(0);
                    let what = RedactionTarget::Time(run.now - seconds * S..run.now);
                    run.journal.redact(&what, run.now).unwrap();
                }
                Step::Erase => {
                    run.commit(0);
                    let day = UtcDay::of(run.now);
                    run.journal.erase(day..=day, run.now).unwrap();
                }
                Step::Again { clean, after, same } => {
                    let now = set_clock(run.now, after);
                    if clean {
                        run.stop();
                    } else {
                        drop(run);
                    }
                    if !same {
                        lease = Identity::generate();
                    }
                    run = desk.start(&lease, now);
                }
            }
        }
        run.commit(1);
        let (first, last) = (crate::local_date(begin - 30 * H, "UTC"), crate::local_date(latest + 30 * H, "UTC"));
        for now in [run.now, latest, run.now - 3_333 * S] {
            desk.compare(first..=last, now);
        }
        run.stop();
        desk.compare(first..=last, latest);
    }
}
