//! The contents of the panel, the division of its rows, and its colours.

use model::{Coverage, Timestamp};
use ratatui::layout::{Rect, Size};
use ratatui::style::{Color, Modifier, Style};
use ratatui_image::protocol::Protocol as EncodedImage;
use report::{AgentStatus, DaySummary};

/// Columns of a label such as `last saved`, and one blank.
pub(super) const LABEL_WIDTH: usize = 12;

/// Narrowest panel in which a screenshot stands beside the text, in columns.
const MIN_SCREENSHOT_WIDTH: u16 = 72;

/// Rows of the largest panel.
const MAX_PANEL_HEIGHT: u16 = 44;

/// The screenshot beside the text.
pub(crate) struct PanelScreenshot<'a> {
    pub(crate) encoded: &'a EncodedImage,
    /// The text below it.
    pub(crate) caption: String,
}

/// Everything the panel shows.
pub(crate) struct Panel<'a> {
    /// None until the first one comes.
    pub(crate) status: Option<&'a AgentStatus>,
    /// The day so far; none until it is known.
    pub(crate) day_summary: Option<&'a DaySummary>,
    /// The present.
    pub(crate) now: Timestamp,
    /// A question, shown in place of the keys.
    pub(crate) question: Option<&'a str>,
    /// A message, shown in place of the keys while there is no question.
    pub(crate) message: Option<&'a str>,
    /// The list of keys is shown in place of everything else.
    pub(crate) help: bool,
    /// The view can be left without ending the recording.
    pub(crate) attached: bool,
    /// The last screenshot, or the one the user chose.
    pub(crate) screenshot: Option<PanelScreenshot<'a>>,
    /// False where colours are not wanted; then words and shapes alone carry the meaning.
    pub(crate) colour: bool,
}

impl Panel<'_> {
    /// The style of a text in this colour, or the plain one where colours are not wanted.
    pub(super) fn coloured_style(&self, colour: Color) -> Style {
        if self.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    /// The style of labels and other unimportant text.
    pub(super) fn dim_style(&self) -> Style {
        if self.colour {
            Style::new().add_modifier(Modifier::DIM)
        } else {
            Style::new()
        }
    }
}

/// The rows of each part between the headline above and the keys below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PanelLayout {
    /// The present state, and the screenshot.
    pub(super) now: u16,
    /// The day's chart; 0 where there is no room.
    pub(super) day: u16,
    /// The lists of the longest used applications and windows; 0 where there is no room.
    pub(super) tops: u16,
    /// Empty rows between the parts.
    pub(super) gap: u16,
}

impl PanelLayout {
    /// The layout of a panel of `height` rows.
    pub(super) fn for_height(height: u16) -> Self {
        let rows = height.saturating_sub(2);
        if rows < 13 {
            return Self {
                now: rows,
                day: 0,
                tops: 0,
                gap: 0,
            };
        }
        let gap = u16::from(rows >= 24);
        let day = if rows >= 28 { 8 } else { 4 };
        let tops = (rows / 3).clamp(4, 12);
        Self {
            now: rows - day - tops - 2 * gap,
            day,
            tops,
            gap,
        }
    }
}

/// Rows of the panel in a terminal of `rows` rows. The log keeps a quarter of them, two at least; where that leaves
/// fewer than four, there is no panel.
pub(crate) fn panel_height(rows: u16) -> u16 {
    let wanted = match rows {
        0..=19 => 8,
        _ => (rows - (rows / 4).max(6)).min(MAX_PANEL_HEIGHT),
    };
    let available = rows.saturating_sub(2);
    if available < 4 {
        0
    } else {
        wanted.min(available)
    }
}

/// The area for the screenshot in a panel of that size, in columns and rows; none where it is too small.
pub(crate) fn screenshot_area(panel: Rect) -> Option<Size> {
    let layout = PanelLayout::for_height(panel.height);
    // The headline is above and the caption below. The last row stays free, since sixels there make the screen scroll.
    let rows = match layout.day {
        0 => layout.now,
        _ => layout.now.saturating_sub(1),
    };
    let columns = (panel.width / 3).min(60);
    (panel.width >= MIN_SCREENSHOT_WIDTH && rows >= 4).then(|| Size::new(columns, rows))
}

/// The colour of a state.
pub(crate) fn state_colour(state: Coverage) -> Color {
    match state {
        Coverage::Active => Color::Green,
        Coverage::Idle => Color::Yellow,
        Coverage::Locked | Coverage::Asleep => Color::Blue,
        Coverage::Paused => Color::Magenta,
        Coverage::LowBattery | Coverage::NotRecorded => Color::Red,
        Coverage::Off => Color::DarkGray,
    }
}
