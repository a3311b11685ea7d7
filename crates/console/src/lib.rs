//! The live terminal view and the plain one. Both show what `report` answers; neither knows the journal.
//!
//! * [`Live`]: log lines scroll above a panel with the present state and the last shot.
//! * [`Plain`]: the same lines to a pipe or file, without a single escape code.
//! * [`inline_image`]: one picture printed in a terminal, for `uam shots --show`.
//! * [`Ask`]: prompts that a person or a script answers.
//!
//! What is always true: text that a stranger wrote reaches the terminal only through [`model::printable`]; the
//! terminal is given back as it was found, at the end, on a panic and on drop; a terminal that is gone ends the view
//! and nothing else.

mod dialog;
mod error;
mod graphics;
pub mod inline_image;
mod input;
mod live;
mod panel;
mod plain;
mod prompt;
mod split_screen;
mod updates;

pub use dialog::{Code, Command, Pause, Step, Wish};
pub use error::ConsoleError;
pub use graphics::{Graphics, Protocol};
pub use live::{Ended, Live, Options, colour_wanted, restore};
pub use plain::Plain;
pub use prompt::{Ask, AskError};
pub use updates::{Picture, Updates};

/// True when the live view can be shown: standard output is a terminal, and keys can be read from it.
#[must_use]
pub fn can_be_live() -> bool {
    input::Input::is_terminal()
}

/// True when standard output is a terminal that understands escape sequences. A Windows console is asked to understand
/// them by this question.
#[must_use]
pub fn takes_escapes() -> bool {
    input::takes_escapes()
}
