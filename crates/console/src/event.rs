//! The requests that keys of the view make of the program.

use protocol::{OneTimeCode, UserCommand};

/// An event from the view to the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsoleEvent {
    /// A command. After [`UserCommand::Stop`] the view stays until the program closes it.
    Command(UserCommand),
    /// The same command with the code it took.
    CodeEntered(UserCommand, OneTimeCode),
    /// Leave the view; recording goes on.
    Leave,
}
