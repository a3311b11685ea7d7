//! The results of waiting for input: keys, the end of the terminal, and its size.

use ratatui_image::FontSize;

/// A key, as far as the view tells keys apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyInput {
    /// A printable character, in lower case.
    Char(char),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-L: redraw everything.
    Redraw,
    /// The left arrow.
    Left,
    /// The right arrow.
    Right,
    /// Backspace.
    Erase,
    /// Any other key.
    Other,
}

/// The events during a wait; empty after a wake-up, a change of size or the time limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InputEvents {
    /// The pressed keys, in order.
    pub(crate) keys: Vec<KeyInput>,
    /// The terminal is gone for good.
    pub(crate) closed: bool,
}

/// The terminal's size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TerminalSize {
    /// Columns and rows.
    pub(crate) cells: ratatui::layout::Size,
    /// Size of one cell in pixels, when the terminal says so.
    pub(crate) font: Option<FontSize>,
}
