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
                let due_us = model::micros::to_micros(item.at.awake)
                    .saturating_sub(model::micros::to_micros(first.awake));
                let passed_us = model::micros::to_micros(self.clock.now().awake)
                    .saturating_sub(model::micros::to_micros(start.awake));
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
        utc: model::Timestamp::from_micros(
            to.utc
                .as_micros()
                .saturating_add(at.utc.as_micros().saturating_sub(from.utc.as_micros())),
        ),
        boot: std::time::Duration::from_micros(model::micros::to_micros(to.boot).saturating_add(
            model::micros::to_micros(at.boot).saturating_sub(model::micros::to_micros(from.boot)),
        )),
        awake: std::time::Duration::from_micros(model::micros::to_micros(to.awake).saturating_add(
            model::micros::to_micros(at.awake).saturating_sub(model::micros::to_micros(from.awake)),
        )),
    }
}
