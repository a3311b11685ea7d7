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

use crate::buckets::{ActivityBucket, TenMinuteBuckets};
use crate::calendar::{DayStart, ZoneCalendars, load_zone};
use crate::day_totals::{DayTotals, DaysReport};
use crate::rules::{ClassificationRules, RuleList};
use crate::stretches::{Extent, Stretches, ViewOptions};
use crate::totals::{NO_WINDOW, PROTECTED, REMOVED, RowKey, Totals};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lane::{CategoryStretch, LaneBuilder};
use model::{Coverage, Span, WindowInfo};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The most windows remembered with their row labels; beyond that all are dropped and labelled again.
const MOST_WINDOWS: usize = 50_000;

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
    pub counted_us: Option<(i64, i64)>,
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
    ten_us: i64,
    row: RowKey<u32>,
    active_us: u64,
    from_us: i64,
    to_us: i64,
}

impl Overview {
    /// Of totals alone: without activity and time lines.
    #[must_use]
    pub fn of(days: DaysReport) -> Self {
        let view = |totals| OverviewDay {
            totals,
            zone: String::new(),
            counted_us: None,
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
    meaning: &'m ClassificationRules,
    extent: Extent,
    zones: ZoneCalendars,
    /// The label of each window so far, by application and title.
    windows: HashMap<String, HashMap<String, u32>>,
    windows_met: usize,
    numbers: HashMap<RowLabel, u32>,
    overview: Overview,
}

impl<'m> OverviewBuilder<'m> {
    pub(crate) fn new(view: ViewOptions, meaning: &'m ClassificationRules, extent: Extent) -> Self {
        Self {
            view,
            meaning,
            extent,
            zones: ZoneCalendars::default(),
            windows: HashMap::new(),
            windows_met: 0,
            numbers: HashMap::new(),
            overview: Overview::default(),
        }
    }

    /// How many days are done.
    pub(crate) fn done(&self) -> usize {
        self.overview.days.len()
    }

    pub(crate) fn finish(mut self, damaged: Vec<u64>) -> Overview {
        self.overview.damaged = damaged;
        self.overview
    }

    /// Takes the next days, which follow each other, with every span that touches them and the one before, in the
    /// journal's order.
    pub(crate) fn take(&mut self, days: &[Date], spans: &[&Span], zone: &str) {
        let (Some(first), Some(last)) = (days.first().copied(), days.last().copied()) else {
            return;
        };
        let starts = self.view.starts;
        let mut making: Vec<OverviewDayBuilder> = days
            .iter()
            .map(|day| OverviewDayBuilder::new(*day))
            .collect();
        let stretches = Stretches::new(spans, self.extent, zone, self.view.merge_us);
        for stretch in &stretches.list {
            let state = stretch.owner.map_or(Coverage::Off, |s| s.state);
            let zone = self.zones.get(stretch.zone);
            let mut at = stretch.from_us.max(starts.start_of(first, &zone));
            let mut label = None;
            while at < stretch.to_us {
                let day = starts.date_in(at, &zone);
                if day > last {
                    break;
                }
                let (start, end) = starts.bounds(day, &zone);
                let to = stretch.to_us.min(end);
                let place = days.binary_search(&day).ok();
                if let Some(day) = place
                    .and_then(|n| making.get_mut(n))
                    .filter(|_| start <= at)
                {
                    let shown = stretch.shown.filter(|_| state.is_recording());
                    let label = *label.get_or_insert_with(|| {
                        shown.map(|span| RowKey::of(span).map(|window| self.label(window)))
                    });
                    let category = label.filter(|_| state == Coverage::Active);
                    let category = category.map(|row| match row {
                        RowKey::Window(n) => Arc::clone(&self.overview.labels[n as usize].category),
                        RowKey::Protected => PROTECTED.into(),
                        RowKey::Redacted => REMOVED.into(),
                        RowKey::NoWindow => NO_WINDOW.into(),
                    });
                    day.time(at, to, state, (label, category), (stretch.zone, &zone));
                }
                // A day that ends no later than the instant would be a fault of the zone; the loop ends all the same.
                at = to.max(at.saturating_add(1));
            }
        }
        for (n, span) in spans.iter().enumerate() {
            if span.counts.is_zero() {
                continue;
            }
            let zone = self.zones.get(&span.zone);
            let day = starts.date_in(span.start.as_micros(), &zone);
            let place = days.binary_search(&day).ok();
            if let Some(day) = place.and_then(|n| making.get_mut(n)) {
                let row =
                    RowKey::of(stretches.counted_to(n, span)).map(|window| self.label(window));
                day.totals.add_counts(row.as_ref(), span.counts);
                day.tens.input(span, &zone);
            }
        }
        let labels = &self.overview.labels;
        let days: Vec<OverviewDay> = making
            .into_iter()
            .map(|day| day.finish(labels, zone))
            .collect();
        self.overview.days.extend(days);
    }

    /// The label of a window, by its number.
    fn label(&mut self, window: &WindowInfo) -> u32 {
        let WindowInfo { app, title, .. } = window;
        if let Some(label) = self.windows.get(app).and_then(|w| w.get(title)) {
            return *label;
        }
        let label = RowLabel {
            category: self.meaning.name_of(RuleList::Category, app, title).into(),
            project: self.meaning.name_of(RuleList::Project, app, title).into(),
            app: app.clone(),
        };
        let number = match self.numbers.get(&label) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.overview.labels.len()).unwrap_or(u32::MAX);
                self.overview.labels.push(label.clone());
                self.numbers.insert(label, number);
                number
            }
        };
        if self.windows_met >= MOST_WINDOWS {
            self.windows.clear();
            self.windows_met = 0;
        }
        self.windows_met += 1;
        let titles = self.windows.entry(app.clone()).or_default();
        titles.insert(title.clone(), number);
        number
    }
}

