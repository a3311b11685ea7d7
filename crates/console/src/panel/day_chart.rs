//! The chart of the day so far, over its hours: how much was typed and clicked, and below it the state of each time.

use super::content::{LABEL_WIDTH, Panel, state_colour};
use jiff::tz::TimeZone;
use model::{Coverage, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use report::DaySummary;
use report::TEN_MINUTES;
use report::calendar::wall_clock;
use report::day_summary::SummaryBucket;
use report::format::clip_to_width;
use std::time::Duration;

/// Ten-minute slots in an hour.
const SLOTS_PER_HOUR: usize = 6;

/// The chart shows at least this many hours, so that a day that has just begun does not keep changing its scale.
const MIN_HOURS: usize = 10;

/// Seconds in a ten-minute slot.
const SLOT_SECONDS: u64 = 600;

/// Parts of a row, from an eighth to all of it.
const EIGHTHS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The symbol of a state: states stay distinct without colours, too.
fn state_symbol(state: Coverage) -> &'static str {
    match state {
        Coverage::Active => "█",
        Coverage::Idle => "▒",
        Coverage::Locked | Coverage::Asleep => "─",
        Coverage::Paused => "=",
        Coverage::LowBattery | Coverage::NotRecorded => "!",
        Coverage::Off => " ",
    }
}

/// Draws the bars, below them a row with the hours, and one with the states. Nothing with fewer than three rows.
pub(super) fn render_chart(
    panel: &Panel<'_>,
    summary: &DaySummary,
    zone: &TimeZone,
    area: Rect,
    buf: &mut Buffer,
) {
    let left = LABEL_WIDTH + 1;
    let chart_columns = usize::from(area.width).saturating_sub(left + 1);
    if area.height < 3 || chart_columns < 24 {
        return;
    }
    let window = ChartWindow::fit_window(summary, panel.now, chart_columns);
    let (bars, slots) = (&window.bars, window.slots_per_bar);
    let x = |bar: usize| area.x + (left + bar * window.bar_width) as u16;
    let label = |text: &str| format!(" {:<LABEL_WIDTH$}", clip_to_width(text, LABEL_WIDTH));

    let states = area.bottom() - 1;
    buf.set_string(area.x, states, label("the day"), panel.dim_style());
    for (n, bar) in bars.iter().enumerate() {
        if let Some(state) = bar.longest_state() {
            let style = panel.coloured_style(state_colour(state));
            let symbols = state_symbol(state).repeat(window.bar_width);
            buf.set_string(x(n), states, symbols, style);
        }
    }

    let rows = area.height - 2;
    // Seconds with input per ten minutes, whatever the number of slots in a bar.
    let per_slot = |bar: &SummaryBucket| bar.input_s.div_ceil(slots as u64).min(SLOT_SECONDS);
    let max = bars.iter().map(per_slot).max().unwrap_or(0).max(60);
    buf.set_string(area.x, area.y, label("input"), panel.dim_style());
    if rows > 1 {
        // The meaning of a bar of full height.
        let scale = format!("max {}:{:02}", max / 60, max % 60);
        buf.set_string(area.x, area.y + 1, label(&scale), panel.dim_style());
    }
    for (n, bar) in bars.iter().enumerate() {
        let eighths = per_slot(bar) * u64::from(rows) * 8;
        // Rounded up, so that the least input is seen.
        let mut left = eighths.div_ceil(max);
        for row in 0..rows {
            let part = left.min(8);
            if part > 0 {
                let symbols = EIGHTHS[part as usize - 1].repeat(window.bar_width);
                let y = area.bottom() - 3 - row;
                buf.set_string(x(n), y, symbols, panel.coloured_style(Color::Cyan));
            }
            left -= part;
        }
    }
    draw_hours(panel, &window, zone, area, buf);
}

/// The length of so many ten minutes.
fn slots_length(slots: usize) -> Duration {
    u32::try_from(slots).unwrap_or(0) * TEN_MINUTES
}

/// The part of the day that is shown: from the hour of the first record to the present, or longer.
struct ChartWindow {
    /// Its start.
    from: Timestamp,
    slots_per_bar: usize,
    /// Columns of a bar.
    bar_width: usize,
    bars: Vec<SummaryBucket>,
}

impl ChartWindow {
    fn fit_window(summary: &DaySummary, now: Timestamp, columns: usize) -> Self {
        let known = |slot: &SummaryBucket| {
            slot.longest_state()
                .is_some_and(|state| state != Coverage::Off)
        };
        let first = summary.slots.iter().position(known).unwrap_or(0);
        let first = first - first % SLOTS_PER_HOUR;
        let passed = now.duration_since(summary.from).as_micros() / TEN_MINUTES.as_micros();
        let now = usize::try_from(passed).unwrap_or(0);
        let last = summary.slots.len().max(now + 1);
        let hours = last.saturating_sub(first).div_ceil(SLOTS_PER_HOUR);
        // Bounded, so that a clock that is days ahead of the day shown does not widen the window.
        let slots = hours.clamp(MIN_HOURS, 50) * SLOTS_PER_HOUR;
        let slots_per_bar = slots.div_ceil(columns);
        let mut bars = vec![SummaryBucket::default(); slots.div_ceil(slots_per_bar)];
        for (n, slot) in summary.slots.iter().skip(first).enumerate() {
            if let Some(bar) = bars.get_mut(n / slots_per_bar) {
                bar.merge(slot);
            }
        }
        Self {
            from: summary.from + slots_length(first),
            slots_per_bar,
            bar_width: (columns / bars.len()).max(1),
            bars,
        }
    }

    /// The column in which an instant begins; none when it is not shown.
    fn column_at(&self, at: Timestamp) -> Option<usize> {
        let after = at.duration_since(self.from).as_micros();
        let column = after * self.bar_width as u128 / slots_length(self.slots_per_bar).as_micros();
        let columns = self.bars.len() * self.bar_width;
        let column = usize::try_from(column).ok()?;
        (at >= self.from && column < columns).then_some(column)
    }
}

/// Draws the hours, as many as fit, and a mark at the present.
fn draw_hours(
    panel: &Panel<'_>,
    window: &ChartWindow,
    zone: &TimeZone,
    area: Rect,
    buf: &mut Buffer,
) {
    let y = area.bottom() - 2;
    let x = |column: usize| area.x + (LABEL_WIDTH + 1 + column) as u16;
    let now = window.column_at(panel.now);
    // A label and the gap to the next need six columns.
    let step = (6 * window.slots_per_bar).div_ceil(SLOTS_PER_HOUR * window.bar_width);
    let hours = window.bars.len() * window.slots_per_bar / SLOTS_PER_HOUR;
    for n in (0..hours).step_by(step) {
        let at = window.from + slots_length(n * SLOTS_PER_HOUR);
        let (Some(column), Some(time)) = (window.column_at(at), wall_clock(at, zone)) else {
            continue;
        };
        // Local time, which jumps where daylight saving time begins and ends.
        let label = time.strftime("%H").to_string();
        let free = now.is_none_or(|now| !(column..column + 3).contains(&(now + 1)));
        if free && x(column) + 2 < area.right() {
            buf.set_string(x(column), y, &label, panel.dim_style());
        }
    }
    if let Some(now) = now {
        buf.set_string(x(now), y, "▲", panel.coloured_style(Color::Red));
    }
}
