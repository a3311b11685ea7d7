//! The clocks of the standard library, for systems without a backend yet: the time asleep is not known.

use model::Moment;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

static START: OnceLock<Instant> = OnceLock::new();

pub(super) fn read_clocks() -> Moment {
    let utc_us = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
        });
    let running = START.get_or_init(Instant::now).elapsed();
    let running_us = u64::try_from(running.as_micros()).unwrap_or(u64::MAX);
    Moment {
        utc_us,
        boot_us: running_us,
        awake_us: running_us,
    }
}
