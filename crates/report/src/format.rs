//! Text that every output shares: durations, sizes, counts, shares, clock times, and cells of a fixed width.

use crate::calendar::{load_zone, local_date_in, wall_clock};
use jiff::tz::TimeZone;
use model::{Timestamp, to_printable};
use std::time::Duration;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that `text` takes on a terminal, by Unicode's East Asian Width (UAX #11).
#[must_use]
pub fn display_width(text: &str) -> usize {
    text.width()
}

/// `text` made harmless (see [`model::to_printable`]) and at most `max` columns wide; an ellipsis stands for the rest.
#[must_use]
pub fn clip_to_width(text: &str, max: usize) -> String {
    // Marks without a width of their own could pile up for ever; twice the width is enough for any real script.
    let safe = to_printable(text, max.saturating_mul(2).max(1));
    if display_width(&safe) <= max {
        return safe;
    }
    let mut out = String::with_capacity(max * 2);
    let mut used = 0;
    for c in safe.chars() {
        // A variation selector may widen the character before it, so emoji count as wide throughout.
        let width = c.width().unwrap_or(0);
        if used + width + 1 > max {
            break;
        }
        used += width;
        out.push(c);
    }
    while display_width(&out) + 1 > max && out.pop().is_some() {}
    if max > 0 {
        out.push('…');
    }
    out
}

/// [`clip_to_width`], then filled with spaces on the right to exactly `width` columns.
#[must_use]
pub fn pad_right(text: &str, width: usize) -> String {
    let mut out = clip_to_width(text, width);
    out.extend(std::iter::repeat_n(
        ' ',
        width.saturating_sub(display_width(&out)),
    ));
    out
}

/// [`clip_to_width`], then filled with spaces on the left to exactly `width` columns.
#[must_use]
pub fn pad_left(text: &str, width: usize) -> String {
    let cell = clip_to_width(text, width);
    let fill = width.saturating_sub(display_width(&cell));
    format!("{}{cell}", " ".repeat(fill))
}

