//! The start of the next local day.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// When the day after the one of `utc_us` begins in `zone`, both in microseconds since the Unix epoch (UTC). A day in
/// whose first hour the clocks change begins where the zone says. None at the end of the calendar.
pub(crate) fn next_day_us(utc_us: i64, zone: &TimeZone) -> Option<i64> {
    let now = Timestamp::from_microsecond(utc_us)
        .ok()?
        .to_zoned(zone.clone());
    let begin = now.tomorrow().ok()?.start_of_day().ok()?;
    Some(begin.timestamp().as_microsecond())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_next_day_begins_where_the_zone_says() {
        for (zone, now, begin) in [
            // 23 and 25 hours in Berlin.
            (
                "Europe/Berlin",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-10-25T22:59:59Z",
                "2026-10-25T23:00:00Z",
            ),
            // Havana's clocks went from 00:00 to 01:00, and from 01:00 back to 00:00. (A past year: what is to come, they
            // change at short notice.)
            (
                "America/Havana",
                "2020-03-08T04:30:00Z",
                "2020-03-08T05:00:00Z",
            ),
            (
                "America/Havana",
                "2020-11-01T03:30:00Z",
                "2020-11-01T04:00:00Z",
            ),
            (
                "America/Havana",
                "2020-11-01T05:30:00Z",
                "2020-11-02T05:00:00Z",
            ),
        ] {
            let us = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
            let zone_now = TimeZone::get(zone).unwrap();
            assert_eq!(
                next_day_us(us(now), &zone_now),
                Some(us(begin)),
                "{zone}, {now}"
            );
        }
        assert_eq!(next_day_us(i64::MAX, &TimeZone::UTC), None);
    }
}
