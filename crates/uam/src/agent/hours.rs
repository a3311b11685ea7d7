//! The recording hours while the agent runs: edges are told to the recorder when the clock passes them.

use super::state::Agent;
use jiff::tz::TimeZone;
use model::Moment;
use platform::timezone::zone_name;
use recorder::RecorderInput;
use report::ScheduleStatus;

/// How often the zone is looked at, in microseconds.
const ZONE_LOOK_US: u64 = 60_000_000;

impl Agent {
    /// Looks whether an edge of the recording hours was passed.
    pub(crate) fn keep_hours(&mut self, now: Moment) {
        let passed = self.hours.poll(now.utc_us);
        self.tell_hours(passed, now);
    }

    /// Microseconds until the recording hours begin or end.
    pub(super) fn hours_wake_us(&self, now: Moment) -> u64 {
        self.hours.now().next_change_us.map_or(u64::MAX, |at| {
            u64::try_from(at.saturating_sub(now.utc_us)).unwrap_or(0)
        })
    }

    /// Looks now and then whether the zone in force is another one.
    pub(super) fn keep_zone(&mut self, now: Moment) {
        if now.since_us(self.last_zone_look) < ZONE_LOOK_US {
            return;
        }
        self.last_zone_look = now;
        let zone = TimeZone::system();
        let name = zone_name(&zone);
        if name != *self.recorder.zone() {
            self.recorder.step(now, RecorderInput::Zone(name));
            let changed = self.hours.set_zone(zone, now.utc_us);
            self.tell_hours(changed, now);
        }
    }

    pub(super) fn tell_hours(&mut self, inside: Option<bool>, now: Moment) {
        if let Some(inside) = inside {
            self.recorder.step(now, RecorderInput::Hours { inside });
            self.last_checkpoint = None;
        }
    }

    /// For displays; none when recording is always wanted.
    pub(super) fn hours_status(&self, pausing: bool) -> Option<ScheduleStatus> {
        let now = self.hours.now();
        (!self.hours.hours().is_always()).then_some(ScheduleStatus {
            inside: now.inside,
            next_change_us: now.next_change_us,
            pausing,
        })
    }
}
