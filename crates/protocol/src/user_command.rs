//! The commands that a person gives with a key of the live view, in the tray's menu or on the command line.

use model::to_printable;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// Longest application name in [`UserCommand::describe`], in characters.
const MAX_NAME: usize = 24;

/// What a person asks for. Most commands are one [`Request`](crate::Request); the others take several, or a program of
/// their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserCommand {
    /// Pause recording.
    Pause(PauseLength),
    /// Resume recording.
    Resume,
    /// Stop recording and end uam.
    Stop,
    /// Take a screenshot now.
    TakeScreenshot,
    /// Show another screenshot of this start.
    StepScreenshot(ScreenshotStep),
    /// Never name or capture this application from now on.
    ExcludeApp {
        /// Its name. Raw text.
        app: String,
    },
    /// Delete the last ten minutes of the record.
    DeleteLastTenMinutes,
    /// Open the page in a browser.
    OpenPage,
    /// Apply exclusion rules and recording hours from the settings file.
    ReloadSettings,
}

impl UserCommand {
    /// True where a code is asked for, unless the record was unlocked recently.
    #[must_use]
    pub fn may_need_code(&self) -> bool {
        matches!(self, Self::DeleteLastTenMinutes | Self::OpenPage)
    }

    /// The command in a few words, to stand after "to".
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Pause(_) => "pause recording".to_owned(),
            Self::Resume => "resume recording".to_owned(),
            Self::Stop => "stop recording".to_owned(),
            Self::TakeScreenshot => "take a screenshot".to_owned(),
            Self::StepScreenshot(_) => "show another screenshot".to_owned(),
            Self::ExcludeApp { app } => format!("exclude {}", to_printable(app, MAX_NAME)),
            Self::DeleteLastTenMinutes => "delete the last 10 min".to_owned(),
            Self::OpenPage => "open the page".to_owned(),
            Self::ReloadSettings => "reload the settings".to_owned(),
        }
    }
}

/// How long a pause lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PauseLength {
    /// Until somebody resumes.
    UntilResumed,
    /// Until the next day begins in the zone in force.
    Tomorrow,
    /// So many seconds.
    Seconds(u64),
}

impl PauseLength {
    /// A pause of so many minutes.
    #[must_use]
    pub const fn from_minutes(minutes: u16) -> Self {
        Self::Seconds(minutes as u64 * 60)
    }
}

/// Which screenshot to show next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScreenshotStep {
    /// The one before the one that is shown.
    Older,
    /// The one after it.
    Newer,
    /// The newest of all.
    Newest,
}

/// An authenticator code as it is typed: digits alone. It is wiped when dropped and never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OneTimeCode(Zeroizing<String>);

impl OneTimeCode {
    /// The code as it was typed.
    pub fn new(digits: impl Into<String>) -> Self {
        Self(Zeroizing::new(digits.into()))
    }

    /// Adds a digit.
    pub fn push(&mut self, digit: char) {
        self.0.push(digit);
    }

    /// Removes the last digit, if there is one.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// How many digits were typed.
    #[must_use]
    pub fn digits(&self) -> usize {
        self.0.len()
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(..)")
    }
}
