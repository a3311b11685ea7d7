//! The clocks: timestamps, and the sleep, stalls and clock changes that a tick reveals.

use jiff::SignedDuration;
use model::{Moment, Timestamp};
use std::time::Duration;

/// A silence between two steps longer than this (and not explained by sleep) is recorded as not recorded.
/// The main loop ticks at least every 5 s, so six missing ticks mean that the program itself stalled.
pub const STALL_LIMIT: Duration = Duration::from_secs(30);

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
        let asleep_for = slept.saturating_sub(self.slept);
        self.slept = slept;
        if asleep {
            return None;
        }
        if asleep_for >= SLEEP_NOISE {
            // The last step was at most one tick before the machine fell asleep.
            let to = quiet_from.saturating_add(asleep_for).min(at.boot);
            return Some(ClockFinding::Slept {
                from: quiet_from,
                to,
            });
        }
        (at.boot.saturating_sub(quiet_from) > STALL_LIMIT).then_some(ClockFinding::Stalled {
            from: quiet_from,
            to: at.boot,
        })
    }

    /// By how much the wall clock was set, if it was.
    pub(crate) fn find_jump(&self, at: Moment) -> Option<SignedDuration> {
        let expected = self.timestamp_at(at.boot).as_micros();
        let jump = SignedDuration::from_micros(at.utc.as_micros().saturating_sub(expected));
        (jump.unsigned_abs() >= CLOCK_SLACK).then_some(jump)
    }

    /// Derives timestamps from these clocks from now on.
    pub(crate) fn move_to(&mut self, at: Moment) {
        self.anchor = at;
    }

    /// The timestamp of a moment on the boot clock.
    pub(crate) fn timestamp_at(&self, boot: Duration) -> Timestamp {
        let Moment {
            utc, boot: then, ..
        } = self.anchor;
        utc + boot.saturating_sub(then) - then.saturating_sub(boot)
    }

    /// The moment on the boot clock at which the wall clock shows `utc`, if nobody sets it before.
    pub(crate) fn boot_at(&self, utc: Timestamp) -> Duration {
        let Moment {
            utc: then, boot, ..
        } = self.anchor;
        boot.saturating_add(utc.duration_since(then))
            .saturating_sub(then.duration_since(utc))
    }
}

/// How long the machine has slept since start-up.
fn sleep_before(at: Moment) -> Duration {
    at.boot.saturating_sub(at.awake)
}
