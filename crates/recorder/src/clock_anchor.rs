//! The clocks: timestamps, and the sleep, stalls and clock changes that a tick reveals.

use model::{Moment, Timestamp};
use std::time::Duration;

/// A silence between two steps longer than this (and not explained by sleep) is recorded as not recorded.
/// The main loop ticks at least every 5 s, so six missing ticks mean that the program itself stalled.
pub const STALL: Duration = Duration::from_secs(30);

/// Less sleep than this is rounding between the clocks.
const SLEEP_NOISE: Duration = Duration::from_secs(1);

/// The wall clock may be slewed by this much before timestamps follow it.
const CLOCK_SLACK: Duration = Duration::from_secs(2);

/// Wall and boot clock read together: every timestamp derives from them until the wall clock is set.
#[derive(Debug)]
pub(crate) struct ClockAnchor {
    anchor: Moment,
    /// `boot - awake` at the last tick.
    slept: Duration,
}

/// The time since the last step that nobody announced. Both ends are on the boot clock.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ClockFinding {
    /// The machine slept.
    Slept { from: Duration, to: Duration },
    /// The program did not run.
    Stalled { from: Duration, to: Duration },
}

impl ClockAnchor {
    pub(crate) fn new(at: Moment) -> Self {
        Self {
            anchor: at,
            slept: sleep_before(at),
        }
    }

    /// Compares the clocks at a tick with those at the tick before. `quiet_from` is the last step on the boot clock; when
    /// sleep was announced (`asleep`), neither sleep nor silence is a finding.
    pub(crate) fn find_silence(
        &mut self,
        at: Moment,
        quiet_from: Duration,
        asleep: bool,
    ) -> Option<ClockFinding> {
        let slept = sleep_before(at);
        let newly_slept = slept.saturating_sub(self.slept);
        self.slept = slept;
        if asleep {
            return None;
        }
        if newly_slept >= SLEEP_NOISE {
            // The last step was at most one tick before the machine fell asleep.
            let to = quiet_from.saturating_add(newly_slept).min(at.boot);
            return Some(ClockFinding::Slept {
                from: quiet_from,
                to,
            });
        }
        (at.boot.saturating_sub(quiet_from) > STALL).then_some(ClockFinding::Stalled {
            from: quiet_from,
            to: at.boot,
        })
    }

    /// What the wall clock would show, if it was set to something else.
    pub(crate) fn find_jump(&self, at: Moment) -> Option<Timestamp> {
        let expected = self.timestamp_at(at.boot);
        (at.utc.abs_diff(expected) >= CLOCK_SLACK).then_some(expected)
    }

    /// Derives timestamps from these clocks from now on.
    pub(crate) fn move_to(&mut self, at: Moment) {
        self.anchor = at;
    }

    /// The timestamp of a moment on the boot clock.
    pub(crate) fn timestamp_at(&self, boot: Duration) -> Timestamp {
        let anchor = self.anchor;
        anchor.utc + boot.saturating_sub(anchor.boot) - anchor.boot.saturating_sub(boot)
    }

    /// The moment on the boot clock at which the wall clock shows `at`, if nobody sets it before.
    pub(crate) fn boot_at(&self, at: Timestamp) -> Duration {
        let anchor = self.anchor;
        (anchor.boot + at.duration_since(anchor.utc)).saturating_sub(anchor.utc.duration_since(at))
    }
}

/// How long the machine has slept since start-up.
fn sleep_before(at: Moment) -> Duration {
    at.boot.saturating_sub(at.awake)
}
