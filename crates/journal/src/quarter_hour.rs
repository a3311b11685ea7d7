//! Quarter hours of UTC: the slots of roll-ups.

use crate::utc_day::UtcDay;
use model::Timestamp;
use std::ops::{Add, Range, RangeInclusive, Sub};
use std::time::Duration;

/// A quarter hour of UTC, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuarterHour(pub i64);

impl QuarterHour {
    /// How long one is.
    pub const LENGTH: Duration = Duration::from_secs(900);
    /// How many a day of UTC has.
    pub(crate) const A_DAY: i64 = 96;

    const MICROS: i64 = 900_000_000;

    /// The quarter hour that holds an instant.
    #[must_use]
    pub const fn of(at: Timestamp) -> Self {
        Self(at.as_micros().div_euclid(Self::MICROS))
    }

    /// Those that a time touches; an instant (an empty range) touches its own.
    #[must_use]
    pub fn touched_by(time: &Range<Timestamp>) -> RangeInclusive<Self> {
        let end = time.end.as_micros();
        let last = end.max(time.start.as_micros().saturating_add(1)) - 1;
        Self::of(time.start)..=Self::of(Timestamp::from_micros(last))
    }

    /// Each of `range`, in order.
    pub fn each(range: Range<Self>) -> impl Iterator<Item = Self> {
        (range.start.0..range.end.0).map(Self)
    }

    /// Its first microsecond.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp::from_micros(self.0.saturating_mul(Self::MICROS))
    }

    /// Its end; exclusive.
    #[must_use]
    pub const fn end(self) -> Timestamp {
        Self(self.0.saturating_add(1)).start()
    }

    /// The UTC day that it belongs to.
    #[must_use]
    pub fn utc_day(self) -> UtcDay {
        UtcDay(i32::try_from(self.0.div_euclid(Self::A_DAY)).unwrap_or(i32::MAX))
    }
}

/// The one this many later; the last one there is instead of an overflow.
impl Add<i64> for QuarterHour {
    type Output = Self;

    fn add(self, count: i64) -> Self {
        Self(self.0.saturating_add(count))
    }
}

/// The one this many earlier; the first one there is instead of an overflow.
impl Sub<i64> for QuarterHour {
    type Output = Self;

    fn sub(self, count: i64) -> Self {
        Self(self.0.saturating_sub(count))
    }
}
