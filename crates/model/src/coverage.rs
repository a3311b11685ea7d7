//! What state each second was in.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The state of a second. Every second since the journal began has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// Somebody was at the desk: the last input is younger than the idle limit.
    Active,
    /// No input for at least the idle limit.
    Idle,
    /// The session is locked.
    Locked,
    /// The machine slept.
    Asleep,
    /// The user paused the recording.
    Paused,
    /// The battery was low, so recording was suspended.
    LowBattery,
    /// A sensor that is needed to say more was lost, or the disk had no room for more.
    Blind,
    /// uam did not run.
    Off,
}

impl Coverage {
    /// Every state, in the order in which reports list them.
    pub const ALL: [Self; 8] = [
        Self::Active,
        Self::Idle,
        Self::Locked,
        Self::Asleep,
        Self::Paused,
        Self::LowBattery,
        Self::Blind,
        Self::Off,
    ];

    /// The word used in records, reports and on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Locked => "locked",
            Self::Asleep => "asleep",
            Self::Paused => "paused",
            Self::LowBattery => "low-battery",
            Self::Blind => "blind",
            Self::Off => "off",
        }
    }

    /// True in the two states in which windows are named and counted.
    #[must_use]
    pub fn is_recording(self) -> bool {
        matches!(self, Self::Active | Self::Idle)
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
