//! Many days, from roll-ups where there are any and from records elsewhere.

use super::extent::{DaysQuery, ReadRange, read_extent};
use super::overview::read_overview;
use super::rollup_coverage::RollupCoverage;
use crate::classifier::Classifier;
use crate::day_totals::DaysReport;
use crate::days::DaysBuilder;
use crate::rollup::Rollup;
use crate::stretches::Extent;
use journal::{JournalError, QuarterHour, Reader};
use model::Record;
use std::collections::BTreeMap;
use std::ops::Range;

/// The totals of many days: exactly those of [`crate::query::read_day`] for each, at the cost of opening one roll-up for
/// each quarter hour, and records only where there is none. Roll-ups that were made before they held titles do not tell
/// categories and projects where rules ask for titles. Where visits are merged, only records tell: then this is
/// [`read_overview`], and `progress` the same as for it.
///
/// # Errors
/// See [`JournalError`]. Rows that cannot be read are no error but listed in [`DaysReport::damaged`].
pub fn read_days(
    reader: &Reader,
    query: &DaysQuery<'_>,
    progress: &mut dyn FnMut(usize),
) -> Result<DaysReport, JournalError> {
    let (days, starts) = (&query.days, query.view.starts);
    if days.is_empty() {
        return Ok(DaysReport::default());
    }
    if !query.view.merge.is_zero() {
        return Ok(read_overview(reader, query, progress)?.totals());
    }
    let extent = read_extent(reader, query.now)?;
    let coverage = RollupCoverage::of(reader)?;
    let range = ReadRange::of(days);
    let mut reached = range.certain;
    range.widen_until(extent.began, |from| {
        reached = from;
        let head = QuarterHour::of(from)..QuarterHour::of(range.certain) + 1;
        let mut builder = DaysBuilder::new(days, starts, None);
        gather(reader, head, &mut builder, extent, &coverage)?;
        Ok(builder.reaches_before(range.certain))
    })?;
    let slots = QuarterHour::of(reached)..QuarterHour::of(range.to) + 1;
    let mut builder = DaysBuilder::new(days, starts, query.rules.map(Classifier::new));
    let mut damaged = gather(reader, slots, &mut builder, extent, &coverage)?;
    for span in reader.provisional_spans()? {
        builder.add_span(u64::MAX, &span);
    }
    damaged.sort_unstable();
    damaged.dedup();
    Ok(DaysReport {
        days: builder.finish(extent, query.zone),
        damaged,
    })
}

/// Everything that touches `slots`, provisional spans aside; gives the rows that cannot be read.
fn gather(
    reader: &Reader,
    slots: Range<QuarterHour>,
    builder: &mut DaysBuilder<'_>,
    extent: Extent,
    coverage: &RollupCoverage,
) -> Result<Vec<u64>, JournalError> {
    builder.use_records(QuarterHour::each(slots.clone()).filter(|slot| !coverage.is_known(*slot)));
    // Where a span reaches out of a slot that has a roll-up, and where it began.
    let mut carried: BTreeMap<QuarterHour, QuarterHour> = BTreeMap::new();
    reader.for_each_rollup(slots.start - 1..slots.end, &mut |row| {
        if !coverage.is_known(row.quarter_hour) {
            return;
        }
        let content = row.content.as_deref().unwrap_or_default();
        let rollup = Rollup::decode(row.quarter_hour, content);
        let from = rollup.as_ref().and_then(|rollup| rollup.carried_from);
        carried.extend(from.map(|from| (row.quarter_hour, from)));
        let taken = |r: &Rollup| builder.add_rollup(r, content, extent);
        if row.quarter_hour >= slots.start && !rollup.as_ref().is_some_and(taken) {
            builder.use_records(std::iter::once(row.quarter_hour));
        }
    })?;
    let mut wanted = builder.slots_from_records().clone();
    for slot in builder.slots_from_records() {
        wanted.extend(carried.get(&(*slot - 1)));
    }
    let mut damaged = Vec::new();
    reader.for_each_record_of(&wanted, &mut |line| match line {
        Ok(line) => {
            if let Record::Span(span) = &line.record {
                builder.add_span(line.seq, span);
            }
        }
        Err(row) => damaged.push(row.seq),
    })?;
    Ok(damaged)
}
