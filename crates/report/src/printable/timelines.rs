//! The timelines of a printable report: one a day, all with the same hours.

use super::colours::{CategoryColours, Colour};
use crate::buckets::TEN_MINUTES;
use crate::calendar::{DayStart, load_zone, wall_clock};
use crate::format::{format_hms, format_percent, idle_share, tenths_of_percent};
use crate::overview::{Overview, OverviewDay, bounds_of};
use jiff::tz::TimeZone;
use model::{Coverage, Timestamp};
use std::ops::Range;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// The fewest hours a timeline shows.
const FEWEST_HOURS: u32 = 8;

/// A day's time line. Places along it are in tenths of a percent of its width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedTimeline {
    /// Which day.
    pub name: String,
    /// Its total, as text.
    pub sum: String,
    /// Its stretches, in order.
    pub strips: Vec<PrintedStretch>,
    /// Activity by ten minutes.
    pub bars: Vec<PrintedBar>,
    /// Hours by the wall clock, and where they are.
    pub hours: Vec<(u32, String)>,
}

/// A stretch of a timeline, from and to in hundredths of a percent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedStretch {
    /// Where it begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// Its colour.
    pub colour: Colour,
}

/// Ten minutes of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintedBar {
    /// Where they begin, in hundredths of a percent.
    pub from: u32,
    /// Where they end.
    pub to: u32,
    /// Active time in tenths of a percent of ten minutes.
    pub active: u32,
    /// Idle time likewise.
    pub idle: u32,
}

/// The timelines of the days of which something is known.
pub(super) fn build_timelines(
    overview: &Overview,
    colours: &CategoryColours,
    starts: DayStart,
) -> Vec<PrintedTimeline> {
    let days = || overview.days.iter().filter(|day| day.totals.is_known());
    // The hours in which anybody was at a desk, the same for all days.
    let spans = days().filter_map(|day| {
        let begin = bounds_of(day, starts).start;
        let desk = at_desk(day)?;
        Some([desk.start, desk.end].map(|at| at.duration_since(begin)))
    });
    let spans: Vec<[Duration; 2]> = spans.collect();
    let from = spans.iter().map(|span| span[0]).min();
    let to = spans.iter().map(|span| span[1]).max();
    let hours = |length: Duration| u32::try_from(length.as_secs() / HOUR.as_secs()).unwrap_or(0);
    let mut first = hours(from.unwrap_or(9 * HOUR));
    let last = hours(to.unwrap_or(17 * HOUR) + HOUR - Duration::from_micros(1));
    let last = last.max(first + FEWEST_HOURS);
    if last > 24 && last - first <= FEWEST_HOURS {
        first = 24 - FEWEST_HOURS;
    }
    let shown = first * HOUR..last * HOUR;
    days()
        .map(|day| print_day(day, colours, starts, &shown))
        .collect()
}

fn print_day(
    day: &OverviewDay,
    colours: &CategoryColours,
    starts: DayStart,
    shown: &Range<Duration>,
) -> PrintedTimeline {
    let zone = load_zone(&day.zone);
    let begin = bounds_of(day, starts).start;
    let (from, to) = (begin + shown.start, begin + shown.end);
    let width = to.duration_since(from);
    let place = |at: Timestamp| {
        let along = at.clamp(from, to).duration_since(from).as_micros() * 10_000;
        u32::try_from(along / width.as_micros().max(1)).unwrap_or(0)
    };
    let strips = day.strips.iter().filter_map(|strip| {
        let colour = colours.of_state(strip.state, strip.category.as_deref())?;
        let (from, to) = (place(strip.from), place(strip.to));
        (from < to).then_some(PrintedStretch { from, to, colour })
    });
    let of_ten = |time| {
        let share = tenths_of_percent(time, TEN_MINUTES);
        u32::try_from(share.min(1000)).unwrap_or(1000)
    };
    let bars = day.tens.iter().filter_map(|ten| {
        let bar = PrintedBar {
            from: place(ten.start),
            to: place(ten.start + TEN_MINUTES),
            active: of_ten(ten.active),
            idle: of_ten(ten.idle),
        };
        (bar.from < bar.to && bar.active + bar.idle > 0).then_some(bar)
    });
    let all_hours = u32::try_from(width.as_secs() / HOUR.as_secs()).unwrap_or(0);
    let step = if all_hours > 14 { 2 } else { 1 };
    let hours = (0..=all_hours).step_by(step).map(|n| {
        let at = from + n * HOUR;
        (place(at), format_wall_clock(at, &zone, "%H"))
    });
    let totals = &day.totals;
    let (active, idle) = (
        totals.time_in(Coverage::Active),
        totals.time_in(Coverage::Idle),
    );
    let mut sum = format!("{} active", format_hms(active));
    if let Some(share) = idle_share(active, idle) {
        sum.push_str(&format!(" · {} idle", format_percent(share)));
    }
    if let Some(when) = format_presence(day) {
        sum = format!("{when} · {sum}");
    }
    PrintedTimeline {
        name: totals.day.strftime("%A, %-d %B").to_string(),
        sum,
        strips: strips.collect(),
        bars: bars.collect(),
        hours: hours.collect(),
    }
}

/// From when until when somebody was at the desk at all.
fn at_desk(day: &OverviewDay) -> Option<Range<Timestamp>> {
    let mut there = day.strips.iter().filter(|s| s.state.is_recording());
    let first = there.next()?;
    let last = there.next_back().unwrap_or(first);
    Some(first.from..last.to)
}

/// The same by the wall clock, such as `08:58–17:40`.
pub(super) fn format_presence(day: &OverviewDay) -> Option<String> {
    let zone = load_zone(&day.zone);
    let desk = at_desk(day)?;
    Some(format!(
        "{}–{}",
        format_wall_clock(desk.start, &zone, "%H:%M"),
        format_wall_clock(desk.end, &zone, "%H:%M")
    ))
}

fn format_wall_clock(at: Timestamp, zone: &TimeZone, form: &str) -> String {
    wall_clock(at, zone).map_or_else(String::new, |at| at.strftime(form).to_string())
}
