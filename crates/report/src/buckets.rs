//! Ten minutes at a time: how long somebody was at the desk, and how long they were not. Two plain sums, and never a score
//! made of them.

use crate::calendar::utc_offset_us;
use jiff::tz::TimeZone;
use model::{Coverage, Span};
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
pub(crate) fn ten_of(at_us: i64, zone: &TimeZone) -> i64 {
    // Whole hours aside, zones differ by quarter hours.
    let shift = utc_offset_us(at_us, zone) % TEN_US;
    at_us.saturating_sub(at_us.saturating_add(shift).rem_euclid(TEN_US))
}

/// Builder of the ten-minute buckets of one day.
#[derive(Clone, Debug, Default)]
pub(crate) struct TenMinuteBuckets(BTreeMap<i64, ActivityBucket>);

impl TenMinuteBuckets {
    fn at(&mut self, start_us: i64) -> &mut ActivityBucket {
        self.0.entry(start_us).or_insert(ActivityBucket {
            start_us,
            ..ActivityBucket::default()
        })
    }

    /// Adds time, split at each ten minutes; `each` is called with every part.
    pub(crate) fn time(
        &mut self,
        from_us: i64,
        to_us: i64,
        state: Coverage,
        zone: &TimeZone,
        mut each: impl FnMut(i64, i64, i64),
    ) {
        if !matches!(state, Coverage::Active | Coverage::Idle) {
            return;
        }
        let mut at = from_us;
        while at < to_us {
            let start = ten_of(at, zone);
            let end = start.saturating_add(TEN_US).min(to_us).max(at + 1);
            let ten = self.at(start);
            match state {
                Coverage::Active => ten.active_us += end.abs_diff(at),
                _ => ten.idle_us += end.abs_diff(at),
            }
            each(start, at, end);
            at = end;
        }
    }

    /// Adds the input of a span that starts on the day.
    pub(crate) fn input(&mut self, span: &Span, zone: &TimeZone) {
        let seconds = span.counts.hardware.seconds;
        if seconds > 0 {
            self.at(ten_of(span.start.as_micros(), zone)).input_seconds += seconds;
        }
    }

    pub(crate) fn finish(self) -> Vec<ActivityBucket> {
        self.0.into_values().collect()
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
        assert_eq!(ten_of(midnight, &kathmandu), midnight - 5 * minute);
        assert_eq!(
            ten_of(midnight + 5 * minute, &kathmandu),
            midnight + 5 * minute
        );
        assert_eq!(ten_of(14 * minute, &TimeZone::UTC), 10 * minute);
        assert_eq!(ten_of(-1, &TimeZone::UTC), -10 * minute);
        assert_eq!(idle_share(0, 0), None);
        assert_eq!(idle_share(2, 1), Some(333));
    }
}
