//! This process's own CPU time.

use rustix::time::{ClockId, clock_gettime};

/// CPU time of all threads of this process so far, in milliseconds (`CLOCK_PROCESS_CPUTIME_ID`, nanosecond steps).
#[must_use]
pub fn milliseconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact up to 285 years of CPU seconds"
    )]
    let seconds = time.tv_sec as f64;
    #[expect(clippy::cast_precision_loss, reason = "below 10^9")]
    let nanos = time.tv_nsec as f64;
    seconds * 1e3 + nanos / 1e6
}
