//! A day as a plain table for a terminal or a text file: no colour, no escape codes, fitted to a width.

use crate::day::{DayReport, Usage};
use crate::days::{AppUsage, DayTotals, DaysReport};
use crate::meaning::NamedUsage;
use crate::text::{
    clip_to_width, format_bytes, format_clock_time, format_count, format_hms, load_zone, pad_left,
    pad_right,
};
use model::Coverage;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Narrowest and widest table; a width outside is brought to the nearer of the two.
pub const WIDTHS: std::ops::RangeInclusive<usize> = 60..=160;

/// Columns of the five numbers: active, idle, keys, clicks, scroll.
const NUMBER_WIDTHS: [usize; 5] = [10, 10, 8, 8, 8];
const NUMBERS: usize = 10 + 10 + 8 + 8 + 8;

/// The day as text, each line at most `width` columns wide (see [`WIDTHS`]).
#[must_use]
pub fn render_day_table(report: &DayReport, width: usize) -> String {
    let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
    let mut out = String::new();
    // Writing into a String cannot fail, so the results are dropped throughout.
    let _ = writeln!(
        out,
        "{}",
        clip_to_width(
            &format!(
                "{} · {} · {} of the day counted",
                report.day.strftime("%A %-d %B %Y"),
                report.zone,
                format_hms(report.length_us)
            ),
            width
        )
    );
    states(&mut out, report);
    activity(&mut out, report, width);
    out.push('\n');
    for (title, rows) in [
        ("category", &report.categories),
        ("project", &report.projects),
    ] {
        named_usages(&mut out, title, rows, width);
    }
    usages(&mut out, report, width);
    events(&mut out, report, width);
    if !report.damaged.is_empty() {
        let text = format!(
            "  {} on or near this day cannot be read any more",
            format_count(report.damaged.len() as u64, "record", "records")
        );
        let _ = writeln!(out, "\n{}", clip_to_width(&text, width));
    }
    out
}

/// Columns of the numbers of a line for a day: active, idle, other states (off aside), keys, clicks.
const DAY_WIDTHS: [usize; 5] = [10, 10, 10, 8, 8];

/// Many days as text, one line each and the sum at the end; each line at most `width` columns wide (see [`WIDTHS`]).
/// Days of which nothing is known are left out.
#[must_use]
pub fn render_days_table(report: &DaysReport, width: usize) -> String {
    let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
    let mut out = String::new();
    let mut line = |label: &str, cells: [&str; 5], app: &str| {
        let mut text = pad_right(label, 14);
        for (cell, width) in cells.into_iter().zip(DAY_WIDTHS) {
            text.push_str(&pad_left(cell, width));
        }
        text.push_str("  ");
        text.push_str(app);
        let _ = writeln!(out, "{}", clip_to_width(&text, width).trim_end());
    };
    let heads = ["active", "idle", "other", "keys", "clicks"];
    line("day", heads, "most used");
    let mut sum = [0; 5];
    let mut apps: BTreeMap<&str, u64> = BTreeMap::new();
    let most = |app: Option<(&str, u64)>| {
        app.map_or_else(String::new, |(app, us)| {
            format!("{}  {}", format_hms(us), named(app))
        })
    };
    let cells = |of: &[u64; 5]| {
        let [active, idle, other, keys, clicks] = *of;
        let times = [active, idle, other].map(format_hms);
        let counts = [keys, clicks].map(|n| n.to_string());
        [times.to_vec(), counts.to_vec()].concat()
    };
    let mut row = |label: &str, of: &[u64; 5], app: &str| {
        let cells = cells(of);
        let mut texts = [""; 5];
        for (text, cell) in texts.iter_mut().zip(&cells) {
            *text = cell;
        }
        line(label, texts, app);
    };
    for day in report.days.iter().filter(|day| day.is_known()) {
        let of = numbers(day);
        for (sum, n) in sum.iter_mut().zip(of) {
            *sum += n;
        }
        for AppUsage { app, usage } in &day.apps {
            *apps.entry(app).or_default() += usage.total_us();
        }
        let first = day
            .apps
            .first()
            .map(|a| (a.app.as_str(), a.usage.total_us()));
        row(
            &day.day.strftime("%a %Y-%m-%d").to_string(),
            &of,
            &most(first),
        );
    }
    let first = apps.into_iter().rev().max_by_key(|(_, us)| *us);
    row("total", &sum, &most(first));
    let whole = crate::overview::PeriodTotals::of(report.days.iter());
    for (title, rows) in [
        ("category", &whole.categories),
        ("project", &whole.projects),
    ] {
        if rows.iter().any(|row| !row.name.starts_with('(')) {
            out.push('\n');
        }
        named_usages(&mut out, title, rows, width);
    }
    if !report.damaged.is_empty() {
        let text = format!(
            "  {} in this time cannot be read any more",
            format_count(report.damaged.len() as u64, "record", "records")
        );
        let _ = writeln!(out, "\n{}", clip_to_width(&text, width));
    }
    out
}

