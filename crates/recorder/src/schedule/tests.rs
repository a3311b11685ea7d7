#![allow(clippy::unwrap_used)]

use super::watch::ScheduleWatch;
use super::*;
use jiff::civil::{DateTime, Weekday};
use proptest::prelude::*;

fn hours(entries: &[&str]) -> RecordingSchedule {
    RecordingSchedule::parse(entries).unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// An instant written as RFC 3339.
fn utc(text: &str) -> model::Timestamp {
    to_model(text.parse().unwrap())
}

/// Inside or not, and the next change as the clock on the wall shows it, with its offset.
fn told(hours: &RecordingSchedule, at: &str, zone_name: &str) -> (bool, String) {
    let zone = zone(zone_name);
    let now = hours.state_at(utc(at), &zone);
    let next = now.next_change.map_or_else(String::new, |next| {
        let at = Timestamp::from_microsecond(next.as_micros())
            .unwrap()
            .to_zoned(zone.clone());
        at.strftime("%a %H:%M %z").to_string()
    });
    (now.inside, next)
}

#[test]
fn a_working_week() {
    let h = hours(&[
        "mon-fri 09:00-12:30",
        "mon-fri 13:15-17:30",
        "sat 10:00-12:00",
    ]);
    // 2026-03-02 was a Monday; Berlin shows one hour more than UTC.
    for (at, inside, next) in [
        ("2026-03-02T07:59:59.999999Z", false, "Mon 09:00 +0100"),
        ("2026-03-02T08:00:00Z", true, "Mon 12:30 +0100"),
        ("2026-03-02T11:30:00Z", false, "Mon 13:15 +0100"),
        ("2026-03-06T16:29:00Z", true, "Fri 17:30 +0100"),
        ("2026-03-06T16:30:00Z", false, "Sat 10:00 +0100"),
        ("2026-03-07T11:00:00Z", false, "Mon 09:00 +0100"),
    ] {
        assert_eq!(
            told(&h, at, "Europe/Berlin"),
            (inside, next.to_owned()),
            "{at}"
        );
    }
}

#[test]
fn no_entry_and_a_full_week_never_change() {
    for h in [
        RecordingSchedule::default(),
        hours(&[]),
        hours(&["mon-sun 00:00-24:00"]),
    ] {
        let now = h.state_at(utc("2026-03-02T08:00:00Z"), &zone("Europe/Berlin"));
        assert_eq!((now.inside, now.next_change), (true, None));
    }
    assert!(hours(&[]).is_always() && !hours(&["mon-sun 00:00-24:00"]).is_always());
}

#[test]
fn a_range_may_go_over_midnight_and_over_the_weeks_end() {
    let h = hours(&["fri 22:00-02:00", "sun 23:00-01:00"]);
    for (at, inside, next) in [
        ("2026-03-06T22:30:00Z", true, "Sat 02:00 +0000"),
        ("2026-03-07T01:59:00Z", true, "Sat 02:00 +0000"),
        ("2026-03-07T02:00:00Z", false, "Sun 23:00 +0000"),
        ("2026-03-08T23:30:00Z", true, "Mon 01:00 +0000"),
        ("2026-03-09T00:30:00Z", true, "Mon 01:00 +0000"),
    ] {
        assert_eq!(told(&h, at, "UTC"), (inside, next.to_owned()), "{at}");
    }
}

#[test]
fn ranges_that_overlap_or_touch_are_one() {
    assert_eq!(
        hours(&["mon 09:00-12:00", "mon 11:00-13:00", "Mon 13:00-14:00"]),
        hours(&["mon 9:00-14:00"])
    );
    assert_eq!(
        hours(&["fri-mon 08:00-10:00"]),
        hours(&["fri,sat,sun,mon 08:00 - 10:00"])
    );
    assert_eq!(
        hours(&["sat 10:00-00:00", "sun 00:00-10:00"]),
        hours(&["sat 10:00-24:00", "sun 00:00-10:00"])
    );
}

/// On 2026-03-29 Berlin's clocks go from 02:00 to 03:00, on 2026-10-25 from 03:00 back to 02:00.
#[test]
fn at_both_edges_of_summer_time_the_clock_on_the_wall_decides() {
    let skipped = hours(&["sun 02:15-02:45"]);
    assert_eq!(
        told(&skipped, "2026-03-28T12:00:00Z", "Europe/Berlin"),
        (false, "Sun 02:15 +0200".to_owned()),
        "the skipped half hour does not come: the next is a week later"
    );
    let into_the_gap = hours(&["sun 01:00-02:30"]);
    let in_it = told(&into_the_gap, "2026-03-29T00:30:00Z", "Europe/Berlin");
    assert_eq!(
        in_it,
        (true, "Sun 03:00 +0200".to_owned()),
        "after 01:59 comes 03:00"
    );
    let from_the_gap = hours(&["sun 02:30-04:00"]);
    let before = told(&from_the_gap, "2026-03-29T00:30:00Z", "Europe/Berlin");
    assert_eq!(before, (false, "Sun 03:00 +0200".to_owned()));

    // The day with 25 hours: 02:00 to 03:00 is shown twice.
    let twice = hours(&["sun 02:15-02:45"]);
    for (at, inside, next) in [
        ("2026-10-25T00:00:00Z", false, "Sun 02:15 +0200"),
        ("2026-10-25T00:20:00Z", true, "Sun 02:45 +0200"),
        ("2026-10-25T00:50:00Z", false, "Sun 02:15 +0100"),
        ("2026-10-25T01:20:00Z", true, "Sun 02:45 +0100"),
    ] {
        assert_eq!(
            told(&twice, at, "Europe/Berlin"),
            (inside, next.to_owned()),
            "{at}"
        );
    }
    let over = hours(&["sat 22:00-02:30"]);
    for (at, inside, next) in [
        ("2026-10-25T00:10:00Z", true, "Sun 02:30 +0200"),
        ("2026-10-25T00:40:00Z", false, "Sun 02:00 +0100"),
        ("2026-10-25T01:10:00Z", true, "Sun 02:30 +0100"),
    ] {
        assert_eq!(
            told(&over, at, "Europe/Berlin"),
            (inside, next.to_owned()),
            "{at}"
        );
    }
    // A working day over the whole night has 7 and 9 hours.
    let night = hours(&["sat 22:00-06:00"]);
    let length = |at: &str| {
        let from = utc(at);
        night
            .state_at(from, &zone("Europe/Berlin"))
            .next_change
            .unwrap()
            .duration_since(from)
    };
    assert_eq!(length("2026-03-28T21:00:00Z"), Duration::from_hours(7));
    assert_eq!(length("2026-10-24T20:00:00Z"), Duration::from_hours(9));
}

#[test]
fn each_mistake_is_named() {
    for (entry, said) in [
        ("mon-fri", "write it as \"mon-fri 09:00-17:30\""),
        ("09:00-17:00", "write it as"),
        ("mon 9-17", "\"9\" is not a time of day"),
        ("mon 09:00", "write it as"),
        ("mon-fry 09:00-17:00", "\"fry\" is not a day"),
        ("monday 09:00-17:00", "\"monday\" is not a day"),
        ("mon, tue 09:00-17:00", "\"tue 09:00\" is not a time"),
        (
            "mon 09:00-25:00",
            "\"25:00\" is not a time of day: write it as 09:00",
        ),
        ("mon 09:60-10:00", "\"09:60\" is not a time"),
        ("mon +9:00-10:00", "\"+9:00\" is not a time"),
        ("mon 9:0-10:00", "\"9:0\" is not a time"),
        ("mon 24:00-02:00", "cannot begin at 24:00"),
        (
            "mon 09:00-09:00",
            "begins and ends at the same time: write 00:00-24:00",
        ),
        ("", "write it as"),
    ] {
        let e = RecordingSchedule::parse(&["tue 09:00-10:00", entry])
            .unwrap_err()
            .to_string();
        assert!(e.starts_with(&format!("entry 2 (\"{entry}\"): ")), "{e}");
        assert!(e.contains(said), "{entry}: {e}");
    }
}

#[test]
fn the_watch_tells_each_edge_once_and_notices_what_the_clock_does() {
    let h = hours(&["mon-fri 09:00-17:00"]);
    let s = Duration::from_secs(1);
    let start = utc("2026-03-02T08:59:00Z");
    let mut w = ScheduleWatch::new(h, TimeZone::UTC, start);
    assert!(!w.state().inside);
    assert_eq!(w.poll(start + 59 * s), None);
    assert_eq!(w.poll(start + 60 * s), Some(true));
    assert_eq!(w.poll(start + 61 * s), None);
    assert_eq!(w.poll(start), Some(false), "the clock was set back");
    assert_eq!(w.poll(start + 60 * s), Some(true), "so it begins again");
    // Asleep from one working day into the next: the answer is the same, but edges were passed.
    assert_eq!(w.poll(utc("2026-03-03T10:00:00Z")), Some(true));
    assert_eq!(w.poll(utc("2026-03-03T10:00:01Z")), None);
    let now = utc("2026-03-03T10:00:02Z");
    assert_eq!(w.set_zone(zone("Asia/Tokyo"), now), Some(false));
    assert_eq!(
        w.set_schedule(RecordingSchedule::default(), now),
        Some(true)
    );
    assert_eq!(w.state().next_change, None);
    assert_eq!(w.set_schedule(RecordingSchedule::default(), now), None);
}

#[test]
fn the_ends_of_time_have_an_answer() {
    let h = hours(&["wed 12:00-13:00"]);
    for at in [model::Timestamp::MIN, model::Timestamp::MAX] {
        for name in ["UTC", "Pacific/Apia"] {
            let _ = h.state_at(at, &zone(name));
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    day: usize,
    from: u16,
    to: u16,
}

impl Entry {
    fn text(&self) -> String {
        let (f, t) = (self.from, self.to);
        format!(
            "{} {:02}:{:02}-{:02}:{:02}",
            DAYS[self.day],
            f / 60,
            f % 60,
            t / 60,
            t % 60
        )
    }

    /// As a person would decide it who looks at a clock and a calendar.
    fn holds(&self, shown: DateTime) -> bool {
        let of_day = i32::from(shown.hour()) * 60 + i32::from(shown.minute());
        let (from, to) = (i32::from(self.from), i32::from(self.to));
        let day = |w: Weekday| usize::try_from(w.to_monday_zero_offset()).unwrap();
        let today = day(shown.weekday()) == self.day;
        let after_it = day(shown.weekday().previous()) == self.day;
        if from < to {
            today && (from..to).contains(&of_day)
        } else {
            (today && of_day >= from) || (after_it && of_day < to)
        }
    }
}

fn any_entry() -> impl Strategy<Value = Entry> {
    (0usize..7, 0u16..DAY, 0u16..=DAY)
        .prop_filter("not empty", |(_, from, to)| from != to)
        .prop_map(|(day, from, to)| Entry { day, from, to })
}

/// Zones with whole, half and quarter hours, with a change of half an hour, at midnight, and of a whole day.
const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Casablanca",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Every instant has the answer a clock and a calendar give; the next change is later, and until then, and not a
    /// microsecond longer, the answer stays.
    #[test]
    fn the_answer_is_the_wall_clocks_and_holds_until_the_next_change(
        entries in proptest::collection::vec(any_entry(), 1..8),
        zone_name in proptest::sample::select(ZONES.to_vec()),
        at in 1_262_304_000i64..2_524_608_000,
        fraction in 0i64..1_000_000,
        within in proptest::collection::vec(0.0f64..1.0, 12),
    ) {
        let zone = zone(zone_name);
        let texts: Vec<String> = entries.iter().map(Entry::text).collect();
        let h = RecordingSchedule::parse(&texts).unwrap();
        let by_hand = |at: model::Timestamp| {
            let shown = Timestamp::from_microsecond(at.as_micros()).unwrap().to_zoned(zone.clone()).datetime();
            entries.iter().any(|e| e.holds(shown))
        };
        let at = model::Timestamp::from_micros(at * 1_000_000 + fraction);
        let now = h.state_at(at, &zone);
        prop_assert_eq!(now.inside, by_hand(at));
        let Some(next) = now.next_change else {
            prop_assert!(now.inside);
            return Ok(());
        };
        prop_assert!(next > at);
        let ahead = next.duration_since(at);
        prop_assert!(ahead < Duration::from_hours(16 * 24), "within a week or two");
        let mut moments: Vec<_> = within.iter().map(|w| at + ahead.mul_f64(*w)).collect();
        moments.push(next - Duration::from_micros(1));
        for moment in moments {
            prop_assert_eq!(by_hand(moment), now.inside);
            prop_assert_eq!(h.state_at(moment, &zone), now);
        }
        prop_assert_eq!(by_hand(next), !now.inside);
        prop_assert_eq!(h.state_at(next, &zone).inside, !now.inside);
    }

    /// No text whatever makes it panic.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,24}", near in "(mon|sun|-|,| |[0-9]{1,3}|:){0,12}") {
        let _ = RecordingSchedule::parse(&[text]);
        let _ = RecordingSchedule::parse(&[near]);
    }
}
