//! Everything a report for people shows of some days: totals by category, project and application, activity by ten
//! minutes, and a time line.
//!
//! # Invariants
//! * The totals of a day are exactly those of [`crate::build_day_report`] for it; categories, projects and applications (with the
//!   rows in parentheses) each sum to its active and idle time and to its counts.
//! * The ten minutes of a day sum to its active and its idle time.
//! * The bars of a day cover its counted time, once.
//! * Memory is bounded by the number of days, however many spans they hold.

pub mod lane;
pub mod work_blocks;

use crate::buckets::{ActivityBucket, TenMinuteBuckets, split_by_ten, wall_ten_of};
use crate::calendar::{DayStart, ZoneCalendars, load_zone};
use crate::classifier::{Classification, Classifier};
use crate::day_pieces::{DayBuilder, DayPiece, build_days};
use crate::day_totals::{DayTotals, DaysReport};
use crate::rules::ClassificationRules;
use crate::stretches::{Extent, Stretches, ViewOptions};
use crate::totals::{NO_WINDOW, NONE, PROTECTED, REDACTED, RowKey, Totals};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lane::{CategoryStretch, LaneBuilder};
use model::{Coverage, Span, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Some days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Every day asked for, in order.
    pub days: Vec<OverviewDay>,
    /// Numbers of the journal's rows near these days that cannot be read any more; their time shows as `off`.
    pub damaged: Vec<u64>,
    labels: Vec<RowLabel>,
}

/// One day of an [`Overview`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverviewDay {
    /// Its totals, categories and projects among them.
    pub totals: DayTotals,
    /// IANA name of the zone in which it began.
    pub zone: String,
    /// Its first instant that is counted, and the one after the last; none when it lies outside the journal.
    pub counted: Option<Range<Timestamp>>,
    /// Activity, without the ten minutes in which there was none.
    pub tens: Vec<ActivityBucket>,
    /// The time line.
    pub strips: Vec<CategoryStretch>,
    cells: Vec<LabelTime>,
}

/// The rows to which a window's time is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct RowLabel {
    app: String,
    category: Arc<str>,
    project: Arc<str>,
}

/// Active time of one label within ten minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LabelTime {
    ten: Timestamp,
    row: RowKey<u32>,
    active: Duration,
    from: Timestamp,
    to: Timestamp,
}

impl Overview {
    /// Of totals alone: without activity and time lines.
    #[must_use]
    pub fn of(days: DaysReport) -> Self {
        let view = |totals| OverviewDay {
            totals,
            zone: String::new(),
            counted: None,
            tens: Vec::new(),
            strips: Vec::new(),
            cells: Vec::new(),
        };
        Self {
            days: days.days.into_iter().map(view).collect(),
            damaged: days.damaged,
            labels: Vec::new(),
        }
    }

    /// The totals of its days alone.
    #[must_use]
    pub fn totals(&self) -> DaysReport {
        DaysReport {
            days: self.days.iter().map(|day| day.totals.clone()).collect(),
            damaged: self.damaged.clone(),
        }
    }
}

/// Builder of an overview, fed with some neighbouring days at a time.
pub(crate) struct OverviewBuilder<'m> {
    view: ViewOptions,
    classifier: Option<Classifier<'m>>,
    extent: Extent,
    /// The label of each application and classification so far.
    labels: HashMap<String, HashMap<Classification, u32>>,
    /// The days at work.
    days: Vec<OverviewDayBuilder>,
    overview: Overview,
}

impl<'m> OverviewBuilder<'m> {
    pub(crate) fn new(
        view: ViewOptions,
        rules: Option<&'m ClassificationRules>,
        extent: Extent,
    ) -> Self {
        Self {
            view,
            classifier: rules.map(Classifier::new),
            extent,
            labels: HashMap::new(),
            days: Vec::new(),
            overview: Overview::default(),
        }
    }

    /// How many days are done.
    pub(crate) fn days_done(&self) -> usize {
        self.overview.days.len()
    }

    pub(crate) fn finish(mut self, damaged: Vec<u64>) -> Overview {
        self.overview.damaged = damaged;
        self.overview
    }

    /// Takes the next days, which follow each other, with every span that touches them and the one before, in the
    /// journal's order.
    pub(crate) fn add_days(&mut self, days: &[Date], spans: &[&Span], zone: &str) {
        let ([first, ..], [.., last]) = (days, days) else {
            return;
        };
        self.days.resize_with(days.len(), Default::default);
        let stretches = Stretches::new(spans, self.extent, zone, self.view.merge);
        let mut zones = ZoneCalendars::new(self.view.starts);
        build_days(
            &(*first..=*last),
            &mut zones,
            &stretches,
            spans,
            &mut [self],
        );
        let labels = &self.overview.labels;
        for (date, day) in days.iter().zip(self.days.drain(..)) {
            let mut day = day.finish(*date, labels, zone);
            if self.classifier.is_none() {
                day.totals.categories.clear();
                day.totals.projects.clear();
            }
            self.overview.days.push(day);
        }
    }

