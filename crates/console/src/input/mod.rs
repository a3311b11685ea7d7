//! Waiting for whatever comes first: a key, a wake-up, another size, the terminal's end, or a moment.

#[cfg(unix)]
mod key_decoder;
#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

pub(crate) use system::{Input, Wake, takes_escapes};

use ratatui_image::FontSize;

/// A key that means something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// A printable character, in lower case.
    Char(char),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-L: draw everything anew.
    Redraw,
    /// The arrow to the left.
    Left,
    /// The arrow to the right.
    Right,
    /// Backspace.
    Erase,
    /// Anything else.
    Other,
}

/// What woke the view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Woken {
    /// Keys pressed, in order.
    pub(crate) keys: Vec<Key>,
    /// The terminal is gone for good.
    pub(crate) closed: bool,
}

/// The terminal's size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Columns and rows.
    pub(crate) cells: ratatui::layout::Size,
    /// Size of one cell in pixels, when the terminal says so.
    pub(crate) font: Option<FontSize>,
}