/// Builder of one day.
struct OverviewDayBuilder {
    day: Date,
    zone: Option<String>,
    counted_us: Option<(i64, i64)>,
    /// By label.
    totals: Totals<u32>,
    tens: TenMinuteBuckets,
    cells: BTreeMap<(i64, RowKey<u32>), LabelTime>,
    lane: LaneBuilder,
}

impl OverviewDayBuilder {
    fn new(day: Date) -> Self {
        Self {
            day,
            zone: None,
            counted_us: None,
            totals: Totals::default(),
            tens: TenMinuteBuckets::default(),
            cells: BTreeMap::new(),
            lane: LaneBuilder::new(),
        }
    }

    /// Adds time, which comes in order.
    fn time(
        &mut self,
        from_us: i64,
        to_us: i64,
        state: Coverage,
        (row, category): (Option<RowKey<u32>>, Option<Arc<str>>),
        (zone_name, zone): (&str, &TimeZone),
    ) {
        if self.zone.is_none() {
            self.zone = Some(zone_name.to_owned());
        }
        let began = self
            .counted_us
            .map_or(from_us, |(began, _)| began.min(from_us));
        self.counted_us = Some((began, to_us));
        let us = to_us.abs_diff(from_us);
        match row {
            Some(row) => self.totals.add_time(row.as_ref(), state, us),
            None => self.totals.states[state as usize] += us,
        }
        let cells = &mut self.cells;
        self.tens
            .time(from_us, to_us, state, zone, |ten_us, from_us, to_us| {
                if let (Some(row), Coverage::Active) = (row, state) {
                    let cell = cells.entry((ten_us, row)).or_insert(LabelTime {
                        ten_us,
                        row,
                        active_us: 0,
                        from_us,
                        to_us,
                    });
                    cell.active_us += to_us.abs_diff(from_us);
                    cell.to_us = to_us;
                }
            });
        self.lane.add_time(from_us, to_us, state, category);
    }

    fn finish(self, labels: &[RowLabel], zone: &str) -> OverviewDay {
        let by = |name: fn(&RowLabel) -> &str| {
            self.totals
                .regroup(|n| name(&labels[*n as usize]).to_owned())
        };
        let mut totals = DayTotals::new(self.day, by(|label| &label.app));
        totals.categories = by(|label| &label.category).named_rows();
        totals.projects = by(|label| &label.project).named_rows();
        OverviewDay {
            totals,
            zone: self.zone.unwrap_or_else(|| zone.to_owned()),
            counted_us: self.counted_us,
            tens: self.tens.finish(),
            strips: self.lane.finish(),
            cells: self.cells.into_values().collect(),
        }
    }
}

/// The first instant of a day of an overview in its zone, in microseconds since the Unix epoch (UTC), and the next day's.
#[must_use]
pub fn bounds_of(day: &OverviewDay, starts: DayStart) -> (i64, i64) {
    starts.bounds(day.totals.day, &load_zone(&day.zone))
}

#[cfg(test)]
mod tests;
