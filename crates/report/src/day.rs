//! The report of one day.
//!
//! # Invariants
//! * **A day belongs to the zone kept with each span.** At every instant one zone is in force: the zone of the span
//!   that owns the instant, or, where no span lies, of the piece before it (before the first: of the first). An
//!   instant belongs to the date its zone's calendar shows. So every instant belongs to exactly one day, a span over
//!   midnight is split when read, a day is 23 or 25 hours long where the zone says so, and longer or shorter still
//!   when the user travelled.
//! * **States sum to the day.** [`DayReport::length`] counts the day's instants from the beginning of the journal
//!   up to now; the eight totals of [`DayReport::states`] sum to exactly that. Time that no span covers is `off`.
//! * **Nothing counts twice.** Where spans overlap (the clock was set back) the one later in the journal owns the
//!   time; see [`crate::ownership`].
//! * **Rows sum to the whole.** Active and idle time of all windows, [`DayReport::protected`],
//!   [`DayReport::redacted`] and [`DayReport::unnamed`] sum to those two states; their counts sum to [`DayReport::counts`].
//! * **Counts belong to the day in which their span starts**, whole: they cannot be split, and spans with input are
//!   cut at each whole minute, so in practice none crosses midnight. They are facts of their own, so they stay even
//!   where the clock's correction gave their time to another span.

use crate::buckets::{TenMinuteBuckets, split_by_ten, wall_ten_of};
use crate::calendar::ZoneCalendars;
use crate::day_pieces::{DayBuilder, DayPiece, build_days};
use crate::day_report::{AppTotal, DayNotice, DayReport, DayScreenshot, WindowTotal};
use crate::stretches::{Extent, Stretches, ViewOptions, spans_of};
use crate::timeline::{Timeline, TimelineBuilder};
use crate::totals::{RowKey, Totals, Usage, WindowKey};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{Record, RecordLine, Span, Timestamp};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// The report of one day. See the module for the rules.
///
/// * `lines`: records in the journal's order, three UTC days around it at least; others do no harm.
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
    build_day_with_timeline(lines, pending, (view, day), extent, zone).0
}

/// The report of one day, and its timeline in the zone last in force; arguments as for [`build_day_report`].
pub(crate) fn build_day_with_timeline(
    lines: &[RecordLine],
    pending: &[Span],
    (view, day): (ViewOptions, Date),
    extent: Extent,
    zone: &str,
) -> (DayReport, Timeline) {
    let spans = spans_of(lines, pending);
    let stretches = Stretches::new(&spans, extent, zone, view.merge);
    let mut zones = ZoneCalendars::new(view.starts);
    let mut report = DayReportBuilder::new(zone);
    let mut timeline = TimelineBuilder::default();
    let builders: &mut [&mut dyn DayBuilder] = &mut [&mut report, &mut timeline];
    build_days(&(day..=day), &mut zones, &stretches, &spans, builders);
    let mut report = report.finish(day);
    for line in lines {
        let mut on_day = |zone: &str, at| zones.get(zone).day_of(at).0 == day;
        match &line.record {
            Record::Shot(shot) if on_day(&shot.zone, shot.at) => {
                report.shots.push(DayScreenshot::new(line.seq, shot));
            }
            Record::Notice(note) if on_day(&note.zone, note.at) => {
                report.notices.push(DayNotice::new(line.seq, note));
            }
            _ => {}
        }
    }
    let bounds = view.starts.bounds(day, &zones.get(&report.zone).zone);
    (report, timeline.finish(bounds))
}

/// A report being built.
struct DayReportBuilder {
    /// IANA name of the zone last in force.
    zone: Arc<str>,
    counted: Option<Range<Timestamp>>,
    totals: Totals<WindowKey>,
    tens: TenMinuteBuckets,
    /// The first executable of each application that could be known.
    executables: HashMap<String, String>,
}

impl DayReportBuilder {
    fn new(zone: &str) -> Self {
        Self {
            zone: zone.into(),
            counted: None,
            totals: Totals::default(),
            tens: TenMinuteBuckets::default(),
            executables: HashMap::new(),
        }
    }

    /// The row of a span whose time or counts are added.
    fn row_of(&mut self, span: &Span) -> RowKey<WindowKey> {
        let row = WindowKey::of(span);
        if let RowKey::Window(WindowKey(window)) = &row
            && !window.exe.is_empty()
            && !self.executables.contains_key(&window.app)
        {
            let (app, exe) = (window.app.clone(), window.exe.clone());
            self.executables.insert(app, exe);
        }
        row
    }

    fn finish(mut self, day: Date) -> DayReport {
        let mut apps: Vec<AppTotal> = Vec::new();
        let counts = self.totals.counts();
        for (WindowKey(window), usage) in self.totals.rows {
            if apps.last().is_none_or(|last| last.app != window.app) {
                apps.push(AppTotal {
                    app: window.app.clone(),
                    exe: self.executables.remove(&window.app).unwrap_or_default(),
                    usage: Usage::default(),
                    windows: Vec::new(),
                });
            }
            if let Some(app) = apps.last_mut() {
                app.usage += &usage;
                let title = window.title.clone();
                app.windows.push(WindowTotal { title, usage });
            }
        }
        // Longest first; equal ones stay in the order of their names.
        apps.sort_by_key(|app| Reverse(app.usage.total()));
        for app in &mut apps {
            app.windows
                .sort_by_key(|window| Reverse(window.usage.total()));
        }
        DayReport {
            day,
            zone: self.zone.to_string(),
            from: self.counted.as_ref().map(|counted| counted.start),
            to: self.counted.map(|counted| counted.end),
            length: self.totals.states.total(),
            states: self.totals.states.to_list(),
            counts,
            apps,
            protected: self.totals.protected,
            redacted: self.totals.redacted,
            unnamed: self.totals.no_window,
            categories: Vec::new(),
            projects: Vec::new(),
            activity: self.tens.finish(),
            shots: Vec::new(),
            notices: Vec::new(),
            damaged: Vec::new(),
        }
    }
}

impl DayBuilder for DayReportBuilder {
    fn add_time(&mut self, piece: &DayPiece<'_>) {
        let (state, from, to) = (piece.state, piece.from, piece.to);
        self.counted.get_or_insert(from..to).end = to;
        let recorded = piece.shown.filter(|_| state.is_recording());
        let row = recorded.map_or(RowKey::NoWindow, |span| self.row_of(span));
        self.totals.add_time(row.as_ref(), state, piece.length());
        let ten_of = |at| wall_ten_of(at, piece.zone);
        split_by_ten(from, to, ten_of, |ten, from, to| {
            self.tens.add_time(ten, state, to.duration_since(from));
        });
    }

    fn add_counts(&mut self, _: usize, span: &Span, shown: &Span, zone: &TimeZone) {
        self.zone = Arc::clone(&span.zone);
        if !span.counts.is_zero() {
            let row = self.row_of(shown);
            self.totals.row(row.as_ref()).counts += span.counts;
            let ten = wall_ten_of(span.start, zone);
            self.tens.add_counts(ten, span.counts);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
