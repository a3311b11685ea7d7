//! Three clocks: sleep, stalls and a wall clock that was set are found by comparing them at each tick.

use super::{Recorder, SETTLE_US, STALL_US};
use model::{Coverage, Moment, NoticeCode};

/// Less sleep than this is rounding between the clocks.
const SLEEP_NOISE_US: u64 = 1_000_000;

/// The wall clock may be slewed by this much before spans are stamped anew, in microseconds.
const CLOCK_SLACK_US: u64 = 2_000_000;

/// How long the machine may stay awake after it announced sleep, in microseconds; beyond it the announcement is taken
/// back (the sleep was called off and nobody said so).
const SLEEP_GRACE_US: u64 = 60_000_000;

impl Recorder {
    pub(super) fn tick(&mut self, at: Moment) {
        let slept = at.boot_us.saturating_sub(at.awake_us);
        let asleep_us = slept.saturating_sub(self.slept_us);
        self.slept_us = slept;
        let quiet_from = self.now_boot;
        if asleep_us >= SLEEP_NOISE_US && !self.asleep {
            // The machine slept and nobody said so beforehand. The last step was at most one tick before.
            self.interval(
                quiet_from,
                quiet_from.saturating_add(asleep_us).min(at.boot_us),
                Coverage::Asleep,
            );
        } else if asleep_us < SLEEP_NOISE_US
            && at.boot_us.saturating_sub(quiet_from) > STALL_US
            && !self.asleep
        {
            self.interval(quiet_from, at.boot_us, Coverage::Blind);
            let seconds = (at.boot_us - quiet_from) / 1_000_000;
            self.notice(
                at.boot_us,
                NoticeCode::Stalled,
                format!("uam stood still for {seconds} s and saw nothing."),
            );
        }
        if self.asleep && at.awake_us.saturating_sub(self.asleep_since_awake) > SLEEP_GRACE_US {
            self.wake(at.boot_us);
        }
        self.advance(at.boot_us, SETTLE_US);
        let expected = self.timestamp_at(at.boot_us);
        let jump = at.utc_us.saturating_sub(expected);
        if jump.unsigned_abs() >= CLOCK_SLACK_US && at.boot_us >= self.now_boot {
            self.cut(at.boot_us);
            self.anchor = at;
            #[allow(clippy::cast_precision_loss, reason = "shown to one decimal")]
            let seconds = jump as f64 / 1e6;
            self.notice(
                at.boot_us,
                NoticeCode::ClockJump,
                format!("The clock was set by {seconds:+.1} s."),
            );
        }
    }

    /// Records `[from, to)` in a state that only the past had.
    pub(super) fn interval(&mut self, from: u64, to: u64, state: Coverage) {
        let from = from.max(self.open.start_boot);
        if to <= from {
            return;
        }
        self.advance(from, 0);
        // A pause that ends meanwhile is over afterwards; until then nothing but `state` was so.
        self.only = Some(state);
        self.apply_state(from);
        self.advance(to, 0);
        self.only = None;
        self.apply_state(to);
        // Silence during sleep says nothing about the person before it or after it.
        self.last_input_boot = self.last_input_boot.max(to);
    }

    pub(super) fn wake(&mut self, boot: u64) {
        if self.asleep {
            self.asleep = false;
            // The silence of the night is not idleness of the evening before it.
            self.last_input_boot = self.last_input_boot.max(boot);
            self.apply_state(boot);
        }
    }

    pub(super) fn timestamp_at(&self, boot: u64) -> i64 {
        if boot >= self.anchor.boot_us {
            self.anchor
                .utc_us
                .saturating_add_unsigned(boot - self.anchor.boot_us)
        } else {
            self.anchor
                .utc_us
                .saturating_sub_unsigned(self.anchor.boot_us - boot)
        }
    }

    /// The moment on the boot clock at which the wall clock shows `utc`, if nobody sets it before.
    pub(super) fn boot_at(&self, utc: i64) -> u64 {
        let ahead = utc.saturating_sub(self.anchor.utc_us);
        self.anchor.boot_us.saturating_add_signed(ahead)
    }
}
