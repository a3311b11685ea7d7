//! What a day held.
//!
//! # What is always true
//! * **A day belongs to the zone kept with each span.** At every instant one zone is in force: the zone of the span
//!   that owns the instant, or, where no span lies, of the piece before it (before the first: of the first). An
//!   instant belongs to the date its zone's calendar shows. So every instant belongs to exactly one day, a span over
//!   midnight is split when read, a day is 23 or 25 hours long where the zone says so, and longer or shorter still
//!   when the user travelled.
//! * **States sum to the day.** [`DayReport::length_us`] counts the day's instants from the beginning of the journal
//!   up to now; the eight totals of [`DayReport::states`] sum to exactly that. What no span covers is `off`.
//! * **Nothing counts twice.** Where spans overlap (the clock was set back) the one later in the journal owns the
//!   time; see [`resolve_overlaps`].
//! * **Rows sum to the whole.** Active and idle time of all windows, [`DayReport::protected`],
//!   [`DayReport::removed`] and [`DayReport::unnamed`] sum to those two states; their counts sum to [`DayReport::counts`].
//! * **Counts belong to the day in which their span starts**, whole: they cannot be split, and spans with input are
//!   cut at each whole minute, so in practice none crosses midnight. They are facts of their own, so they stay even
//!   where the clock's correction gave their time to another span.

mod timeline;
mod today;
mod types;
mod view;

pub(crate) use timeline::pieces_of;
pub use timeline::{OwnedInterval, resolve_overlaps};
pub use today::TodayTotals;
pub use types::{AppTotal, DayNotice, DayReport, DayScreenshot, StateTotal, Usage, WindowTotal};
pub(crate) use view::{DayBounds, Stretches};
pub use view::{DayStart, ViewOptions};

use crate::activity::TenMinuteBuckets;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use model::{Counts, Coverage, Notice, Record, RecordLine, Screenshot, Span};
use std::collections::{BTreeMap, HashMap};

/// From when until when there is anything to say, in microseconds since the Unix epoch (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The first record's start.
    pub began_us: i64,
    /// The present.
    pub now_us: i64,
}

/// The interval, in microseconds since the Unix epoch (UTC), that holds every instant which any zone on earth calls
/// `day`, with a day more on each side for the zone in force before it. Ask the journal for this much.
#[must_use]
pub fn day_query_range(day: Date) -> (i64, i64) {
    let start = day_start(day, &TimeZone::UTC);
    // Zones reach from UTC-12 to UTC+14; 26 h hold every one, and 26 h more the day before.
    const MARGIN: i64 = 52 * 3600 * 1_000_000;
    (
        start.saturating_sub(MARGIN),
        start.saturating_add(MARGIN + 24 * 3600 * 1_000_000),
    )
}

/// The local date of an instant in the zone of that IANA name.
#[must_use]
pub fn local_date(at_us: i64, zone: &str) -> Date {
    local_date_in(at_us, &crate::text::load_zone(zone))
}

pub(crate) fn local_date_in(at_us: i64, zone: &TimeZone) -> Date {
    let at = Timestamp::from_microsecond(at_us).unwrap_or(if at_us < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    });
    at.to_zoned(zone.clone()).date()
}

/// The first instant of `day` in `zone`, in microseconds since the Unix epoch (UTC); a day that starts inside a
/// clock change starts at the first instant that exists.
pub(crate) fn day_start(day: Date, zone: &TimeZone) -> i64 {
    match day.to_zoned(zone.clone()) {
        Ok(zoned) => zoned.timestamp().as_microsecond(),
        // Only at the very ends of the calendar, some 9,999 years away.
        Err(_) if day.year() < 0 => i64::MIN,
        Err(_) => i64::MAX,
    }
}

/// The bounds of `day` in `zone`: its first instant and the next day's.
pub(crate) fn day_bounds(day: Date, zone: &TimeZone) -> (i64, i64) {
    let next = day
        .tomorrow()
        .map_or(i64::MAX, |next| day_start(next, zone));
    (day_start(day, zone), next)
}

