//! The recording schedule over time.

use super::{RecordingSchedule, ScheduleState};
use jiff::tz::TimeZone;
use model::Timestamp;

/// The schedule over time: reports when an edge was passed, whatever the clock or the zone did meanwhile.
#[derive(Clone, Debug)]
pub struct ScheduleWatch {
    schedule: RecordingSchedule,
    zone: TimeZone,
    polled: Timestamp,
    state: ScheduleState,
}

impl ScheduleWatch {
    /// Begins at `at` in `zone`.
    #[must_use]
    pub fn new(schedule: RecordingSchedule, zone: TimeZone, at: Timestamp) -> Self {
        Self {
            state: schedule.state_at(at, &zone),
            schedule,
            zone,
            polled: at,
        }
    }

    /// The state at the last poll.
    #[must_use]
    pub fn state(&self) -> ScheduleState {
        self.state
    }

    /// The schedule in force.
    #[must_use]
    pub fn schedule(&self) -> &RecordingSchedule {
        &self.schedule
    }

    /// The time zone in force.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Polls at `at`. When an edge was passed since the last poll, or the
    /// state differs from the one then: is recording wanted now?
    pub fn poll(&mut self, at: Timestamp) -> Option<bool> {
        let passed = self.state.next_change.is_some_and(|edge| edge <= at);
        // A clock that was set back makes the next change an earlier one.
        if !passed && at >= self.polled {
            self.polled = at;
            return None;
        }
        self.recompute(at).or(passed.then_some(self.state.inside))
    }

    /// The zone changed; returns whether recording is wanted when that changed with it.
    pub fn set_zone(&mut self, zone: TimeZone, at: Timestamp) -> Option<bool> {
        self.zone = zone;
        self.recompute(at)
    }

    /// Another schedule holds; returns whether recording is wanted when that changed with it.
    pub fn set_schedule(&mut self, schedule: RecordingSchedule, at: Timestamp) -> Option<bool> {
        self.schedule = schedule;
        self.recompute(at)
    }

    fn recompute(&mut self, at: Timestamp) -> Option<bool> {
        let before = self.state.inside;
        self.polled = at;
        self.state = self.schedule.state_at(at, &self.zone);
        (self.state.inside != before).then_some(self.state.inside)
    }
}