/// `h:mm:ss`, cut (not rounded) to whole seconds.
#[must_use]
pub fn format_hms(length: Duration) -> String {
    let s = length.as_secs();
    format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// `m:ss` below one hour and `h:mm:ss` from there on.
#[must_use]
pub fn format_short_duration(length: Duration) -> String {
    let s = length.as_secs();
    if s < 3600 {
        format!("{}:{:02}", s / 60, s % 60)
    } else {
        format_hms(length)
    }
}

/// How long ago, for people: `0 s`, `59 s`, `12 min`, `3 h`, `2 d`; cut, not rounded.
#[must_use]
pub fn format_age(age: Duration) -> String {
    let s = age.as_secs();
    match s {
        0..=59 => format!("{s} s"),
        60..=3599 => format!("{} min", s / 60),
        3600..=172_799 => format!("{} h", s / 3600),
        _ => format!("{} d", s / 86_400),
    }
}

/// A size in bytes, for people: `512 B`, `1.5 kB`, `2.0 MB` (powers of 1,000).
#[must_use]
pub fn format_bytes(n: u64) -> String {
    const STEPS: [(&str, u64); 4] = [
        ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("kB", 1_000),
    ];
    for (unit, step) in STEPS {
        if n >= step {
            let tenths = n / (step / 10);
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
    }
    format!("{n} B")
}

/// `1 key`, `2 keys`: a count with its noun.
#[must_use]
pub fn format_count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Seconds as `h:mm:ss`.
#[must_use]
pub fn format_seconds(seconds: u64) -> String {
    format_hms(Duration::from_secs(seconds))
}

/// Tenths of a percent as `12.3 %`.
#[must_use]
pub fn format_percent(share: u64) -> String {
    format!("{}.{} %", share / 10, share % 10)
}

/// A part of the whole in tenths of a percent, rounded down; the whole counts as at least one.
pub(crate) fn tenths_of_percent(part: Duration, whole: Duration) -> u64 {
    let share = part.as_micros() * 1000 / whole.as_micros().max(1);
    u64::try_from(share).unwrap_or(0)
}

/// The share of idle time in active and idle time, in tenths of a percent (0 to 1,000), rounded down; none when there is
/// neither.
#[must_use]
pub fn idle_share(active: Duration, idle: Duration) -> Option<u64> {
    let whole = active + idle;
    (!whole.is_zero()).then(|| tenths_of_percent(idle, whole))
}

/// The time of day to the minute, `HH:MM`; dashes for an instant no calendar reaches.
#[must_use]
pub fn format_minute(at: Timestamp, zone: &TimeZone) -> String {
    let mut text = format_clock_time(at, zone);
    text.truncate(5);
    text
}

/// Wall-clock time `HH:MM:SS` of an instant in a zone; dashes for an instant no calendar reaches.
#[must_use]
pub fn format_clock_time(at: Timestamp, zone: &TimeZone) -> String {
    wall_clock(at, zone).map_or_else(
        || "--:--:--".to_owned(),
        |at| at.strftime("%H:%M:%S").to_string(),
    )
}

/// Date and wall-clock time of an instant in the zone of that IANA name.
#[must_use]
pub fn format_date_time(at: Timestamp, zone: &str) -> String {
    let zone = load_zone(zone);
    let date = local_date_in(at, &zone);
    format!("{date} {}", format_clock_time(at, &zone))
}

/// An instant beside the present: `17:30:00` today, `tomorrow 00:00:00`, `Mon 09:00:00` within six days, and with its
/// date beyond that.
#[must_use]
pub fn format_relative_time(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let time = format_clock_time(at, zone);
    let shown = |at: Timestamp| wall_clock(at, zone);
    let (Some(at), Some(now)) = (shown(at), shown(now)) else {
        return time;
    };
    let days = now
        .date()
        .until(at.date())
        .map_or(i32::MAX, |span| span.get_days());
    match days {
        0 => time,
        1 => format!("tomorrow {time}"),
        2..=6 => format!("{} {time}", at.strftime("%a")),
        _ => format!("{} {time}", at.date()),
    }
}

/// `Editor — main.rs`: application and title as one line, still raw.
#[must_use]
pub fn window_label(app: &str, title: &str) -> String {
    match (app, title) {
        ("", "") => "(no name)".to_owned(),
        (app, "") => app.to_owned(),
        ("", title) => title.to_owned(),
        (app, title) => format!("{app} — {title}"),
    }
}

/// A name, or `(no name)` for an empty one.
pub(crate) fn or_no_name(text: &str) -> &str {
    if text.is_empty() { "(no name)" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_sizes_and_ages_read_well() {
        assert_eq!(format_hms(Duration::from_micros(22_323_999_999)), "6:12:03");
        assert_eq!(format_short_duration(Duration::from_secs(35)), "0:35");
        assert_eq!(format_short_duration(Duration::from_secs(3_600)), "1:00:00");
        assert_eq!(format_age(Duration::from_micros(59_999_999)), "59 s");
        assert_eq!(format_age(Duration::from_secs(7_200)), "2 h");
        assert_eq!(format_bytes(999), "999 B");
        assert_eq!(format_bytes(34_567), "34.5 kB");
        assert_eq!(format_count(1, "key", "keys"), "1 key");
    }

    #[test]
    fn an_unknown_zone_is_utc() {
        assert_eq!(
            format_clock_time(Timestamp::UNIX_EPOCH, &load_zone("Mars/Olympus")),
            "00:00:00"
        );
        assert_eq!(
            format_clock_time(Timestamp::UNIX_EPOCH, &load_zone("Asia/Tokyo")),
            "09:00:00"
        );
        assert_eq!(
            format_clock_time(Timestamp::MAX, &load_zone("UTC")),
            "--:--:--"
        );
    }

    #[test]
    fn an_instant_is_told_as_people_do() {
        let berlin = load_zone("Europe/Berlin");
        // Sunday 2026-03-29 00:30, the day on which the clocks go forward.
        let now = Timestamp::from_seconds(1_774_740_600);
        let hour = Duration::from_secs(3_600);
        assert_eq!(format_relative_time(now, now, &berlin), "00:30:00");
        assert_eq!(
            format_relative_time(now + 22 * hour, now, &berlin),
            "23:30:00"
        );
        assert_eq!(
            format_relative_time(now + 23 * hour, now, &berlin),
            "tomorrow 00:30:00"
        );
        assert_eq!(
            format_relative_time(now + 47 * hour, now, &berlin),
            "Tue 00:30:00"
        );
        assert_eq!(
            format_relative_time(now + 143 * hour, now, &berlin),
            "Sat 00:30:00"
        );
        assert_eq!(
            format_relative_time(now + 167 * hour, now, &berlin),
            "2026-04-05 00:30:00"
        );
        assert_eq!(
            format_relative_time(now - hour, now, &berlin),
            "2026-03-28 23:30:00"
        );
        assert_eq!(
            format_relative_time(Timestamp::MAX, now, &berlin),
            "--:--:--"
        );
    }

    #[test]
    fn wide_characters_never_overflow_a_cell() {
        assert_eq!(clip_to_width("日本語の題名", 7), "日本語…");
        assert_eq!(clip_to_width("日本語の題名", 6), "日本…");
        assert_eq!(pad_right("日本", 6), "日本  ");
        assert_eq!(pad_left("42", 5), "   42");
        assert_eq!(clip_to_width("abc", 0), "");
    }

    proptest! {
        #[test]
        fn cells_have_exactly_their_width(text in "(\\PC|.|[日本🎉e\u{301}\u{fe0f}\u{200d}\u{202e}]){0,60}", width in 0usize..50) {
            prop_assert_eq!(display_width(&pad_right(&text, width)), width);
            prop_assert_eq!(display_width(&pad_left(&text, width)), width);
            prop_assert!(!pad_right(&text, width).chars().any(char::is_control));
        }
    }
}
