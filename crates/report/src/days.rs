//! Many days at once, from roll-ups where there are any and from records elsewhere.
//!
//! Always true: every total of a day is exactly that of [`crate::build_day_report`] for it; the rules at the head of
//! [`crate::day`] hold.

use crate::calendar::{DayStart, ZoneCalendar, load_zone};
use crate::classifier::{Classification, Classifier};
use crate::day_totals::DayTotals;
use crate::ownership::pieces_of;
use crate::rollup::{Rollup, for_each_window};
use crate::stretches::Extent;
use crate::totals::{RowKey, Totals, Usage, sum_by_name, window_of};
use jiff::civil::Date;
use journal::{SLOT_US, slot_of};
use model::{Coverage, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;

/// A span as far as it matters here, of which a year's worth may lie in memory.
struct SpanExtent {
    /// Its place in the journal's order.
    seq: u64,
    start_us: i64,
    end_us: i64,
    zone: u32,
    row: u32,
    state: Coverage,
}

/// Builder of one day.
struct DayAccumulator {
    day: Date,
    totals: Totals<String>,
    /// By category and by project; empty where no rules were asked.
    named: [BTreeMap<u32, Usage>; 2],
}

/// A slot read from its roll-up: the time it covers, and its zone. Its sums are in the days already.
struct RollupExtent {
    covered_us: (i64, i64),
    zone: u32,
}

/// Builder of several days.
pub(crate) struct DaysBuilder<'m> {
    starts: DayStart,
    days: Vec<DayAccumulator>,
    names: Option<Classifier<'m>>,
    zones: Vec<ZoneCalendar>,
    zone_numbers: HashMap<String, u32>,
    rows: Vec<(RowKey<String>, Option<Classification>)>,
    row_numbers: HashMap<(RowKey<String>, Option<Classification>), u32>,
    /// Slots told by records.
    from_records: BTreeSet<i64>,
    spans: Vec<SpanExtent>,
    rollups: Vec<RollupExtent>,
}

impl<'m> DaysBuilder<'m> {
    /// `names`: the rules for categories and projects, where they are asked for.
    pub(crate) fn new(
        days: &RangeInclusive<Date>,
        starts: DayStart,
        names: Option<Classifier<'m>>,
    ) -> Self {
        let all = std::iter::successors(Some(*days.start()), |day| day.tomorrow().ok());
        Self {
            starts,
            days: all
                .take_while(|day| day <= days.end())
                .map(|day| DayAccumulator {
                    day,
                    totals: Totals::default(),
                    named: Default::default(),
                })
                .collect(),
            names,
            zones: Vec::new(),
            zone_numbers: HashMap::new(),
            rows: Vec::new(),
            row_numbers: HashMap::new(),
            from_records: BTreeSet::new(),
            spans: Vec::new(),
            rollups: Vec::new(),
        }
    }

