//! A UTC day: the only time of a record that lies in clear.

use jiff::civil::{Date, date};
use std::fmt;

/// Microseconds in a day of UTC, which has no leap seconds on this clock.
pub(crate) const DAY_US: i64 = 86_400_000_000;

/// A day of UTC, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcDay(pub i32);

impl UtcDay {
    /// The day that holds `us`, microseconds since the Unix epoch (UTC).
    #[must_use]
    pub fn of_us(us: i64) -> Self {
        // i64 microseconds hold 106 751 991 days either way, which fits.
        Self(i32::try_from(us.div_euclid(DAY_US)).unwrap_or(0))
    }

    /// From `YYYY-MM-DD`; `None` when it is not a date.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let day: Date = text.parse().ok()?;
        let since = day.since(date(1970, 1, 1)).ok()?;
        Some(Self(since.get_days()))
    }

    /// Its first microsecond since the Unix epoch.
    #[must_use]
    pub fn start_us(self) -> i64 {
        i64::from(self.0).saturating_mul(DAY_US)
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
        assert_eq!(UtcDay::of_us(0).to_string(), "1970-01-01");
        assert_eq!(UtcDay::of_us(-1).to_string(), "1969-12-31");
        assert_eq!(
            UtcDay::of_us(1_790_000_000_000_000).to_string(),
            "2026-09-21"
        );
        let day = UtcDay::parse("2026-09-21").unwrap();
        assert_eq!(UtcDay::of_us(day.start_us()), day);
        assert_eq!(UtcDay::of_us(day.start_us() - 1), UtcDay(day.0 - 1));
        assert_eq!(UtcDay::parse("2026-13-01"), None);
        let _ = UtcDay::of_us(i64::MIN).to_string();
        let _ = UtcDay::of_us(i64::MAX).to_string();
    }
}
