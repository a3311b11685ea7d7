//! The writer's knowledge of the quarter hours of roll-ups: which are marks, and which may take a roll-up.

use crate::quarter_hour::QuarterHour;
use model::Timestamp;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

/// Which quarter hours are known to be marks.
#[derive(Debug, Default)]
pub(crate) struct RollupMarks {
    /// Known to be marks.
    marked: Range<QuarterHour>,
    /// The quarter hours of each provisional span of this run.
    open: BTreeMap<u64, RangeInclusive<QuarterHour>>,
    /// Something before this one was redacted or erased: its maker may have counted it already.
    changed_below: QuarterHour,
    /// Roll-ups of the step that is being written.
    put: Vec<QuarterHour>,
}

impl RollupMarks {
    /// True when the quarter hour is known to be a mark.
    pub(crate) fn is_marked(&self, quarter_hour: QuarterHour) -> bool {
        self.marked.contains(&quarter_hour)
    }

    /// The quarter hours from `first` to `last` are marks now.
    pub(crate) fn note_marked(&mut self, first: QuarterHour, last: QuarterHour) {
        let adjoins = first <= self.marked.end && last + 1 >= self.marked.start;
        self.marked = if adjoins && !self.marked.is_empty() {
            self.marked.start.min(first)..self.marked.end.max(last + 1)
        } else {
            first..last + 1
        };
    }

    /// A provisional span touches these quarter hours.
    pub(crate) fn note_open(&mut self, id: u64, quarter_hours: RangeInclusive<QuarterHour>) {
        self.open.insert(id, quarter_hours);
    }

    /// The provisional spans below `id` are dropped.
    pub(crate) fn forget_open_below(&mut self, id: u64) {
        self.open = self.open.split_off(&id);
    }

    /// True when a roll-up of this quarter hour may be put while the provisional spans from `open_from` on are open.
    pub(crate) fn takes_rollup(&self, quarter_hour: QuarterHour, open_from: u64) -> bool {
        let mut open = self.open.range(open_from..);
        quarter_hour >= self.changed_below
            && !open.any(|(_, quarter_hours)| quarter_hours.contains(&quarter_hour))
    }

    /// A roll-up was put in the step that is being written.
    pub(crate) fn note_put(&mut self, quarter_hour: QuarterHour) {
        self.put.push(quarter_hour);
        self.marked = Range::default();
    }

    /// A step was written, or failed.
    pub(crate) fn end_step(&mut self, written: bool) {
        if written {
            self.put.clear();
        } else {
            self.marked = Range::default();
        }
    }

    /// The quarter hours of the roll-ups of a step that failed and may be there all the same.
    pub(crate) fn take_put(&mut self) -> Vec<QuarterHour> {
        std::mem::take(&mut self.put)
    }

    /// Records of a time that ends at `end` were changed.
    pub(crate) fn note_changed(&mut self, end: Timestamp) {
        self.changed_below = self.changed_below.max(QuarterHour::of(end) + 1);
        self.marked = Range::default();
    }
}
