//! The time line of a day in two-minute steps: each shows the state and category that took most of it.

use crate::buckets::round_down;
use model::{Coverage, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// The grain of a day's time line: each two minutes show the label that took most of them.
const GRAIN: Duration = Duration::from_secs(120);

/// A stretch of a time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryStretch {
    /// Its start.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// The state that took most of it.
    pub state: Coverage,
    /// While active: the category that did.
    pub category: Option<Arc<str>>,
}

/// Builds the time line of a day.
#[derive(Default)]
pub(super) struct LaneBuilder {
    strips: Vec<CategoryStretch>,
    /// The present step, and its parts so far.
    grain: Timestamp,
    within: Vec<CategoryStretch>,
}

impl LaneBuilder {
    /// Adds time in one state and category; it comes in order.
    pub(super) fn add_time(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        state: Coverage,
        category: Option<Arc<str>>,
    ) {
        let mut at = from;
        while at < to {
            let grain = round_down(at, Timestamp::UNIX_EPOCH, GRAIN);
            // The day may have been left and come back to within them, by a flight over the date line.
            if grain != self.grain || self.within.last().is_some_and(|last| last.to != at) {
                self.close_step();
                self.grain = grain;
            }
            // A long stretch (a night) is one bar from its first whole grain to its last.
            let whole = to.duration_since(at).as_micros() / GRAIN.as_micros();
            let end = match u32::try_from(whole).unwrap_or(u32::MAX) {
                whole if whole > 1 && at == grain => at + whole * GRAIN,
                _ => (grain + GRAIN).min(to),
            };
            self.within.push(CategoryStretch {
                from: at,
                to: end,
                state,
                category: category.clone(),
            });
            at = end;
        }
    }

    /// Ends the present step.
    fn close_step(&mut self) {
        let within = std::mem::take(&mut self.within);
        let (Some(first), Some(last)) = (within.first(), within.last()) else {
            return;
        };
        let (from, to) = (first.from, last.to);
        let length = |of: &CategoryStretch| -> Duration {
            let same = within.iter();
            same.filter(|s| s.state == of.state && s.category == of.category)
                .map(|s| s.to.duration_since(s.from))
                .sum()
        };
        // Of equal ones the first.
        let Some(most) = within.iter().rev().max_by_key(|strip| length(strip)) else {
            return;
        };
        match self.strips.last_mut() {
            Some(last)
                if last.to == from
                    && last.state == most.state
                    && last.category == most.category =>
            {
                last.to = to;
            }
            _ => self.strips.push(CategoryStretch {
                from,
                to,
                state: most.state,
                category: most.category.clone(),
            }),
        }
    }

    pub(super) fn finish(mut self) -> Vec<CategoryStretch> {
        self.close_step();
        self.strips
    }
}
