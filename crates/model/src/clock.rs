//! The three clocks: durations are monotonic, stamps are UTC, days belong to the zone kept with each record.

use serde::{Deserialize, Serialize};

/// Microseconds in one second.
pub const MICROS_PER_SECOND: u64 = 1_000_000;

/// One instant, read from three clocks at once.
///
/// * `utc_us`: microseconds since 1970-01-01T00:00:00Z; may jump in either direction when somebody sets the clock.
/// * `boot_us`: microseconds since start-up **including** sleep; never goes backwards. All durations come from it.
/// * `awake_us`: the same **without** sleep; `boot_us - awake_us` grows exactly while the machine sleeps.
///
/// All three are 64 bits wide, so none wraps within 290,000 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Wall clock in microseconds since the Unix epoch (UTC).
    pub utc_us: i64,
    /// Monotonic clock in microseconds, counting through sleep.
    pub boot_us: u64,
    /// Monotonic clock in microseconds, standing still during sleep.
    pub awake_us: u64,
}

impl Moment {
    /// The instant `us` microseconds later on every clock (no sleep and no clock change in between).
    #[must_use]
    pub fn plus_us(self, us: u64) -> Self {
        Self {
            utc_us: self.utc_us.saturating_add_unsigned(us),
            boot_us: self.boot_us.saturating_add(us),
            awake_us: self.awake_us.saturating_add(us),
        }
    }

    /// The instant `us` microseconds earlier on every clock, clipped at the monotonic clocks' zero.
    #[must_use]
    pub fn minus_us(self, us: u64) -> Self {
        Self {
            utc_us: self.utc_us.saturating_sub_unsigned(us),
            boot_us: self.boot_us.saturating_sub(us),
            awake_us: self.awake_us.saturating_sub(us),
        }
    }

    /// Microseconds from `earlier` to `self` on the clock that counts through sleep; 0 when `earlier` is later.
    #[must_use]
    pub fn since_us(self, earlier: Self) -> u64 {
        self.boot_us.saturating_sub(earlier.boot_us)
    }

    /// Whole seconds of the boot clock; two inputs share a "second with input" when this number is equal.
    #[must_use]
    pub fn whole_second(self) -> u64 {
        self.boot_us / MICROS_PER_SECOND
    }
}

/// A source of the time; the real one asks the operating system, tests bring their own.
pub trait Clock: Send + Sync {
    /// The present instant on all three clocks.
    fn now(&self) -> Moment;
}
