//! What can be sensed, and why sometimes not.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing a desktop can be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SensorKind {
    /// Which window is active, and its title.
    Window,
    /// Key presses, clicks and scroll steps.
    Input,
    /// The screenshot of the active window.
    Screen,
    /// How long ago the last input was.
    Idle,
    /// Battery and mains.
    Power,
    /// Lock and sleep.
    Session,
}

impl SensorKind {
    /// Every concern, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::Window,
        Self::Input,
        Self::Idle,
        Self::Screen,
        Self::Session,
        Self::Power,
    ];

    /// The word shown to users.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Input => "input",
            Self::Screen => "screen",
            Self::Idle => "idle",
            Self::Power => "power",
            Self::Session => "session",
        }
    }
}

impl fmt::Display for SensorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// "Cannot on this desktop": a value shown to the user, not a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Unsupported {
    /// Why, in words a user understands.
    pub reason: String,
    /// What the user can do about it, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

impl Unsupported {
    /// A reason with something to do about it.
    pub fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }
}

/// Whether a concern is served here, and by what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SensorSupport {
    /// Served; the text names the mechanism ("X11 property events").
    By(String),
    /// Not served.
    Unsupported(Unsupported),
}

/// One line of `uam doctor`'s sensor table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorCapability {
    /// What.
    pub concern: SensorKind,
    /// Whether and how.
    pub support: SensorSupport,
}
