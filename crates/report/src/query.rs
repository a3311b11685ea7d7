//! The questions, put to a journal. Everything that thinks is elsewhere; here it is only fetched.

use crate::day::{DayReport, DayStart, Extent, ViewOptions, day_query_range};
use crate::days::names::Classifier;
use crate::days::{DaysBuilder, DaysReport};
use crate::feed::window_label;
use crate::meaning::ClassificationRules;
use crate::overview::{Overview, OverviewBuilder};
use crate::rollup::Rollup;
use crate::status::OutboxSummary;
use crate::text::{clip_to_width, format_age, format_bytes, format_count, load_zone};
use jiff::Timestamp;
use jiff::civil::Date;
use journal::{
    JournalError, Reader, RecordLines, SLOT_US, ScreenshotEntry, ScreenshotLocation, SpanHead,
    UtcDay, slot_of,
};
use model::{Coverage, Record, Span};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};

/// How far back a day's first span is looked for, in microseconds: a machine may sleep for weeks within one span.
const FARTHEST: i64 = 400 * 24 * 3600 * 1_000_000;

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

/// As [`day`], looked at in a certain way.
///
/// # Errors
/// As there.
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
    let mut report = view.summarise(
        &found.lines,
        &reader.provisional_spans()?,
        day,
        extent,
        zone,
    );
    report.damaged = found.damaged.iter().map(|d| d.seq).collect();
    Ok(report)
}

/// The records that a day is made of. The journal finds spans by their start. One that began before the range may reach into
/// the day, so it is widened until it holds a span that starts before any zone's day does, or the journal's beginning.
/// Three UTC days hold every instant that any zone (UTC-12 to UTC+14) calls the day, also where days begin at noon.
pub(crate) fn lines_of_day(
    reader: &Reader,
    view: ViewOptions,
    day: Date,
    began_us: i64,
) -> Result<RecordLines, JournalError> {
    const HOUR_US: i64 = 3600 * 1_000_000;
    let midnight = crate::day::day_start(day, &jiff::tz::TimeZone::UTC);
    let to = midnight.saturating_add(48 * HOUR_US);
    let certain = midnight.saturating_sub(14 * HOUR_US);
    let mut back = 72 * HOUR_US;
    loop {
        let from = to.saturating_sub(back);
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
        if reaches_back || from <= began_us || back > FARTHEST {
            return Ok(found);
        }
        back = back.saturating_mul(2);
    }
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

/// The totals of many days: exactly those of [`day`] for each, at the cost of opening one roll-up for each quarter hour,
/// and records only where there is none. `now_us` and `zone` as there.
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

/// As [`days`], with days that begin at another time than midnight.
///
/// # Errors
/// As there.
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
/// As there.
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
/// As for [`read_overview`].
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
    let mut back = certain.saturating_sub(nearest);
    let from = loop {
        let from = certain.saturating_sub(back);
        let head = slot_of(from)..slot_of(certain).saturating_add(1);
        let mut gathering = DaysBuilder::new(days, starts, None);
        gather(reader, head, &mut gathering, extent, &known)?;
        let head = gathering;
        if head.reaches_before(certain) || from <= extent.began_us || back > FARTHEST {
            break from;
        }
        back = back.saturating_mul(2);
    };
    let slots = slot_of(from)..slot_of(to).saturating_add(1);
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

/// Of which slots roll-ups tell everything.
pub(crate) struct RollupCoverage {
    since: i64,
    erased: Vec<RangeInclusive<UtcDay>>,
}

impl RollupCoverage {
    pub(crate) fn of(reader: &Reader) -> Result<Self, JournalError> {
        let erased = reader.erased_ranges()?;
        let days = erased.iter().map(|range| range.first_day..=range.last_day);
        Ok(Self {
            since: reader.rollups_complete_since()?,
            erased: days.collect(),
        })
    }

    pub(crate) fn is_known(&self, slot: i64) -> bool {
        let day = || UtcDay::of_us(slot.saturating_mul(SLOT_US));
        slot >= self.since.max(0)
            && (self.erased.is_empty() || !self.erased.iter().any(|days| days.contains(&day())))
    }
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

/// When the journal begins: the start of its first record, or its making while there is none. Microseconds since
/// the Unix epoch (UTC).
///
/// # Errors
/// See [`JournalError`].
pub fn journal_began(reader: &Reader) -> Result<i64, JournalError> {
    let first = reader.read_after(0, 1)?;
    Ok(first.lines.first().map_or_else(
        || i64::try_from(reader.epoch().saturating_mul(1_000_000)).unwrap_or(i64::MAX),
        |line| line.record.start_us(),
    ))
}

/// Days of records read at once for an [`read_overview`]: enough that what is read twice at their edges is little, and so few
/// that they fit into a little memory.
const AT_ONCE: usize = 14;

/// Everything about some days, read from their records, a fortnight at a time; `progress` is told how many of the days
/// are done. The totals are exactly those of [`day_in`] for each.
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
        let mut back = certain.saturating_sub(nearest);
        let spans = loop {
            let from = certain.saturating_sub(back);
            let mut spans = Vec::new();
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
            let reaches_back = spans.iter().any(|span| span.start_us < certain);
            if reaches_back || from <= extent.began_us || back > FARTHEST {
                break spans;
            }
            back = back.saturating_mul(2);
        };
        let spans: Vec<&Span> = spans.iter().chain(&pending).collect();
        making.take(days, &spans, zone);
        progress(making.done());
    }
    Ok(making.finish(damaged.into_iter().collect()))
}

