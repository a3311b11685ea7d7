//! The timelines of a printable report: one a day, all with the same hours.

use super::colours::{CategoryColours, Colour};
use crate::buckets::TEN_US;
use crate::calendar::{DayStart, load_zone, wall_clock};
use crate::format::{format_hms, format_percent, idle_share};
use crate::overview::{Overview, OverviewDay, bounds_of};
use jiff::tz::TimeZone;
use model::Coverage;

const HOUR_US: i64 = 3_600_000_000;

/// The fewest hours a timeline shows.
const FEWEST_HOURS: i64 = 8;

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
        let (begin, _) = bounds_of(day, starts);
        let (from, to) = at_desk(day)?;
        Some((from - begin, to - begin))
    });
    let hours = spans.fold(None, |all: Option<(i64, i64)>, (from, to)| {
        let (low, high) = all.unwrap_or((from, to));
        Some((low.min(from), high.max(to)))
    });
    let (from, to) = hours.unwrap_or((9 * HOUR_US, 17 * HOUR_US));
    let mut first = from.div_euclid(HOUR_US);
    let last = to.saturating_add(HOUR_US - 1).div_euclid(HOUR_US);
    let last = last.max(first + FEWEST_HOURS);
    if last > 24 && last - first <= FEWEST_HOURS {
        first = (24 - FEWEST_HOURS).max(0);
    }
    let shown = (first * HOUR_US, last * HOUR_US);
    days()
        .map(|day| print_day(day, colours, starts, shown))
        .collect()
}

fn print_day(
    day: &OverviewDay,
    colours: &CategoryColours,
    starts: DayStart,
    (from, to): (i64, i64),
) -> PrintedTimeline {
    let zone = load_zone(&day.zone);
    let (begin, _) = bounds_of(day, starts);
    let (from, to) = (begin.saturating_add(from), begin.saturating_add(to));
    let width = i128::from(to) - i128::from(from);
    let place = |us: i64| {
        let along = (i128::from(us.clamp(from, to)) - i128::from(from)) * 10_000 / width.max(1);
        u32::try_from(along).unwrap_or(0)
    };
    let strips = day.strips.iter().filter_map(|strip| {
        let colour = colours.of_state(strip.state, strip.category.as_deref())?;
        let (from, to) = (place(strip.from_us), place(strip.to_us));
        (from < to).then_some(PrintedStretch { from, to, colour })
    });
    let of_ten = |us: u64| {
        u32::try_from(us * 1000 / TEN_US.unsigned_abs())
            .unwrap_or(1000)
            .min(1000)
    };
    let bars = day.tens.iter().filter_map(|ten| {
        let bar = PrintedBar {
            from: place(ten.start_us),
            to: place(ten.start_us.saturating_add(TEN_US)),
            active: of_ten(ten.active_us),
            idle: of_ten(ten.idle_us),
        };
        (bar.from < bar.to && bar.active + bar.idle > 0).then_some(bar)
    });
    let all_hours = (to - from) / HOUR_US;
    let step = if all_hours > 14 { 2 } else { 1 };
    let hours = (0..=all_hours).step_by(step).map(|n| {
        let at = from + n * HOUR_US;
        (place(at), format_wall_clock(at, &zone, "%H"))
    });
    let totals = &day.totals;
    let (active, idle) = (
        totals.state_us(Coverage::Active),
        totals.state_us(Coverage::Idle),
    );
    let mut sum = format!(
        "{} active",
        format_hms(std::time::Duration::from_micros(active))
    );
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
fn at_desk(day: &OverviewDay) -> Option<(i64, i64)> {
    let mut there = day.strips.iter().filter(|s| s.state.is_recording());
    let first = there.next()?;
    let last = there.next_back().unwrap_or(first);
    Some((first.from_us, last.to_us))
}

/// The same by the wall clock, such as `08:58–17:40`.
pub(super) fn format_presence(day: &OverviewDay) -> Option<String> {
    let zone = load_zone(&day.zone);
    let (from, to) = at_desk(day)?;
    Some(format!(
        "{}–{}",
        format_wall_clock(from, &zone, "%H:%M"),
        format_wall_clock(to, &zone, "%H:%M")
    ))
}

fn format_wall_clock(at_us: i64, zone: &TimeZone, form: &str) -> String {
    wall_clock(at_us, zone).map_or_else(String::new, |at| at.strftime(form).to_string())
}
