//! Quarter hours of UTC, counted from 1970-01-01: the slots of roll-ups.

use crate::utc_day::UtcDay;
use std::ops::RangeInclusive;

/// Length of a slot in microseconds.
pub const SLOT_US: i64 = 900_000_000;

/// Slots in a day of UTC.
pub(crate) const SLOTS_A_DAY: i64 = 96;

/// The slot that holds `us`, microseconds since the Unix epoch (UTC).
#[must_use]
pub fn slot_of(us: i64) -> i64 {
    us.div_euclid(SLOT_US)
}

/// The UTC day of a slot.
pub(crate) fn day_of_slot(slot: i64) -> UtcDay {
    UtcDay(i32::try_from(slot.div_euclid(SLOTS_A_DAY)).unwrap_or(i32::MAX))
}

/// The slots that `start_us..end_us` touches; an instant touches its own.
pub(crate) fn slots_of(start_us: i64, end_us: i64) -> RangeInclusive<i64> {
    let last = end_us.max(start_us.saturating_add(1)) - 1;
    slot_of(start_us)..=slot_of(last)
}
