//! Builds roll-ups from the final spans of one run, in their order.

use super::Rollup;
use journal::QuarterHour;
use model::{Span, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// A span over more slots than this (more than a year) is a fault of the clock, and not summed up.
const LONGEST: i64 = 40_000;

/// The slot that ends with, or holds, the time before an instant.
fn last_slot_before(end: Timestamp) -> QuarterHour {
    QuarterHour::of(end - Duration::from_micros(1))
}

/// Makes roll-ups of the final spans of one run, in their order.
#[derive(Debug)]
pub struct RollupBuilder {
    /// Nothing is made of slots before this one.
    clear_from: QuarterHour,
    /// Up to here spans were seen.
    furthest: Timestamp,
    /// The slot being summed up, and whether it can be.
    current: Option<(Rollup, bool)>,
    pending: Vec<(QuarterHour, Vec<u8>)>,
}

impl RollupBuilder {
    /// Begins with the first slot that nobody has touched ([`journal::Journal::first_free_quarter_hour`]).
    #[must_use]
    pub fn new(clear_from: QuarterHour) -> Self {
        Self {
            clear_from: clear_from.max(QuarterHour(0)),
            furthest: Timestamp::MIN,
            current: None,
            pending: Vec::new(),
        }
    }

    /// Takes a span that will not change any more.
    pub fn add(&mut self, span: &Span) {
        let (start, end) = (span.start, span.end());
        let first = QuarterHour::of(start);
        let last = last_slot_before(end.max(start + Duration::from_micros(1)));
        if start < self.furthest || last.0.saturating_sub(first.0) > LONGEST {
            // The clock was set back (or is mad): only the records tell who owns which time.
            let spoiled = last.max(last_slot_before(self.furthest));
            self.clear_from = self.clear_from.max(spoiled + 1);
            self.pending.retain(|(slot, _)| *slot > spoiled);
            self.current = None;
        }
        self.furthest = self.furthest.max(end);
        for slot in QuarterHour::each(first.max(self.clear_from)..last + 1) {
            if self.current.as_ref().is_some_and(|(r, _)| r.slot != slot) {
                self.finish_current();
            }
            let (rollup, whole) = self
                .current
                .get_or_insert_with(|| (Rollup::new(slot, Arc::clone(&span.zone)), true));
            *whole &= rollup.zone == span.zone;
            rollup.add(span);
            if self.furthest >= slot.end() {
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
    pub fn pending_rollups(&self) -> Vec<(QuarterHour, &[u8])> {
        let pending = self.pending.iter();
        pending
            .map(|(slot, bytes)| (*slot, bytes.as_slice()))
            .collect()
    }

    /// The step was written.
    pub fn mark_written(&mut self) {
        self.pending.clear();
    }
}
