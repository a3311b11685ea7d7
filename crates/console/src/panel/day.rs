//! The day so far: a strip of what was so, and a curve of how much was typed and clicked, over the hours of the day.

use super::{LABEL, View, state_colour};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::Coverage;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use report::DaySummary;
use report::activity::TEN_US;
use report::glance::SummaryBucket;
use report::text::clip;

/// Ten minutes of an hour.
const OF_AN_HOUR: usize = 6;

/// Hours shown at least, so that a day that has just begun does not grow under the eyes.
const HOURS: usize = 10;

/// Seconds of ten minutes.
const TEN_S: u64 = 600;

/// Parts of a row, from an eighth to all of it.
const PARTS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The sign of a state, which tells it without colours too.
pub(super) fn sign(state: Coverage) -> &'static str {
    match state {
        Coverage::Active => "█",
        Coverage::Idle => "▒",
        Coverage::Locked | Coverage::Asleep => "─",
        Coverage::Paused => "=",
        Coverage::LowBattery | Coverage::Blind => "!",
        Coverage::Off => " ",
    }
}

/// Draws it: the curve, below it a row for the hours, and one for the strip. Nothing with fewer than three rows.
pub(super) fn render(
    view: &View<'_>,
    glance: &DaySummary,
    zone: &TimeZone,
    area: Rect,
    buf: &mut Buffer,
) {
    let left = LABEL + 1;
    let room = usize::from(area.width).saturating_sub(left + 1);
    if area.height < 3 || room < 24 {
        return;
    }
    let shown = Shown::of(glance, view.now_us, room);
    let (bars, each) = (&shown.bars, shown.each);
    let x = |bar: usize| area.x + (left + bar * shown.wide) as u16;
    let label = |text: &str| format!(" {:<LABEL$}", clip(text, LABEL));

    let strip = area.bottom() - 1;
    buf.set_string(area.x, strip, label("the day"), view.dim());
    for (n, bar) in bars.iter().enumerate() {
        if let Some(state) = bar.mostly() {
            let style = view.coloured(state_colour(state));
            buf.set_string(x(n), strip, sign(state).repeat(shown.wide), style);
        }
    }

    let rows = area.height - 2;
    // Counted by each ten minutes, however many of them a column stands for.
    let per_ten = |bar: &SummaryBucket| bar.input_s.div_ceil(each as u64).min(TEN_S);
    let most = bars.iter().map(per_ten).max().unwrap_or(0).max(60);
    buf.set_string(area.x, area.y, label("input"), view.dim());
    if rows > 1 {
        // What a bar of full height means.
        let scale = format!("max {}:{:02}", most / 60, most % 60);
        buf.set_string(area.x, area.y + 1, label(&scale), view.dim());
    }
    for (n, bar) in bars.iter().enumerate() {
        let eighths = per_ten(bar) * u64::from(rows) * 8;
        // Whoever did anything at all is seen.
        let mut left = eighths.div_ceil(most);
        for row in 0..rows {
            let part = left.min(8);
            if part > 0 {
                let sign = PARTS[part as usize - 1].repeat(shown.wide);
                let y = area.bottom() - 3 - row;
                buf.set_string(x(n), y, sign, view.coloured(Color::Cyan));
            }
            left -= part;
        }
    }
    hours(view, &shown, zone, area, buf);
}

/// The part of the day that is shown: from the hour in which something began to the present, or longer.
struct Shown {
    /// Its start, microseconds since the Unix epoch (UTC).
    from_us: i64,
    /// Ten minutes in a bar.
    each: usize,
    /// Columns of a bar.
    wide: usize,
    /// Its bars.
    bars: Vec<SummaryBucket>,
}

impl Shown {
    fn of(glance: &DaySummary, now_us: i64, room: usize) -> Self {
        let known =
            |slot: &SummaryBucket| slot.mostly().is_some_and(|state| state != Coverage::Off);
        let first = glance.slots.iter().position(known).unwrap_or(0);
        let first = first - first % OF_AN_HOUR;
        let now = usize::try_from(now_us.saturating_sub(glance.from_us) / TEN_US).unwrap_or(0);
        let last = glance.slots.len().max(now + 1);
        let hours = last.saturating_sub(first).div_ceil(OF_AN_HOUR);
        // A clock that is days ahead of the day shown widens nothing.
        let slots = hours.clamp(HOURS, 50) * OF_AN_HOUR;
        let each = slots.div_ceil(room);
        let mut bars = vec![SummaryBucket::default(); slots.div_ceil(each)];
        for (n, slot) in glance.slots.iter().skip(first).enumerate() {
            if let Some(bar) = bars.get_mut(n / each) {
                bar.join(slot);
            }
        }
        let first = i64::try_from(first).unwrap_or(0);
        Self {
            from_us: glance.from_us.saturating_add(first.saturating_mul(TEN_US)),
            each,
            wide: (room / bars.len()).max(1),
            bars,
        }
    }

    /// The column in which an instant begins; none when it is not shown.
    fn column(&self, at_us: i64) -> Option<usize> {
        let after_us = at_us.checked_sub(self.from_us)?;
        let each_us = TEN_US.saturating_mul(i64::try_from(self.each).ok()?);
        let bar = usize::try_from(after_us.div_euclid(each_us)).ok()?;
        let part = usize::try_from(after_us.rem_euclid(each_us)).ok()? * self.wide;
        let column = bar * self.wide + part / usize::try_from(each_us).ok()?;
        (bar < self.bars.len()).then_some(column)
    }
}

/// The hours, as many as there is room for, and the present.
fn hours(view: &View<'_>, shown: &Shown, zone: &TimeZone, area: Rect, buf: &mut Buffer) {
    let y = area.bottom() - 2;
    let x = |column: usize| area.x + (LABEL + 1 + column) as u16;
    let now = shown.column(view.now_us);
    // A label and its neighbour need six columns.
    let every = (6 * shown.each).div_ceil(OF_AN_HOUR * shown.wide);
    let hours = shown.bars.len() * shown.each / OF_AN_HOUR;
    for n in (0..hours).step_by(every) {
        let after = i64::try_from(n * OF_AN_HOUR).unwrap_or(0);
        let at_us = shown.from_us.saturating_add(after.saturating_mul(TEN_US));
        let (Some(column), Ok(at)) = (shown.column(at_us), Timestamp::from_microsecond(at_us))
        else {
            continue;
        };
        // By the clock on the wall, which a summer's beginning and end move.
        let label = at.to_zoned(zone.clone()).strftime("%H").to_string();
        let free = now.is_none_or(|now| !(column..column + 3).contains(&(now + 1)));
        if free && x(column) + 2 < area.right() {
            buf.set_string(x(column), y, &label, view.dim());
        }
    }
    if let Some(now) = now {
        buf.set_string(x(now), y, "▲", view.coloured(Color::Red));
    }
}
