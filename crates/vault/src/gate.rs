//! The decision about a code: pure, so that every sequence of codes and clocks can be tried in a test.
//!
//! Always true:
//! * An accepted step is greater than every step accepted before with the same secret, so no step is ever used twice.
//! * At most [`LOCK_FAILURES`] codes in a row are compared and found wrong; then only a recovery code opens the gate.
//! * While a wait runs, nothing is compared.
//! * A verdict gives away nothing that helps to type the same code again later.
//! * Before the first accepted code nothing is held against anybody: the secret is only just being shown, and there are
//!   no recovery codes yet, so a lock would protect nothing and last for ever.
//!
//! The clock is an input like the code, and may be wrong or set by the person at the keyboard:
//! * Turned back by more than two minutes: refused until it is put right, so neither an old code nor an old wait comes
//!   to life again.
//! * Put forward: ends a wait early, which is all that it gains; the count of failures stays, and the highest time seen
//!   is remembered. More than a day is reported ([`GateDecision::clock_jumped`]).
//! * Was once far ahead (2106, say): every code is refused as [`CodeVerdict::ClockBack`] until a recovery code is used,
//!   which takes the present clock for right ([`GateState::reopened`]). No wait ever ends later than an hour from now.

use serde::{Deserialize, Serialize};
use std::fmt;
use totp_rs::{Algorithm, Builder, Totp};

#[cfg(test)]
mod tests;

/// The name under which authenticator apps list the entry.
pub const ISSUER: &str = "uam";

/// Length of a step in seconds (RFC 6238 section 5.2).
pub const STEP_SECONDS: u64 = 30;

/// How many steps before and after the present one are accepted.
pub const SKEW_STEPS: u64 = 1;

/// Wrong codes in a row after which the first wait begins (RFC 4226 section 7.3 asks for throttling).
pub const FREE_FAILURES: u32 = 5;

/// Wrong codes in a row that lock the gate (NIST SP 800-63B: no more than 100).
pub const LOCK_FAILURES: u32 = 100;

/// The first wait, in seconds; each further failure doubles it.
const FIRST_WAIT_SECONDS: u64 = 30;

/// The longest wait, in seconds.
const LONGEST_WAIT_SECONDS: u64 = 3600;

/// How far the clock may lie before the highest time seen, in seconds, before it is called turned back. Time services
/// correct a clock by less.
const CLOCK_BACK_SECONDS: u64 = 120;

/// How far the clock may have moved since it was last seen, in seconds, without a word about it.
const CLOCK_JUMP_SECONDS: u64 = 86_400;

/// How far a wrong code is looked for, in steps, only to tell the user that a clock is off.
const HINT_STEPS: u64 = 20;

/// The answer to a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum CodeVerdict {
    /// Right, and used up: this code opens nothing again.
    Accepted,
    /// Not the code. Counts as a failure, unless it was not even six digits.
    Wrong,
    /// A right code that was used already, or one older than the last used. No failure.
    Replayed,
    /// This computer's clock lies before the highest time seen, or known from a code; no code can be right until it is
    /// put forward. No failure.
    ClockBack {
        /// By how much, in seconds.
        seconds: u64,
    },
    /// The code is right for another time; refused, but the cause is a clock. Counts as a failure, and uses the code
    /// up.
    Skewed {
        /// The authenticator's clock minus this computer's, in whole minutes away from zero; never 0.
        minutes: i64,
    },
    /// Too many wrong codes of late: this one was not looked at. No failure.
    Wait {
        /// Until the next code is looked at, in seconds: 1 to 3600.
        seconds: u64,
    },
    /// [`LOCK_FAILURES`] wrong codes in a row: only a recovery code opens the gate again.
    Locked,
}

