//! The clocks: timestamps, and the sleep, stalls and clock changes that a tick reveals.

use model::Moment;

/// A silence between two steps longer than this (and not explained by sleep) is recorded as not recorded, in microseconds.
/// The main loop ticks at least every 5 s, so six missing ticks mean that the program itself stalled.
pub const STALL_US: u64 = 30_000_000;

/// Less sleep than this is rounding between the clocks.
const SLEEP_NOISE_US: u64 = 1_000_000;

/// The wall clock may be slewed by this much before timestamps follow it, in microseconds.
const CLOCK_SLACK_US: u64 = 2_000_000;

/// Wall and boot clock read together: every timestamp derives from them until the wall clock is set.
#[derive(Debug)]
pub(crate) struct ClockAnchor {
    anchor: Moment,
    /// `boot - awake` at the last tick.
    slept_us: u64,
}

/// The time since the last step that nobody announced. Both ends are on the boot clock.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ClockFinding {
    /// The machine slept.
    Slept { from: u64, to: u64 },
    /// The program did not run.
    Stalled { from: u64, to: u64 },
}

impl ClockAnchor {
    pub(crate) fn new(at: Moment) -> Self {
        Self {
            anchor: at,
            slept_us: sleep_before(at),
        }
    }

    /// Compares the clocks at a tick with those at the tick before. `quiet_from` is the last step on the boot clock; when
    /// sleep was announced (`asleep`), neither sleep nor silence is a finding.
    pub(crate) fn find_silence(
        &mut self,
        at: Moment,
        quiet_from: u64,
        asleep: bool,
    ) -> Option<ClockFinding> {
        let slept = sleep_before(at);
        let asleep_us = slept.saturating_sub(self.slept_us);
        self.slept_us = slept;
        if asleep {
            return None;
        }
        if asleep_us >= SLEEP_NOISE_US {
            // The last step was at most one tick before the machine fell asleep.
            let to = quiet_from
                .saturating_add(asleep_us)
                .min(model::micros::to_micros(at.boot));
            return Some(ClockFinding::Slept {
                from: quiet_from,
                to,
            });
        }
        (model::micros::to_micros(at.boot).saturating_sub(quiet_from) > STALL_US).then_some(
            ClockFinding::Stalled {
                from: quiet_from,
                to: model::micros::to_micros(at.boot),
            },
        )
    }

    /// By how many microseconds the wall clock was set, if it was.
    pub(crate) fn find_jump(&self, at: Moment) -> Option<i64> {
        let jump = at
            .utc
            .as_micros()
            .saturating_sub(self.timestamp_at(model::micros::to_micros(at.boot)));
        (jump.unsigned_abs() >= CLOCK_SLACK_US).then_some(jump)
    }

    /// Derives timestamps from these clocks from now on.
    pub(crate) fn move_to(&mut self, at: Moment) {
        self.anchor = at;
    }

    /// The timestamp of a moment on the boot clock, microseconds since the Unix epoch (UTC).
    pub(crate) fn timestamp_at(&self, boot: u64) -> i64 {
        let (utc_us, boot_us) = (
            self.anchor.utc.as_micros(),
            model::micros::to_micros(self.anchor.boot),
        );
        if boot >= boot_us {
            utc_us.saturating_add_unsigned(boot - boot_us)
        } else {
            utc_us.saturating_sub_unsigned(boot_us - boot)
        }
    }

    /// The moment on the boot clock at which the wall clock shows `utc_us`, if nobody sets it before.
    pub(crate) fn boot_at(&self, utc_us: i64) -> u64 {
        let ahead = utc_us.saturating_sub(self.anchor.utc.as_micros());
        model::micros::to_micros(self.anchor.boot).saturating_add_signed(ahead)
    }
}

/// How long the machine has slept since start-up, in microseconds.
fn sleep_before(at: Moment) -> u64 {
    model::micros::to_micros(at.boot).saturating_sub(model::micros::to_micros(at.awake))
}
