//! Which time to read for some days: a span that began long ago may reach into them.

use crate::calendar::day_start;
use crate::rules::ClassificationRules;
use crate::status::FRESH;
use crate::stretches::{Extent, ViewOptions};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use journal::{JournalError, Reader};
use model::Timestamp;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How far back a day's first span is looked for, a machine may sleep for weeks within one span.
const FARTHEST: Duration = Duration::from_secs(400 * 24 * 3600);

const HOUR: Duration = Duration::from_secs(3600);

/// Which days are asked for, and how they are looked at.
#[derive(Clone, Debug)]
pub struct DaysQuery<'a> {
    /// The days, first and last.
    pub days: RangeInclusive<Date>,
    /// When they begin, and which short visits are merged.
    pub view: ViewOptions,
    /// The rules for categories and projects; without them no day has any.
    pub rules: Option<&'a ClassificationRules>,
    /// The present.
    pub now: Timestamp,
    /// IANA name of the zone to use while there is no span.
    pub zone: &'a str,
}

/// When the journal begins: the start of its first record, or its making while there is none.
///
/// # Errors
/// See [`JournalError`].
pub fn journal_began(reader: &Reader) -> Result<Timestamp, JournalError> {
    let first = reader.read_after(0, 1)?;
    let epoch = || Timestamp::from_seconds(i64::try_from(reader.epoch()).unwrap_or(i64::MAX));
    let line = first.lines.first();
    Ok(line.map_or_else(epoch, |line| line.record.start()))
}

/// Until when the journal is complete: its last durable write while an agent writes it, else the present.
///
/// # Errors
/// See [`JournalError`].
pub fn known_until(reader: &Reader, now: Timestamp) -> Result<Timestamp, JournalError> {
    let durable = reader.last_durable()?;
    Ok(durable
        .filter(|at| at.abs_diff(now) <= FRESH)
        .unwrap_or(now))
}

/// From the beginning of the journal to `now`.
pub(super) fn read_extent(reader: &Reader, now: Timestamp) -> Result<Extent, JournalError> {
    Ok(Extent {
        began: journal_began(reader)?,
        now,
    })
}

/// The time that some days are made of.
#[derive(Clone, Copy)]
pub(super) struct ReadRange {
    /// Whoever reads from before a span that starts before this knows every span of the days, and the zone before them.
    pub(super) certain: Timestamp,
    /// The end.
    pub(super) to: Timestamp,
    /// The end of the first day, from where to look back.
    first_end: Timestamp,
}

impl ReadRange {
    /// Three UTC days hold every instant that any zone (UTC-12 to UTC+14) calls the day, also where days begin at noon.
    pub(super) fn of(days: &RangeInclusive<Date>) -> Self {
        let [first, last] = [days.start(), days.end()].map(|day| day_start(*day, &TimeZone::UTC));
        Self {
            certain: first - 14 * HOUR,
            to: last + 48 * HOUR,
            first_end: first + 48 * HOUR,
        }
    }

    /// Reads from further and further back, until `read` finds a span that starts before [`Self::certain`], or the beginning
    /// of the journal is reached. `read` gets the instant to read from, and says whether it found such a span.
    pub(super) fn widen_until(
        self,
        began: Timestamp,
        mut read: impl FnMut(Timestamp) -> Result<bool, JournalError>,
    ) -> Result<(), JournalError> {
        let mut back = 72 * HOUR;
        loop {
            let from = self.first_end - back;
            if read(from)? || from <= began || back > FARTHEST {
                return Ok(());
            }
            back *= 2;
        }
    }
}