fn numbers(day: &DayTotals) -> [u64; 5] {
    let of = |state| day.state_us(state);
    let (active, idle) = (of(Coverage::Active), of(Coverage::Idle));
    let other = day.length_us - active - idle - of(Coverage::Off);
    [active, idle, other, day.counts.keys(), day.counts.clicks()]
}

fn states(out: &mut String, report: &DayReport) {
    out.push('\n');
    for total in &report.states {
        if total.us == 0 && total.state != Coverage::Active {
            continue;
        }
        // Tenths of a percent, in whole numbers so that no rounding error creeps in.
        let share = u128::from(total.us) * 1000 / u128::from(report.length_us.max(1));
        let _ = writeln!(
            out,
            "  {}{}{}",
            pad_right(total.state.wire_name(), 14),
            pad_left(&format_hms(total.us), 10),
            pad_left(&format!("{}.{} %", share / 10, share % 10), 10)
        );
    }
}

/// Time by category or project; nothing where no rule named any.
fn named_usages(out: &mut String, title: &str, rows: &[NamedUsage], width: usize) {
    if rows.iter().all(|row| row.name.starts_with('(')) {
        return;
    }
    // At most so wide that name and numbers are read together.
    let name = (width - 32).min(40);
    let whole: u64 = rows.iter().map(|row| row.usage.total_us()).sum();
    let mut line = |label: &str, cells: [&str; 3]| {
        let cells = cells.map(|cell| pad_left(cell, 10)).concat();
        let _ = writeln!(out, "  {}{cells}", pad_right(label, name));
    };
    line(title, ["active", "idle", "share"]);
    for row in rows {
        let share = u128::from(row.usage.total_us()) * 1000 / u128::from(whole.max(1));
        let share = format!("{}.{} %", share / 10, share % 10);
        line(
            named(&row.name),
            [
                &format_hms(row.usage.active_us),
                &format_hms(row.usage.idle_us),
                &share,
            ],
        );
    }
    out.push('\n');
}

