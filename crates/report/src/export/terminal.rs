//! A day as a plain table for a terminal or a text file: no colour, no escape codes, fitted to a width.

use crate::buckets::TEN_MINUTES;
use crate::calendar::load_zone;
use crate::columns::{Column, ReportOutput, Unit, columns_of, count_phrases};
use crate::day_report::DayReport;
use crate::day_totals::{DaysReport, PeriodTotals};
use crate::format::{
    clip_to_width, format_bytes, format_clock_time, format_count, format_hms, format_percent,
    or_no_name, pad_left, pad_right, tenths_of_percent, window_label,
};
use crate::totals::{NamedUsage, StateTotal, Usage, time_in};
use model::{Counts, Coverage, Timestamp};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

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
                format_hms(report.length)
            ),
            width
        )
    );
    write_states(&mut out, report);
    write_activity(&mut out, report, width);
    out.push('\n');
    for (title, rows) in [
        ("category", &report.categories),
        ("project", &report.projects),
    ] {
        write_named_usages(&mut out, title, rows, width);
    }
    write_usages(&mut out, report, width);
    write_events(&mut out, report, width);
    write_damaged(&mut out, &report.damaged, "on or near this day", width);
    out
}

/// Many days as text, one line each and the sum at the end; each line at most `width` columns wide (see [`WIDTHS`]).
/// Days of which nothing is known are left out.
#[must_use]
pub fn render_days_table(report: &DaysReport, width: usize) -> String {
    let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
    let mut out = String::new();
    // Times, the time of other states, counts.
    let (times, counts): (Vec<&Column>, Vec<&Column>) =
        columns_of(ReportOutput::DaysTable).partition(|column| column.unit == Unit::Time);
    let mut line = |label: &str, cell: &dyn Fn(&Column) -> String, other: &str, app: &str| {
        let (label, other) = (pad_right(label, 14), pad_left(other, 10));
        let (times, counts) = (join_cells(&times, cell), join_cells(&counts, cell));
        let text = format!("{label}{times}{other}{counts}  {app}");
        let _ = writeln!(out, "{}", clip_to_width(&text, width).trim_end());
    };
    line("day", &|column| column.key.to_owned(), "other", "most used");
    let mut row = |label: &str, usage: &Usage, other: Duration, app: Option<(&str, Duration)>| {
        let most = app.map(|(app, time)| format!("{}  {}", format_hms(time), or_no_name(app)));
        let cell = |column: &Column| column.format_cell(usage);
        line(label, &cell, &format_hms(other), &most.unwrap_or_default());
    };
    let (mut sum, mut sum_other) = (Usage::default(), Duration::ZERO);
    let mut apps: BTreeMap<&str, Duration> = BTreeMap::new();
    for day in report.days.iter().filter(|day| day.is_known()) {
        let usage = usage_of(&day.states, day.counts);
        // Off aside.
        let other = day.length - usage.total() - day.time_in(Coverage::Off);
        sum += &usage;
        sum_other += other;
        for NamedUsage { name, usage } in &day.apps {
            *apps.entry(name).or_default() += usage.total();
        }
        let first = day.apps.first();
        let most = first.map(|of| (of.name.as_str(), of.usage.total()));
        let label = day.day.strftime("%a %Y-%m-%d").to_string();
        row(&label, &usage, other, most);
    }
    let most = apps.into_iter().rev().max_by_key(|(_, us)| *us);
    row("total", &sum, sum_other, most);
    let whole = PeriodTotals::of(report.days.iter());
    for (title, rows) in [
        ("category", &whole.categories),
        ("project", &whole.projects),
    ] {
        if rows.iter().any(|row| !row.name.starts_with('(')) {
            out.push('\n');
        }
        write_named_usages(&mut out, title, rows, width);
    }
    write_damaged(&mut out, &report.damaged, "in this time", width);
    out
}

/// A note on records that cannot be read; nothing where there is none.
fn write_damaged(out: &mut String, damaged: &[u64], place: &str, width: usize) {
    if !damaged.is_empty() {
        let records = format_count(damaged.len() as u64, "record", "records");
        let text = format!("  {records} {place} cannot be read any more");
        let _ = writeln!(out, "\n{}", clip_to_width(&text, width));
    }
}

/// The cells of some columns, side by side.
fn join_cells(columns: &[&Column], cell: &dyn Fn(&Column) -> String) -> String {
    let cells = columns
        .iter()
        .map(|column| pad_left(&cell(column), column.width()));
    cells.collect()
}

