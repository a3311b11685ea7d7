//! The operating system's wish that the program ends.
//!
//! On Unix it is a signal, and the program has as long as it likes. On Windows it is a console event or the end of the
//! session, and the process is gone as soon as the answer is given: so [`watch`] is also given a function that waits for
//! the last commit, and the answer waits for it.

#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

pub use system::{watch, window_goes_too};

/// Why the program is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Ctrl-C or Ctrl-Break in its terminal.
    Interrupt,
    /// A polite request of the system or another program (`SIGTERM`).
    Request,
    /// Its terminal or console window is being closed.
    Terminal,
    /// The user logs off, or the machine shuts down or restarts.
    Session,
}

impl Ending {
    /// For people: "Stopped by …".
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C",
            Self::Request => "a request of the system",
            Self::Terminal => "the end of its terminal",
            Self::Session => "the end of the session",
        }
    }
}
