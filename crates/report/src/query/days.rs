//! Many days, from roll-ups where there are any and from records elsewhere.

use super::extent::{journal_began, widen_until};
use super::overview::read_overview;
use super::rollup_coverage::RollupCoverage;
use crate::calendar::{DayStart, day_query_range};
use crate::classifier::Classifier;
use crate::day_totals::DaysReport;
use crate::days::DaysBuilder;
use crate::rollup::Rollup;
use crate::rules::ClassificationRules;
use crate::stretches::{Extent, ViewOptions};
use jiff::civil::Date;
use journal::{JournalError, Reader, slot_of};
use model::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};

/// The totals of many days: exactly those of [`crate::query::read_day`] for each, at the cost of opening one roll-up for each quarter hour,
/// and records only where there is none. `now_us` and `zone` mean the same as for it.
///
/// # Errors
/// See [`JournalError`]. Rows that cannot be read are no error but listed in [`DaysReport::damaged`].
pub fn read_days(
    reader: &Reader,
    days: &RangeInclusive<Date>,
    now_us: i64,
    zone: &str,
) -> Result<DaysReport, JournalError> {
    read_days_from(reader, DayStart::default(), days, now_us, zone)
}

/// As [`read_days`], with days that begin at another time than midnight.
///
/// # Errors
/// See [`JournalError`].
pub fn read_days_from(
    reader: &Reader,
    starts: DayStart,
    days: &RangeInclusive<Date>,
    now_us: i64,
    zone: &str,
) -> Result<DaysReport, JournalError> {
    days_by(reader, (starts, None), days, now_us, zone)
}

/// As [`read_days_from`], with categories and projects. Roll-ups tell these too, titles included; those that were made before
/// they held titles do not, and cost what their records cost.
///
/// # Errors
/// See [`JournalError`].
pub fn days_told(
    reader: &Reader,
    (starts, meaning): (DayStart, &ClassificationRules),
    days: &RangeInclusive<Date>,
    now_us: i64,
    zone: &str,
) -> Result<DaysReport, JournalError> {
    days_by(reader, (starts, Some(meaning)), days, now_us, zone)
}

/// The totals of many days with their categories and projects, looked at in a certain way: from roll-ups, unless visits
/// decide, which only records tell. `progress` as for [`read_overview`].
///
/// # Errors
/// See [`JournalError`].
pub fn read_totals(
    reader: &Reader,
    (view, meaning): (ViewOptions, &ClassificationRules),
    days: &RangeInclusive<Date>,
    now_us: i64,
    zone: &str,
    progress: &mut dyn FnMut(usize),
) -> Result<DaysReport, JournalError> {
    if view.merge_us > 0 {
        let asked = (view, meaning);
        return Ok(read_overview(reader, asked, days, now_us, zone, progress)?.totals());
    }
    days_told(reader, (view.starts, meaning), days, now_us, zone)
}

fn days_by(
    reader: &Reader,
    (starts, meaning): (DayStart, Option<&ClassificationRules>),
    days: &RangeInclusive<Date>,
    now_us: i64,
    zone: &str,
) -> Result<DaysReport, JournalError> {
    if days.is_empty() {
        return Ok(DaysReport::default());
    }
    let extent = Extent {
        began_us: journal_began(reader)?,
        now_us,
    };
    let known = RollupCoverage::of(reader)?;
    let (nearest, to) = (
        day_query_range(*days.start()).0,
        day_query_range(*days.end()).1,
    );
    // As for one day: whatever reaches into the first day, and the zone before it, is found by looking further back.
    let certain = nearest.saturating_add(24 * 3600 * 1_000_000);
    let mut reached = certain;
    widen_until(
        certain,
        certain.saturating_sub(nearest),
        extent.began_us,
        |from| {
            reached = from;
            let head = slot_of(from)..slot_of(certain).saturating_add(1);
            let mut gathering = DaysBuilder::new(days, starts, None);
            gather(reader, head, &mut gathering, extent, &known)?;
            Ok(gathering.reaches_before(certain))
        },
    )?;
    let slots = slot_of(reached)..slot_of(to).saturating_add(1);
    let mut gathering = DaysBuilder::new(days, starts, meaning.map(Classifier::new));
    let mut damaged = gather(reader, slots, &mut gathering, extent, &known)?;
    for span in reader.provisional_spans()? {
        gathering.span(u64::MAX, &span);
    }
    damaged.sort_unstable();
    damaged.dedup();
    Ok(DaysReport {
        days: gathering.finish(extent, zone),
        damaged,
    })
}

/// Everything that touches `slots`, provisional spans aside; gives the rows that cannot be read.
fn gather(
    reader: &Reader,
    slots: Range<i64>,
    gathering: &mut DaysBuilder<'_>,
    extent: Extent,
    known: &RollupCoverage,
) -> Result<Vec<u64>, JournalError> {
    gathering.read(slots.clone().filter(|slot| !known.is_known(*slot)));
    // Where a span reaches out of a slot that has a roll-up, and where it began.
    let mut carried: BTreeMap<i64, i64> = BTreeMap::new();
    reader.for_each_rollup(slots.start.saturating_sub(1)..slots.end, &mut |row| {
        if !known.is_known(row.slot) {
            return;
        }
        let content = row.content.as_deref().unwrap_or_default();
        let rollup = Rollup::decode(row.slot, content);
        let from = rollup.as_ref().and_then(|rollup| rollup.carried_from);
        carried.extend(from.map(|from| (row.slot, from)));
        let taken = |r: &Rollup| gathering.rollup(r, content, extent);
        if row.slot >= slots.start && !rollup.as_ref().is_some_and(taken) {
            gathering.read(std::iter::once(row.slot));
        }
    })?;
    let mut wanted: BTreeSet<i64> = gathering.slots_read().clone();
    for slot in gathering.slots_read() {
        wanted.extend(carried.get(&slot.saturating_sub(1)));
    }
    let mut damaged = Vec::new();
    reader.for_each_record_of(&wanted, &mut |line| match line {
        Ok(line) => {
            if let Record::Span(span) = &line.record {
                gathering.span(line.seq, span);
            }
        }
        Err(row) => damaged.push(row.seq),
    })?;
    Ok(damaged)
}
