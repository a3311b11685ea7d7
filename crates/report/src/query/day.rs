//! One day, from its records.

use super::extent::{journal_began, widen_until};
use crate::calendar::{day_start, load_zone};
use crate::day::{build_day_report, build_report};
use crate::day_report::DayReport;
use crate::stretches::{Extent, Stretches, ViewOptions, spans_of};
use crate::timeline::{Timeline, build_timeline_of};
use jiff::civil::Date;
use journal::{JournalError, Reader, RecordLines, SpanHead};

/// The report of one day that begins at midnight. `now_us`: microseconds since the Unix epoch (UTC); `zone`: IANA name of
/// the zone to use while there is no span.
///
/// # Errors
/// See [`JournalError`]. Rows that cannot be read are no error but listed in [`DayReport::damaged`].
pub fn read_day(
    reader: &Reader,
    day: Date,
    now_us: i64,
    zone: &str,
) -> Result<DayReport, JournalError> {
    day_in(reader, ViewOptions::default(), day, now_us, zone)
}

/// As [`read_day`], looked at in a certain way.
///
/// # Errors
/// See [`JournalError`].
pub fn day_in(
    reader: &Reader,
    view: ViewOptions,
    day: Date,
    now_us: i64,
    zone: &str,
) -> Result<DayReport, JournalError> {
    let extent = Extent {
        began_us: journal_began(reader)?,
        now_us,
    };
    let found = lines_of_day(reader, view, day, extent.began_us)?;
    let pending = reader.provisional_spans()?;
    let mut report = build_day_report(&found.lines, &pending, (view, day), extent, zone);
    report.damaged = found.damaged.iter().map(|d| d.seq).collect();
    Ok(report)
}

/// A day's report and its timeline, read once. `now_us` and `zone` as for [`read_day`].
///
/// # Errors
/// See [`JournalError`].
pub fn read_day_with_timeline(
    reader: &Reader,
    view: ViewOptions,
    day: Date,
    now_us: i64,
    zone: &str,
) -> Result<(DayReport, Timeline), JournalError> {
    let extent = Extent {
        began_us: journal_began(reader)?,
        now_us,
    };
    let found = lines_of_day(reader, view, day, extent.began_us)?;
    let pending = reader.provisional_spans()?;
    let spans = spans_of(&found.lines, &pending);
    let stretches = Stretches::new(&spans, extent, zone, view.merge_us);
    let mut report = build_report(view, &found.lines, &spans, &stretches, day, zone);
    report.damaged = found.damaged.iter().map(|d| d.seq).collect();
    let timeline = build_timeline_of(&spans, &stretches, (view, day), extent, &report.zone);
    Ok((report, timeline))
}

/// The records that a day is made of. The journal finds spans by their start. One that began before the range may reach into
/// the day, so it is widened until it holds a span that starts before any zone's day does, or the journal's beginning.
/// Three UTC days hold every instant that any zone (UTC-12 to UTC+14) calls the day, also where days begin at noon.
fn lines_of_day(
    reader: &Reader,
    view: ViewOptions,
    day: Date,
    began_us: i64,
) -> Result<RecordLines, JournalError> {
    const HOUR_US: i64 = 3600 * 1_000_000;
    let midnight = day_start(day, &jiff::tz::TimeZone::UTC);
    let to = midnight.saturating_add(48 * HOUR_US);
    let certain = midnight.saturating_sub(14 * HOUR_US);
    let mut all = None;
    widen_until(to, 72 * HOUR_US, began_us, |from| {
        let mut near = NearSpans::new(view, day);
        let mut reaches_back = false;
        let mut found = reader.read_records_where(from..to, &mut |head| {
            reaches_back |= head.start_us < certain;
            near.wants(head)
        })?;
        if near.travelled {
            found = reader.read_records(from..to)?;
        } else {
            for seq in near.beside() {
                let line = reader.read_after(seq.saturating_sub(1), 1)?;
                found.lines.extend(line.lines);
            }
            found.lines.sort_by_key(|line| line.seq);
        }
        all = Some(found);
        Ok(reaches_back)
    })?;
    Ok(all.unwrap_or_default())
}

/// Which spans matter to a day while there is one zone only: those that touch it there, and the nearest one on each side,
/// for the zone it leaves in force or brings. Where short visits are merged, their neighbours matter too: then all do.
struct NearSpans {
    view: ViewOptions,
    day: Date,
    zone: String,
    bounds: (i64, i64),
    /// There are several zones: nothing may be left out.
    travelled: bool,
    /// End and number of the last one that was left out before the day.
    before: Option<(i64, u64)>,
    /// Start and number of the first one that was left out after it.
    after: Option<(i64, u64)>,
}

impl NearSpans {
    fn new(view: ViewOptions, day: Date) -> Self {
        Self {
            view,
            day,
            zone: String::new(),
            bounds: (i64::MAX, i64::MIN),
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
        if self.view.merge_us > 0 || self.travelled {
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
        let (start, end) = self.bounds;
        if head.end_us < start {
            self.before = self.before.max(Some((head.end_us, head.seq)));
            return false;
        }
        if head.start_us >= end {
            let this = (head.start_us, head.seq);
            self.after = Some(self.after.map_or(this, |after| after.min(this)));
            return false;
        }
        true
    }
}
