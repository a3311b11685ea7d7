//! The recording schedule over time.

use super::{RecordingSchedule, ScheduleState};
use jiff::tz::TimeZone;

/// The schedule over time: reports when an edge was passed, whatever the clock or the zone did meanwhile.
#[derive(Clone, Debug)]
pub struct ScheduleWatch {
    schedule: RecordingSchedule,
    zone: TimeZone,
    polled_us: i64,
    state: ScheduleState,
}

impl ScheduleWatch {
    /// Begins at `utc_us` (microseconds since the Unix epoch, UTC) in `zone`.
    #[must_use]
    pub fn new(schedule: RecordingSchedule, zone: TimeZone, utc_us: i64) -> Self {
        Self {
            state: schedule.state_at(utc_us, &zone),
            schedule,
            zone,
            polled_us: utc_us,
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

    /// Polls at `utc_us` (microseconds since the Unix epoch, UTC). When an edge was passed since the last poll, or the
    /// state differs from the one then: is recording wanted now?
    pub fn poll(&mut self, utc_us: i64) -> Option<bool> {
        let passed = self.state.next_change_us.is_some_and(|at| at <= utc_us);
        // A clock that was set back makes the next change an earlier one.
        if !passed && utc_us >= self.polled_us {
            self.polled_us = utc_us;
            return None;
        }
        self.recompute(utc_us)
            .or(passed.then_some(self.state.inside))
    }

    /// The zone changed; returns whether recording is wanted when that changed with it.
    pub fn set_zone(&mut self, zone: TimeZone, utc_us: i64) -> Option<bool> {
        self.zone = zone;
        self.recompute(utc_us)
    }

    /// Another schedule holds; returns whether recording is wanted when that changed with it.
    pub fn set_schedule(&mut self, schedule: RecordingSchedule, utc_us: i64) -> Option<bool> {
        self.schedule = schedule;
        self.recompute(utc_us)
    }

    fn recompute(&mut self, utc_us: i64) -> Option<bool> {
        let before = self.state.inside;
        self.polled_us = utc_us;
        self.state = self.schedule.state_at(utc_us, &self.zone);
        (self.state.inside != before).then_some(self.state.inside)
    }
}
