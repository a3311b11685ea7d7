//! What was in front longest today: applications to the left, windows to the right.

use super::View;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use report::DaySummary;
use report::glance::NamedTime;
use report::text::{clip, columns, hms, left};

/// Narrowest list with a bar beside the names.
const WITH_BAR: u16 = 38;

/// Columns of a duration such as `12:34:56`.
const TIME: u16 = 8;

/// Draws both lists; one of them alone in a narrow terminal, and nothing with fewer than two rows.
pub(super) fn render(view: &View<'_>, glance: &DaySummary, area: Rect, buf: &mut Buffer) {
    if area.height < 2 || area.width < 30 {
        return;
    }
    let most = usize::from(area.height - 1);
    let apps = glance.top_apps(most);
    let windows = glance.top_windows(most);
    if area.width < 60 {
        list(view, "apps today", &apps, |n| n.app.clone(), area, buf);
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
    list(view, "apps today", &apps, |n| n.app.clone(), apps_area, buf);
    let title = |n: &NamedTime| format!("{} — {}", n.title, n.app);
    list(view, "windows today", &windows, title, windows_area, buf);
}

fn list(
    view: &View<'_>,
    heading: &str,
    names: &[&NamedTime],
    name: impl Fn(&NamedTime) -> String,
    area: Rect,
    buf: &mut Buffer,
) {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    buf.set_string(area.x + 1, area.y, heading, view.dim());
    if names.is_empty() {
        buf.set_string(area.x + 1, area.y + 1, "nothing yet", view.dim());
        return;
    }
    let room = area.width.saturating_sub(3 + TIME);
    let bar = if area.width >= WITH_BAR { room / 3 } else { 0 };
    let wide = usize::from(room - bar) - usize::from(bar > 0);
    let longest = names.first().map_or(1, |n| n.us).max(1);
    for (y, named) in (area.y + 1..area.bottom()).zip(names) {
        let text = clip(&name(named), wide);
        buf.set_string(area.x + 1, y, left(&text, wide), Style::new());
        let x = area.x + 1 + wide as u16 + 1;
        let time = hms(named.us);
        let pad = usize::from(TIME).saturating_sub(columns(&time)) as u16;
        buf.set_string(x + pad, y, &time, bold);
        let cells = (u64::from(bar) * named.us).div_ceil(longest) as usize;
        if bar > 0 {
            let x = x + TIME + 1;
            buf.set_string(
                x,
                y,
                "▪".repeat(cells.min(bar.into())),
                view.coloured(Color::Cyan),
            );
        }
    }
}
