//! Builds roll-ups from the final spans of one run, in their order.

use super::Rollup;
use crate::quarter_hours::{SLOT_US, slot_of};
use model::Span;
use std::sync::Arc;

/// A span over more slots than this (more than a year) is a fault of the clock, and not summed up.
const LONGEST: i64 = 40_000;

/// Makes roll-ups of the final spans of one run, in their order.
#[derive(Debug)]
pub struct RollupBuilder {
    /// Nothing is made of slots before this one.
    clear_from: i64,
    /// Up to here spans were seen.
    furthest_us: i64,
    /// The slot being summed up, and whether it can be.
    current: Option<(Rollup, bool)>,
    pending: Vec<(i64, Vec<u8>)>,
}

impl RollupBuilder {
    /// Begins with the first slot that nobody has touched ([`journal::Journal::first_free_quarter_hour`]).
    #[must_use]
    pub fn new(clear_from: i64) -> Self {
        Self {
            clear_from: clear_from.max(0),
            furthest_us: i64::MIN,
            current: None,
            pending: Vec::new(),
        }
    }

    /// Takes a span that will not change any more.
    pub fn add(&mut self, span: &Span) {
        let (start, end) = (span.start.as_micros(), span.end().as_micros());
        let first = slot_of(start);
        let last = slot_of(end.max(start.saturating_add(1)) - 1);
        if start < self.furthest_us || last.saturating_sub(first) > LONGEST {
            // The clock was set back (or is mad): only the records tell who owns which time.
            let spoiled = last.max(slot_of(self.furthest_us.saturating_sub(1)));
            self.clear_from = self.clear_from.max(spoiled.saturating_add(1));
            self.pending.retain(|(slot, _)| *slot > spoiled);
            self.current = None;
        }
        self.furthest_us = self.furthest_us.max(end);
        for slot in first.max(self.clear_from)..=last {
            if self.current.as_ref().is_some_and(|(r, _)| r.slot != slot) {
                self.finish_current();
            }
            let (rollup, whole) = self
                .current
                .get_or_insert_with(|| (Rollup::new(slot, Arc::clone(&span.zone)), true));
            *whole &= rollup.zone == span.zone;
            rollup.add(span);
            if self.furthest_us >= (slot + 1) * SLOT_US {
                self.finish_current();
            }
        }
    }

    /// No span comes any more, or none to the present slot.
    pub fn finish_current(&mut self) {
        if let Some((rollup, true)) = self.current.take() {
            // A roll-up that cannot be encoded is only slower to read; the records are there.
            let encoded = rollup.encode().ok();
            self.pending
                .extend(encoded.map(|bytes| (rollup.slot, bytes)));
        }
    }

    /// The roll-ups made, for the same step as the spans they were made of: slot and content. They stay until
    /// [`Self::mark_written`].
    #[must_use]
    pub fn pending_rollups(&self) -> Vec<(journal::QuarterHour, &[u8])> {
        let pending = self.pending.iter();
        pending
            .map(|(slot, bytes)| (journal::QuarterHour(*slot), bytes.as_slice()))
            .collect()
    }

    /// The step was written.
    pub fn mark_written(&mut self) {
        self.pending.clear();
    }
}
