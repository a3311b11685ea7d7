//! Local days: time zones, when a day begins, and the bounds of a day. The one place that turns instants into wall-clock
//! time.
//!
//! Always true: an instant that no calendar reaches has no wall-clock time.

use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp as CalendarTime, Zoned};
use model::Timestamp;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

/// The zone of an IANA name; UTC when this machine does not know the name (a renamed or newer zone).
#[must_use]
pub fn load_zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// An instant by the wall clock of a zone; none where no calendar reaches it.
#[must_use]
pub fn wall_clock(at: Timestamp, zone: &TimeZone) -> Option<Zoned> {
    let at = CalendarTime::from_microsecond(at.as_micros()).ok()?;
    Some(at.to_zoned(zone.clone()))
}

/// How far a zone is ahead of UTC at an instant, in seconds; 0 where no calendar reaches it.
pub(crate) fn utc_offset_seconds(at: Timestamp, zone: &TimeZone) -> i32 {
    let at = CalendarTime::from_microsecond(at.as_micros());
    at.map_or(0, |at| zone.to_offset(at).seconds())
}

/// The local date of an instant in the zone of that IANA name.
#[must_use]
pub fn local_date(at: Timestamp, zone: &str) -> Date {
    local_date_in(at, &load_zone(zone))
}

pub(crate) fn local_date_in(at: Timestamp, zone: &TimeZone) -> Date {
    let end = match at < Timestamp::UNIX_EPOCH {
        true => CalendarTime::MIN,
        false => CalendarTime::MAX,
    };
    let at = CalendarTime::from_microsecond(at.as_micros()).unwrap_or(end);
    at.to_zoned(zone.clone()).date()
}

/// The first instant of `day` in `zone`; a day that starts inside a clock change starts at the first instant that exists.
pub(crate) fn day_start(day: Date, zone: &TimeZone) -> Timestamp {
    match day.to_zoned(zone.clone()) {
        Ok(zoned) => instant_of(&zoned),
        // Only at the very ends of the calendar, some 9,999 years away.
        Err(_) if day.year() < 0 => Timestamp::MIN,
        Err(_) => Timestamp::MAX,
    }
}

fn instant_of(zoned: &Zoned) -> Timestamp {
    Timestamp::from_micros(zoned.timestamp().as_microsecond())
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

    /// The day that holds an instant.
    #[must_use]
    pub fn date_in(self, at: Timestamp, zone: &TimeZone) -> Date {
        let date = local_date_in(at, zone);
        if !self.is_midnight() && at < self.start_of(date, zone) {
            return date.yesterday().unwrap_or(date);
        }
        date
    }

    /// The first instant of a day in a zone; a day that would begin inside a clock change begins at the first instant that
    /// exists.
    pub(crate) fn start_of(self, day: Date, zone: &TimeZone) -> Timestamp {
        if self.is_midnight() {
            return day_start(day, zone);
        }
        let [hour, minute] = [self.0 / 60, self.0 % 60].map(|n| i8::try_from(n).unwrap_or(0));
        match day
            .to_datetime(time(hour, minute, 0, 0))
            .to_zoned(zone.clone())
        {
            Ok(zoned) => instant_of(&zoned),
            Err(_) => day_start(day, zone),
        }
    }

    /// The bounds of a day: its first instant and the next day's.
    pub(crate) fn bounds(self, day: Date, zone: &TimeZone) -> Range<Timestamp> {
        let next = day.tomorrow().map(|next| self.start_of(next, zone));
        self.start_of(day, zone)..next.unwrap_or(Timestamp::MAX)
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
    bounds: Range<Timestamp>,
}

impl ZoneCalendar {
    fn new(name: &str, starts: DayStart) -> Self {
        Self {
            name: name.to_owned(),
            zone: load_zone(name),
            starts,
            day: Date::ZERO,
            bounds: Timestamp::MIN..Timestamp::MIN,
        }
    }

    /// The day that holds an instant, and its bounds; each instant lies within the bounds of one day.
    pub(crate) fn day_of(&mut self, at: Timestamp) -> (Date, Range<Timestamp>) {
        if !self.bounds.contains(&at) {
            self.day = self.starts.date_in(at, &self.zone);
            self.bounds = self.starts.bounds(self.day, &self.zone);
            if at >= self.bounds.end
                && let Ok(next) = self.day.tomorrow()
            {
                // A clock set back over midnight shows the day before once more; that day has ended all the same.
                self.day = next;
                self.bounds = self.starts.bounds(next, &self.zone);
            }
        }
        (self.day, self.bounds.clone())
    }

    /// The parts of `from..to` that lie in neighbouring days: the place of each day among them, and the part's bounds.
    pub(crate) fn split_by_day(
        &mut self,
        days: &RangeInclusive<Date>,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = (usize, Timestamp, Timestamp)> {
        let mut at = from;
        std::iter::from_fn(move || {
            while at < to {
                let from = at;
                let (day, bounds) = self.day_of(at);
                at = match day < *days.start() {
                    // Time before the first day is passed over at once.
                    true => self.starts.start_of(*days.start(), &self.zone),
                    false => bounds.end,
                };
                // A day that ends no later than the instant would be a fault of the zone; the loop ends all the same.
                at = at.max(from + Duration::from_micros(1)).min(to);
                if day > *days.end() {
                    at = to;
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
