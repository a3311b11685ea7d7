//! Durations, days and times as people write them on the command line.

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use protocol::PauseLength;
use std::time::Duration;

/// Parses a duration: a number with `s`, `m` or `h` (a bare number is minutes).
///
/// # Errors
/// A sentence with examples of a duration.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
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
        .map_err(|_| format!("\"{text}\" is not a duration: write 90s, 15m or 2h"))?;
    match number.checked_mul(unit) {
        Some(0) => Err("a duration must be longer than zero: write 90s, 15m or 2h".to_owned()),
        Some(seconds) if seconds <= 366 * 24 * 3600 => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("\"{text}\" is longer than a year")),
    }
}

/// Parses a duration as [`parse_duration`] does, or in days: `1d`.
///
/// # Errors
/// A sentence with examples of a duration.
pub(crate) fn parse_duration_with_days(text: &str) -> Result<Duration, String> {
    match text.trim().strip_suffix(['d', 'D']) {
        Some(days) => parse_duration(&format!("{days}h"))
            .ok()
            .and_then(|hours| hours.checked_mul(24))
            .filter(|length| length.as_secs() <= 366 * 24 * 3600)
            .ok_or_else(|| format!("\"{text}\" is not a duration: write 10m, 1h or 1d")),
        None => parse_duration(text),
    }
}

/// Parses a local time, `YYYY-MM-DD HH:MM` or with seconds, to microseconds since the Unix epoch (UTC).
///
/// # Errors
/// A sentence with an example of a time.
pub(crate) fn parse_local_time(text: &str) -> Result<i64, String> {
    parse_time_in(text, TimeZone::system())
}

fn parse_time_in(text: &str, zone: TimeZone) -> Result<i64, String> {
    let wrong = || format!("\"{text}\" is not a time: write \"YYYY-MM-DD HH:MM\"");
    if !text.contains(':') {
        return Err(wrong());
    }
    let civil: jiff::civil::DateTime = text.trim().parse().map_err(|_| wrong())?;
    let zoned = civil.to_zoned(zone).map_err(|_| wrong())?;
    Ok(zoned.timestamp().as_microsecond())
}

/// Parses a UTC day: `YYYY-MM-DD`.
///
/// # Errors
/// A sentence with an example of a day.
pub(crate) fn parse_utc_day(text: &str) -> Result<journal::UtcDay, String> {
    journal::UtcDay::parse(text.trim())
        .ok_or_else(|| format!("\"{text}\" is not a day: write YYYY-MM-DD (UTC)"))
}

/// Parses the length of a pause: a duration, or `tomorrow`.
///
/// # Errors
/// A sentence with examples.
pub(crate) fn parse_pause_length(text: &str) -> Result<PauseLength, String> {
    if text.trim().eq_ignore_ascii_case("tomorrow") {
        return Ok(PauseLength::Tomorrow);
    }
    parse_duration(text)
        .map(|length| PauseLength::Seconds(length.as_secs()))
        .map_err(|e| format!("{e}, or tomorrow"))
}

/// Parses a local day: `YYYY-MM-DD`, `today` or `yesterday`.
///
/// # Errors
/// A sentence with an example of a day.
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed() {
        assert_eq!(parse_duration("15m").unwrap().as_secs(), 900);
        assert_eq!(parse_duration("90s").unwrap().as_secs(), 90);
        assert_eq!(parse_duration("5").unwrap().as_secs(), 300);
        assert_eq!(parse_duration("2h").unwrap().as_secs(), 7200);
        for bad in ["", "0", "-5", "5d", "soon", "99999999h", "1.5h"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_with_days_and_local_times_are_parsed() {
        assert_eq!(parse_duration_with_days("1d").unwrap().as_secs(), 86_400);
        assert_eq!(parse_duration_with_days("10m").unwrap().as_secs(), 600);
        for bad in ["0d", "400d", "d", "1w"] {
            assert!(parse_duration_with_days(bad).is_err(), "{bad}");
        }
        let berlin = || TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(
            parse_time_in("2026-09-21 16:13", berlin()).unwrap(),
            1_789_999_980_000_000
        );
        assert_eq!(
            parse_time_in("2026-09-21 16:13:20", berlin()).unwrap(),
            1_790_000_000_000_000
        );
        for bad in ["2026-09-21", "16:13", "2026-09-31 10:00", "soon"] {
            assert!(parse_time_in(bad, berlin()).is_err(), "{bad}");
        }
        assert_eq!(parse_utc_day("1970-01-02").unwrap(), journal::UtcDay(1));
        assert!(parse_utc_day("today").is_err());
    }

    #[test]
    fn pause_lengths_are_parsed() {
        assert_eq!(
            parse_pause_length("15m").unwrap(),
            PauseLength::Seconds(900)
        );
        assert_eq!(
            parse_pause_length(" Tomorrow ").unwrap(),
            PauseLength::Tomorrow
        );
        let e = parse_pause_length("yesterday").unwrap_err();
        assert!(e.ends_with("2h, or tomorrow"), "{e}");
        assert!(parse_pause_length("0").is_err());
    }

    #[test]
    fn days_are_parsed() {
        assert_eq!(parse_day("2026-02-28").unwrap().to_string(), "2026-02-28");
        assert!(parse_day("2026-02-30").is_err());
        assert!(parse_day("last week").is_err());
    }
}
