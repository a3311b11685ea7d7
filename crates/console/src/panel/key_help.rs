//! The list of keys.

use super::content::Panel;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use report::format::clip_to_width;

const KEYS: [(&str, &str); 11] = [
    (
        "p",
        "pause for 15 min, 1 h, until tomorrow or until resumed; resume",
    ),
    ("s", "take a screenshot of the active window now"),
    ("x", "never name or capture this application again"),
    (
        "d",
        "delete the last 10 min: names, titles, counts and screenshots",
    ),
    ("o", "open the page in a browser"),
    (
        "‹ ›",
        "older and newer screenshots (arrow keys, or , and .)",
    ),
    ("Ctrl-L", "redraw the screen"),
    ("?", "this list"),
    ("q", ""),
    (
        "input",
        "minutes with keys or clicks in each ten minutes; max is a full bar",
    ),
    (
        "day",
        "█ active ▒ idle ─ locked, asleep = paused ! sensor lost, low battery",
    ),
];

/// Draws the list in place of everything between the headline and the last row.
pub(super) fn render_help(panel: &Panel<'_>, area: Rect, buf: &mut Buffer) {
    let leaving = match panel.attached {
        true => "leave this view; recording goes on (`uam stop` ends it)",
        false => "stop recording and quit (asked first; Ctrl-C at once)",
    };
    let width = usize::from(area.width).saturating_sub(11);
    for (y, (key, text)) in (area.y + 1..area.bottom() - 1).zip(KEYS) {
        let text = if key == "q" { leaving } else { text };
        let bold = Style::new().add_modifier(Modifier::BOLD);
        buf.set_string(area.x + 2, y, key, bold);
        buf.set_string(area.x + 10, y, clip_to_width(text, width), Style::new());
    }
}
