//! A day as a plain table for a terminal or a text file: no colour, no escape codes, fitted to a width.

use crate::buckets::TEN_US;
use crate::calendar::load_zone;
use crate::columns::{COLUMNS, Column};
use crate::day_report::DayReport;
use crate::day_totals::{AppUsage, DayTotals, DaysReport, PeriodTotals};
use crate::format::{
    clip_to_width, format_bytes, format_clock_time, format_count, format_hms, or_no_name, pad_left,
    pad_right, window_label,
};
use crate::totals::{NamedUsage, Usage};
use model::Coverage;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Narrowest and widest table; a width outside is brought to the nearer of the two.
pub const WIDTHS: std::ops::RangeInclusive<usize> = 60..=160;

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
            format!("{}  {}", format_hms(us), or_no_name(app))
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
    let whole = PeriodTotals::of(report.days.iter());
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
            or_no_name(&row.name),
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
        let began = ten.start_us - place as i64 * TEN_US;
        if hours.last().is_none_or(|(at, ..)| *at != began) {
            hours.push((began, hour.to_owned(), [' '; 6]));
        }
        if let Some((.., tens)) = hours.last_mut() {
            let step = ten.active_us * 8 / TEN_US.unsigned_abs();
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
    let columns = || COLUMNS.iter().filter_map(|c| Some((c, c.terminal?)));
    let name = width - columns().map(|(_, width)| width).sum::<usize>() - 2;
    let mut line = |label: &str, cell: &dyn Fn(&Column) -> String| {
        let _ = write!(out, "  {}", pad_right(label, name));
        for (column, width) in columns() {
            out.push_str(&pad_left(&cell(column), width));
        }
        out.push('\n');
    };
    line("application, window", &|column| column.heading.to_owned());
    let mut row = |label: &str, of: &Usage| line(label, &|column| column.format_cell(of));
    for app in &report.apps {
        row(or_no_name(&app.app), &app.usage);
        for window in &app.windows {
            row(&format!("  {}", or_no_name(&window.title)), &window.usage);
        }
    }
    for (label, of) in [
        ("(protected)", &report.protected),
        ("(removed)", &report.redacted),
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
                window_label(&shot.app, &shot.title),
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
pub(crate) mod tests;
