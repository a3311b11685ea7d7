//! The sentences of a printable report.

use super::cover::{CELL, Cover, MOST_SCREENSHOTS, NAME, ReportScreenshot};
use crate::calendar::{load_zone, wall_clock};
use crate::day_totals::PeriodTotals;
use crate::format::{format_count, format_hms, format_percent, idle_share};
use crate::overview::Overview;
use crate::totals::{PROTECTED, REDACTED};
use jiff::civil::Date;
use model::{Coverage, to_printable};
use std::time::Duration;

pub(super) fn format_range(overview: &Overview) -> String {
    let day = |day: Date| day.strftime("%-d %B %Y").to_string();
    match overview.days.as_slice() {
        [] => String::new(),
        [one] => one.totals.day.strftime("%A, %-d %B %Y").to_string(),
        [first, .., last] => format!("{} – {}", day(first.totals.day), day(last.totals.day)),
    }
}

pub(super) fn cover_facts(overview: &Overview, cover: &Cover) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut fact = |name, value: &Option<String>| {
        if let Some(value) = value.as_deref().filter(|v| !v.is_empty()) {
            facts.push((name, to_printable(value, NAME)));
        }
    };
    fact("For", &cover.client);
    fact("By", &cover.author);
    let mut zones: Vec<&str> = Vec::new();
    for day in overview.days.iter().filter(|day| day.totals.is_known()) {
        if !day.zone.is_empty() && !zones.contains(&day.zone.as_str()) {
            zones.push(&day.zone);
        }
    }
    if zones.is_empty() {
        zones.push(&cover.zone);
    }
    let more = zones.len().saturating_sub(4);
    zones.truncate(4);
    let mut zones = zones.join(", ");
    if more > 0 {
        zones.push_str(&format!(" and {more} more"));
    }
    fact("Time zone", &Some(zones));
    if !cover.starts.is_midnight() {
        fact("Days begin at", &Some(cover.starts.to_string()));
    }
    let made = wall_clock(cover.made, &load_zone(&cover.zone));
    let made = made.map(|at| at.strftime("%-d %B %Y, %H:%M").to_string());
    let made = made.unwrap_or_default();
    fact("Made", &Some(format!("{made}, with uam {}", cover.version)));
    facts
}

pub(super) fn key_figures(overview: &Overview, whole: &PeriodTotals) -> Vec<(String, String)> {
    let (active, idle) = (
        whole.time_in(Coverage::Active),
        whole.time_in(Coverage::Idle),
    );
    let days = overview
        .days
        .iter()
        .filter(|day| !day.totals.time_in(Coverage::Active).is_zero());
    let mut figures = vec![
        (format_hms(active), "active".to_owned()),
        (format_hms(idle), "idle".to_owned()),
    ];
    if let Some(share) = idle_share(active, idle) {
        figures.push((format_percent(share), "idle share".to_owned()));
    }
    if overview.days.len() > 1 {
        let all = format_count(overview.days.len() as u64, "day", "days");
        figures.push((days.count().to_string(), format!("of {all} active")));
    }
    figures
}

pub(super) fn describe_state(state: Coverage) -> &'static str {
    match state {
        Coverage::Active => "somebody was at the desk",
        Coverage::Idle => "no key, click or scroll for the idle limit",
        Coverage::Locked => "the screen was locked",
        Coverage::Asleep => "the computer slept",
        Coverage::Paused => "recording was paused",
        Coverage::LowBattery => "recording was suspended to save the battery",
        Coverage::NotRecorded => "a sensor was lost, so nothing can be said",
        Coverage::Off => "uam did not run",
    }
}

pub(super) fn describe_limits(
    overview: &Overview,
    whole: &PeriodTotals,
    cover: &Cover,
) -> Vec<String> {
    let mut notes = vec![
        "Time is counted by the window that was active. What was typed is never recorded.".to_owned(),
        "Active and idle time say whether somebody was at the desk, not how well anybody worked.".to_owned(),
        "Categories and projects are given by rules when the report is made; the record holds none.".to_owned(),
    ];
    let named = |name: &str| {
        let row = whole.apps.iter().find(|r| r.name == name);
        row.map(|r| r.usage.total()).unwrap_or_default()
    };
    let mut held = |time: Duration, what: &str| {
        if !time.is_zero() {
            notes.push(format!("{} {what}", format_hms(time)));
        }
    };
    held(
        named(PROTECTED),
        "were spent in protected windows: the time is counted, what they were is not recorded.",
    );
    held(
        named(REDACTED),
        "were deleted from the record by its owner: the time stays, what it was is gone.",
    );
    held(
        whole.time_in(Coverage::Paused),
        "are not recorded because recording was paused.",
    );
    held(
        whole.time_in(Coverage::Off),
        "are not recorded because uam did not run.",
    );
    if !cover.merge.is_zero() {
        notes.push(format!(
            "A visit shorter than {} s between two visits to the same application is counted to that one.",
            cover.merge.as_secs()
        ));
    }
    if !overview.damaged.is_empty() {
        let records = format_count(overview.damaged.len() as u64, "record", "records");
        notes.push(format!(
            "{records} in or near this time cannot be read any more; that time shows as off."
        ));
    }
    notes
}

pub(super) fn add_captions(
    mut screenshots: Vec<ReportScreenshot>,
) -> Vec<(ReportScreenshot, String)> {
    screenshots.truncate(MOST_SCREENSHOTS);
    let caption = |screenshot: &ReportScreenshot| {
        let at = wall_clock(screenshot.at, &load_zone(&screenshot.zone));
        let at = at.map(|at| at.strftime("%-d %b %Y, %H:%M").to_string());
        let window = to_printable(&screenshot.window, CELL);
        format!(
            "#{} · {} · {window}",
            screenshot.seq,
            at.unwrap_or_default()
        )
    };
    screenshots
        .into_iter()
        .map(|screenshot| {
            let caption = caption(&screenshot);
            (screenshot, caption)
        })
        .collect()
}
