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
    /// Begins at `utc` in `zone`.
    #[must_use]
    pub fn new(schedule: RecordingSchedule, zone: TimeZone, utc: Timestamp) -> Self {
        Self {
            state: schedule.state_at(utc, &zone),
            schedule,
            zone,
            polled: utc,
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

    /// Polls at `utc`. When an edge was passed since the last poll, or the
    /// state differs from the one then: is recording wanted now?
    pub fn poll(&mut self, utc: Timestamp) -> Option<bool> {
        let passed = self.state.next_change.is_some_and(|at| at <= utc);
        // A clock that was set back makes the next change an earlier one.
        if !passed && utc >= self.polled {
            self.polled = utc;
            return None;
        }
        self.recompute(utc).or(passed.then_some(self.state.inside))
    }

    /// The zone changed; returns whether recording is wanted when that changed with it.
    pub fn set_zone(&mut self, zone: TimeZone, utc: Timestamp) -> Option<bool> {
        self.zone = zone;
        self.recompute(utc)
    }

    /// Another schedule holds; returns whether recording is wanted when that changed with it.
    pub fn set_schedule(&mut self, schedule: RecordingSchedule, utc: Timestamp) -> Option<bool> {
        self.schedule = schedule;
        self.recompute(utc)
    }

    fn recompute(&mut self, utc: Timestamp) -> Option<bool> {
        let before = self.state.inside;
        self.polled = utc;
        self.state = self.schedule.state_at(utc, &self.zone);
        (self.state.inside != before).then_some(self.state.inside)
    }
}