    /// The row of a span, by the number of its label.
    fn row_of(&mut self, span: &Span) -> RowKey<u32> {
        RowKey::of(span).map(|window| {
            let (app, classifier) = (&window.app, self.classifier.as_mut());
            let names = classifier.map_or([0; 2], |c| c.classify(app, &window.title));
            if let Some(label) = self.labels.get(app).and_then(|known| known.get(&names)) {
                return *label;
            }
            let labels = &mut self.overview.labels;
            let number = u32::try_from(labels.len()).unwrap_or(u32::MAX);
            let classifier = self.classifier.as_ref();
            let [category, project] = [0, 1].map(|list: usize| {
                let name = classifier.map_or(NONE, |c| c.name_of(list, names[list]));
                Arc::from(name)
            });
            labels.push(RowLabel {
                app: app.clone(),
                category,
                project,
            });
            let known = self.labels.entry(app.clone()).or_default();
            known.insert(names, number);
            number
        })
    }
}

impl DayBuilder for OverviewBuilder<'_> {
    fn add_time(&mut self, piece: &DayPiece<'_>) {
        let recorded = piece.shown.filter(|_| piece.state.is_recording());
        let row = recorded.map_or(RowKey::NoWindow, |span| self.row_of(span));
        let category = (piece.state == Coverage::Active).then(|| match row {
            RowKey::Window(n) => Arc::clone(&self.overview.labels[n as usize].category),
            RowKey::Protected => PROTECTED.into(),
            RowKey::Redacted => REDACTED.into(),
            RowKey::NoWindow => NO_WINDOW.into(),
        });
        self.days[piece.day].add_time(piece, row, category);
    }

    fn add_counts(&mut self, day: usize, span: &Span, shown: &Span, zone: &TimeZone) {
        if !span.counts.is_zero() {
            let row = self.row_of(shown);
            let day = &mut self.days[day];
            day.totals.row(row.as_ref()).counts += span.counts;
            let ten = wall_ten_of(span.start, zone);
            day.tens.add_counts(ten, span.counts);
        }
    }
}

/// Builder of one day.
#[derive(Default)]
struct OverviewDayBuilder {
    zone: Option<String>,
    counted: Option<Range<Timestamp>>,
    /// By label.
    totals: Totals<u32>,
    tens: TenMinuteBuckets,
    cells: BTreeMap<(Timestamp, RowKey<u32>), LabelTime>,
    lane: LaneBuilder,
}

impl OverviewDayBuilder {
    fn add_time(&mut self, piece: &DayPiece<'_>, row: RowKey<u32>, category: Option<Arc<str>>) {
        let (state, from, to) = (piece.state, piece.from, piece.to);
        self.zone.get_or_insert_with(|| piece.zone_name.to_owned());
        self.counted.get_or_insert(from..to).end = to;
        self.totals.add_time(row.as_ref(), state, piece.length());
        let ten_of = |at| wall_ten_of(at, piece.zone);
        split_by_ten(from, to, ten_of, |ten, from, to| {
            let length = to.duration_since(from);
            self.tens.add_time(ten, state, length);
            if state == Coverage::Active {
                let cell = self.cells.entry((ten, row)).or_insert(LabelTime {
                    ten,
                    row,
                    active: Duration::ZERO,
                    from,
                    to,
                });
                cell.active += length;
                cell.to = to;
            }
        });
        self.lane.add_time(from, to, state, category);
    }

    fn finish(self, day: Date, labels: &[RowLabel], zone: &str) -> OverviewDay {
        let by = |name: fn(&RowLabel) -> &str| {
            self.totals
                .regroup(|n| name(&labels[*n as usize]).to_owned())
        };
        let mut totals = DayTotals::new(day, &by(|label| &label.app));
        totals.categories = by(|label| &label.category).named_rows();
        totals.projects = by(|label| &label.project).named_rows();
        OverviewDay {
            totals,
            zone: self.zone.unwrap_or_else(|| zone.to_owned()),
            counted: self.counted,
            tens: self.tens.finish(),
            strips: self.lane.finish(),
            cells: self.cells.into_values().collect(),
        }
    }
}

/// The first instant of a day of an overview in its zone, and the next day's.
#[must_use]
pub fn bounds_of(day: &OverviewDay, starts: DayStart) -> Range<Timestamp> {
    starts.bounds(day.totals.day, &load_zone(&day.zone))
}

#[cfg(test)]
mod tests;
