//! The recording hours while the agent runs: edges are told to the recorder when the clock passes them.

use super::agent::Agent;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::Moment;
use platform::timezone::zone_name;
use recorder::RecorderInput;
use report::ScheduleStatus;

/// How often the zone is looked at, in microseconds.
const ZONE_LOOK_US: u64 = 60_000_000;

impl Agent {
    /// Looks whether an edge of the recording hours was passed.
    pub(crate) fn keep_hours(&mut self, now: Moment) {
        let passed = self.hours.poll(now.utc_us);
        self.tell_hours(passed, now);
    }

    /// Microseconds until the recording hours begin or end.
    pub(super) fn hours_wake_us(&self, now: Moment) -> u64 {
        self.hours.now().next_change_us.map_or(u64::MAX, |at| {
            u64::try_from(at.saturating_sub(now.utc_us)).unwrap_or(0)
        })
    }

    /// Looks now and then whether the zone in force is another one.
    pub(super) fn keep_zone(&mut self, now: Moment) {
        if now.since_us(self.last_zone_look) < ZONE_LOOK_US {
            return;
        }
        self.last_zone_look = now;
        let zone = TimeZone::system();
        let name = zone_name(&zone);
        if name != *self.recorder.zone() {
            self.recorder.step(now, RecorderInput::Zone(name));
            let changed = self.hours.set_zone(zone, now.utc_us);
            self.tell_hours(changed, now);
        }
    }

    pub(super) fn tell_hours(&mut self, inside: Option<bool>, now: Moment) {
        if let Some(inside) = inside {
            self.recorder.step(now, RecorderInput::Hours { inside });
            self.last_checkpoint = None;
        }
    }

    /// For displays; none when recording is always wanted.
    pub(super) fn hours_status(&self, pausing: bool) -> Option<ScheduleStatus> {
        let now = self.hours.now();
        (!self.hours.hours().is_always()).then_some(ScheduleStatus {
            inside: now.inside,
            next_change_us: now.next_change_us,
            pausing,
        })
    }
}

/// When the day after the one of `utc_us` begins in `zone`, both in microseconds since the Unix epoch (UTC). A day in
/// whose first hour the clocks change begins where the zone says. None at the end of the calendar.
pub(super) fn next_day_us(utc_us: i64, zone: &TimeZone) -> Option<i64> {
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
