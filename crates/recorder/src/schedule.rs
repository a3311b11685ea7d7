//! The recording schedule: a weekly timetable as a pure function of an instant and a time zone.
//!
//! Always true:
//! * The clock on the wall decides: an instant lies inside the hours exactly when the local time it shows does. An hour
//!   that a change of the clocks repeats counts both times, one that it skips never comes.
//! * Every instant has an answer, the next change is later than the instant asked about, and nothing changes before it.
//! * Ranges are sorted and disjoint, and between two of them there is a minute that belongs to neither.

pub(crate) mod watch;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// Minutes that the clock on the wall shows in a day. (The time zone decides how long a day really lasts.)
const DAY: u16 = 24 * 60;

/// Minutes that it shows in a week.
const WEEK: u16 = 7 * DAY;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// When recording is wanted, week after week. Without a single entry it always is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingSchedule {
    /// Half-open, in minutes since Monday 00:00 as the clock on the wall shows it; none goes beyond the week's end.
    ranges: Vec<(u16, u16)>,
}

/// What the schedule says about an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduleState {
    /// Is recording wanted?
    pub inside: bool,
    /// When that changes next; none when it never does.
    pub next_change: Option<model::Timestamp>,
}

/// An entry that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {number} (\"{entry}\"): {why}")]
pub struct InvalidSchedule {
    /// Which entry, from 1.
    pub number: usize,
    /// The entry as it was written.
    pub entry: String,
    /// What is wrong with it.
    pub why: InvalidScheduleEntry,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScheduleEntry {
    /// It is not days and a range of time.
    #[error("write it as \"mon-fri 09:00-17:30\": days, a space, and a range of time")]
    Shape,
    /// A word that is no day.
    #[error("\"{0}\" is not a day: write mon, tue, wed, thu, fri, sat or sun")]
    Day(String),
    /// A word that is no time of day.
    #[error("\"{0}\" is not a time of day: write it as 09:00, from 00:00 to 24:00")]
    Time(String),
    /// It begins when the day is over.
    #[error("cannot begin at 24:00: write 00:00 of the next day")]
    Begin,
    /// The range is empty.
    #[error("begins and ends at the same time: write 00:00-24:00 for a whole day")]
    Nothing,
}

impl RecordingSchedule {
    /// Reads entries such as `mon-fri 09:00-12:30`, `sat,sun 10:00-12:00` or `fri 22:00-02:00` (which ends on
    /// Saturday). Ranges that overlap or touch become one. No entry at all means always.
    ///
    /// # Errors
    /// [`InvalidSchedule`] names the first entry that cannot be read, and what is wrong with it.
    pub fn parse<T: AsRef<str>>(entries: &[T]) -> Result<Self, InvalidSchedule> {
        let mut ranges = Vec::new();
        for (i, entry) in entries.iter().enumerate() {
            let entry = entry.as_ref();
            parse_entry(entry, &mut ranges).map_err(|why| InvalidSchedule {
                number: i + 1,
                entry: entry.to_owned(),
                why,
            })?;
        }
        Ok(Self {
            ranges: merge_ranges(ranges),
        })
    }

    /// True when no entry was given, so that recording is always wanted.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.ranges.is_empty()
    }

    /// What holds at `utc` where the clocks show `zone`. Instants beyond
    /// the years -9999 to 9999 are taken as the first or last of those.
    #[must_use]
    pub fn state_at(&self, utc: model::Timestamp, zone: &TimeZone) -> ScheduleState {
        let at = clamp_to_timestamp(utc);
        let inside = self.is_inside(wall_clock(at, zone));
        ScheduleState {
            inside,
            next_change: self.change_after(at, inside, zone),
        }
    }

    fn is_inside(&self, shown: Duration) -> bool {
        self.is_always() || self.range_around(shown).is_some()
    }

    fn range_around(&self, shown: Duration) -> Option<(u16, u16)> {
        self.ranges
            .iter()
            .copied()
            .find(|(from, to)| (to_duration(*from)..to_duration(*to)).contains(&shown))
    }

    fn change_after(
        &self,
        at: Timestamp,
        inside: bool,
        zone: &TimeZone,
    ) -> Option<model::Timestamp> {
        let mut from = at;
        let mut changes_of_offset = zone.following(at);
        // Each turn goes to the next change of the zone's offset; without one in the way, the edge on the wall clock
        // (at most a week ahead) is the answer. So the turns are few: zones change their offset a few times a year.
        loop {
            let way = self.time_to_edge(wall_clock(from, zone))?;
            let edge = to_model(from) + way;
            let Some(offset) = changes_of_offset
                .next()
                .map(|t| t.timestamp())
                .filter(|t| to_model(*t) <= edge)
            else {
                return Some(edge);
            };
            if self.is_inside(wall_clock(offset, zone)) != inside {
                return Some(to_model(offset));
            }
            from = offset;
        }
    }

