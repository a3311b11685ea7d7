//! Everything about some days, from their records, a fortnight at a time.

use super::extent::{journal_began, widen_until};
use crate::calendar::day_query_range;
use crate::overview::{Overview, OverviewBuilder};
use crate::rules::ClassificationRules;
use crate::stretches::{Extent, ViewOptions};
use jiff::civil::Date;
use journal::{JournalError, Reader};
use model::{Record, Span};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Days of records read at once for an [`read_overview`]: enough that few records are read twice at their edges, and so few
/// that they fit into a little memory.
const AT_ONCE: usize = 14;

/// Everything about some days, read from their records, a fortnight at a time; `progress` is called with the number of days
/// that are done. The totals are exactly those of [`crate::query::day_in`] for each.
///
/// # Errors
/// See [`JournalError`]. Rows that cannot be read are no error but listed in [`Overview::damaged`].
pub fn read_overview(
    reader: &Reader,
    (view, meaning): (ViewOptions, &ClassificationRules),
    days: &RangeInclusive<Date>,
    now_us: i64,
    zone: &str,
    progress: &mut dyn FnMut(usize),
) -> Result<Overview, JournalError> {
    let extent = Extent {
        began_us: journal_began(reader)?,
        now_us,
    };
    let all: Vec<Date> = std::iter::successors(Some(*days.start()), |day| day.tomorrow().ok())
        .take_while(|day| day <= days.end())
        .collect();
    let mut making = OverviewBuilder::new(view, meaning, extent);
    let mut damaged = BTreeSet::new();
    let pending = reader.provisional_spans()?;
    for days in all.chunks(AT_ONCE) {
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            continue;
        };
        let (nearest, to) = (day_query_range(*first).0, day_query_range(*last).1);
        let certain = nearest.saturating_add(24 * 3600 * 1_000_000);
        let mut spans = Vec::new();
        widen_until(
            certain,
            certain.saturating_sub(nearest),
            extent.began_us,
            |from| {
                spans.clear();
                reader.for_each_record(from..to, &mut |line| match line {
                    Ok(line) => {
                        if let Record::Span(span) = line.record {
                            spans.push(span);
                        }
                    }
                    Err(row) => {
                        damaged.insert(row.seq);
                    }
                })?;
                Ok(spans
                    .iter()
                    .any(|span: &Span| span.start.as_micros() < certain))
            },
        )?;
        let spans: Vec<&Span> = spans.iter().chain(&pending).collect();
        making.take(days, &spans, zone);
        progress(making.done());
    }
    Ok(making.finish(damaged.into_iter().collect()))
}
