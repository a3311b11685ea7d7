//! One day, from its records.

use super::extent::{ReadRange, read_extent};
use crate::calendar::load_zone;
use crate::day::build_day_with_timeline;
use crate::day_report::DayReport;
use crate::stretches::ViewOptions;
use crate::timeline::Timeline;
use jiff::civil::Date;
use journal::{JournalError, Reader, RecordLines, SpanHead};
use model::Timestamp;
use std::ops::Range;

/// The report of one day. `now`: the present; `zone`: IANA name of the zone to use while there is no span.
///
/// # Errors
/// See [`JournalError`]. Rows that cannot be read are no error but listed in [`DayReport::damaged`].
pub fn read_day(
    reader: &Reader,
    view: ViewOptions,
    day: Date,
    now: Timestamp,
    zone: &str,
) -> Result<DayReport, JournalError> {
    Ok(read_day_with_timeline(reader, view, day, now, zone)?.0)
}

/// A day's report and its timeline; arguments as for [`read_day`].
///
/// # Errors
/// See [`JournalError`].
pub fn read_day_with_timeline(
    reader: &Reader,
    view: ViewOptions,
    day: Date,
    now: Timestamp,
    zone: &str,
) -> Result<(DayReport, Timeline), JournalError> {
    let extent = read_extent(reader, now)?;
    let found = lines_of_day(reader, view, day, extent.began)?;
    let pending = reader.provisional_spans()?;
    let (mut report, timeline) =
        build_day_with_timeline(&found.lines, &pending, (view, day), extent, zone);
    report.damaged = found.damaged.iter().map(|d| d.seq).collect();
    Ok((report, timeline))
}

/// The records that a day is made of. The journal finds spans by their start.
fn lines_of_day(
    reader: &Reader,
    view: ViewOptions,
    day: Date,
    began: Timestamp,
) -> Result<RecordLines, JournalError> {
    let range = ReadRange::of(&(day..=day));
    let mut all = RecordLines::default();
    range.widen_until(began, |from| {
        let mut near = NearSpans::new(view, day);
        let mut reaches_back = false;
        let asked = from..range.to;
        all = reader.read_records_where(asked.clone(), &mut |head| {
            reaches_back |= head.start < range.certain;
            near.wants(head)
        })?;
        if near.travelled {
            all = reader.read_records(asked)?;
        } else {
            for seq in near.beside() {
                let line = reader.read_after(seq.saturating_sub(1), 1)?;
                all.lines.extend(line.lines);
            }
            all.lines.sort_by_key(|line| line.seq);
        }
        Ok(reaches_back)
    })?;
    Ok(all)
}

/// Which spans matter to a day while there is one zone only: those that touch it there, and the nearest one on each side,
/// for the zone it leaves in force or brings. Where short visits are merged, their neighbours matter too: then all do.
struct NearSpans {
    view: ViewOptions,
    day: Date,
    zone: String,
    bounds: Range<Timestamp>,
    /// There are several zones: nothing may be left out.
    travelled: bool,
    /// End and number of the last one that was left out before the day.
    before: Option<(Timestamp, u64)>,
    /// Start and number of the first one that was left out after it.
    after: Option<(Timestamp, u64)>,
}

impl NearSpans {
    fn new(view: ViewOptions, day: Date) -> Self {
        Self {
            view,
            day,
            zone: String::new(),
            bounds: Timestamp::MAX..Timestamp::MIN,
            travelled: false,
            before: None,
            after: None,
        }
    }

    /// The numbers of the nearest ones on each side.
    fn beside(&self) -> impl Iterator<Item = u64> {
        let both = [self.before, self.after].into_iter().flatten();
        both.map(|(_, seq)| seq)
    }

    fn wants(&mut self, head: SpanHead<'_>) -> bool {
        if !self.view.merge.is_zero() || self.travelled {
            return true;
        }
        if self.zone.is_empty() {
            let zone = load_zone(head.zone);
            head.zone.clone_into(&mut self.zone);
            self.bounds = self.view.starts.bounds(self.day, &zone);
        } else if self.zone != head.zone {
            self.travelled = true;
            return true;
        }
        let (start, end) = (head.start, head.end);
        if end < self.bounds.start {
            self.before = self.before.max(Some((end, head.seq)));
            return false;
        }
        if start >= self.bounds.end {
            let this = (start, head.seq);
            self.after = Some(self.after.map_or(this, |after| after.min(this)));
            return false;
        }
        true
    }
}
