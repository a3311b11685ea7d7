//! The decision about a code: pure, so that every sequence of codes and clocks can be tried in a test.
//!
//! Always true: an accepted step is greater than every step accepted before, so no step is ever used twice.

use std::fmt;
use totp_rs::{Algorithm, Builder, Totp};

/// Length of a step in seconds (RFC 6238 section 5.2).
pub const STEP_SECONDS: u64 = 30;

/// How many steps before and after the present one are accepted.
pub const SKEW_STEPS: u64 = 1;

/// How far the clock may lie before the last accepted step, in seconds, before it is called turned back.
const CLOCK_BACK_SECONDS: u64 = 120;

/// How far a wrong code is looked for, in steps, only to tell the user that a clock is off.
const HINT_STEPS: u64 = 20;

/// The answer to a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Right, and used up: this code opens nothing again.
    Accepted,
    /// Not the code.
    Wrong,
    /// A right code that was used already, or one older than the last used.
    Replayed,
    /// This computer's clock lies before the last accepted code; no code can be right until it is put forward.
    ClockBack {
        /// By how much, in seconds.
        seconds: u64,
    },
    /// The code is right for another time; refused, but the cause is a clock.
    Skewed {
        /// The authenticator's clock minus this computer's, in whole minutes away from zero; never 0.
        minutes: i64,
    },
}

impl fmt::Display for Verdict {
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
                "this computer's clock is {seconds} s behind the last code it accepted; set the clock, then try again"
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
        }
    }
}

/// The generator both sides share: SHA-1, six digits, 30 s. Skew is counted here, step by step, because a step that was
/// used must not hide a later one with the same digits.
pub(crate) fn totp(secret: &[u8], account: &str) -> Totp {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(0)
        .with_step_duration(STEP_SECONDS)
        .with_secret(secret.to_vec())
        .with_account_name(account)
        .with_issuer(Some(crate::ISSUER))
        .build_noncompliant()
}

/// What the gate says to `code` at `unix_seconds`, when `last_step` is the highest step accepted so far (0: none);
/// with the step to remember when it is accepted.
pub(crate) fn judge(
    totp: &Totp,
    last_step: u64,
    code: &str,
    unix_seconds: u64,
) -> (Verdict, Option<u64>) {
    let last_time = last_step.saturating_mul(STEP_SECONDS);
    if unix_seconds.saturating_add(CLOCK_BACK_SECONDS) < last_time {
        let seconds = last_time - unix_seconds;
        return (Verdict::ClockBack { seconds }, None);
    }
    // Apps show "123 456"; people type it so.
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return (Verdict::Wrong, None);
    }
    let now = unix_seconds / STEP_SECONDS;
    let fits = |step: u64| {
        step.checked_mul(STEP_SECONDS)
            .is_some_and(|time| totp.check(&code, time).is_some())
    };
    let mut used = false;
    for step in now.saturating_sub(SKEW_STEPS)..=now.saturating_add(SKEW_STEPS) {
        if fits(step) {
            if step > last_step {
                return (Verdict::Accepted, Some(step));
            }
            used = true;
        }
    }
    if used {
        return (Verdict::Replayed, None);
    }
    for away in SKEW_STEPS + 1..=HINT_STEPS {
        let minutes = (away * STEP_SECONDS).div_ceil(60).cast_signed();
        if now.checked_add(away).is_some_and(fits) {
            return (Verdict::Skewed { minutes }, None);
        }
        if now.checked_sub(away).is_some_and(fits) {
            return (Verdict::Skewed { minutes: -minutes }, None);
        }
    }
    (Verdict::Wrong, None)
}
