//! The thread that replays.

use crate::sensor_task::{SensorContext, SensorExit, SensorTask};
use model::{Clock, Moment, SensorEvent, SensorKind, TimedEvent, WindowHandle};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How fast a trace is replayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplayPace {
    /// With the pauses it was recorded with (measured on the awake clock: sleep takes no time).
    #[default]
    RealTime,
    /// Without any pause.
    Fast,
}

/// Which timestamps the replayed events carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplayTimestamps {
    /// Those of the trace.
    Kept,
    /// Those of the trace, moved on all three clocks so that the first event happens at the moment of the start.
    #[default]
    Moved,
}

/// Sends the events of a trace.
pub(super) struct ReplayTask {
    pub(super) events: Vec<TimedEvent>,
    pub(super) pace: ReplayPace,
    pub(super) stamps: ReplayTimestamps,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) active: Arc<Mutex<Option<WindowHandle>>>,
}

impl SensorTask for ReplayTask {
    fn name(&self) -> &'static str {
        "sense-script"
    }

    fn sensor_kinds(&self) -> Vec<SensorKind> {
        Vec::new()
    }

    fn run(&mut self, context: &SensorContext) -> SensorExit {
        let Some(first) = self.events.first().map(|item| item.at) else {
            return SensorExit::Stopped;
        };
        let start = self.clock.now();
        // Kept until the end: memory freed on the way would hide the memory that the receiver takes.
        for item in &std::mem::take(&mut self.events) {
            if self.pace == ReplayPace::RealTime {
                let due_us = item.at.awake_us.saturating_sub(first.awake_us);
                let passed_us = self.clock.now().awake_us.saturating_sub(start.awake_us);
                let left = Duration::from_micros(due_us.saturating_sub(passed_us));
                if context.stop.wait(left) {
                    return SensorExit::Stopped;
                }
            } else if context.stop.is_stop_requested() {
                return SensorExit::Stopped;
            }
            if let SensorEvent::Window { active } = &item.event {
                *self.active.lock().unwrap_or_else(PoisonError::into_inner) =
                    active.as_ref().map(|active| active.handle);
            }
            let at = match self.stamps {
                ReplayTimestamps::Kept => item.at,
                ReplayTimestamps::Moved => move_moment(item.at, first, start),
            };
            if context.out.send(at, item.event.clone()).is_err() {
                return SensorExit::Stopped;
            }
        }
        SensorExit::Stopped
    }
}

/// `at` as far from `to` as it was from `from`, on each clock by itself: sleep and clock jumps stay as recorded.
fn move_moment(at: Moment, from: Moment, to: Moment) -> Moment {
    Moment {
        utc_us: to
            .utc_us
            .saturating_add(at.utc_us.saturating_sub(from.utc_us)),
        boot_us: to
            .boot_us
            .saturating_add(at.boot_us.saturating_sub(from.boot_us)),
        awake_us: to
            .awake_us
            .saturating_add(at.awake_us.saturating_sub(from.awake_us)),
    }
}
