//! Which quarter hours roll-ups cover completely.

use journal::{JournalError, QuarterHour, Reader, UtcDay};
use std::ops::RangeInclusive;

/// The quarter hours of which roll-ups tell everything.
pub(crate) struct RollupCoverage {
    since: QuarterHour,
    erased: Vec<RangeInclusive<UtcDay>>,
}

impl RollupCoverage {
    pub(crate) fn of(reader: &Reader) -> Result<Self, JournalError> {
        let erased = reader.erased_ranges()?;
        let days = erased.iter().map(|range| range.first_day..=range.last_day);
        Ok(Self {
            since: reader.rollups_complete_since()?,
            erased: days.collect(),
        })
    }

    pub(crate) fn is_known(&self, quarter_hour: QuarterHour) -> bool {
        let is_erased = |days: &RangeInclusive<UtcDay>| days.contains(&quarter_hour.utc_day());
        quarter_hour >= self.since.max(QuarterHour(0)) && !self.erased.iter().any(is_erased)
    }
}
