//! The time line of a day in two-minute steps: each shows the state and category that took most of it.

use model::Coverage;
use std::sync::Arc;

/// The grain of a day's time line: each two minutes show the label that took most of them.
const GRAIN_US: i64 = 120_000_000;

/// A stretch of a time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryStretch {
    /// Its start, in microseconds since the Unix epoch (UTC).
    pub from_us: i64,
    /// Its end.
    pub to_us: i64,
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
    grain: i64,
    within: Vec<CategoryStretch>,
}

impl LaneBuilder {
    /// Adds time in one state and category; it comes in order.
    pub(super) fn add_time(
        &mut self,
        from_us: i64,
        to_us: i64,
        state: Coverage,
        category: Option<Arc<str>>,
    ) {
        let mut at = from_us;
        while at < to_us {
            let grain = at.div_euclid(GRAIN_US);
            // The day may have been left and come back to within them, by a flight over the date line.
            if grain != self.grain || self.within.last().is_some_and(|last| last.to_us != at) {
                self.close_step();
                self.grain = grain;
            }
            let end = grain.saturating_add(1).saturating_mul(GRAIN_US).min(to_us);
            // A long stretch (a night) is one bar from its first whole grain to its last.
            let end = match (to_us - at) / GRAIN_US {
                whole if whole > 1 && at == grain * GRAIN_US => at + whole * GRAIN_US,
                _ => end.max(at + 1),
            };
            self.within.push(CategoryStretch {
                from_us: at,
                to_us: end,
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
        let (from_us, to_us) = (first.from_us, last.to_us);
        let us = |of: &CategoryStretch| -> u64 {
            let same = within.iter();
            same.filter(|s| s.state == of.state && s.category == of.category)
                .map(|s| s.to_us.abs_diff(s.from_us))
                .sum()
        };
        // Of equal ones the first.
        let Some(most) = within.iter().rev().max_by_key(|strip| us(strip)) else {
            return;
        };
        match self.strips.last_mut() {
            Some(last)
                if last.to_us == from_us
                    && last.state == most.state
                    && last.category == most.category =>
            {
                last.to_us = to_us;
            }
            _ => self.strips.push(CategoryStretch {
                from_us,
                to_us,
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
