//! The report of one day.
//!
//! # Invariants
//! * **A day belongs to the zone kept with each span.** At every instant one zone is in force: the zone of the span
//!   that owns the instant, or, where no span lies, of the piece before it (before the first: of the first). An
//!   instant belongs to the date its zone's calendar shows. So every instant belongs to exactly one day, a span over
//!   midnight is split when read, a day is 23 or 25 hours long where the zone says so, and longer or shorter still
//!   when the user travelled.
//! * **States sum to the day.** [`DayReport::length_us`] counts the day's instants from the beginning of the journal
//!   up to now; the eight totals of [`DayReport::states`] sum to exactly that. Time that no span covers is `off`.
//! * **Nothing counts twice.** Where spans overlap (the clock was set back) the one later in the journal owns the
//!   time; see [`crate::ownership`].
//! * **Rows sum to the whole.** Active and idle time of all windows, [`DayReport::protected`],
//!   [`DayReport::removed`] and [`DayReport::unnamed`] sum to those two states; their counts sum to [`DayReport::counts`].
//! * **Counts belong to the day in which their span starts**, whole: they cannot be split, and spans with input are
//!   cut at each whole minute, so in practice none crosses midnight. They are facts of their own, so they stay even
//!   where the clock's correction gave their time to another span.

use crate::buckets::TenMinuteBuckets;
use crate::calendar::DayBounds;
use crate::day_report::{AppTotal, DayNotice, DayReport, DayScreenshot};
use crate::stretches::{Extent, Stretches, ViewOptions, spans_of};
use crate::totals::{RowKey, Totals, Usage};
use jiff::civil::Date;
use model::{Coverage, Record, RecordLine, Span, WindowInfo};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The report of one day. See the module for the rules.
///
/// * `lines`: records in the journal's order that cover at least [`crate::calendar::day_query_range`]; others do no harm.
/// * `pending`: spans that are durable but not closed yet; they come after all lines.
/// * `view`: when days begin, and which visits are merged.
/// * `extent`: from when until when time is counted.
/// * `zone`: IANA name of the zone to use while there is no span at all.
#[must_use]
pub fn build_day_report(
    lines: &[RecordLine],
    pending: &[Span],
    (view, day): (ViewOptions, Date),
    extent: Extent,
    zone: &str,
) -> DayReport {
    let spans = spans_of(lines, pending);
    let stretches = Stretches::new(&spans, extent, zone, view.merge_us);
    build_report(view, lines, &spans, &stretches, day, zone)
}

/// The same of spans and their stretches.
pub(crate) fn build_report(
    view: ViewOptions,
    lines: &[RecordLine],
    spans: &[&Span],
    stretches: &Stretches<'_>,
    day: Date,
    zone: &str,
) -> DayReport {
    let mut bounds = DayBounds::new(day, view.starts);
    let mut gathering = DayReportBuilder::new(day);
    let mut tens = TenMinuteBuckets::default();
    for stretch in &stretches.list {
        let (start, end) = bounds.of(stretch.zone);
        let (from, to) = (stretch.from_us.max(start), stretch.to_us.min(end));
        if from < to {
            let state = stretch.owner.map_or(Coverage::Off, |s| s.state);
            gathering.add_time(from, to, state, stretch.shown);
            let zone = bounds.zone(stretch.zone);
            tens.time(from, to, state, zone, |_, _, _| {});
        }
    }
    let mut last = zone;
    for (n, span) in spans.iter().enumerate() {
        if bounds.hold(span.start.as_micros(), &span.zone) {
            gathering.add_counts(span, stretches.counted_to(n, span));
            tens.input(span, bounds.zone(&span.zone));
            last = &span.zone;
        }
    }
    for line in lines {
        match &line.record {
            Record::Shot(shot) if bounds.hold(shot.at.as_micros(), &shot.zone) => {
                gathering
                    .report
                    .shots
                    .push(DayScreenshot::new(line.seq, shot));
            }
            Record::Notice(note) if bounds.hold(note.at.as_micros(), &note.zone) => {
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

/// A window as a row: ordered by application, then title; its executable tells no two apart.
#[derive(Clone)]
struct WindowKey(Arc<WindowInfo>);

impl WindowKey {
    fn names(&self) -> (&str, &str) {
        (&self.0.app, &self.0.title)
    }
}

impl PartialEq for WindowKey {
    fn eq(&self, other: &Self) -> bool {
        self.names() == other.names()
    }
}

impl Eq for WindowKey {}

impl PartialOrd for WindowKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for WindowKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.names().cmp(&other.names())
    }
}

/// A report being built.
struct DayReportBuilder {
    report: DayReport,
    totals: Totals<WindowKey>,
    /// The first executable of each application that could be known.
    executables: HashMap<String, String>,
}

impl DayReportBuilder {
    fn new(day: Date) -> Self {
        Self {
            report: DayReport::empty(day),
            totals: Totals::default(),
            executables: HashMap::new(),
        }
    }

    fn add_time(&mut self, from: i64, to: i64, state: Coverage, span: Option<&Span>) {
        let us = to.abs_diff(from);
        self.report.from_us = Some(self.report.from_us.map_or(from, |f| f.min(from)));
        self.report.to_us = Some(self.report.to_us.map_or(to, |t| t.max(to)));
        match span {
            Some(span) => {
                if state.is_recording() {
                    self.note_executable(span);
                }
                self.totals.add_time(key_of(span).as_ref(), state, us);
            }
            None => self.totals.states[state as usize] += us,
        }
    }

    /// Adds the counts of a span to the row of `to`.
    fn add_counts(&mut self, span: &Span, to: &Span) {
        if !span.counts.is_zero() {
            self.note_executable(to);
            self.totals.add_counts(key_of(to).as_ref(), span.counts);
        }
    }

    fn note_executable(&mut self, span: &Span) {
        if let RowKey::Window(window) = RowKey::of(span)
            && !window.exe.is_empty()
            && !self.executables.contains_key(&window.app)
        {
            let (app, exe) = (window.app.clone(), window.exe.clone());
            self.executables.insert(app, exe);
        }
    }

    fn finish(mut self) -> DayReport {
        self.report.length_us = self.totals.length_us();
        self.report.states = self.totals.state_totals();
        self.report.counts = self.totals.counts();
        self.report.protected = self.totals.protected;
        self.report.removed = self.totals.redacted;
        self.report.unnamed = self.totals.no_window;
        let mut apps: BTreeMap<String, BTreeMap<String, Usage>> = BTreeMap::new();
        for (WindowKey(window), usage) in self.totals.rows {
            let titles = apps.entry(window.app.clone()).or_default();
            titles.insert(window.title.clone(), usage);
        }
        let apps = apps.into_iter().map(|(app, windows)| {
            let exe = self.executables.remove(&app).unwrap_or_default();
            AppTotal::new(app, exe, windows)
        });
        self.report.apps = apps.collect();
        // Longest first; equal ones stay in the order of their names.
        self.report
            .apps
            .sort_by_key(|a| std::cmp::Reverse(a.usage.total_us()));
        self.report
    }
}

fn key_of(span: &Span) -> RowKey<WindowKey> {
    RowKey::of(span).map(|window| WindowKey(Arc::clone(window)))
}

#[cfg(test)]
pub(crate) mod tests;