impl fmt::Display for CodeVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("code accepted"),
            Self::Wrong => {
                f.write_str("that is not the code; type the six digits the app shows now")
            }
            Self::Replayed => {
                f.write_str("that code was used already; wait for the next one (up to 30 seconds)")
            }
            Self::ClockBack { seconds } => write!(
                f,
                "this computer's clock is {} behind the time of an earlier try; set the clock or wait that long, then \
                 try again (if that earlier time was the wrong one, use a recovery code)",
                format_wait(*seconds)
            ),
            Self::Skewed { minutes } if *minutes < 0 => write!(
                f,
                "that code is about {} min old: type the one shown now, or compare the clocks of phone and computer",
                minutes.unsigned_abs()
            ),
            Self::Skewed { minutes } => write!(
                f,
                "that code is about {minutes} min ahead: compare the clocks of phone and computer"
            ),
            Self::Wait { seconds } => write!(
                f,
                "too many wrong codes; the next one is checked in {}",
                format_wait(*seconds)
            ),
            Self::Locked => write!(
                f,
                "locked after {LOCK_FAILURES} wrong codes in a row; use a recovery code (`uam recover`)"
            ),
        }
    }
}

/// A time span in the largest unit that still says something, rounded up.
fn format_wait(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds.div_ceil(60)),
        7200..172_800 => format!("{} h", seconds.div_ceil(3600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}

/// The gate's memory from one try to the next. The default is that of a new secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateState {
    /// True once a code of the present secret was accepted. While it is false, the other fields mean nothing.
    pub enrolled: bool,
    /// The highest step used up (30 s each, since 1970): accepted, or given away by a hint; 0: none.
    pub last_step: u64,
    /// Wrong codes since the last accepted one; [`LOCK_FAILURES`] or more: locked.
    pub failures: u32,
    /// The Unix second from which a code is looked at again; 0: at once.
    pub not_before: u64,
    /// The highest Unix second seen at any try; 0: none.
    pub clock_max: u64,
}

/// A verdict, and the state to remember because of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct GateDecision {
    /// The answer. Give it only once `state` is durable, or a crash makes the try undone.
    pub verdict: CodeVerdict,
    /// The state that replaces the one the code was judged by; it may be the same.
    pub state: GateState,
    /// How many seconds have passed by this computer's clock since it was last seen, when that is more than a day. A
    /// weekend looks the same as a clock put forward: it is a fact to note, not an accusation.
    pub clock_jumped: Option<u64>,
}

