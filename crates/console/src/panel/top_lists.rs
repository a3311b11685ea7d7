//! The lists of the longest used applications (left) and windows (right) of today.

use super::content::Panel;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use report::DaySummary;
use report::day_summary::NamedTime;
use report::format::{clip_to_width, display_width, format_hms, pad_right};

/// Narrowest list with a bar beside the names, in columns.
const MIN_WIDTH_FOR_BAR: u16 = 38;

/// Columns of a duration such as `12:34:56`.
const TIME_WIDTH: u16 = 8;

/// Draws both lists; one of them alone in a narrow terminal, and nothing with fewer than two rows.
pub(super) fn render_lists(panel: &Panel<'_>, summary: &DaySummary, area: Rect, buf: &mut Buffer) {
    if area.height < 2 || area.width < 30 {
        return;
    }
    let max_rows = usize::from(area.height - 1);
    let apps = summary.top_apps(max_rows);
    let windows = summary.top_windows(max_rows);
    if area.width < 60 {
        draw_list(panel, "apps today", &apps, |n| n.app.clone(), area, buf);
        return;
    }
    let half = (area.width * 2 / 5).min(60);
    let apps_area = Rect {
        width: half,
        ..area
    };
    let windows_area = Rect {
        x: area.x + half,
        width: area.width - half,
        ..area
    };
    draw_list(
        panel,
        "apps today",
        &apps,
        |n| n.app.clone(),
        apps_area,
        buf,
    );
    let title = |n: &NamedTime| format!("{} — {}", n.title, n.app);
    draw_list(panel, "windows today", &windows, title, windows_area, buf);
}

fn draw_list(
    panel: &Panel<'_>,
    heading: &str,
    names: &[&NamedTime],
    name: impl Fn(&NamedTime) -> String,
    area: Rect,
    buf: &mut Buffer,
) {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    buf.set_string(area.x + 1, area.y, heading, panel.dim_style());
    if names.is_empty() {
        buf.set_string(area.x + 1, area.y + 1, "nothing yet", panel.dim_style());
        return;
    }
    let columns_left = area.width.saturating_sub(3 + TIME_WIDTH);
    let bar = if area.width >= MIN_WIDTH_FOR_BAR {
        columns_left / 3
    } else {
        0
    };
    let wide = usize::from(columns_left - bar) - usize::from(bar > 0);
    let longest = names.first().map_or(1, |n| n.duration.as_micros()).max(1);
    for (y, named) in (area.y + 1..area.bottom()).zip(names) {
        let text = clip_to_width(&name(named), wide);
        buf.set_string(area.x + 1, y, pad_right(&text, wide), Style::new());
        let x = area.x + 1 + wide as u16 + 1;
        let time = format_hms(named.duration);
        let pad = usize::from(TIME_WIDTH).saturating_sub(display_width(&time)) as u16;
        buf.set_string(x + pad, y, &time, bold);
        let cells = (u128::from(bar) * named.duration.as_micros()).div_ceil(longest) as usize;
        if bar > 0 {
            let x = x + TIME_WIDTH + 1;
            buf.set_string(
                x,
                y,
                "▪".repeat(cells.min(bar.into())),
                panel.coloured_style(Color::Cyan),
            );
        }
    }
}
