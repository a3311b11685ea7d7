//! Which time to read for some days: a span that began long ago may reach into them.

use crate::calendar::day_start;
use crate::rules::ClassificationRules;
use crate::status::FRESH;
use crate::stretches::{Extent, ViewOptions};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use journal::{JournalError, Reader};
use std::ops::RangeInclusive;
use std::time::Duration;

/// How far back a day's first span is looked for, in microseconds: a machine may sleep for weeks within one span.
const FARTHEST_US: i64 = 400 * 24 * HOUR_US;

const HOUR_US: i64 = 3600 * 1_000_000;

/// Which days are asked for, and how they are looked at.
#[derive(Clone, Debug)]
pub struct DaysQuery<'a> {
    /// The days, first and last.
    pub days: RangeInclusive<Date>,
    /// When they begin, and which short visits are merged.
    pub view: ViewOptions,
    /// The rules for categories and projects; without them no day has any.
    pub rules: Option<&'a ClassificationRules>,
    /// The present, in microseconds since the Unix epoch (UTC).
    pub now_us: i64,
    /// IANA name of the zone to use while there is no span.
    pub zone: &'a str,
}

/// When the journal begins: the start of its first record, or its making while there is none. Microseconds since
/// the Unix epoch (UTC).
///
/// # Errors
/// See [`JournalError`].
pub fn journal_began(reader: &Reader) -> Result<i64, JournalError> {
    let first = reader.read_after(0, 1)?;
    Ok(first.lines.first().map_or_else(
        || i64::try_from(reader.epoch().saturating_mul(1_000_000)).unwrap_or(i64::MAX),
        |line| line.record.start().as_micros(),
    ))
}

/// Until when the journal is complete: its last durable write while an agent writes it, else the present.
///
/// # Errors
/// See [`JournalError`].
pub fn known_until(reader: &Reader, now_us: i64) -> Result<i64, JournalError> {
    let fresh = |at: &i64| Duration::from_micros(now_us.abs_diff(*at)) <= FRESH;
    Ok(reader.last_durable_us()?.filter(fresh).unwrap_or(now_us))
}

/// From the beginning of the journal to `now_us`.
pub(super) fn read_extent(reader: &Reader, now_us: i64) -> Result<Extent, JournalError> {
    Ok(Extent {
        began_us: journal_began(reader)?,
        now_us,
    })
}

/// The time that some days are made of, in microseconds since the Unix epoch (UTC).
#[derive(Clone, Copy)]
pub(super) struct ReadRange {
    /// Whoever reads from before a span that starts before this knows every span of the days, and the zone before them.
    pub(super) certain_us: i64,
    /// The end.
    pub(super) to_us: i64,
    /// The end of the first day, from where to look back.
    first_us: i64,
}

impl ReadRange {
    /// Three UTC days hold every instant that any zone (UTC-12 to UTC+14) calls the day, also where days begin at noon.
    pub(super) fn of(days: &RangeInclusive<Date>) -> Self {
        let [first, last] = [days.start(), days.end()].map(|day| day_start(*day, &TimeZone::UTC));
        Self {
            certain_us: first.saturating_sub(14 * HOUR_US),
            to_us: last.saturating_add(48 * HOUR_US),
            first_us: first.saturating_add(48 * HOUR_US),
        }
    }

    /// Reads from further and further back, until `read` finds a span that starts before [`Self::certain_us`], or the beginning
    /// of the journal is reached. `read` gets the instant to read from, and says whether it found such a span.
    pub(super) fn widen_until(
        self,
        began_us: i64,
        mut read: impl FnMut(i64) -> Result<bool, JournalError>,
    ) -> Result<(), JournalError> {
        let mut back = 72 * HOUR_US;
        loop {
            let from = self.first_us.saturating_sub(back);
            if read(from)? || from <= began_us || back > FARTHEST_US {
                return Ok(());
            }
            back = back.saturating_mul(2);
        }
    }
}
