//! Local days: time zones, when a day begins, and the bounds of a day. The one place that turns instants into wall-clock
//! time.
//!
//! Always true: instants are microseconds since the Unix epoch (UTC); one that no calendar reaches has no wall-clock time.

use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::collections::HashMap;
use std::fmt;

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

/// The interval, in microseconds since the Unix epoch (UTC), that holds every instant which any zone on earth calls
/// `day`, with a day more on each side for the zone in force before it. Ask the journal for this much.
#[must_use]
pub fn day_query_range(day: Date) -> (i64, i64) {
    let start = day_start(day, &TimeZone::UTC);
    // Zones reach from UTC-12 to UTC+14; 26 h hold every one, and 26 h more the day before.
    const MARGIN: i64 = 52 * 3600 * 1_000_000;
    (
        start.saturating_sub(MARGIN),
        start.saturating_add(MARGIN + 24 * 3600 * 1_000_000),
    )
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

/// The zones met so far, so that each name is looked up once.
#[derive(Default)]
pub(crate) struct ZoneCalendars(HashMap<String, TimeZone>);

impl ZoneCalendars {
    pub(crate) fn get(&mut self, name: &str) -> TimeZone {
        if let Some(zone) = self.0.get(name) {
            return zone.clone();
        }
        let zone = load_zone(name);
        self.0.insert(name.to_owned(), zone.clone());
        zone
    }
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

/// One day in each zone met, whose bounds are found once.
pub(crate) struct DayBounds {
    day: Date,
    starts: DayStart,
    zones: Vec<(String, TimeZone, (i64, i64))>,
    /// The one asked for last, which is asked for again most of the time.
    last: usize,
}

impl DayBounds {
    pub(crate) fn new(day: Date, starts: DayStart) -> Self {
        Self {
            day,
            starts,
            zones: Vec::new(),
            last: 0,
        }
    }

    fn at(&mut self, name: &str) -> &(String, TimeZone, (i64, i64)) {
        let known = |zones: &[(String, TimeZone, (i64, i64))], n: usize| {
            zones.get(n).is_some_and(|(known, ..)| known == name)
        };
        if !known(&self.zones, self.last) {
            let place = self.zones.iter().position(|(known, ..)| known == name);
            self.last = place.unwrap_or_else(|| {
                let zone = load_zone(name);
                let bounds = self.starts.bounds(self.day, &zone);
                self.zones.push((name.to_owned(), zone, bounds));
                self.zones.len() - 1
            });
        }
        &self.zones[self.last]
    }

    /// The day's first instant in a zone and the next day's, in microseconds since the Unix epoch (UTC).
    pub(crate) fn of(&mut self, zone: &str) -> (i64, i64) {
        self.at(zone).2
    }

    pub(crate) fn zone(&mut self, name: &str) -> &TimeZone {
        &self.at(name).1
    }

    /// Does the zone's calendar show the day at this instant?
    pub(crate) fn hold(&mut self, at_us: i64, zone: &str) -> bool {
        // A clock that is set back over midnight shows a day twice; far from there its bounds tell.
        const NEAR: i64 = 3 * 3600 * 1_000_000;
        let (day, starts) = (self.day, self.starts);
        let (_, zone, (start, end)) = self.at(zone);
        if at_us < start.saturating_sub(NEAR) || at_us >= end.saturating_add(NEAR) {
            return false;
        }
        let within = start.saturating_add(NEAR)..end.saturating_sub(NEAR);
        within.contains(&at_us) || starts.date_in(at_us, zone) == day
    }
}

/// A zone, and the day last asked for in it.
pub(crate) struct ZoneCalendar {
    pub(crate) zone: TimeZone,
    starts: DayStart,
    day: Date,
    bounds: (i64, i64),
}

impl ZoneCalendar {
    pub(crate) fn new(zone: TimeZone, starts: DayStart) -> Self {
        Self {
            zone,
            starts,
            day: Date::ZERO,
            bounds: (0, 0),
        }
    }

    /// The day that holds an instant, and its bounds.
    pub(crate) fn day_of(&mut self, at_us: i64) -> (Date, (i64, i64)) {
        if !(self.bounds.0..self.bounds.1).contains(&at_us) {
            self.day = self.starts.date_in(at_us, &self.zone);
            self.bounds = self.starts.bounds(self.day, &self.zone);
        }
        (self.day, self.bounds)
    }
}

#[cfg(test)]
mod tests;
