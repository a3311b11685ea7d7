//! The type that the part of every system reports.

/// Why the program is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShutdownCause {
    /// Ctrl-C or Ctrl-Break in its terminal.
    Interrupt,
    /// A polite request of the system or another program (`SIGTERM`, `WM_CLOSE`).
    Terminate,
    /// Its terminal or console window is being closed.
    TerminalClosed,
    /// The user logs off, or the machine shuts down or restarts.
    SessionEnd,
}

impl ShutdownCause {
    /// For people: "Stopped by …".
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "a request of the system",
            Self::TerminalClosed => "the end of its terminal",
            Self::SessionEnd => "the end of the session",
        }
    }
}