    fn zone(&mut self, name: &str) -> u32 {
        if let Some(number) = self.zone_numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.zones.len()).unwrap_or(u32::MAX);
        let calendar = ZoneCalendar::new(load_zone(name), self.starts);
        self.zones.push(calendar);
        self.zone_numbers.insert(name.to_owned(), number);
        number
    }

    fn row(&mut self, span: &Span) -> u32 {
        let named = match (&mut self.names, window_of(span)) {
            (Some(names), Some(window)) => Some(names.of(&window.app, &window.title)),
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

    fn sums(&mut self, day: Date) -> Option<&mut DayAccumulator> {
        // Days are in order; the guess is right but for the calendar's edges.
        let place = self.days.binary_search_by_key(&day, |sums| sums.day).ok()?;
        self.days.get_mut(place)
    }

    /// Takes a roll-up, `content` being the whole of it; false when it cannot be used and its slot is to be read from the
    /// records.
    pub(crate) fn rollup(&mut self, rollup: &Rollup, content: &[u8], extent: Extent) -> bool {
        let (from, to) = rollup.covered_us;
        if from < to && (from < extent.began_us || to > extent.now_us) {
            return false;
        }
        let zone = self.zone(&rollup.zone);
        let start = rollup.slot * SLOT_US;
        let (day, (first, next)) = self.zones[zone as usize].day_of(start);
        if start < first || next < start + SLOT_US {
            // A day's beginning lies within; no zone of these years has a midnight there.
            return false;
        }
        let wanted = self.days.first().map(|d| d.day)..=self.days.last().map(|d| d.day);
        let named = match wanted.contains(&Some(day)) {
            true => self.named(rollup, content),
            false => Some(Vec::new()),
        };
        let Some(named) = named else {
            return false;
        };
        let covered = rollup.covered_us;
        if let Some(sums) = self.sums(day) {
            sums.totals.merge(&rollup.totals);
            let gaps = covered.1.abs_diff(covered.0) - rollup.totals.length_us();
            sums.totals.states[Coverage::Off as usize] += gaps;
            for (numbers, usage) in &named {
                sums.name(*numbers, usage);
            }
        }
        self.rollups.push(RollupExtent {
            covered_us: covered,
            zone,
        });
        true
    }

    /// The classification of the windows of a roll-up; empty where no rules are asked, `None` where it does not tell.
    fn named(&mut self, rollup: &Rollup, content: &[u8]) -> Option<Vec<(Classification, Usage)>> {
        let Some(names) = &mut self.names else {
            return Some(Vec::new());
        };
        let apps = &rollup.totals.rows;
        if !names.needs_titles() {
            let apps = apps.iter();
            return Some(
                apps.map(|(app, usage)| (names.of(app, ""), *usage))
                    .collect(),
            );
        }
        let mut out = Vec::new();
        if apps.is_empty() {
            return Some(out);
        }
        for_each_window(rollup.slot, content, &mut |window| {
            if !window.usage.is_zero() {
                out.push((names.of(window.app, window.title), window.usage));
            }
        })?;
        Some(out)
    }

    /// Tells that a slot is read from its records: every span that touches it must be given.
    pub(crate) fn read(&mut self, slots: impl Iterator<Item = i64>) {
        self.from_records.extend(slots);
    }

    pub(crate) fn slots_read(&self) -> &BTreeSet<i64> {
        &self.from_records
    }

    /// Takes a span, `seq` being its place in the journal's order. One that touches no slot told by records does no
    /// harm.
    pub(crate) fn span(&mut self, seq: u64, span: &Span) {
        let zone = self.zone(&span.zone);
        let row = self.row(span);
        let counted = !span.counts.is_zero();
        if counted && self.from_records.contains(&slot_of(span.start.as_micros())) {
            let (day, _) = self.zones[zone as usize].day_of(span.start.as_micros());
            let more = Usage {
                counts: span.counts,
                ..Usage::default()
            };
            self.add(day, row, &more);
        }
        if model::micros::to_micros(span.duration) > 0 {
            self.spans.push(SpanExtent {
                seq,
                start_us: span.start.as_micros(),
                end_us: span.end().as_micros(),
                zone,
                row,
                state: span.state,
            });
        }
    }

    /// True when something is known to begin before `us`.
    pub(crate) fn reaches_before(&self, us: i64) -> bool {
        self.spans.iter().any(|s| s.start_us < us)
            || self
                .rollups
                .iter()
                .any(|r| r.covered_us.0 < r.covered_us.1 && r.covered_us.0 < us)
    }

    fn add(&mut self, day: Date, row: u32, usage: &Usage) {
        let (row, named) = self.rows[row as usize].clone();
        if let Some(sums) = self.sums(day) {
            let key = row.as_ref().map(String::as_str);
            sums.totals.add_usage(key, usage);
            if let Some(numbers) = named {
                sums.name(numbers, usage);
            }
        }
    }

    /// Adds time in one state, split at each midnight.
    fn time(&mut self, from: i64, to: i64, zone: u32, state: Coverage, row: Option<u32>) {
        let mut at = from;
        let before = self.days.first().map(|sums| sums.day);
        while at < to {
            let calendar = &mut self.zones[zone as usize];
            let (mut day, (mut start, mut next)) = calendar.day_of(at);
            if let Some(first) = before
                && day < first
            {
                // Spans before the first day are passed over at once.
                (day, (start, next)) = (first, self.starts.bounds(first, &calendar.zone));
                at = at.max(start);
            }
            let end = to.min(next);
            if self.days.last().is_none_or(|last| day > last.day) {
                return;
            }
            if at < end && at >= start {
                let us = end.abs_diff(at);
                if let Some(sums) = self.sums(day) {
                    sums.totals.states[state as usize] += us;
                }
                let usage = match state {
                    Coverage::Active => Usage {
                        active_us: us,
                        ..Usage::default()
                    },
                    Coverage::Idle => Usage {
                        idle_us: us,
                        ..Usage::default()
                    },
                    _ => Usage::default(),
                };
                if let Some(row) = row.filter(|_| !usage.is_zero()) {
                    self.add(day, row, &usage);
                }
            }
            // A midnight that is no later than the instant would be a fault of the zone; the loop ends all the same.
            at = end.max(at.saturating_add(1));
        }
    }

    /// The days. `zone`: IANA name of the zone to use while there is no span.
    pub(crate) fn finish(mut self, extent: Extent, zone: &str) -> Vec<DayTotals> {
        self.spans.sort_by_key(|span| span.seq);
        let spans = std::mem::take(&mut self.spans);
        let rollups = std::mem::take(&mut self.rollups);
        let slots = std::mem::take(&mut self.from_records);
        // Start, end, and which: a roll-up, or a span's piece of a slot.
        let mut items: Vec<(i64, i64, Result<usize, usize>)> = Vec::new();
        for piece in pieces_of(spans.iter().map(|s| (s.start_us, s.end_us))) {
            let of = slot_of(piece.start_us)..=slot_of(piece.end_us - 1);
            for slot in slots.range(of) {
                let from = piece.start_us.max(slot.saturating_mul(SLOT_US));
                let to = piece
                    .end_us
                    .min(slot.saturating_add(1).saturating_mul(SLOT_US));
                match items.last_mut() {
                    Some((_, end, Err(span))) if *span == piece.span && *end == from => *end = to,
                    _ => items.push((from, to, Err(piece.span))),
                }
            }
        }
        for (n, rollup) in rollups.iter().enumerate() {
            let (from, to) = rollup.covered_us;
            if from < to {
                items.push((from, to, Ok(n)));
            }
        }
        items.sort_unstable_by_key(|(from, ..)| *from);
        let zone_of = |which: &Result<usize, usize>| match which {
            Ok(n) => rollups[*n].zone,
            Err(n) => spans[*n].zone,
        };
        let mut zone = match items.first() {
            Some((.., which)) => zone_of(which),
            None => self.zone(zone),
        };
        let mut at = extent.began_us;
        for (from, to, which) in &items {
            let from = (*from).max(at).min(extent.now_us);
            let to = (*to).min(extent.now_us);
            if at < from {
                self.time(at, from, zone, Coverage::Off, None);
            }
            at = at.max(from);
            zone = zone_of(which);
            if from < to {
                if let Err(n) = which {
                    let span = &spans[*n];
                    self.time(from, to, zone, span.state, Some(span.row));
                }
                at = to;
            }
        }
        self.time(at, extent.now_us, zone, Coverage::Off, None);
        let names = self.names;
        let days = self.days.into_iter();
        days.map(|sums| sums.told(names.as_ref())).collect()
    }
}

impl DayAccumulator {
    fn name(&mut self, numbers: Classification, usage: &Usage) {
        for (sums, number) in self.named.iter_mut().zip(numbers) {
            *sums.entry(number).or_default() += usage;
        }
    }

    fn told(self, names: Option<&Classifier<'_>>) -> DayTotals {
        let mut day = DayTotals::new(self.day, self.totals);
        let Some(names) = names else {
            return day;
        };
        let mut lists = self.named.iter().enumerate().map(|(list, named)| {
            let named = named.iter();
            let named = named.map(|(number, usage)| (names.name_of(list, *number), usage));
            sum_by_name(named.chain(day.pseudo_rows()))
        });
        let (categories, projects) = (lists.next(), lists.next());
        day.categories = categories.unwrap_or_default();
        day.projects = projects.unwrap_or_default();
        day
    }
}
