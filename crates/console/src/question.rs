//! The question that stands in the last row of the panel, in place of the keys.

use model::to_printable;
use protocol::{OneTimeCode, UserCommand};
use std::borrow::Cow;
use std::time::Duration;

/// How long a question or a message stands.
pub(crate) const QUESTION_TIMEOUT: Duration = Duration::from_secs(10);

/// How long there is to type a code; a code is valid for about as long.
const CODE_TIMEOUT: Duration = Duration::from_secs(60);

/// Digits of a code.
pub(crate) const CODE_DIGITS: usize = 6;

/// A question that the next keys answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Stop recording and quit?
    Quit,
    /// For how long should the recording pause?
    Pause,
    /// Really do this?
    Confirm(UserCommand),
    /// The code for this, with the digits typed so far.
    Code(UserCommand, OneTimeCode),
}

impl Question {
    /// The question as one line.
    pub(crate) fn format_text(&self) -> Cow<'static, str> {
        match self {
            Self::Quit => "Stop recording and quit?  y yes   any other key: go on".into(),
            Self::Pause => {
                "Pause?  1 15 min   2 1 h   3 until tomorrow   4 until resumed   Esc no".into()
            }
            Self::Confirm(UserCommand::DeleteLastTenMinutes) => {
                "Delete the last 10 min? Names, counts and screenshots go.  y yes   Esc no".into()
            }
            Self::Confirm(UserCommand::ExcludeApp { app }) => format!(
                "Never name or capture {} again?  y yes   Esc no",
                to_printable(app, 24)
            )
            .into(),
            Self::Confirm(command) => {
                format!("Really {}?  y yes   Esc no", command.describe()).into()
            }
            Self::Code(command, code) => format!(
                "Code from your authenticator app, to {}: {}{}  Esc no",
                command.describe(),
                "•".repeat(code.digits()),
                "_".repeat(CODE_DIGITS.saturating_sub(code.digits()))
            )
            .into(),
        }
    }

    /// How long the question stands without an answer.
    pub(crate) fn time_limit(&self) -> Duration {
        match self {
            Self::Code(..) => CODE_TIMEOUT,
            _ => QUESTION_TIMEOUT,
        }
    }
}
