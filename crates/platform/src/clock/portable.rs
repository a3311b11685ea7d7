//! The clocks of the standard library, for systems without a backend yet: the time asleep is not known.

use model::Moment;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

static START: OnceLock<Instant> = OnceLock::new();

pub(super) fn read_clocks() -> Moment {
    let running = START.get_or_init(Instant::now).elapsed();
    let running = Duration::from_micros(model::micros::to_micros(running));
    Moment {
        utc: super::current_time(),
        boot: running,
        awake: running,
    }
}
