//! How a day is looked at: when it begins, and which interruptions are too short to matter.
//!
//! # What is always true
//! * A view changes no sum: it decides which day an instant belongs to, and which window a visit is counted to; every
//!   instant and every count stays in exactly one place.
//! * What was protected or taken out is never counted to something else.

use super::{Extent, local_date_in, resolve_overlaps};
use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use model::{Coverage, Span};
use std::collections::HashMap;
use std::fmt;

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
            return super::day_start(day, zone);
        }
        let [hour, minute] = [self.0 / 60, self.0 % 60].map(|n| i8::try_from(n).unwrap_or(0));
        match day
            .to_datetime(time(hour, minute, 0, 0))
            .to_zoned(zone.clone())
        {
            Ok(zoned) => zoned.timestamp().as_microsecond(),
            Err(_) => super::day_start(day, zone),
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
                let zone = crate::text::load_zone(name);
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

/// A way to look at days; as a rule they begin at midnight and nothing is merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewOptions {
    /// When days begin.
    pub starts: DayStart,
    /// A visit to another application that is shorter than this (microseconds) and lies between two visits to the same
    /// application is counted to that one.
    pub merge_us: u64,
}

/// A piece of the time line: one state, one owner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'a> {
    pub(crate) from_us: i64,
    pub(crate) to_us: i64,
    /// IANA name of the zone in force.
    pub(crate) zone: &'a str,
    /// The span that owns it; none while nothing ran.
    pub(crate) owner: Option<&'a Span>,
    /// Index of the owner.
    index: usize,
    /// The span whose window it is counted to: the owner, or one that it only interrupted.
    pub(crate) shown: Option<&'a Span>,
}

/// The stretches of some time, and which spans' counts go to another span's window.
pub(crate) struct Stretches<'a> {
    pub(crate) list: Vec<Stretch<'a>>,
    moved: HashMap<usize, &'a Span>,
}

impl<'a> Stretches<'a> {
    /// Consecutive stretches that cover the extent exactly once. `spans` in the journal's order; `zone`: that of the time
    /// before the first span.
    pub(crate) fn new(spans: &[&'a Span], extent: Extent, zone: &'a str, merge_us: u64) -> Self {
        let mut list = Vec::new();
        let pieces = resolve_overlaps(spans);
        let mut zone: &str = pieces.first().map_or(zone, |p| &spans[p.span].zone);
        let mut at = extent.began_us;
        let mut put = |from_us, to_us, zone, index: Option<usize>| {
            let owner = index.map(|n| spans[n]);
            list.push(Stretch {
                from_us,
                to_us,
                zone,
                owner,
                index: index.unwrap_or(usize::MAX),
                shown: owner,
            });
        };
        for piece in &pieces {
            let from = piece.start_us.max(at).min(extent.now_us);
            let to = piece.end_us.min(extent.now_us);
            if at < from {
                put(at, from, zone, None);
            }
            at = at.max(from);
            zone = &spans[piece.span].zone;
            if from < to {
                put(from, to, zone, Some(piece.span));
                at = to;
            }
        }
        if at < extent.now_us {
            put(at, extent.now_us, zone, None);
        }
        let mut stretches = Self {
            list,
            moved: HashMap::new(),
        };
        if merge_us > 0 {
            stretches.merge(merge_us);
        }
        stretches
    }

    /// The span whose window a span's counts go to.
    pub(crate) fn counted_to(&self, index: usize, span: &'a Span) -> &'a Span {
        self.moved.get(&index).copied().unwrap_or(span)
    }

    fn merge(&mut self, merge_us: u64) {
        let mut visits: Vec<Visit<'a>> = Vec::new();
        for n in 0..self.list.len() {
            let visit = Visit::of(&self.list[n], n);
            match visits.last_mut() {
                Some(last) if last.app.is_some() && last.app == visit.app => last.extend(&visit),
                _ => visits.push(visit),
            }
            while let [.., before, middle, after] = visits.as_slice() {
                let short = middle.app.is_some() && middle.length_us < merge_us;
                if !short || before.app.is_none() || before.app != after.app {
                    break;
                }
                let (within, to) = (middle.first..=middle.last, before.shown);
                for stretch in &mut self.list[within] {
                    stretch.shown = to;
                    if let Some(to) = to {
                        self.moved.insert(stretch.index, to);
                    }
                }
                let (middle, after) = (middle.clone(), after.clone());
                visits.truncate(visits.len() - 2);
                if let Some(before) = visits.last_mut() {
                    before.extend(&middle);
                    before.extend(&after);
                }
            }
        }
    }
}

/// Neighbouring stretches of one application.
#[derive(Clone)]
struct Visit<'a> {
    /// None where there is none, or none that may be told.
    app: Option<&'a str>,
    first: usize,
    last: usize,
    length_us: u64,
    shown: Option<&'a Span>,
}

impl<'a> Visit<'a> {
    fn of(stretch: &Stretch<'a>, place: usize) -> Self {
        let named = stretch.owner.filter(|s| {
            let recorded = matches!(s.state, Coverage::Active | Coverage::Idle);
            recorded && !s.protected && !s.removed
        });
        Self {
            app: named
                .and_then(|s| s.window.as_deref())
                .map(|w| w.app.as_str()),
            first: place,
            last: place,
            length_us: stretch.to_us.abs_diff(stretch.from_us),
            shown: stretch.shown,
        }
    }

    fn extend(&mut self, next: &Self) {
        self.last = next.last;
        self.length_us += next.length_us;
        if next.app == self.app {
            self.shown = next.shown;
        }
    }
}

#[cfg(test)]
mod tests;
