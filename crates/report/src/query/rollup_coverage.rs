//! Which quarter hours roll-ups cover completely.

use crate::quarter_hours::SLOT_US;
use journal::{JournalError, Reader, UtcDay};
use std::ops::RangeInclusive;

/// Of which slots roll-ups tell everything.
pub(crate) struct RollupCoverage {
    since: i64,
    erased: Vec<RangeInclusive<UtcDay>>,
}

impl RollupCoverage {
    pub(crate) fn of(reader: &Reader) -> Result<Self, JournalError> {
        let erased = reader.erased_ranges()?;
        let days = erased.iter().map(|range| range.first_day..=range.last_day);
        Ok(Self {
            since: reader.rollups_complete_since()?.0,
            erased: days.collect(),
        })
    }

    pub(crate) fn is_known(&self, slot: i64) -> bool {
        let day = || UtcDay::of(model::Timestamp::from_micros(slot.saturating_mul(SLOT_US)));
        slot >= self.since.max(0)
            && (self.erased.is_empty() || !self.erased.iter().any(|days| days.contains(&day())))
    }
}
