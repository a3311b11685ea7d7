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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const SECRET: &[u8] = b"12345678901234567890";

    fn code(step: u64) -> String {
        totp(SECRET, "test")
            .generate(step * STEP_SECONDS)
            .to_string()
    }

    fn judged(last_step: u64, code: &str, now: u64) -> (Verdict, Option<u64>) {
        judge(&totp(SECRET, "test"), last_step, code, now)
    }

    #[test]
    fn one_step_early_or_late_and_no_more() {
        let now = 1_790_000_000;
        let step = now / STEP_SECONDS;
        for (at, minutes) in [
            (step - 2, -1),
            (step + 2, 1),
            (step - 9, -5),
            (step + 20, 10),
        ] {
            assert_eq!(judged(0, &code(at), now).0, Verdict::Skewed { minutes });
        }
        for at in [step - 1, step, step + 1] {
            assert_eq!(
                judged(0, &code(at), now),
                (Verdict::Accepted, Some(at)),
                "{at}"
            );
        }
        assert_eq!(judged(0, &code(step + 21), now).0, Verdict::Wrong);
    }

    #[test]
    fn a_clock_turned_back_is_named() {
        let now = 1_790_000_000;
        let last = now / STEP_SECONDS;
        let yesterday = now - 86_400;
        let then = code(yesterday / STEP_SECONDS);
        let (verdict, step) = judged(last, &then, yesterday);
        assert_eq!(step, None);
        assert!(
            matches!(verdict, Verdict::ClockBack { seconds } if seconds.abs_diff(86_400) < 30),
            "{verdict}"
        );
    }

    #[test]
    fn what_is_no_code_is_wrong() {
        for text in [
            "",
            "12345",
            "1234567",
            "abcdef",
            "１２３４５６",
            "12345\u{660}",
            "-12345",
        ] {
            assert_eq!(judged(0, text, 1_790_000_000).0, Verdict::Wrong, "{text}");
        }
        assert_eq!(judged(0, "123456", u64::MAX).1, None);
        assert_eq!(judged(u64::MAX, "123456", 0).1, None);
    }

    #[test]
    fn spaces_do_not_matter() {
        let now = 1_790_000_000;
        let mut text = code(now / STEP_SECONDS);
        text.insert(3, ' ');
        assert_eq!(judged(0, &format!(" {text}\n"), now).0, Verdict::Accepted);
    }

    proptest! {
        /// Whatever codes are tried at whatever times: no step is accepted twice, and they only rise.
        #[test]
        fn no_step_is_accepted_twice(
            tries in proptest::collection::vec((0u64..40, -3i64..4), 1..200),
        ) {
            let base = 59_666_666;
            let mut last = 0;
            let mut seen = HashSet::new();
            for (at, away) in tries {
                let now_step: u64 = base + at;
                let typed = code(now_step.saturating_add_signed(away));
                let now = now_step * STEP_SECONDS + 7;
                let (verdict, step) = judged(last, &typed, now);
                prop_assert_eq!(verdict == Verdict::Accepted, step.is_some());
                if let Some(step) = step {
                    prop_assert!(seen.insert(step), "step {} twice", step);
                    prop_assert!(step > last);
                    prop_assert!(step.abs_diff(now_step) <= SKEW_STEPS);
                    last = step;
                }
            }
        }
    }
}
