//! The clocks of the standard library, for systems without a backend yet: the time asleep is not known.

use model::{Moment, Timestamp};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

static START: OnceLock<Instant> = OnceLock::new();

pub(super) fn read_clocks() -> Moment {
    let utc = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let running = START.get_or_init(Instant::now).elapsed();
    let running = Duration::from_micros(model::micros::to_micros(running));
    Moment {
        utc: Timestamp::UNIX_EPOCH + utc,
        boot: running,
        awake: running,
    }
}
