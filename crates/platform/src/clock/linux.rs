//! `clock_gettime(2)`.

use model::{Moment, Timestamp};
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::time::Duration;

pub(super) fn read_clocks() -> Moment {
    let utc = clock_gettime(ClockId::Realtime);
    Moment {
        utc: Timestamp::from_micros(
            utc.tv_sec
                .saturating_mul(1_000_000)
                .saturating_add(utc.tv_nsec / 1_000),
        ),
        boot: to_duration(clock_gettime(ClockId::Boottime)),
        awake: to_duration(clock_gettime(ClockId::Monotonic)),
    }
}

/// Whole microseconds of a clock that is never negative.
fn to_duration(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(nanos / 1_000)
}