/// Active time in each ten minutes, an hour in six characters, from the first hour with any to the last.
fn activity(out: &mut String, report: &DayReport, width: usize) {
    const STEPS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let zone = load_zone(&report.zone);
    // By the hour it began in, by the clock, and the ten minutes of it; a day with an hour twice has it twice.
    let mut hours: Vec<(i64, String, [char; 6])> = Vec::new();
    for ten in &report.activity {
        let time = format_clock_time(ten.start_us, &zone);
        let (hour, minute) = (&time[..2], &time[3..5]);
        let place = minute.parse::<usize>().unwrap_or(0) / 10 % 6;
        let began = ten.start_us - place as i64 * crate::activity::TEN_US;
        if hours.last().is_none_or(|(at, ..)| *at != began) {
            hours.push((began, hour.to_owned(), [' '; 6]));
        }
        if let Some((.., tens)) = hours.last_mut() {
            let step = ten.active_us * 8 / crate::activity::TEN_US.unsigned_abs();
            let step = step.max(u64::from(ten.active_us > 0)).min(8);
            tens[place] = STEPS[usize::try_from(step).unwrap_or(0)];
        }
    }
    if hours.is_empty() {
        return;
    }
    out.push_str("\n  active time in each ten minutes, by the hour\n");
    for some in hours.chunks(((width - 2) / 11).max(1)) {
        out.push_str("  ");
        for (_, hour, tens) in some {
            let _ = write!(out, "{hour} {}  ", tens.iter().collect::<String>());
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
}

fn usages(out: &mut String, report: &DayReport, width: usize) {
    let total = Usage {
        active_us: report.state_us(Coverage::Active),
        idle_us: report.state_us(Coverage::Idle),
        counts: report.counts,
    };
    if total.is_zero() {
        out.push_str("  Nothing was recorded on this day.\n");
        return;
    }
    let name = width - NUMBERS - 2;
    let mut line = |label: &str, cells: [&str; 5]| {
        let _ = write!(out, "  {}", pad_right(label, name));
        for (cell, width) in cells.into_iter().zip(NUMBER_WIDTHS) {
            out.push_str(&pad_left(cell, width));
        }
        out.push('\n');
    };
    line(
        "application, window",
        ["active", "idle", "keys", "clicks", "scroll"],
    );
    let mut row = |label: &str, of: &Usage| {
        line(
            label,
            [
                &format_hms(of.active_us),
                &format_hms(of.idle_us),
                &of.counts.keys().to_string(),
                &of.counts.clicks().to_string(),
                &of.counts.scroll().to_string(),
            ],
        );
    };
    for app in &report.apps {
        row(named(&app.app), &app.usage);
        for window in &app.windows {
            row(&format!("  {}", named(&window.title)), &window.usage);
        }
    }
    for (label, of) in [
        ("(protected)", &report.protected),
        ("(removed)", &report.removed),
        ("(no window)", &report.unnamed),
    ] {
        if !of.is_zero() {
            row(label, of);
        }
    }
    row("total", &total);
    let injected = report.counts.injected;
    if !injected.is_zero() {
        let text = format!(
            "  of these made by programs: {}, {}, {}",
            format_count(injected.keys, "key", "keys"),
            format_count(injected.clicks(), "click", "clicks"),
            format_count(injected.scroll, "scroll step", "scroll steps"),
        );
        let _ = writeln!(out, "{}", clip_to_width(&text, width));
    }
}

fn named(text: &str) -> &str {
    if text.is_empty() { "(no name)" } else { text }
}

fn events(out: &mut String, report: &DayReport, width: usize) {
    if !report.shots.is_empty() {
        let total: u64 = report.shots.iter().map(|s| s.bytes).sum();
        let _ = writeln!(
            out,
            "\n  {}, {}",
            format_count(report.shots.len() as u64, "shot", "shots"),
            format_bytes(total)
        );
        for shot in &report.shots {
            let line = format!(
                "    {}  #{}  {}x{}{}  {}  {}",
                format_clock_time(shot.at_us, &load_zone(&shot.zone)),
                shot.seq,
                shot.width,
                shot.height,
                if shot.blurred { " blurred" } else { "" },
                format_bytes(shot.bytes),
                crate::feed::window_label(&shot.app, &shot.title),
            );
            let _ = writeln!(out, "{}", clip_to_width(&line, width).trim_end());
        }
    }
    if !report.notices.is_empty() {
        let _ = writeln!(
            out,
            "\n  {}",
            format_count(report.notices.len() as u64, "notice", "notices")
        );
        for notice in &report.notices {
            let line = format!(
                "    {}  {:<14} {}",
                format_clock_time(notice.at_us, &load_zone(&notice.zone)),
                notice.code,
                notice.text
            );
            let _ = writeln!(out, "{}", clip_to_width(&line, width).trim_end());
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::day::{AppTotal, DayNotice, DayScreenshot, StateTotal, WindowTotal};
    use crate::text::display_width;
    use model::{Counts, InputCounts, NoticeCode};

    /// A day with everything in it, hostile titles included.
    pub(crate) fn sample() -> DayReport {
        let usage = |active_s: u64, idle_s: u64, keys, injected| Usage {
            active_us: active_s * 1_000_000,
            idle_us: idle_s * 1_000_000,
            counts: Counts {
                hardware: InputCounts {
                    keys,
                    left: keys / 10,
                    scroll: keys / 20,
                    seconds: keys / 3,
                    ..InputCounts::default()
                },
                injected: InputCounts {
                    keys: injected,
                    ..InputCounts::default()
                },
            },
        };
        let app = |app: &str, titles: &[(&str, Usage)]| AppTotal {
            app: app.into(),
            exe: format!("/usr/bin/{}", app.to_lowercase()),
            usage: titles.iter().fold(Usage::default(), |mut sum, (_, u)| {
                sum.active_us += u.active_us;
                sum.idle_us += u.idle_us;
                sum.counts += u.counts;
                sum
            }),
            windows: titles
                .iter()
                .map(|(title, usage)| WindowTotal {
                    title: (*title).into(),
                    usage: *usage,
                })
                .collect(),
        };
        let apps = vec![
            app(
                "Editor",
                &[
                    ("main.rs — uam", usage(7200, 120, 4210, 0)),
                    ("日本語の題名がとても長い書類の名前", usage(601, 0, 99, 12)),
                ],
            ),
            app(
                "Browser",
                &[
                    ("=HYPERLINK(evil)", usage(60, 0, 3, 0)),
                    ("\u{1b}[31mred\u{202e}gpj.exe\n", usage(30, 0, 0, 0)),
                    ("", usage(1, 0, 0, 0)),
                ],
            ),
        ];
        let protected = usage(300, 0, 20, 0);
        let mut counts = protected.counts;
        apps.iter().for_each(|a| counts += a.usage.counts);
        let states = Coverage::ALL
            .into_iter()
            .zip([8192, 120, 900, 0, 60, 0, 0, 30_000])
            .map(|(state, s)| StateTotal {
                state,
                us: s * 1_000_000,
            })
            .collect();
        DayReport {
            day: jiff::civil::date(2026, 7, 15),
            zone: "Europe/Berlin".into(),
            from_us: Some(1_784_066_400_000_000),
            to_us: Some(1_784_105_672_000_000),
            length_us: 39_272_000_000,
            states,
            counts,
            apps,
            protected,
            removed: Usage::default(),
            unnamed: Usage::default(),
            categories: Vec::new(),
            projects: Vec::new(),
            activity: Vec::new(),
            shots: vec![DayScreenshot {
                seq: 17,
                at_us: 1_784_100_000_000_000,
                zone: "Europe/Berlin".into(),
                app: "Editor".into(),
                title: "main.rs — uam".into(),
                width: 1280,
                height: 720,
                bytes: 48_200,
                media: "image/webp".into(),
                blurred: true,
                removed: false,
                sha256: "ab".repeat(32),
            }],
            damaged: vec![40, 41],
            notices: vec![DayNotice {
                seq: 1,
                at_us: 1_784_096_400_000_000,
                zone: "Europe/Berlin".into(),
                code: NoticeCode::Started,
                text: "Recording began.".into(),
            }],
        }
    }

    #[test]
    fn a_day_at_80_columns() {
        insta::assert_snapshot!(render_day_table(&sample(), 80));
    }

    #[test]
    fn a_day_with_its_meaning_at_80_columns() {
        let mut report = sample();
        let project = crate::meaning::ClassificationRule {
            name: "uam".into(),
            app: None,
            title: Some("uam$".into()),
        };
        let meaning = crate::ClassificationRules::new(&[], true, &[project]).unwrap();
        meaning.classify_day(&mut report);
        report.activity = (0..9)
            .map(|n| crate::ActivityBucket {
                start_us: 1_784_070_000_000_000 + n * crate::activity::TEN_US,
                active_us: u64::try_from(n).unwrap() * 75_000_000,
                ..crate::ActivityBucket::default()
            })
            .collect();
        let text = render_day_table(&report, 80);
        assert!(text.lines().all(|line| display_width(line) <= 80));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        for width in [60, 80, 133, 160] {
            for line in render_day_table(&sample(), width).lines() {
                assert!(display_width(line) <= width, "{width}: {line}");
                assert!(!line.chars().any(char::is_control), "{line:?}");
            }
        }
    }

    #[test]
    fn an_empty_day_says_so() {
        let report = crate::summarise(
            &[],
            &[],
            jiff::civil::date(2026, 7, 15),
            crate::Extent {
                began_us: 0,
                now_us: 0,
            },
            "UTC",
        );
        assert!(render_day_table(&report, 80).contains("Nothing was recorded"));
    }

    #[test]
    fn json_keeps_raw_text_and_reads_back() {
        let json = crate::to_json(&sample()).unwrap();
        let back: DayReport = serde_json::from_str(&json).unwrap();
        assert_eq!(back, sample());
        insta::assert_snapshot!(json);
    }

    /// Three days, one of which nothing is known.
    pub(crate) fn three_days() -> DaysReport {
        let day = sample();
        let usages = day.apps.iter().map(|a| AppUsage {
            app: a.app.clone(),
            usage: a.usage,
        });
        let totals = DayTotals {
            day: day.day,
            length_us: day.length_us,
            states: day.states.clone(),
            counts: day.counts,
            apps: usages.collect(),
            protected: day.protected,
            removed: day.removed,
            unnamed: day.unnamed,
            categories: Vec::new(),
            projects: Vec::new(),
        };
        let mut second = totals.clone();
        second.day = jiff::civil::date(2026, 7, 17);
        second.apps.reverse();
        let nothing = DayTotals {
            day: jiff::civil::date(2026, 7, 16),
            length_us: 0,
            states: Vec::new(),
            counts: Counts::default(),
            apps: Vec::new(),
            protected: Usage::default(),
            removed: Usage::default(),
            unnamed: Usage::default(),
            categories: Vec::new(),
            projects: Vec::new(),
        };
        DaysReport {
            days: vec![totals, nothing, second],
            damaged: vec![40],
        }
    }

    #[test]
    fn many_days_are_one_line_each_and_a_sum() {
        let text = render_days_table(&three_days(), 80);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "day               active      idle     other    keys  clicks  most used",
                "Wed 2026-07-15   2:16:32   0:02:00   0:16:00    4344     432  2:12:01  Editor",
                "Fri 2026-07-17   2:16:32   0:02:00   0:16:00    4344     432  0:01:31  Browser",
                "total            4:33:04   0:04:00   0:32:00    8688     864  4:24:02  Editor",
                "",
                "  1 record in this time cannot be read any more",
            ]
        );
        for line in render_days_table(&three_days(), 60).lines() {
            assert!(display_width(line) <= 60, "{line}");
        }
    }
}
