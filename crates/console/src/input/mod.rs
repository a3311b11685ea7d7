//! Waits for the first of: a key, a wake-up, a change of the terminal's size, the terminal's end, or a time limit.

mod events;
#[cfg(unix)]
mod key_decoder;
#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

pub(crate) use events::{InputEvents, KeyInput};
pub(crate) use system::{InputWaker, TerminalInput, supports_escapes};
