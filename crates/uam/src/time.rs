//! Lengths and days as people write them.

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use protocol::PauseLength;
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

/// As [`parse_length`], and days too: `1d`.
///
/// # Errors
/// A sentence that says what a length looks like.
pub(crate) fn parse_while(text: &str) -> Result<Duration, String> {
    match text.trim().strip_suffix(['d', 'D']) {
        Some(days) => parse_length(&format!("{days}h"))
            .ok()
            .and_then(|hours| hours.checked_mul(24))
            .filter(|length| length.as_secs() <= 366 * 24 * 3600)
            .ok_or_else(|| format!("\"{text}\" is not a length: write 10m, 1h or 1d")),
        None => parse_length(text),
    }
}

/// Reads a moment: `YYYY-MM-DD HH:MM`, or with seconds, in the zone in force; microseconds since the Unix epoch (UTC).
///
/// # Errors
/// A sentence that says what a moment looks like.
pub(crate) fn parse_moment(text: &str) -> Result<i64, String> {
    moment_in(text, TimeZone::system())
}

fn moment_in(text: &str, zone: TimeZone) -> Result<i64, String> {
    let wrong = || format!("\"{text}\" is not a moment: write \"YYYY-MM-DD HH:MM\"");
    if !text.contains(':') {
        return Err(wrong());
    }
    let civil: jiff::civil::DateTime = text.trim().parse().map_err(|_| wrong())?;
    let zoned = civil.to_zoned(zone).map_err(|_| wrong())?;
    Ok(zoned.timestamp().as_microsecond())
}

/// Reads a UTC day: `YYYY-MM-DD`.
///
/// # Errors
/// A sentence that says what a day looks like.
pub(crate) fn parse_utc_day(text: &str) -> Result<journal::UtcDay, String> {
    journal::UtcDay::parse(text.trim())
        .ok_or_else(|| format!("\"{text}\" is not a day: write YYYY-MM-DD (UTC)"))
}

/// Reads the length of a pause: a length of time, or `tomorrow`.
///
/// # Errors
/// A sentence that says what it looks like.
pub(crate) fn parse_pause(text: &str) -> Result<PauseLength, String> {
    if text.trim().eq_ignore_ascii_case("tomorrow") {
        return Ok(PauseLength::Tomorrow);
    }
    parse_length(text)
        .map(|length| PauseLength::Seconds(length.as_secs()))
        .map_err(|e| format!("{e}, or tomorrow"))
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

/// The day that goes on in the zone in force, when days begin at `starts`.
pub(crate) fn today(starts: report::DayStart) -> Date {
    let now = Zoned::now();
    starts.date_in(now.timestamp().as_microsecond(), now.time_zone())
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
    fn whiles_and_moments() {
        assert_eq!(parse_while("1d").unwrap().as_secs(), 86_400);
        assert_eq!(parse_while("10m").unwrap().as_secs(), 600);
        for bad in ["0d", "400d", "d", "1w"] {
            assert!(parse_while(bad).is_err(), "{bad}");
        }
        let berlin = || TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(
            moment_in("2026-09-21 16:13", berlin()).unwrap(),
            1_789_999_980_000_000
        );
        assert_eq!(
            moment_in("2026-09-21 16:13:20", berlin()).unwrap(),
            1_790_000_000_000_000
        );
        for bad in ["2026-09-21", "16:13", "2026-09-31 10:00", "soon"] {
            assert!(moment_in(bad, berlin()).is_err(), "{bad}");
        }
        assert_eq!(parse_utc_day("1970-01-02").unwrap(), journal::UtcDay(1));
        assert!(parse_utc_day("today").is_err());
    }

    #[test]
    fn pauses() {
        assert_eq!(parse_pause("15m").unwrap(), PauseLength::Seconds(900));
        assert_eq!(parse_pause(" Tomorrow ").unwrap(), PauseLength::Tomorrow);
        let e = parse_pause("yesterday").unwrap_err();
        assert!(e.ends_with("2h, or tomorrow"), "{e}");
        assert!(parse_pause("0").is_err());
    }

    #[test]
    fn days() {
        assert_eq!(parse_day("2026-02-28").unwrap().to_string(), "2026-02-28");
        assert!(parse_day("2026-02-30").is_err());
        assert!(parse_day("last week").is_err());
    }
}
