//! How much was typed and clicked; never what.

use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Makes [`InputCounts`] and all that names its fields: a further counted input is one row of the table below.
macro_rules! counted_inputs {
    ($($field:ident: $doc:literal,)*) => {
        /// Counts from one kind of source. Every field is a plain number of physical actions.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct InputCounts {
            $(#[doc = $doc] pub $field: u64,)*
        }

        impl InputCounts {
            /// Every field with its name and how it is read, in their order on disk.
            pub const FIELDS: &'static [(&'static str, fn(&Self) -> u64)] =
                &[$((stringify!($field), |counts| counts.$field),)*];

            /// The number of fields.
            pub const LEN: usize = Self::FIELDS.len();

            /// The numbers in their order on disk.
            #[must_use]
            pub fn to_array(self) -> [u64; Self::LEN] {
                [$(self.$field,)*]
            }

            /// The counts of [`Self::to_array`].
            #[must_use]
            pub fn from_array([$($field,)*]: [u64; Self::LEN]) -> Self {
                Self { $($field,)* }
            }

            fn saturating_sub(&mut self, other: Self) {
                $(self.$field = self.$field.saturating_sub(other.$field);)*
            }
        }

        impl AddAssign for InputCounts {
            fn add_assign(&mut self, rhs: Self) {
                $(self.$field += rhs.$field;)*
            }
        }
    };
}

// Roll-ups store these numbers by their position: add rows at the end only.
counted_inputs! {
    keys: "Key presses; a held key is one press, auto-repeat is none.",
    left: "Presses of the primary button.",
    middle: "Presses of the middle button or wheel.",
    right: "Presses of the secondary button.",
    other: "Presses of any further button (back, forward, …).",
    scroll: "Scroll steps in any direction; one wheel notch is one step.",
    seconds: "Whole seconds of the boot clock in which one of the above happened; set by the recorder only.",
}

impl InputCounts {
    /// Clicks of every button together.
    #[must_use]
    pub fn clicks(&self) -> u64 {
        self.left + self.middle + self.right + self.other
    }

    /// True when nothing happened.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// Counts split by where the input came from: a fact about the source, not an accusation.
/// Remote-control and accessibility programs inject input too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// From a physical device.
    #[serde(skip_serializing_if = "InputCounts::is_zero")]
    pub hardware: InputCounts,
    /// Made by a program (XTEST on X11, `SendInput` on Windows).
    #[serde(skip_serializing_if = "InputCounts::is_zero")]
    pub injected: InputCounts,
}

impl Counts {
    /// Key presses from every source.
    #[must_use]
    pub fn keys(&self) -> u64 {
        self.hardware.keys + self.injected.keys
    }

    /// Clicks of every button from every source.
    #[must_use]
    pub fn clicks(&self) -> u64 {
        self.hardware.clicks() + self.injected.clicks()
    }

    /// Scroll steps from every source.
    #[must_use]
    pub fn scroll(&self) -> u64 {
        self.hardware.scroll + self.injected.scroll
    }

    /// Seconds with input of any source; one with input of both sources counts twice.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.hardware.seconds + self.injected.seconds
    }

    /// Subtracts counts that were added before; never below zero.
    pub fn saturating_sub(&mut self, other: Self) {
        self.hardware.saturating_sub(other.hardware);
        self.injected.saturating_sub(other.injected);
    }

    /// True when nothing happened.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, rhs: Self) {
        self.hardware += rhs.hardware;
        self.injected += rhs.injected;
    }
}
