//! How much was typed and clicked; never what.

use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Counts from one kind of source. Every field is a plain number of physical actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputCounts {
    /// Key presses; a held key is one press, auto-repeat is none.
    pub keys: u64,
    /// Presses of the primary button.
    pub left: u64,
    /// Presses of the middle button or wheel.
    pub middle: u64,
    /// Presses of the secondary button.
    pub right: u64,
    /// Presses of any further button (back, forward, …).
    pub other: u64,
    /// Scroll steps in any direction; one wheel notch is one step.
    pub scroll: u64,
    /// Whole seconds (of the boot clock) in which at least one of the above happened.
    /// Set by the recorder only; sensors leave it at 0.
    pub seconds: u64,
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

impl AddAssign for InputCounts {
    fn add_assign(&mut self, rhs: Self) {
        self.keys += rhs.keys;
        self.left += rhs.left;
        self.middle += rhs.middle;
        self.right += rhs.right;
        self.other += rhs.other;
        self.scroll += rhs.scroll;
        self.seconds += rhs.seconds;
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

    /// True when nothing happened.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl InputCounts {
    fn saturating_sub(&mut self, other: Self) {
        for (own, theirs) in [
            (&mut self.keys, other.keys),
            (&mut self.left, other.left),
            (&mut self.middle, other.middle),
            (&mut self.right, other.right),
            (&mut self.other, other.other),
            (&mut self.scroll, other.scroll),
            (&mut self.seconds, other.seconds),
        ] {
            *own = own.saturating_sub(theirs);
        }
    }
}

impl Counts {
    /// Subtracts counts that were added before; never below zero.
    pub fn saturating_sub(&mut self, other: Self) {
        self.hardware.saturating_sub(other.hardware);
        self.injected.saturating_sub(other.injected);
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, rhs: Self) {
        self.hardware += rhs.hardware;
        self.injected += rhs.injected;
    }
}
