//! One instant of the wall clock.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

/// Microseconds since 1970-01-01T00:00:00Z (UTC), without leap seconds. The journal accepts any value, so arithmetic
/// saturates at [`Timestamp::MIN`] and [`Timestamp::MAX`] (290,000 years either way) instead of overflowing. In JSON it is
/// the plain number.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant that can be written.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant that can be written.
    pub const MAX: Self = Self(i64::MAX);
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The instant this many microseconds after the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The instant this many whole seconds after the Unix epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Whole seconds since the Unix epoch, rounded towards the past.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Time from `earlier` to this instant; zero when `earlier` is later.
    #[must_use]
    pub const fn duration_since(self, earlier: Self) -> Duration {
        if self.0 <= earlier.0 {
            Duration::ZERO
        } else {
            Duration::from_micros(self.0.abs_diff(earlier.0))
        }
    }

    /// Time since the last multiple of `length` after the Unix epoch, or before it: 0 up to `length`, exclusive. A length
    /// under one microsecond counts as one.
    #[must_use]
    pub fn since_multiple_of(self, length: Duration) -> Duration {
        let micros = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
        Duration::from_micros(self.0.rem_euclid(micros.max(1)).cast_unsigned())
    }

    /// Time between the two instants, whichever is earlier.
    #[must_use]
    pub const fn abs_diff(self, other: Self) -> Duration {
        Duration::from_micros(self.0.abs_diff(other.0))
    }
}

/// Whole microseconds of `length`, at most `u64::MAX`.
fn whole_micros(length: Duration) -> u64 {
    u64::try_from(length.as_micros()).unwrap_or(u64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, length: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(whole_micros(length)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, length: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(whole_micros(length)))
    }
}

impl AddAssign<Duration> for Timestamp {
    fn add_assign(&mut self, length: Duration) {
        *self = *self + length;
    }
}

impl SubAssign<Duration> for Timestamp {
    fn sub_assign(&mut self, length: Duration) {
        *self = *self - length;
    }
}

impl fmt::Display for Timestamp {
    /// The number of microseconds, as in JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        let second = Duration::from_secs(1);
        assert_eq!(Timestamp::MAX + second, Timestamp::MAX);
        assert_eq!(Timestamp::MIN - second, Timestamp::MIN);
        assert_eq!(Timestamp::MIN + Duration::MAX, Timestamp::MAX);
        assert_eq!(
            Timestamp::MAX.duration_since(Timestamp::MIN),
            Duration::from_micros(u64::MAX)
        );
        assert_eq!(
            Timestamp::MIN.duration_since(Timestamp::MAX),
            Duration::ZERO
        );
    }

    #[test]
    fn seconds_round_towards_the_past() {
        assert_eq!(Timestamp::from_micros(-1).as_seconds(), -1);
        assert_eq!(Timestamp::from_micros(1_999_999).as_seconds(), 1);
        assert_eq!(Timestamp::from_seconds(i64::MAX), Timestamp::MAX);
    }
}
