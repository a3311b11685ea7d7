//! How the live view looks, and how it can end.

use crate::error::ConsoleError;
use crate::graphics::GraphicsProtocol;

/// How the view ended.
#[derive(Debug)]
pub enum ViewEnd {
    /// The program closed it.
    Requested,
    /// The terminal is gone; recording should go on or end as the settings say.
    TerminalClosed,
    /// Reading from the terminal or writing to it failed.
    Failed(ConsoleError),
}

/// How the view looks.
#[derive(Clone, Copy, Debug)]
pub struct LiveOptions {
    /// Colours; see [`wants_colour`]. Without them no screenshot is shown either.
    pub colour: bool,
    /// Show the last screenshot beside the panel.
    pub screenshots: bool,
    /// The graphics protocol to use; none asks the terminal.
    pub protocol: Option<GraphicsProtocol>,
    /// The view can be left without ending the recording.
    pub attached: bool,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            colour: wants_colour(),
            screenshots: true,
            protocol: None,
            attached: false,
        }
    }
}

/// False when `NO_COLOR` is set to anything (<https://no-color.org>) or the terminal is a dumb one.
#[must_use]
pub fn wants_colour() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|v: std::ffi::OsString| !v.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
