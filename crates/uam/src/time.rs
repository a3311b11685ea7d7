//! Lengths and days as people write them, and today's zone.

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Duration;

/// Reads a length of time: a number with `s`, `m` or `h` (a bare number is minutes).
///
/// # Errors
/// A sentence that says what a length looks like.
pub(crate) fn parse_length(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "m" | "min" => 60,
        "s" | "sec" => 1,
        "h" => 3600,
        other => return Err(format!("unknown unit \"{other}\": write 90s, 15m or 2h")),
    };
    let number: u64 = digits
        .trim()
        .parse()
        .map_err(|_| format!("\"{text}\" is not a length: write 90s, 15m or 2h"))?;
    match number.checked_mul(unit) {
        Some(0) => Err("a length must be longer than nothing: write 90s, 15m or 2h".to_owned()),
        Some(seconds) if seconds <= 366 * 24 * 3600 => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("\"{text}\" is longer than a year")),
    }
}

/// Reads a day: `YYYY-MM-DD`, `today` or `yesterday` (in the zone in force).
///
/// # Errors
/// A sentence that says what a day looks like.
pub(crate) fn parse_day(text: &str) -> Result<Date, String> {
    let today = Zoned::now().date();
    match text {
        "today" => Ok(today),
        "yesterday" => today.yesterday().map_err(|e| e.to_string()),
        _ => text
            .parse()
            .map_err(|_| format!("\"{text}\" is not a day: write YYYY-MM-DD, today or yesterday")),
    }
}

/// The name of the time zone in force: its IANA name, or its present offset (`UTC+02:00`) where it has none.
pub(crate) fn zone_name() -> Arc<str> {
    let zone = TimeZone::system();
    if let Some(name) = zone.iana_name() {
        return name.into();
    }
    let offset = Zoned::now().offset();
    if offset.seconds() == 0 {
        "UTC".into()
    } else {
        format!("UTC{offset}").into()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        assert_eq!(parse_length("15m").unwrap().as_secs(), 900);
        assert_eq!(parse_length("90s").unwrap().as_secs(), 90);
        assert_eq!(parse_length("5").unwrap().as_secs(), 300);
        assert_eq!(parse_length("2h").unwrap().as_secs(), 7200);
        for bad in ["", "0", "-5", "5d", "soon", "99999999h", "1.5h"] {
            assert!(parse_length(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days() {
        assert_eq!(parse_day("2026-02-28").unwrap().to_string(), "2026-02-28");
        assert!(parse_day("2026-02-30").is_err());
        assert!(parse_day("last week").is_err());
    }
}
