#![allow(clippy::unwrap_used)]

use super::*;
use crate::day::tests::{H, at};
use jiff::civil::date;

#[test]
fn a_day_starts_when_it_is_told_to() {
    for (text, shown) in [("04:00", "04:00"), ("4:30", "04:30"), ("0:00", "00:00")] {
        assert_eq!(DayStart::parse(text).unwrap().to_string(), shown);
    }
    for bad in [
        "", "4", "12:01", "04:60", "-1:00", "+4:00", "04:00:00", "a:b",
    ] {
        assert!(DayStart::parse(bad).is_none(), "{bad}");
    }
    let berlin = crate::calendar::load_zone("Europe/Berlin");
    let four = DayStart::parse("04:00").unwrap();
    let night = at("2026-07-16T01:59:00Z");
    assert_eq!(four.date_in(night, &berlin), date(2026, 7, 15));
    assert_eq!(
        four.date_in(night + Duration::from_secs(60), &berlin),
        date(2026, 7, 16)
    );
    // The day before the change ends an hour early, or late: at four by the clock.
    for (day, hours) in [
        (date(2026, 3, 28), 23),
        (date(2026, 3, 29), 24),
        (date(2026, 10, 24), 25),
    ] {
        let bounds = four.bounds(day, &berlin);
        assert_eq!(bounds.end.duration_since(bounds.start), hours * H, "{day}");
    }
    // Half past two does not exist on that day; the day begins at three.
    let half_past_two = DayStart::parse("02:30").unwrap();
    let from = half_past_two.start_of(date(2026, 3, 29), &berlin);
    assert_eq!(wall_clock(from, &berlin).unwrap().hour(), 3);
}
