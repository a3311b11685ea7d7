//! Local days: time zones, when a day begins, and the bounds of a day. The one place that turns instants into wall-clock
//! time.
//!
//! Always true: instants are microseconds since the Unix epoch (UTC); one that no calendar reaches has no wall-clock time.

use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::fmt;
use std::ops::RangeInclusive;

/// The zone of an IANA name; UTC when this machine does not know the name (a renamed or newer zone).
#[must_use]
pub fn load_zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// An instant by the wall clock of a zone; none where no calendar reaches it.
#[must_use]
pub fn wall_clock(at_us: i64, zone: &TimeZone) -> Option<Zoned> {
    let at = Timestamp::from_microsecond(at_us).ok()?;
    Some(at.to_zoned(zone.clone()))
}

/// How far a zone is ahead of UTC at an instant, in microseconds; 0 where no calendar reaches it.
pub(crate) fn utc_offset_us(at_us: i64, zone: &TimeZone) -> i64 {
    let offset = Timestamp::from_microsecond(at_us).map_or(0, |at| zone.to_offset(at).seconds());
    i64::from(offset) * 1_000_000
}

/// The local date of an instant in the zone of that IANA name.
#[must_use]
pub fn local_date(at_us: i64, zone: &str) -> Date {
    local_date_in(at_us, &load_zone(zone))
}

pub(crate) fn local_date_in(at_us: i64, zone: &TimeZone) -> Date {
    let at = Timestamp::from_microsecond(at_us).unwrap_or(if at_us < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    });
    at.to_zoned(zone.clone()).date()
}

/// The first instant of `day` in `zone`, in microseconds since the Unix epoch (UTC); a day that starts inside a
/// clock change starts at the first instant that exists.
pub(crate) fn day_start(day: Date, zone: &TimeZone) -> i64 {
    match day.to_zoned(zone.clone()) {
        Ok(zoned) => zoned.timestamp().as_microsecond(),
        // Only at the very ends of the calendar, some 9,999 years away.
        Err(_) if day.year() < 0 => i64::MIN,
        Err(_) => i64::MAX,
    }
}

/// The bounds of `day` in `zone`: its first instant and the next day's.
pub(crate) fn day_bounds(day: Date, zone: &TimeZone) -> (i64, i64) {
    let next = day
        .tomorrow()
        .map_or(i64::MAX, |next| day_start(next, zone));
    (day_start(day, zone), next)
}

/// When a day begins, in minutes after midnight by the wall clock, 0 to 720.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayStart(u16);

impl DayStart {
    /// The latest: noon.
    const LATEST: u16 = 720;

    /// Reads `HH:MM`, `00:00` to `12:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.trim().split_once(':')?;
        let part = |text: &str| {
            let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<u16>().ok()).flatten()
        };
        let minutes = part(minutes).filter(|m| *m < 60)?;
        let all = part(hours)? * 60 + minutes;
        (all <= Self::LATEST).then_some(Self(all))
    }

    /// True when days begin as the calendar's do.
    #[must_use]
    pub fn is_midnight(self) -> bool {
        self.0 == 0
    }

    /// The day that holds an instant (microseconds since the Unix epoch, UTC).
    #[must_use]
    pub fn date_in(self, at_us: i64, zone: &TimeZone) -> Date {
        let date = local_date_in(at_us, zone);
        if !self.is_midnight() && at_us < self.start_of(date, zone) {
            return date.yesterday().unwrap_or(date);
        }
        date
    }

    /// The first instant of a day in a zone, in microseconds since the Unix epoch (UTC); a day that would begin inside a
    /// clock change begins at the first instant that exists.
    pub(crate) fn start_of(self, day: Date, zone: &TimeZone) -> i64 {
        if self.is_midnight() {
            return day_start(day, zone);
        }
        let [hour, minute] = [self.0 / 60, self.0 % 60].map(|n| i8::try_from(n).unwrap_or(0));
        match day
            .to_datetime(time(hour, minute, 0, 0))
            .to_zoned(zone.clone())
        {
            Ok(zoned) => zoned.timestamp().as_microsecond(),
            Err(_) => day_start(day, zone),
        }
    }

    /// The bounds of a day: its first instant and the next day's.
    pub(crate) fn bounds(self, day: Date, zone: &TimeZone) -> (i64, i64) {
        let next = day
            .tomorrow()
            .map_or(i64::MAX, |next| self.start_of(next, zone));
        (self.start_of(day, zone), next)
    }
}

