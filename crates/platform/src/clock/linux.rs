//! `clock_gettime(2)`.

use model::Moment;
use rustix::time::{ClockId, Timespec, clock_gettime};

pub(super) fn read_clocks() -> Moment {
    let utc = clock_gettime(ClockId::Realtime);
    Moment {
        utc: model::Timestamp::from_micros(
            utc.tv_sec
                .saturating_mul(1_000_000)
                .saturating_add(utc.tv_nsec / 1_000),
        ),
        boot: std::time::Duration::from_micros(to_micros(clock_gettime(ClockId::Boottime))),
        awake: std::time::Duration::from_micros(to_micros(clock_gettime(ClockId::Monotonic))),
    }
}

/// Microseconds of a clock that is never negative.
fn to_micros(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds
        .saturating_mul(1_000_000)
        .saturating_add(nanos / 1_000)
}