/// The zones met so far, so that each name is looked up once.
#[derive(Default)]
pub(crate) struct ZoneCalendars(HashMap<String, TimeZone>);

impl ZoneCalendars {
    pub(crate) fn get(&mut self, name: &str) -> TimeZone {
        if let Some(zone) = self.0.get(name) {
            return zone.clone();
        }
        let zone = crate::text::load_zone(name);
        self.0.insert(name.to_owned(), zone.clone());
        zone
    }
}

/// The report of one day that begins at midnight. See the module for the rules.
///
/// * `lines`: records in the journal's order that cover at least [`day_query_range`]; others do no harm.
/// * `pending`: spans that are durable but not closed yet; they come after all lines.
/// * `extent`: from when until when time is counted.
/// * `zone`: IANA name of the zone to use while there is no span at all.
#[must_use]
pub fn summarise(
    lines: &[RecordLine],
    pending: &[Span],
    day: Date,
    extent: Extent,
    zone: &str,
) -> DayReport {
    ViewOptions::default().summarise(lines, pending, day, extent, zone)
}

impl ViewOptions {
    /// The report of one day, looked at in this way; the rest as for [`summarise`].
    #[must_use]
    pub fn summarise(
        self,
        lines: &[RecordLine],
        pending: &[Span],
        day: Date,
        extent: Extent,
        zone: &str,
    ) -> DayReport {
        let spans = spans_of(lines, pending);
        let stretches = Stretches::new(&spans, extent, zone, self.merge_us);
        self.told(lines, &spans, &stretches, day, zone)
    }

    /// The same of spans and their stretches.
    pub(crate) fn told(
        self,
        lines: &[RecordLine],
        spans: &[&Span],
        stretches: &Stretches<'_>,
        day: Date,
        zone: &str,
    ) -> DayReport {
        let mut bounds = DayBounds::new(day, self.starts);
        let mut gathering = DayReportBuilder::new(day);
        let mut tens = TenMinuteBuckets::default();
        for stretch in &stretches.list {
            let (start, end) = bounds.of(stretch.zone);
            let (from, to) = (stretch.from_us.max(start), stretch.to_us.min(end));
            if from < to {
                let state = stretch.owner.map_or(Coverage::Off, |s| s.state);
                gathering.time(from, to, state, stretch.shown);
                let zone = bounds.zone(stretch.zone);
                tens.time(from, to, state, zone, |_, _, _| {});
            }
        }
        let mut last = zone;
        for (n, span) in spans.iter().enumerate() {
            if bounds.hold(span.start_us, &span.zone) {
                gathering.counted(span, stretches.counted_to(n, span));
                tens.input(span, bounds.zone(&span.zone));
                last = &span.zone;
            }
        }
        for line in lines {
            match &line.record {
                Record::Shot(shot) if bounds.hold(shot.at_us, &shot.zone) => {
                    gathering
                        .report
                        .shots
                        .push(DayScreenshot::new(line.seq, shot));
                }
                Record::Notice(note) if bounds.hold(note.at_us, &note.zone) => {
                    let row = DayNotice::new(line.seq, note);
                    gathering.report.notices.push(row);
                }
                _ => {}
            }
        }
        gathering.report.activity = tens.finish();
        gathering.report.zone = last.to_owned();
        gathering.finish()
    }
}

/// The spans among some records, and those that are not closed yet.
pub(crate) fn spans_of<'a>(lines: &'a [RecordLine], pending: &'a [Span]) -> Vec<&'a Span> {
    let spans = lines.iter().filter_map(|line| match &line.record {
        Record::Span(span) => Some(span),
        _ => None,
    });
    spans.chain(pending).collect()
}

/// A report in the making.
struct DayReportBuilder {
    report: DayReport,
    states: BTreeMap<Coverage, u64>,
    apps: BTreeMap<String, (String, BTreeMap<String, Usage>)>,
}

impl DayReportBuilder {
    fn new(day: Date) -> Self {
        Self {
            report: DayReport::empty(day),
            states: BTreeMap::new(),
            apps: BTreeMap::new(),
        }
    }