/// What a journal says while no instance runs. As JSON the field names are stable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineStatus {
    /// Always `off`: nothing is recorded.
    pub state: Coverage,
    /// When something last reached the disk, in microseconds since the Unix epoch (UTC).
    pub last_durable_us: Option<i64>,
    /// What the sink has not yet acknowledged.
    pub outbox: OutboxSummary,
    /// When the sink last acknowledged something, in microseconds since the Unix epoch (UTC).
    pub last_ack_us: Option<i64>,
    /// Where the journal lies.
    pub data_dir: String,
}

/// What the journal says while no instance runs.
///
/// # Errors
/// See [`JournalError`].
pub fn read_offline_status(reader: &Reader, data_dir: &str) -> Result<OfflineStatus, JournalError> {
    Ok(OfflineStatus {
        state: Coverage::Off,
        last_durable_us: reader.last_durable_us()?,
        outbox: read_outbox_summary(reader)?,
        last_ack_us: reader.last_ack_us()?,
        data_dir: data_dir.to_owned(),
    })
}

/// What waits for the sink.
///
/// # Errors
/// See [`JournalError`].
pub fn read_outbox_summary(reader: &Reader) -> Result<OutboxSummary, JournalError> {
    let depth = reader.depth()?;
    Ok(OutboxSummary {
        records: depth.records,
        shots: depth.shots,
        bytes: depth.bytes,
    })
}

impl OfflineStatus {
    /// Plain lines for `uam status`; harmless to print.
    #[must_use]
    pub fn lines(&self, now_us: i64) -> Vec<String> {
        let ago = |at: Option<i64>| match at {
            Some(at) => format!("{} ago", format_age(crate::status::since(at, now_us))),
            None => "never".to_owned(),
        };
        let outbox = if self.outbox == OutboxSummary::default() {
            "empty".to_owned()
        } else {
            format!(
                "{}, {}, {}",
                format_count(self.outbox.records, "record", "records"),
                format_count(self.outbox.shots, "shot", "shots"),
                format_bytes(self.outbox.bytes)
            )
        };
        [
            "not recording · uam does not run".to_owned(),
            format!("  {:<11}{}", "on disk", ago(self.last_durable_us)),
            format!("  {:<11}{outbox}", "outbox"),
            format!("  {:<11}{}", "last sent", ago(self.last_ack_us)),
            format!("  {:<11}{}", "journal", self.data_dir),
        ]
        .into_iter()
        .map(|line| model::to_printable(&line, 400))
        .collect()
    }
}

/// One shot for `uam shots --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenshotInfo {
    /// Its number in the journal; `uam shots --show` takes it.
    pub seq: u64,
    /// Its facts. Window names are raw text.
    #[serde(flatten)]
    pub shot: model::Screenshot,
    /// `here`, `archived`, `deleted` or `lost`.
    pub place: String,
    /// True when the sink has it.
    pub sent: bool,
    /// True while it is held back: it was not packed for sending yet.
    pub held: bool,
}

/// The newest `limit` shots, newest first.
///
/// # Errors
/// See [`JournalError`].
pub fn list_screenshots(
    reader: &Reader,
    limit: usize,
) -> Result<Vec<ScreenshotInfo>, JournalError> {
    Ok(reader
        .newest_screenshots(limit)?
        .into_iter()
        .map(info)
        .collect())
}

fn info(row: ScreenshotEntry) -> ScreenshotInfo {
    let place = match row.place {
        ScreenshotLocation::Local => "here",
        ScreenshotLocation::Archived => "archived",
        ScreenshotLocation::Deleted => "deleted",
        ScreenshotLocation::Lost => "lost",
    };
    ScreenshotInfo {
        seq: row.seq,
        shot: row.shot,
        place: place.to_owned(),
        sent: row.acked,
        held: row.held,
    }
}

/// Shots as plain lines at most `width` columns wide; harmless to print.
#[must_use]
pub fn format_screenshot_list(shots: &[ScreenshotInfo], width: usize) -> Vec<String> {
    if shots.is_empty() {
        return vec!["no shots yet".to_owned()];
    }
    shots
        .iter()
        .map(|s| {
            let when = Timestamp::from_microsecond(s.shot.at_us).map_or_else(
                |_| "?".to_owned(),
                |t| {
                    t.to_zoned(load_zone(&s.shot.zone))
                        .strftime("%Y-%m-%d %H:%M:%S")
                        .to_string()
                },
            );
            let window = s
                .shot
                .window
                .as_ref()
                .map_or_else(String::new, |w| window_label(&w.app, &w.title));
            let line = format!(
                "{:>7}  {when}  {:>9}  {:>8}  {:<8} {:<8} {:<8} {window}",
                s.seq,
                format!("{}x{}", s.shot.width, s.shot.height),
                format_bytes(s.shot.bytes),
                if s.shot.blurred { "blurred" } else { "" },
                if s.shot.removed { "removed" } else { &s.place },
                match (s.sent, s.held, s.shot.removed) {
                    (true, ..) => "sent",
                    (_, _, true) => "",
                    (_, true, _) => "held",
                    _ => "waiting",
                },
            );
            clip_to_width(&line, width).trim_end().to_owned()
        })
        .collect()
}
