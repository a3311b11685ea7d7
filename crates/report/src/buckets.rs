//! Ten minutes at a time: how long somebody was at the desk, and how long they were not. Two plain sums, and never a score
//! made of them.

use crate::calendar::utc_offset_seconds;
use crate::totals::Usage;
use jiff::tz::TimeZone;
use model::{Counts, Coverage, Timestamp, micros};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Ten minutes.
pub const TEN_MINUTES: Duration = Duration::from_secs(600);

/// Ten minutes of the wall clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityBucket {
    /// Their start.
    #[serde(rename = "start_us")]
    pub start: Timestamp,
    /// Time in state `active` within them.
    #[serde(rename = "active_us", with = "micros")]
    pub active: Duration,
    /// Time in state `idle` within them.
    #[serde(rename = "idle_us", with = "micros")]
    pub idle: Duration,
    /// Seconds with at least one key or click of somebody, of the spans that start in them.
    pub input_seconds: u64,
}

/// The start of the ten minutes of the wall clock in `zone` that hold an instant.
pub(crate) fn wall_ten_of(at: Timestamp, zone: &TimeZone) -> Timestamp {
    // Whole hours aside, zones differ by quarter hours.
    ten_of(
        at,
        Timestamp::from_seconds(-i64::from(utc_offset_seconds(at, zone))),
    )
}

/// The start of the ten minutes, counted from `origin`, that hold an instant.
pub(crate) fn ten_of(at: Timestamp, origin: Timestamp) -> Timestamp {
    round_down(at, origin, TEN_MINUTES)
}

/// The last multiple of `step`, counted from `origin`, that is no later than an instant.
pub(crate) fn round_down(at: Timestamp, origin: Timestamp, step: Duration) -> Timestamp {
    let past = i128::from(at.as_micros()) - i128::from(origin.as_micros());
    let past = past.rem_euclid(step.as_micros().cast_signed());
    at - Duration::from_micros(u64::try_from(past).unwrap_or(0))
}

/// Splits time at each ten minutes. `start_of` tells where those begin that hold an instant; `visit` gets this and the part
/// within them.
pub(crate) fn split_by_ten(
    from: Timestamp,
    to: Timestamp,
    start_of: impl Fn(Timestamp) -> Timestamp,
    mut visit: impl FnMut(Timestamp, Timestamp, Timestamp),
) {
    let mut at = from;
    while at < to {
        let start = start_of(at);
        let end = (start + TEN_MINUTES).min(to);
        visit(start, at, end);
        at = end;
    }
}

/// Active and idle time and counts of each ten minutes of a day, by their start.
#[derive(Clone, Debug, Default)]
pub(crate) struct TenMinuteBuckets(BTreeMap<Timestamp, Usage>);

impl TenMinuteBuckets {
    /// Adds time within the ten minutes that begin at `start`.
    pub(crate) fn add_time(&mut self, start: Timestamp, state: Coverage, length: Duration) {
        if state.is_recording() {
            self.0.entry(start).or_default().add_time(state, length);
        }
    }

    pub(crate) fn add_counts(&mut self, start: Timestamp, counts: Counts) {
        self.0.entry(start).or_default().counts += counts;
    }

    pub(crate) fn usage_at(&self, start: Timestamp) -> Usage {
        self.0.get(&start).copied().unwrap_or_default()
    }

    /// Those with time, or with input of somebody.
    pub(crate) fn finish(self) -> Vec<ActivityBucket> {
        let buckets = self.0.into_iter().map(|(start, usage)| ActivityBucket {
            start,
            active: usage.active,
            idle: usage.idle,
            input_seconds: usage.counts.hardware.seconds,
        });
        let known =
            |ten: &ActivityBucket| ten.input_seconds > 0 || !(ten.active + ten.idle).is_zero();
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
        let minute = Duration::from_secs(60);
        let epoch = Timestamp::UNIX_EPOCH;
        let kathmandu = crate::calendar::load_zone("Asia/Kathmandu");
        // Midnight UTC is 05:45 there.
        let midnight = Timestamp::from_seconds(1_784_073_600);
        assert_eq!(wall_ten_of(midnight, &kathmandu), midnight - 5 * minute);
        assert_eq!(
            wall_ten_of(midnight + 5 * minute, &kathmandu),
            midnight + 5 * minute
        );
        assert_eq!(
            wall_ten_of(epoch + 14 * minute, &TimeZone::UTC),
            epoch + 10 * minute
        );
        let before = Timestamp::from_micros(-1);
        assert_eq!(wall_ten_of(before, &TimeZone::UTC), epoch - 10 * minute);
        assert_eq!(idle_share(Duration::ZERO, Duration::ZERO), None);
        assert_eq!(idle_share(2 * minute, minute), Some(333));
    }
}