    fn time(&mut self, from: i64, to: i64, state: Coverage, span: Option<&Span>) {
        let us = to.abs_diff(from);
        self.report.length_us += us;
        self.report.from_us = Some(self.report.from_us.map_or(from, |f| f.min(from)));
        self.report.to_us = Some(self.report.to_us.map_or(to, |t| t.max(to)));
        *self.states.entry(state).or_default() += us;
        match (span, state) {
            (Some(span), Coverage::Active) => self.row(span).active_us += us,
            (Some(span), Coverage::Idle) => self.row(span).idle_us += us,
            _ => {}
        }
    }

    fn counted(&mut self, span: &Span, to: &Span) {
        if !span.counts.is_zero() {
            self.report.counts += span.counts;
            self.row(to).counts += span.counts;
        }
    }

    /// The row that a span's time and counts belong to.
    fn row(&mut self, span: &Span) -> &mut Usage {
        match &span.window {
            _ if span.protected => &mut self.report.protected,
            _ if span.removed => &mut self.report.removed,
            Some(window) => {
                let app = self.apps.entry(window.app.clone()).or_default();
                if app.0.is_empty() {
                    app.0.clone_from(&window.exe);
                }
                app.1.entry(window.title.clone()).or_default()
            }
            None => &mut self.report.unnamed,
        }
    }

    fn finish(mut self) -> DayReport {
        self.report.states = Coverage::ALL
            .into_iter()
            .map(|state| StateTotal {
                state,
                us: self.states.get(&state).copied().unwrap_or(0),
            })
            .collect();
        self.report.apps = self
            .apps
            .into_iter()
            .map(|(app, (exe, windows))| AppTotal::new(app, exe, windows))
            .collect();
        // Longest first; equal ones stay in the order of their names.
        self.report
            .apps
            .sort_by_key(|a| std::cmp::Reverse(a.usage.total_us()));
        self.report
    }
}

impl DayScreenshot {
    fn new(seq: u64, shot: &Screenshot) -> Self {
        Self {
            seq,
            at_us: shot.at_us,
            zone: shot.zone.to_string(),
            app: shot
                .window
                .as_ref()
                .map_or_else(String::new, |w| w.app.clone()),
            title: shot
                .window
                .as_ref()
                .map_or_else(String::new, |w| w.title.clone()),
            width: shot.width,
            height: shot.height,
            bytes: shot.bytes,
            media: shot.media.clone(),
            blurred: shot.blurred,
            removed: shot.removed,
            sha256: shot.sha256.clone(),
        }
    }
}

impl DayNotice {
    fn new(seq: u64, notice: &Notice) -> Self {
        Self {
            seq,
            at_us: notice.at_us,
            zone: notice.zone.clone(),
            code: notice.code,
            text: notice.text.clone(),
        }
    }
}

impl AppTotal {
    fn new(app: String, exe: String, windows: BTreeMap<String, Usage>) -> Self {
        let mut usage = Usage::default();
        let mut windows: Vec<WindowTotal> = windows
            .into_iter()
            .map(|(title, of)| {
                usage.active_us += of.active_us;
                usage.idle_us += of.idle_us;
                usage.counts += of.counts;
                WindowTotal { title, usage: of }
            })
            .collect();
        windows.sort_by_key(|w| std::cmp::Reverse(w.usage.total_us()));
        Self {
            app,
            exe,
            usage,
            windows,
        }
    }
}

impl DayReport {
    fn empty(day: Date) -> Self {
        Self {
            day,
            zone: String::new(),
            from_us: None,
            to_us: None,
            length_us: 0,
            states: Vec::new(),
            counts: Counts::default(),
            apps: Vec::new(),
            protected: Usage::default(),
            removed: Usage::default(),
            unnamed: Usage::default(),
            categories: Vec::new(),
            projects: Vec::new(),
            activity: Vec::new(),
            shots: Vec::new(),
            notices: Vec::new(),
            damaged: Vec::new(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