impl GateState {
    /// True when no code opens the gate any more.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.failures >= LOCK_FAILURES
    }

    /// Seconds until a code is looked at, 0 to 3600.
    #[must_use]
    pub fn remaining_wait(&self, unix_seconds: u64) -> u64 {
        self.not_before
            .saturating_sub(unix_seconds)
            .min(LONGEST_WAIT_SECONDS)
    }

    /// The state after a recovery code was used at `unix_seconds`: no failures, no wait, and the present clock taken
    /// for right, whatever it once showed. Which steps are used up is never forgotten.
    ///
    /// `None` when a step was used up that lies more than an hour ahead (phone and computer both ran ahead when it was
    /// typed): until then every code would be a used one, so the secret has to be replaced, with the default state
    /// beside the new one.
    #[must_use]
    pub fn reopened(&self, unix_seconds: u64) -> Option<Self> {
        let state = Self {
            failures: 0,
            not_before: 0,
            clock_max: unix_seconds,
            ..*self
        };
        (state.seconds_behind(unix_seconds) <= LONGEST_WAIT_SECONDS).then_some(state)
    }

    /// Decides about `code` when the clock shows `unix_seconds` (UTC, since 1970). Spaces do not matter.
    pub(crate) fn judge_code(&self, totp: &Totp, code: &str, unix_seconds: u64) -> GateDecision {
        let mut state = if self.enrolled {
            *self
        } else {
            Self::default()
        };
        let passed = unix_seconds.saturating_sub(state.clock_max);
        let jumped = state.clock_max > 0 && passed > CLOCK_JUMP_SECONDS;
        state.clock_max = state.clock_max.max(unix_seconds);
        let verdict = state.decide_verdict(totp, code, unix_seconds);
        GateDecision {
            verdict,
            state,
            clock_jumped: jumped.then_some(passed),
        }
    }

    fn decide_verdict(&mut self, totp: &Totp, code: &str, now: u64) -> CodeVerdict {
        if self.is_locked() {
            return CodeVerdict::Locked;
        }
        // Before the wait, which a clock turned back would lengthen, and before the code, which might be an old one.
        let seconds = self.seconds_behind(now);
        if seconds > CLOCK_BACK_SECONDS {
            return CodeVerdict::ClockBack { seconds };
        }
        // A try during the wait is no failure: it tells nobody anything, and if it counted, leaning on Enter would
        // reach the lock in a minute that otherwise takes days. The end is written down as capped, so that it comes.
        let seconds = self.remaining_wait(now);
        self.not_before = self.not_before.min(now.saturating_add(seconds));
        if seconds > 0 {
            return CodeVerdict::Wait { seconds };
        }
        // A text that cannot be a code is no failure either: nobody gains a guess by it, and a slip of the hand must not lock anybody out.
        let Some(code) = six_digits(code) else {
            return CodeVerdict::Wrong;
        };
        let fits = |step: u64| {
            step.checked_mul(STEP_SECONDS)
                .is_some_and(|time| totp.check(&code, time).is_some())
        };
        let present = now / STEP_SECONDS;
        let mut window = present.saturating_sub(SKEW_STEPS)..=present.saturating_add(SKEW_STEPS);
        let fresh = |step: &u64| *step > self.last_step && fits(*step);
        if let Some(step) = window.clone().find(fresh) {
            self.enrolled = true;
            self.last_step = step;
            self.failures = 0;
            self.not_before = 0;
            return CodeVerdict::Accepted;
        }
        if window.any(fits) {
            return CodeVerdict::Replayed;
        }
        self.failures = self.failures.saturating_add(1);
        self.not_before = match back_off(self.failures) {
            0 => 0,
            seconds => now.saturating_add(seconds),
        };
        let mut near = present.saturating_sub(HINT_STEPS)..=present.saturating_add(HINT_STEPS);
        // The highest, when by chance there are several: it uses up the others.
        let told = near.rfind(|step| fits(*step));
        if let Some(step) = told {
            // Otherwise somebody who guesses could wait for the time that the hint names, and had forty steps to hit
            // instead of three.
            self.last_step = self.last_step.max(step);
        }
        match told {
            _ if self.is_locked() => CodeVerdict::Locked,
            Some(step) => CodeVerdict::Skewed {
                minutes: minutes_away(step, present),
            },
            None => CodeVerdict::Wrong,
        }
    }

    /// How many seconds `now` lies before the highest time known: the highest seen, or the earliest at which the last
    /// step could be accepted.
    fn seconds_behind(&self, now: u64) -> u64 {
        let step = self.last_step.saturating_sub(SKEW_STEPS);
        self.clock_max
            .max(step.saturating_mul(STEP_SECONDS))
            .saturating_sub(now)
    }
}

/// The wait after so many wrong codes in a row, in seconds.
fn back_off(failures: u32) -> u64 {
    failures.checked_sub(FREE_FAILURES).map_or(0, |doublings| {
        FIRST_WAIT_SECONDS
            .saturating_mul(2_u64.saturating_pow(doublings))
            .min(LONGEST_WAIT_SECONDS)
    })
}

/// From one step to the other, in whole minutes away from zero.
fn minutes_away(step: u64, present: u64) -> i64 {
    let seconds = step.abs_diff(present).saturating_mul(STEP_SECONDS);
    let minutes = seconds.div_ceil(60).cast_signed();
    if step < present { -minutes } else { minutes }
}

/// Apps show "123 456", and people type it so. Only ASCII digits are digits.
fn six_digits(code: &str) -> Option<String> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    (code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())).then_some(code)
}

/// The generator both sides share: SHA-1, six digits, 30 s. Skew is counted here, step by step, because a step that was
/// used must not hide a later one with the same digits.
pub(crate) fn totp_generator(secret: &[u8], account: &str) -> Totp {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(0)
        .with_step_duration(STEP_SECONDS)
        .with_secret(secret.to_vec())
        .with_account_name(account)
        .with_issuer(Some(ISSUER))
        .build_noncompliant()
}
