//! The live terminal view and the plain one. Both show values of `report`; neither reads the journal.
//!
//! * [`LiveView`]: log lines scroll above a panel with the present state and the last screenshot.
//! * [`PlainView`]: the same lines to a pipe or file, without escape sequences.
//! * [`inline_image`]: one image printed in a terminal, for `uam shots --show`.
//! * [`Prompt`]: questions that a person or a script answers.
//!
//! # Always true
//! * A stranger's text reaches the terminal only through [`model::to_printable`].
//! * The terminal is given back as it was found: at the end, on a panic, on drop.
//! * A terminal that is gone ends the view and nothing else.

mod dialog;
mod error;
mod event;
mod graphics;
pub mod inline_image;
mod input;
mod live;
mod panel;
mod plain;
mod prompt;
mod question;
mod split_screen;
mod updates;

pub use error::ConsoleError;
pub use event::ConsoleEvent;
pub use graphics::{GraphicsProtocol, TerminalGraphics};
pub use live::{LiveOptions, LiveView, ViewEnd, restore_terminal, wants_colour};
pub use plain::PlainView;
pub use prompt::{Prompt, PromptError};
pub use updates::{ShownScreenshot, ViewUpdates};

/// True when the live view can run: standard output is a terminal, and keys can be read from it.
#[must_use]
pub fn supports_live_view() -> bool {
    input::TerminalInput::is_terminal()
}

/// True when standard output is a terminal that understands escape sequences. On a Windows console this call switches
/// them on.
#[must_use]
pub fn supports_escapes() -> bool {
    input::supports_escapes()
}
