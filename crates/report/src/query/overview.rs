//! Everything about some days, from their records, a fortnight at a time.

use super::extent::{DaysQuery, ReadRange, read_extent};
use crate::overview::{Overview, OverviewBuilder};
use jiff::civil::Date;
use journal::{JournalError, Reader};
use model::{Record, Span};
use std::collections::BTreeSet;

/// Days of records read at once for an [`read_overview`]: enough that few records are read twice at their edges, and so few
/// that they fit into a little memory.
const AT_ONCE: usize = 14;

/// Everything about some days, read from their records, a fortnight at a time; `progress` is called with the number of days
/// that are done. The totals are exactly those of [`crate::query::read_day`] for each.
///
/// # Errors
/// See [`JournalError`]. Rows that cannot be read are no error but listed in [`Overview::damaged`].
pub fn read_overview(
    reader: &Reader,
    query: &DaysQuery<'_>,
    progress: &mut dyn FnMut(usize),
) -> Result<Overview, JournalError> {
    let extent = read_extent(reader, query.now)?;
    let all = query.days.start().series(jiff::Span::new().days(1));
    let all: Vec<Date> = all.take_while(|day| day <= query.days.end()).collect();
    let mut builder = OverviewBuilder::new(query.view, query.rules, extent);
    let mut damaged = BTreeSet::new();
    let pending = reader.provisional_spans()?;
    for days in all.chunks(AT_ONCE) {
        let range = ReadRange::of(&(days[0]..=days[days.len() - 1]));
        let mut spans: Vec<Span> = Vec::new();
        range.widen_until(extent.began, |from| {
            spans.clear();
            reader.for_each_record(from..range.to, &mut |line| match line {
                Ok(line) => {
                    if let Record::Span(span) = line.record {
                        spans.push(span);
                    }
                }
                Err(row) => {
                    damaged.insert(row.seq);
                }
            })?;
            Ok(spans.iter().any(|span| span.start < range.certain))
        })?;
        let spans: Vec<&Span> = spans.iter().chain(&pending).collect();
        builder.add_days(days, &spans, query.zone);
        progress(builder.days_done());
    }
    Ok(builder.finish(damaged.into_iter().collect()))
}
