//! The panel: the present state and the day so far. A pure function of its [`Panel`] value.

mod content;
mod day_chart;
mod key_help;
mod rows;
mod top_lists;

pub(crate) use content::{Panel, PanelScreenshot, panel_height, screenshot_area, state_colour};

use content::{LABEL_WIDTH, PanelLayout};
use model::Coverage;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::Widget;
use ratatui_image::Image;
use report::format::{clip_to_width, display_width};
use report::load_zone;
use rows::text_rows;

/// Draws the panel; nothing where the area is too small to show anything.
pub(crate) fn render_panel(panel: &Panel<'_>, area: Rect, buf: &mut Buffer) {
    if area.width < 10 || area.height < 2 {
        return;
    }
    draw_headline(panel, area, buf);
    if panel.help {
        key_help::render_help(panel, area, buf);
        draw_key_row(panel, area, buf);
        return;
    }
    let layout = PanelLayout::for_height(area.height);
    let text_width = match draw_screenshot(panel, area, buf) {
        Some(width) => area.width - width - 3,
        None => area.width - 1,
    };
    let rows = text_rows(panel, layout.now);
    for (y, row) in (area.y + 1..area.y + 1 + layout.now).zip(&rows) {
        let label = format!(" {:<LABEL_WIDTH$}", row.label);
        buf.set_string(area.x, y, &label, panel.dim_style());
        let text = clip_to_width(
            &row.text,
            usize::from(text_width).saturating_sub(LABEL_WIDTH + 1),
        );
        buf.set_string(area.x + LABEL_WIDTH as u16 + 1, y, &text, row.style);
    }
    if let (Some(summary), Some(status)) = (panel.day_summary, panel.status) {
        let day = Rect {
            y: area.y + 1 + layout.now + layout.gap,
            height: layout.day,
            ..area
        };
        day_chart::render_chart(panel, summary, &load_zone(&status.zone), day, buf);
        let tops = Rect {
            y: day.bottom() + layout.gap,
            height: layout.tops,
            ..area
        };
        top_lists::render_lists(panel, summary, tops, buf);
    }
    draw_key_row(panel, area, buf);
}

/// Draws the screenshot and its caption to the right of the text; the columns they take, none where nothing was drawn.
fn draw_screenshot(panel: &Panel<'_>, area: Rect, buf: &mut Buffer) -> Option<u16> {
    let screenshot = panel.screenshot.as_ref()?;
    let available = screenshot_area(area)?;
    let size = screenshot.encoded.size();
    if size.width > available.width || size.height > available.height {
        return None;
    }
    let left = area.right() - size.width - 1;
    let at = Rect::new(left, area.y + 1, size.width, size.height);
    Image::new(screenshot.encoded).render(at, buf);
    let caption = clip_to_width(&screenshot.caption, available.width.into());
    let left = area.right() - 1 - display_width(&caption) as u16;
    buf.set_string(left, at.bottom(), &caption, panel.dim_style());
    Some(size.width.max(display_width(&caption) as u16))
}

/// Draws the first row: `── uam 0.1.0 ───────────── ● recording · active for 12 min ──`
fn draw_headline(panel: &Panel<'_>, area: Rect, buf: &mut Buffer) {
    let width = usize::from(area.width);
    buf.set_string(area.x, area.y, "─".repeat(width), panel.dim_style());
    let (headline, style) = match panel.status {
        Some(s) => {
            let symbol = if s.is_recording(panel.now) {
                "●"
            } else {
                "○"
            };
            let colour = if s.is_fresh(panel.now) {
                state_colour(s.state)
            } else {
                Color::Red
            };
            (
                format!(" {symbol} {} ", s.headline(panel.now)),
                panel.coloured_style(colour).add_modifier(Modifier::BOLD),
            )
        }
        None => (" ○ starting ".to_owned(), Style::new()),
    };
    let headline = clip_to_width(&headline, width.saturating_sub(4));
    let left = area.right() - 2 - display_width(&headline) as u16;
    buf.set_string(left, area.y, &headline, style);
    let name = match panel.status {
        Some(s) => format!(" uam {} ", s.version),
        None => " uam ".to_owned(),
    };
    let name = clip_to_width(&name, 20);
    if usize::from(left - area.x) > display_width(&name) + 4 {
        buf.set_string(area.x + 2, area.y, &name, Style::new());
    }
}

/// Draws the last row: a question, a message, or the keys.
fn draw_key_row(panel: &Panel<'_>, area: Rect, buf: &mut Buffer) {
    let y = area.bottom() - 1;
    let bold = Style::new().add_modifier(Modifier::BOLD);
    if let Some(text) = panel.question.or(panel.message) {
        let text = clip_to_width(text, usize::from(area.width) - 2);
        // Reversed, so that it stands out on a light screen as on a dark one.
        let style = match panel.question {
            Some(_) if panel.colour => bold.add_modifier(Modifier::REVERSED),
            _ => bold,
        };
        buf.set_string(area.x + 1, y, &text, style);
        return;
    }
    let pause = match panel.status {
        Some(s) if s.state == Coverage::Paused => "resume",
        _ => "pause",
    };
    let quit = if panel.attached { "leave" } else { "quit" };
    let keys = [
        ("p", pause),
        ("s", "screenshot"),
        ("x", "exclude"),
        ("d", "delete"),
        ("o", "page"),
        ("‹›", "view"),
        ("?", "help"),
        ("q", quit),
    ];
    let width = |keys: &[(&str, &str)]| -> usize {
        keys.iter()
            .map(|(k, w)| display_width(k) + w.len() + 3)
            .sum()
    };
    let mut shown: Vec<(&str, &str)> = keys.to_vec();
    // The list of keys names those that are left out here.
    for spare in ["‹›", "o", "d", "x", "s", "p", "?"] {
        if width(&shown) <= usize::from(area.width) {
            break;
        }
        shown.retain(|(key, _)| *key != spare);
    }
    let mut x = area.x + 1;
    for (key, action) in shown {
        buf.set_string(x, y, key, bold);
        let after = x + display_width(key) as u16 + 1;
        buf.set_stringn(
            after,
            y,
            action,
            usize::from(area.right().saturating_sub(after)),
            panel.dim_style(),
        );
        x = after + action.len() as u16 + 2;
    }
}

#[cfg(test)]
mod tests;