    /// How far the wall clock has to go until the answer changes, above zero; none when it never does.
    fn time_to_edge(&self, shown: Duration) -> Option<Duration> {
        let first = self.ranges.first()?;
        if *first == (0, WEEK) {
            return None;
        }
        let edge = match self.range_around(shown) {
            // A range up to the week's end goes on in the one at its beginning.
            Some((_, WEEK)) if first.0 == 0 => to_duration(first.1) + to_duration(WEEK),
            Some((_, to)) => to_duration(to),
            None => self
                .ranges
                .iter()
                .map(|(from, _)| to_duration(*from))
                .find(|from| *from > shown)
                .unwrap_or_else(|| to_duration(first.0) + to_duration(WEEK)),
        };
        Some(edge - shown)
    }
}

fn to_duration(minutes: u16) -> Duration {
    Duration::from_secs(60) * u32::from(minutes)
}

fn to_model(at: Timestamp) -> model::Timestamp {
    model::Timestamp::from_micros(at.as_microsecond())
}

fn clamp_to_timestamp(utc: model::Timestamp) -> Timestamp {
    let end = match utc < model::Timestamp::UNIX_EPOCH {
        true => Timestamp::MIN,
        false => Timestamp::MAX,
    };
    Timestamp::from_microsecond(utc.as_micros()).unwrap_or(end)
}

/// What the clock on the wall shows: the time since Monday 00:00.
fn wall_clock(at: Timestamp, zone: &TimeZone) -> Duration {
    let offset = i64::from(zone.to_offset(at).seconds()) * 1_000_000;
    // The Unix epoch was a Thursday.
    let shown = model::Timestamp::from_micros(at.as_microsecond() + offset);
    (shown + to_duration(3 * DAY)).since_multiple_of(to_duration(WEEK))
}

/// Adds an entry's ranges.
fn parse_entry(entry: &str, ranges: &mut Vec<(u16, u16)>) -> Result<(), InvalidScheduleEntry> {
    let (days, times) = entry
        .trim()
        .split_once(char::is_whitespace)
        .ok_or(InvalidScheduleEntry::Shape)?;
    let (from, to) = times.split_once('-').ok_or(InvalidScheduleEntry::Shape)?;
    let (from, to) = (parse_time(from.trim())?, parse_time(to.trim())?);
    if from == to {
        return Err(InvalidScheduleEntry::Nothing);
    }
    if from == DAY {
        return Err(InvalidScheduleEntry::Begin);
    }
    // A range that ends before it begins ends on the next day.
    let length = if from < to {
        to - from
    } else {
        to + DAY - from
    };
    for part in days.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (parse_day(first)?, parse_day(last)?),
            None => (parse_day(part)?, parse_day(part)?),
        };
        // `fri-mon` goes over the week's end.
        let many = (last + 7 - first) % 7;
        for n in 0..=many {
            let begin = (first + n) % 7 * DAY + from;
            let end = begin + length;
            ranges.push((begin, end.min(WEEK)));
            if end > WEEK {
                ranges.push((0, end - WEEK));
            }
        }
    }
    Ok(())
}

fn parse_day(text: &str) -> Result<u16, InvalidScheduleEntry> {
    let word = text.to_lowercase();
    (0..)
        .zip(DAYS)
        .find_map(|(n, day)| (day == word).then_some(n))
        .ok_or_else(|| InvalidScheduleEntry::Day(text.to_owned()))
}

/// `09:00` in minutes since midnight, up to `24:00`.
fn parse_time(text: &str) -> Result<u16, InvalidScheduleEntry> {
    let bad = || InvalidScheduleEntry::Time(text.to_owned());
    let number = |digits: &str| -> Result<u16, InvalidScheduleEntry> {
        let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse().ok().filter(|_| plain).ok_or_else(bad)
    };
    let (hour, minute) = text.split_once(':').ok_or_else(bad)?;
    let (hour, minutes) = (number(hour)?, number(minute)?);
    let of_day = hour * 60 + minutes;
    (minute.len() == 2 && minutes < 60 && of_day <= DAY)
        .then_some(of_day)
        .ok_or_else(bad)
}

fn merge_ranges(mut ranges: Vec<(u16, u16)>) -> Vec<(u16, u16)> {
    ranges.sort_unstable();
    let mut out: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
    for (from, to) in ranges {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

#[cfg(test)]
mod tests;