impl fmt::Display for DayStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// The zones met so far, so that each name is looked up once.
#[derive(Default)]
pub(crate) struct ZoneCalendars {
    starts: DayStart,
    zones: Vec<ZoneCalendar>,
    /// The one asked for last, which is asked for again most of the time.
    last: usize,
}

impl ZoneCalendars {
    pub(crate) fn new(starts: DayStart) -> Self {
        Self {
            starts,
            ..Self::default()
        }
    }

    /// The number of the zone with that IANA name.
    pub(crate) fn number_of(&mut self, name: &str) -> usize {
        let last = self.zones.get(self.last);
        if last.is_none_or(|zone| zone.name != name) {
            let known = self.zones.iter().position(|zone| zone.name == name);
            self.last = known.unwrap_or_else(|| {
                self.zones.push(ZoneCalendar::new(name, self.starts));
                self.zones.len() - 1
            });
        }
        self.last
    }

    /// The zone of a number that [`Self::number_of`] gave.
    pub(crate) fn get_number(&mut self, number: usize) -> &mut ZoneCalendar {
        &mut self.zones[number]
    }

    pub(crate) fn get(&mut self, name: &str) -> &mut ZoneCalendar {
        let number = self.number_of(name);
        self.get_number(number)
    }
}

/// A zone, and the day last asked for in it.
pub(crate) struct ZoneCalendar {
    name: String,
    pub(crate) zone: TimeZone,
    starts: DayStart,
    day: Date,
    bounds: (i64, i64),
}

impl ZoneCalendar {
    fn new(name: &str, starts: DayStart) -> Self {
        Self {
            name: name.to_owned(),
            zone: load_zone(name),
            starts,
            day: Date::ZERO,
            bounds: (0, 0),
        }
    }

    /// The day that holds an instant, and its bounds; each instant lies within the bounds of one day.
    pub(crate) fn day_of(&mut self, at_us: i64) -> (Date, (i64, i64)) {
        if !(self.bounds.0..self.bounds.1).contains(&at_us) {
            self.day = self.starts.date_in(at_us, &self.zone);
            self.bounds = self.starts.bounds(self.day, &self.zone);
            if at_us >= self.bounds.1
                && let Ok(next) = self.day.tomorrow()
            {
                // A clock set back over midnight shows the day before once more; that day has ended all the same.
                self.day = next;
                self.bounds = self.starts.bounds(next, &self.zone);
            }
        }
        (self.day, self.bounds)
    }

    /// The parts of `from_us..to_us` that lie in neighbouring days: the place of each day among them, and the part's bounds.
    pub(crate) fn split_by_day(
        &mut self,
        days: &RangeInclusive<Date>,
        from_us: i64,
        to_us: i64,
    ) -> impl Iterator<Item = (usize, i64, i64)> {
        let mut at = from_us;
        std::iter::from_fn(move || {
            while at < to_us {
                let from = at;
                let (day, (_, end)) = self.day_of(at);
                at = match day < *days.start() {
                    // Time before the first day is passed over at once.
                    true => self.starts.start_of(*days.start(), &self.zone),
                    false => end,
                };
                // A day that ends no later than the instant would be a fault of the zone; the loop ends all the same.
                at = at.max(from.saturating_add(1)).min(to_us);
                if day > *days.end() {
                    at = to_us;
                } else if let Some(place) = place_of(days, day) {
                    return Some((place, from, at));
                }
            }
            None
        })
    }
}

/// The place of a day among neighbouring days.
pub(crate) fn place_of(days: &RangeInclusive<Date>, day: Date) -> Option<usize> {
    let after = days.start().until(day).ok()?.get_days();
    let place = usize::try_from(after).ok()?;
    days.contains(&day).then_some(place)
}

#[cfg(test)]
mod tests;
