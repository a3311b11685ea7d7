//! A UTC day: the only time of a record that lies in clear.

use jiff::civil::{Date, date};
use model::Timestamp;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

/// A day of UTC, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcDay(pub i32);

impl UtcDay {
    /// How long one is: this clock has no leap seconds.
    pub(crate) const LENGTH: Duration = Duration::from_secs(86_400);

    const MICROS: i64 = 86_400_000_000;

    /// The day that holds an instant.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        // i64 microseconds hold 106 751 991 days either way, which fits.
        Self(i32::try_from(at.as_micros().div_euclid(Self::MICROS)).unwrap_or(0))
    }

    /// The days that hold the instants of a time, which must not be empty.
    pub(crate) fn touched_by(time: &Range<Timestamp>) -> RangeInclusive<Self> {
        let last = Timestamp::from_micros(time.end.as_micros() - 1);
        Self::of(time.start)..=Self::of(last)
    }

    /// From `YYYY-MM-DD`; `None` when it is not a date.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let day: Date = text.parse().ok()?;
        let since = day.since(date(1970, 1, 1)).ok()?;
        Some(Self(since.get_days()))
    }

    /// Its first microsecond.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp::from_micros(i64::from(self.0).saturating_mul(Self::MICROS))
    }

    /// Its end; exclusive.
    #[must_use]
    pub fn end(self) -> Timestamp {
        Timestamp::from_micros((i64::from(self.0) + 1).saturating_mul(Self::MICROS))
    }
}

impl fmt::Display for UtcDay {
    /// `YYYY-MM-DD`; days outside the years −9999 to 9999 as `day` and the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = jiff::Span::new().try_days(self.0);
        match span.and_then(|s| date(1970, 1, 1).checked_add(s)) {
            Ok(day) => f.pad(&day.to_string()),
            Err(_) => write!(f, "day{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn days_are_utc_days() {
        let of = |micros| UtcDay::of(Timestamp::from_micros(micros));
        assert_eq!(of(0).to_string(), "1970-01-01");
        assert_eq!(of(-1).to_string(), "1969-12-31");
        assert_eq!(of(1_790_000_000_000_000).to_string(), "2026-09-21");
        let day = UtcDay::parse("2026-09-21").unwrap();
        assert_eq!(UtcDay::of(day.start()), day);
        assert_eq!(
            UtcDay::of(day.start() - Duration::from_micros(1)),
            UtcDay(day.0 - 1)
        );
        assert_eq!(UtcDay::parse("2026-13-01"), None);
        let _ = of(i64::MIN).to_string();
        let _ = of(i64::MAX).to_string();
    }
}
