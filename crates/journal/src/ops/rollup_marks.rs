//! The writer's knowledge of the slots of roll-ups: which are marks, and which may take a roll-up.

use crate::quarter_hour::slot_of;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

/// Which quarter hours are known to be marks.
#[derive(Debug, Default)]
pub(crate) struct RollupMarks {
    /// Known to be marks.
    marked: Range<i64>,
    /// The slots of each provisional span of this run.
    open: BTreeMap<u64, RangeInclusive<i64>>,
    /// Something before this one was redacted or erased: its maker may have counted it already.
    changed_below: i64,
    /// Roll-ups of the step that is being written.
    put: Vec<i64>,
}

impl RollupMarks {
    /// True when the slot is known to be a mark.
    pub(crate) fn is_marked(&self, slot: i64) -> bool {
        self.marked.contains(&slot)
    }

    /// The slots from `first` to `last` are marks now.
    pub(crate) fn note_marked(&mut self, first: i64, last: i64) {
        let adjoins = first <= self.marked.end && last + 1 >= self.marked.start;
        self.marked = if adjoins && !self.marked.is_empty() {
            self.marked.start.min(first)..self.marked.end.max(last + 1)
        } else {
            first..last + 1
        };
    }

    /// A provisional span touches these slots.
    pub(crate) fn note_open(&mut self, id: u64, slots: RangeInclusive<i64>) {
        self.open.insert(id, slots);
    }

    /// The provisional spans below `id` are dropped.
    pub(crate) fn forget_open_below(&mut self, id: u64) {
        self.open = self.open.split_off(&id);
    }

    /// True when a roll-up of this slot may be put while the provisional spans from `open_from` on are open.
    pub(crate) fn takes_rollup(&self, slot: i64, open_from: u64) -> bool {
        let mut open = self.open.range(open_from..);
        slot >= self.changed_below && !open.any(|(_, slots)| slots.contains(&slot))
    }

    /// A roll-up was put in the step that is being written.
    pub(crate) fn note_put(&mut self, slot: i64) {
        self.put.push(slot);
        self.marked = 0..0;
    }

    /// A step was written, or failed.
    pub(crate) fn end_step(&mut self, written: bool) {
        if written {
            self.put.clear();
        } else {
            self.marked = 0..0;
        }
    }

    /// The slots of the roll-ups of a step that failed and may be there all the same.
    pub(crate) fn take_put(&mut self) -> Vec<i64> {
        std::mem::take(&mut self.put)
    }

    /// Records of a time that ends at `end_us` were changed.
    pub(crate) fn note_changed(&mut self, end_us: i64) {
        self.changed_below = self.changed_below.max(slot_of(end_us).saturating_add(1));
        self.marked = 0..0;
    }
}
