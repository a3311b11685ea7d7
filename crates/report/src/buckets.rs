//! Ten minutes at a time: how long somebody was at the desk, and how long they were not. Two plain sums, and never a score
//! made of them.

use crate::calendar::utc_offset_us;
use crate::totals::Usage;
use jiff::tz::TimeZone;
use model::{Counts, Coverage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Ten minutes, in microseconds.
pub const TEN_US: i64 = 600_000_000;

/// Ten minutes of the wall clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityBucket {
    /// Their start, in microseconds since the Unix epoch (UTC).
    pub start_us: i64,
    /// Time in state `active` within them, in microseconds.
    pub active_us: u64,
    /// Time in state `idle` within them, in microseconds.
    pub idle_us: u64,
    /// Seconds with at least one key or click of somebody, of the spans that start in them.
    pub input_seconds: u64,
}

/// The start of the ten minutes of the wall clock in `zone` that hold an instant.
pub(crate) fn wall_ten_of(at_us: i64, zone: &TimeZone) -> i64 {
    // Whole hours aside, zones differ by quarter hours.
    ten_of(at_us, -(utc_offset_us(at_us, zone) % TEN_US))
}

/// The start of the ten minutes, counted from `origin_us`, that hold an instant.
pub(crate) fn ten_of(at_us: i64, origin_us: i64) -> i64 {
    at_us.saturating_sub(at_us.saturating_sub(origin_us).rem_euclid(TEN_US))
}

/// Splits time at each ten minutes. `start_of` tells where those begin that hold an instant; `visit` gets this and the part
/// within them.
pub(crate) fn split_by_ten(
    from_us: i64,
    to_us: i64,
    start_of: impl Fn(i64) -> i64,
    mut visit: impl FnMut(i64, i64, i64),
) {
    let mut at = from_us;
    while at < to_us {
        let start = start_of(at);
        let end = start.saturating_add(TEN_US).min(to_us).max(at + 1);
        visit(start, at, end);
        at = end;
    }
}

/// Active and idle time and counts of each ten minutes of a day, by their start.
#[derive(Clone, Debug, Default)]
pub(crate) struct TenMinuteBuckets(BTreeMap<i64, Usage>);

impl TenMinuteBuckets {
    /// Adds time within the ten minutes that begin at `start_us`.
    pub(crate) fn add_time(&mut self, start_us: i64, state: Coverage, us: u64) {
        if state.is_recording() {
            self.0.entry(start_us).or_default().add_time(state, us);
        }
    }

    pub(crate) fn add_counts(&mut self, start_us: i64, counts: Counts) {
        self.0.entry(start_us).or_default().counts += counts;
    }

    pub(crate) fn usage_at(&self, start_us: i64) -> Usage {
        self.0.get(&start_us).copied().unwrap_or_default()
    }

    /// Those with time, or with input of somebody.
    pub(crate) fn finish(self) -> Vec<ActivityBucket> {
        let buckets = self.0.into_iter().map(|(start_us, usage)| ActivityBucket {
            start_us,
            active_us: usage.active_us,
            idle_us: usage.idle_us,
            input_seconds: usage.counts.hardware.seconds,
        });
        let known = |ten: &ActivityBucket| ten.active_us + ten.idle_us + ten.input_seconds > 0;
        buckets.filter(known).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::idle_share;

    #[test]
    fn ten_minutes_follow_the_wall_clock() {
        let minute = 60_000_000;
        let kathmandu = crate::calendar::load_zone("Asia/Kathmandu");
        // Midnight UTC is 05:45 there.
        let midnight = 1_784_073_600_000_000;
        assert_eq!(wall_ten_of(midnight, &kathmandu), midnight - 5 * minute);
        assert_eq!(
            wall_ten_of(midnight + 5 * minute, &kathmandu),
            midnight + 5 * minute
        );
        assert_eq!(wall_ten_of(14 * minute, &TimeZone::UTC), 10 * minute);
        assert_eq!(wall_ten_of(-1, &TimeZone::UTC), -10 * minute);
        assert_eq!(idle_share(0, 0), None);
        assert_eq!(idle_share(2, 1), Some(333));
    }
}
