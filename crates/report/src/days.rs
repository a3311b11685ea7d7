//! Many days at once, from roll-ups where there are any and from records elsewhere.
//!
//! Always true: every total of a day is exactly that of [`crate::build_day_report`] for it; the rules at the head of
//! [`crate::day`] hold.

use crate::calendar::{DayStart, ZoneCalendars, place_of};
use crate::classifier::{Classification, Classifier};
use crate::day_totals::DayTotals;
use crate::ownership::{OwnedInterval, pieces_of};
use crate::rollup::Rollup;
use crate::stretches::{Extent, cover_extent};
use crate::totals::{RowKey, Totals, Usage, window_of};
use jiff::civil::Date;
use journal::QuarterHour;
use model::{Coverage, Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::time::Duration;

/// A span or a roll-up as far as it matters here; a year's worth of them may lie in memory.
struct SpanExtent {
    /// Its place in the journal's order.
    seq: u64,
    start: Timestamp,
    end: Timestamp,
    zone: usize,
    /// State and number of the row of a span; none for a roll-up, whose sums are in the days already.
    counted: Option<(Coverage, u32)>,
}

/// Builder of one day.
#[derive(Default)]
struct DayAccumulator {
    totals: Totals<String>,
    /// By category and project; empty where no rules were asked.
    named: BTreeMap<Classification, Usage>,
}

/// The rows that a span is counted to: by application, and by category and project where rules were asked.
type Row = (RowKey<String>, Option<Classification>);

/// Builder of several days.
pub(crate) struct DaysBuilder<'m> {
    days: RangeInclusive<Date>,
    /// One for each of the days.
    sums: Vec<DayAccumulator>,
    classifier: Option<Classifier<'m>>,
    zones: ZoneCalendars,
    rows: Vec<Row>,
    row_numbers: HashMap<Row, u32>,
    /// Slots told by records.
    from_records: BTreeSet<QuarterHour>,
    spans: Vec<SpanExtent>,
    rollups: Vec<SpanExtent>,
}

impl<'m> DaysBuilder<'m> {
    /// `classifier`: for categories and projects, where they are asked for.
    pub(crate) fn new(
        days: &RangeInclusive<Date>,
        starts: DayStart,
        classifier: Option<Classifier<'m>>,
    ) -> Self {
        let count = place_of(days, *days.end()).map_or(0, |last| last + 1);
        Self {
            days: days.clone(),
            sums: std::iter::repeat_with(Default::default)
                .take(count)
                .collect(),
            classifier,
            zones: ZoneCalendars::new(starts),
            rows: Vec::new(),
            row_numbers: HashMap::new(),
            from_records: BTreeSet::new(),
            spans: Vec::new(),
            rollups: Vec::new(),
        }
    }

    fn number_row(&mut self, span: &Span) -> u32 {
        let named = match (&mut self.classifier, window_of(span)) {
            (Some(names), Some(window)) => Some(names.classify(&window.app, &window.title)),
            _ => None,
        };
        let row = (RowKey::of(span).map(|window| window.app.clone()), named);
        if let Some(number) = self.row_numbers.get(&row) {
            return *number;
        }
        let number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.rows.push(row.clone());
        self.row_numbers.insert(row, number);
        number
    }

    /// Adds a roll-up, `content` being the whole of it; false when it cannot be used and its slot is to be read from the
    /// records.
    pub(crate) fn add_rollup(&mut self, rollup: &Rollup, content: &[u8], extent: Extent) -> bool {
        let covered = &rollup.covered;
        if !covered.is_empty() && (covered.start < extent.began || covered.end > extent.now) {
            return false;
        }
        let zone = self.zones.number_of(&rollup.zone);
        let (day, bounds) = self.zones.get_number(zone).day_of(rollup.slot.start());
        if rollup.slot.start() < bounds.start || bounds.end < rollup.slot.end() {
            // A day's beginning lies within; no zone of these years has a midnight there.
            return false;
        }
        if let Some(place) = place_of(&self.days, day) {
            let Some(named) = self.classify_rollup(rollup, content) else {
                return false;
            };
            let sums = &mut self.sums[place];
            sums.totals.merge(&rollup.totals);
            let known = rollup.totals.states.total();
            let length = covered.end.duration_since(covered.start);
            sums.totals.states[Coverage::Off] += length.saturating_sub(known);
            for (names, usage) in &named {
                *sums.named.entry(*names).or_default() += usage;
            }
        }
        if !covered.is_empty() {
            self.rollups.push(SpanExtent {
                seq: 0,
                start: covered.start,
                end: covered.end,
                zone,
                counted: None,
            });
        }
        true
    }

    /// The classification of the windows of a roll-up; empty where no rules are asked, `None` where it does not tell.
    fn classify_rollup(
        &mut self,
        rollup: &Rollup,
        content: &[u8],
    ) -> Option<Vec<(Classification, Usage)>> {
        let mut out = Vec::new();
        let (Some(classifier), apps) = (&mut self.classifier, &rollup.totals.rows) else {
            return Some(out);
        };
        if !classifier.needs_titles() {
            out.extend(
                apps.iter()
                    .map(|(app, of)| (classifier.classify(app, ""), *of)),
            );
        } else if !apps.is_empty() {
            rollup.for_each_window(content, &mut |window| {
                if !window.usage.is_zero() {
                    out.push((classifier.classify(window.app, window.title), window.usage));
                }
            })?;
        }
        Some(out)
    }

