//! The state of each second.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumCount, IntoStaticStr, VariantArray};

/// The state of a second. Every second since the journal began has exactly one.
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
    EnumCount,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
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
    #[serde(rename = "blind")]
    #[strum(serialize = "blind")]
    NotRecorded,
    /// uam did not run.
    Off,
}

impl Coverage {
    /// Every state, in the order in which reports list them.
    pub const ALL: [Self; Self::COUNT] = match Self::VARIANTS.first_chunk() {
        Some(all) => *all,
        None => panic!("as many variants as are counted"),
    };

    /// The word in files and on the wire, such as `blind` for [`Self::NotRecorded`].
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        self.into()
    }

    /// The word for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::LowBattery => "low battery",
            Self::NotRecorded => "not recorded",
            state => state.wire_name(),
        }
    }

    /// True in the two states in which windows are named and counted.
    #[must_use]
    pub fn is_recording(self) -> bool {
        matches!(self, Self::Active | Self::Idle)
    }
}
