//! The events that sensors send to the recorder.

use crate::clock::Moment;
use crate::counts::Counts;
use crate::micros;
use crate::sensor::SensorKind;
use crate::window::ActiveWindow;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An instant fact from a sensor. Also the line format of a recorded trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum SensorEvent {
    /// The active window or its title changed; `None` when no window has the focus.
    Window {
        /// The window now active.
        active: Option<ActiveWindow>,
    },
    /// Input happened. `at` of the [`TimedEvent`] is the moment of the last of it, and all of it happened within the
    /// whole second [`Moment::whole_second`] of that moment: sensors split batches at second boundaries and send a batch
    /// before any window change that came after it.
    Input {
        /// How much; `seconds` is 0.
        counts: Counts,
    },
    /// The idle limit passed; the last input of any kind (mouse moves included) was `idle` before `at`.
    Idle {
        /// Time since the last input.
        #[serde(rename = "idle_us", with = "micros")]
        idle: Duration,
    },
    /// Somebody is back: the first input after [`SensorEvent::Idle`].
    Present,
    /// The session was locked (`true`) or unlocked.
    Lock {
        /// Locked now?
        locked: bool,
    },
    /// The machine is about to sleep (`true`) or has woken.
    Sleep {
        /// About to sleep?
        asleep: bool,
    },
    /// The power supply's state, at start and at each change.
    Power {
        /// The state.
        power: PowerState,
    },
    /// A sensor stopped working.
    Lost {
        /// The kind.
        concern: SensorKind,
        /// Why, for the user.
        reason: String,
    },
    /// A lost sensor works again.
    Back {
        /// The kind.
        concern: SensorKind,
    },
}

/// State of the power supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerState {
    /// Charge in percent, 0..=100; with several batteries the energy-weighted mean.
    pub percent: u8,
    /// True while the machine runs from the battery.
    pub discharging: bool,
}

/// An event and when it happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedEvent {
    /// Its moment on the three clocks.
    pub at: Moment,
    /// The fact.
    #[serde(flatten)]
    pub event: SensorEvent,
}
