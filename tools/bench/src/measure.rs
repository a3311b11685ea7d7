//! Wall time and CPU time, in milliseconds.

use rustix::time::{ClockId, clock_gettime};
use std::time::Instant;

/// Wall time since `start`, in milliseconds.
pub(crate) fn elapsed_ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// CPU time of all threads of this process so far, in milliseconds (`CLOCK_PROCESS_CPUTIME_ID`, nanosecond steps).
pub(crate) fn process_cpu_ms() -> f64 {
    read_clock_ms(ClockId::ProcessCPUTime)
}

/// CPU time of the calling thread so far, in milliseconds (`CLOCK_THREAD_CPUTIME_ID`, nanosecond steps).
pub(crate) fn thread_cpu_ms() -> f64 {
    read_clock_ms(ClockId::ThreadCPUTime)
}

fn read_clock_ms(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact up to 285 years of CPU seconds"
    )]
    let seconds = time.tv_sec as f64;
    #[expect(clippy::cast_precision_loss, reason = "below 10^9")]
    let nanos = time.tv_nsec as f64;
    seconds * 1e3 + nanos / 1e6
}
