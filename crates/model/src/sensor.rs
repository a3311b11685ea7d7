//! Kinds of sensors, and the reasons why one cannot work.

use serde::{Deserialize, Serialize};
use strum::{Display, IntoStaticStr};

/// The subject of a sensor.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    Display,
    IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
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
    /// Every kind, in the order in which they are shown; it differs from the declaration, by which sets sort.
    pub const ALL: [Self; 6] = [
        Self::Window,
        Self::Input,
        Self::Idle,
        Self::Screen,
        Self::Session,
        Self::Power,
    ];

    /// The word in the trace format and on screen.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        self.into()
    }
}

/// "Cannot on this desktop": a value shown to the user, not a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Unsupported {
    /// Why, in words a user understands.
    pub reason: String,
    /// The remedy, or empty.
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

/// Whether a kind is served here, and by which means.
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
    /// The kind.
    pub concern: SensorKind,
    /// Whether and how.
    pub support: SensorSupport,
}
