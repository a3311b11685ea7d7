//! The thread that replays.

use crate::sensor_task::{SensorContext, SensorExit, SensorTask};
use model::{Clock, Moment, SensorEvent, SensorKind, TimedEvent, WindowHandle};
use std::sync::{Arc, Mutex, PoisonError};

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
                let due = item.at.awake.saturating_sub(first.awake);
                let passed = self.clock.now().awake.saturating_sub(start.awake);
                let left = due.saturating_sub(passed);
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
        utc: to.utc + at.utc.duration_since(from.utc) - from.utc.duration_since(at.utc),
        boot: to.boot.saturating_add(at.boot.saturating_sub(from.boot)),
        awake: to.awake.saturating_add(at.awake.saturating_sub(from.awake)),
    }
}
