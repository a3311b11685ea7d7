//! The three clocks: durations are monotonic, stamps are UTC, days belong to the zone kept with each record.

use crate::micros;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};
use std::time::Duration;

/// Microseconds in one second.
pub const MICROS_PER_SECOND: u64 = 1_000_000;

/// One instant, read from three clocks at once.
///
/// * `utc`: the wall clock; may jump in either direction when somebody sets it.
/// * `boot`: time since start-up **including** sleep; never goes backwards. All durations come from it.
/// * `awake`: the same **without** sleep; `boot - awake` grows exactly while the machine sleeps.
///
/// In JSON (the trace format) all three are whole microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The wall clock (UTC).
    #[serde(rename = "utc_us")]
    pub utc: Timestamp,
    /// The monotonic clock that counts through sleep.
    #[serde(rename = "boot_us", with = "micros")]
    pub boot: Duration,
    /// The monotonic clock that stands still during sleep.
    #[serde(rename = "awake_us", with = "micros")]
    pub awake: Duration,
}

impl Moment {
    /// Time from `earlier` to this moment on the clock that counts through sleep; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.boot.saturating_sub(earlier.boot)
    }

    /// Whole seconds of the boot clock; two inputs share a "second with input" when this number is equal.
    #[must_use]
    pub fn whole_second(self) -> u64 {
        self.boot.as_secs()
    }
}

/// The moment this much later on every clock: no sleep and no clock change in between.
impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, length: Duration) -> Self {
        Self {
            utc: self.utc + length,
            boot: self.boot.saturating_add(length),
            awake: self.awake.saturating_add(length),
        }
    }
}

/// The moment this much earlier on every clock, clipped at the monotonic clocks' zero.
impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, length: Duration) -> Self {
        Self {
            utc: self.utc - length,
            boot: self.boot.saturating_sub(length),
            awake: self.awake.saturating_sub(length),
        }
    }
}

/// A source of the time; the real one asks the operating system, tests bring their own.
pub trait Clock: Send + Sync {
    /// The present instant on all three clocks.
    fn now(&self) -> Moment;
}
