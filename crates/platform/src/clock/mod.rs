//! The operating system's three clocks.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod imp;
#[cfg(not(any(target_os = "linux", windows)))]
#[path = "portable.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows.rs"]
mod imp;

use model::{Clock, Moment, Timestamp};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The operating system's clocks: wall clock, boot clock (counts through sleep) and awake clock (does not).
///
/// On Linux these are `CLOCK_REALTIME`, `CLOCK_BOOTTIME` and `CLOCK_MONOTONIC`, each read without a system call; on
/// Windows the precise system time, the performance counter and the unbiased interrupt time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        imp::read_clocks()
    }
}

/// The wall clock as the time since 1970 (UTC); zero while the clock stands before that.
#[must_use]
pub fn unix_time() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// The wall clock, as records count it: whole microseconds.
#[must_use]
pub fn current_time() -> Timestamp {
    Timestamp::from_micros(i64::try_from(unix_time().as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_clock_never_stands_behind_the_awake_clock() {
        let first = SystemClock.now();
        let second = SystemClock.now();
        assert!(second.boot >= first.boot);
        assert!(second.awake >= first.awake);
        // The clocks are read one after the other, so allow what passes between the reads.
        assert!(second.boot + Duration::from_secs(1) >= second.awake);
        assert!(second.utc > Timestamp::from_seconds(1_600_000_000));
    }
}