    /// Tells that slots are read from their records: every span that touches them must be given.
    pub(crate) fn use_records(&mut self, slots: impl Iterator<Item = QuarterHour>) {
        self.from_records.extend(slots);
    }

    pub(crate) fn slots_from_records(&self) -> &BTreeSet<QuarterHour> {
        &self.from_records
    }

    /// Adds a span, `seq` being its place in the journal's order. One that touches no slot told by records does no
    /// harm.
    pub(crate) fn add_span(&mut self, seq: u64, span: &Span) {
        let zone = self.zones.number_of(&span.zone);
        let row = self.number_row(span);
        if !span.counts.is_zero() && self.from_records.contains(&QuarterHour::of(span.start)) {
            let (day, _) = self.zones.get_number(zone).day_of(span.start);
            if let Some(place) = place_of(&self.days, day) {
                let counts = span.counts;
                let usage = Usage {
                    counts,
                    ..Usage::default()
                };
                self.sums[place].add_usage(&self.rows[row as usize], &usage);
            }
        }
        if !span.duration.is_zero() {
            self.spans.push(SpanExtent {
                seq,
                start: span.start,
                end: span.end(),
                zone,
                counted: Some((span.state, row)),
            });
        }
    }

    /// True when something is known to begin before an instant.
    pub(crate) fn reaches_before(&self, at: Timestamp) -> bool {
        let mut all = self.spans.iter().chain(&self.rollups);
        all.any(|of| of.start < at)
    }

    /// The time that each span owns in the slots told by records, by its place among the spans.
    fn owned_in_records(&self) -> Vec<OwnedInterval> {
        let mut owned: Vec<OwnedInterval> = Vec::new();
        for piece in pieces_of(self.spans.iter().map(|s| (s.start, s.end))) {
            let slots = QuarterHour::touched_by(&(piece.start..piece.end));
            for slot in self.from_records.range(slots) {
                let part = OwnedInterval {
                    start: piece.start.max(slot.start()),
                    end: piece.end.min(slot.end()),
                    span: piece.span,
                };
                match owned.last_mut() {
                    Some(last) if last.span == part.span && last.end == part.start => {
                        last.end = part.end;
                    }
                    _ => owned.push(part),
                }
            }
        }
        owned
    }

    /// The days. `zone`: IANA name of the zone to use while there is no span.
    pub(crate) fn finish(mut self, extent: Extent, zone: &str) -> Vec<DayTotals> {
        self.spans.sort_by_key(|span| span.seq);
        let mut intervals = self.owned_in_records();
        let mut all = self.spans;
        for rollup in self.rollups {
            intervals.push(OwnedInterval {
                start: rollup.start,
                end: rollup.end,
                span: all.len(),
            });
            all.push(rollup);
        }
        intervals.sort_unstable_by_key(|interval| interval.start);
        let unknown = self.zones.number_of(zone);
        cover_extent(&intervals, extent, |from, to, owner, zone| {
            let counted = owner.map(|n| all[n].counted);
            let zone = zone.map_or(unknown, |n| all[n].zone);
            let (state, row) = match counted {
                None => (Coverage::Off, None),
                Some(Some((state, row))) => (state, Some(&self.rows[row as usize])),
                Some(None) => return,
            };
            let calendar = self.zones.get_number(zone);
            for (place, from, to) in calendar.split_by_day(&self.days, from, to) {
                self.sums[place].add_time(state, row, to.duration_since(from));
            }
        });
        let names = self.classifier.as_ref();
        let dates = self.days.start().series(jiff::Span::new().days(1));
        let days = dates.zip(self.sums);
        days.map(|(day, sums)| sums.finish(day, names)).collect()
    }
}

impl DayAccumulator {
    fn add_time(&mut self, state: Coverage, row: Option<&Row>, length: Duration) {
        self.totals.states[state] += length;
        if let Some(row) = row.filter(|_| state.is_recording()) {
            let mut usage = Usage::default();
            usage.add_time(state, length);
            self.add_usage(row, &usage);
        }
    }

    /// Adds to rows alone; the states stay.
    fn add_usage(&mut self, (row, names): &Row, usage: &Usage) {
        *self.totals.row(row.as_ref().map(String::as_str)) += usage;
        if let Some(names) = names {
            *self.named.entry(*names).or_default() += usage;
        }
    }

    fn finish(self, day: Date, classifier: Option<&Classifier<'_>>) -> DayTotals {
        let mut day = DayTotals::new(day, &self.totals);
        if let Some(classifier) = classifier {
            let windows = self.named.iter().map(|(names, usage)| (*names, usage));
            [day.categories, day.projects] = classifier.sum_lists(windows, day.pseudo_rows());
        }
        day
    }
}
