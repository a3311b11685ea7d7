//! The commands of the menu.

/// A command that a person chose in the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Pause for 15 minutes.
    PauseQuarter,
    /// Pause for an hour.
    PauseHour,
    /// Pause until tomorrow.
    PauseTomorrow,
    /// Pause until resumed.
    PauseUntilResumed,
    /// Resume the recording.
    Resume,
    /// Take a screenshot now.
    Shot,
    /// Open the page.
    Page,
    /// Stop recording and end uam.
    Stop,
}