/// Active and idle time, and the counts.
fn usage_of(states: &[StateTotal], counts: Counts) -> Usage {
    Usage {
        active: time_in(states, Coverage::Active),
        idle: time_in(states, Coverage::Idle),
        counts,
    }
}

fn write_states(out: &mut String, report: &DayReport) {
    out.push('\n');
    for total in &report.states {
        if total.duration.is_zero() && total.state != Coverage::Active {
            continue;
        }
        let share = tenths_of_percent(total.duration, report.length);
        let _ = writeln!(
            out,
            "  {}{}{}",
            pad_right(total.state.label(), 14),
            pad_left(&format_hms(total.duration), 10),
            pad_left(&format_percent(share), 10)
        );
    }
}

/// Time by category or project; nothing where no rule named any.
fn write_named_usages(out: &mut String, title: &str, rows: &[NamedUsage], width: usize) {
    if rows.iter().all(|row| row.name.starts_with('(')) {
        return;
    }
    // At most so wide that name and numbers are read together.
    let name = (width - 32).min(40);
    let whole: Duration = rows.iter().map(|row| row.usage.total()).sum();
    let columns: Vec<&Column> = columns_of(ReportOutput::ByRule).collect();
    let mut line = |label: &str, cell: &dyn Fn(&Column) -> String, share: &str| {
        let (label, cells) = (pad_right(label, name), join_cells(&columns, cell));
        let _ = writeln!(out, "  {label}{cells}{}", pad_left(share, 10));
    };
    line(title, &|column| column.key.to_owned(), "share");
    for row in rows {
        let share = format_percent(tenths_of_percent(row.usage.total(), whole));
        let cell = |column: &Column| column.format_cell(&row.usage);
        line(or_no_name(&row.name), &cell, &share);
    }
    out.push('\n');
}

/// Active time in each ten minutes, an hour in six characters, from the first hour with any to the last.
fn write_activity(out: &mut String, report: &DayReport, width: usize) {
    const STEPS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let zone = load_zone(&report.zone);
    // By the hour it began in, by the clock, and the ten minutes of it; a day with an hour twice has it twice.
    let mut hours: Vec<(Timestamp, String, [char; 6])> = Vec::new();
    for ten in &report.activity {
        let time = format_clock_time(ten.start, &zone);
        let (hour, minute) = (&time[..2], &time[3..5]);
        let place = minute.parse::<u32>().unwrap_or(0) / 10 % 6;
        let began = ten.start - place * TEN_MINUTES;
        if hours.last().is_none_or(|(at, ..)| *at != began) {
            hours.push((began, hour.to_owned(), [' '; 6]));
        }
        if let Some((.., tens)) = hours.last_mut() {
            let step = ten.active.as_micros() * 8 / TEN_MINUTES.as_micros();
            let step = step.max(u128::from(!ten.active.is_zero())).min(8);
            tens[place as usize] = STEPS[usize::try_from(step).unwrap_or(0)];
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

fn write_usages(out: &mut String, report: &DayReport, width: usize) {
    let total = usage_of(&report.states, report.counts);
    if total.is_zero() {
        out.push_str("  Nothing was recorded on this day.\n");
        return;
    }
    let columns: Vec<&Column> = columns_of(ReportOutput::DayTable).collect();
    let name = width - columns.iter().map(|c| c.width()).sum::<usize>() - 2;
    let mut line = |label: &str, cell: &dyn Fn(&Column) -> String| {
        let cells = join_cells(&columns, cell);
        let _ = writeln!(out, "  {}{cells}", pad_right(label, name));
    };
    line("application, window", &|column| column.key.to_owned());
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
    if !report.counts.injected.is_zero() {
        let counts = count_phrases(ReportOutput::MadeByPrograms, report.counts).join(", ");
        let text = format!("  of these made by programs: {counts}");
        let _ = writeln!(out, "{}", clip_to_width(&text, width));
    }
}

fn write_events(out: &mut String, report: &DayReport, width: usize) {
    if !report.shots.is_empty() {
        let total: u64 = report.shots.iter().map(|s| s.bytes).sum();
        let _ = writeln!(
            out,
            "\n  {}, {}",
            format_count(report.shots.len() as u64, "screenshot", "screenshots"),
            format_bytes(total)
        );
        for shot in &report.shots {
            let line = format!(
                "    {}  #{}  {}x{}{}  {}  {}",
                format_clock_time(shot.at, &load_zone(&shot.zone)),
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
                format_clock_time(notice.at, &load_zone(&notice.zone)),
                notice.code,
                notice.text
            );
            let _ = writeln!(out, "{}", clip_to_width(&line, width).trim_end());
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
