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
use crate::totals::{StateTotal, Usage};
use jiff::civil::Date;
use model::{Coverage, Record, RecordLine, Span};
use std::collections::BTreeMap;

/// The report of one day. See the module for the rules.
///
/// * `lines`: records in the journal's order that cover at least [`day_query_range`]; others do no harm.
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

#[cfg(test)]
pub(crate) mod tests;
