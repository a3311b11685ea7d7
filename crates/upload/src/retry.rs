//! When to try next: a pure function of how the last try ended and of chance.
//!
//! Always true: there is always a next time; no wait is longer than [`CAP`] or the interval with its jitter, whichever
//! is longer; many agents that lost the same store do not come back at the same moment.

use std::time::Duration;

/// The longest wait between two tries while something is wrong.
pub const CAP: Duration = Duration::from_secs(30 * 60);
/// The first retry comes within this time; the range doubles with each further failure.
pub const BASE: Duration = Duration::from_secs(5);
/// No retry comes sooner, however the dice fall.
pub const FLOOR: Duration = Duration::from_secs(1);

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Everything was delivered, or there was nothing to deliver.
    Delivered,
    /// A reason that may pass by itself; the store may have asked to wait.
    Retriable {
        /// How long the store asked to wait.
        retry_after: Option<Duration>,
    },
    /// A reason that somebody must mend.
    Permanent,
}

/// Remembers how often it failed in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySchedule {
    interval: Duration,
    failures: u32,
}

impl RetrySchedule {
    /// `interval`: time between deliveries while all is well; at least one second.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            interval: interval.max(FLOOR),
            failures: 0,
        }
    }

    /// Failures in a row.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// How long to wait after `outcome`. `chance` is a fresh random number in `[0, 1)`; others are clipped to it.
    ///
    /// * Delivered: the interval ± 10 %.
    /// * Retriable: exponential back-off with full jitter (`chance × min(CAP, BASE × 2ⁿ)`), within [`FLOOR`] and
    ///   [`CAP`], but not sooner than the store asked (at most [`CAP`]).
    ///   <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
    /// * Permanent: [`CAP`] − 10 % × chance; somebody may have mended it meanwhile.
    #[must_use]
    pub fn next_wait(&mut self, outcome: AttemptOutcome, chance: f64) -> Duration {
        let chance = if chance.is_finite() {
            chance.clamp(0.0, 1.0)
        } else {
            0.5
        };
        match outcome {
            AttemptOutcome::Delivered => {
                self.failures = 0;
                self.interval.mul_f64(0.9 + 0.2 * chance)
            }
            AttemptOutcome::Retriable { retry_after } => {
                let doubled = BASE.saturating_mul(2_u32.saturating_pow(self.failures));
                self.failures = self.failures.saturating_add(1);
                let wait = doubled.min(CAP).mul_f64(chance);
                wait.max(FLOOR)
                    .max(retry_after.unwrap_or_default())
                    .min(CAP)
            }
            AttemptOutcome::Permanent => {
                self.failures = self.failures.saturating_add(1);
                CAP.mul_f64(1.0 - 0.1 * chance)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RETRY: AttemptOutcome = AttemptOutcome::Retriable { retry_after: None };

    #[test]
    fn waits_double_up_to_the_cap_and_start_again_after_success() {
        let mut schedule = RetrySchedule::new(Duration::from_secs(300));
        let waits: Vec<u64> = (0..12)
            .map(|_| schedule.next_wait(RETRY, 1.0).as_secs())
            .collect();
        assert_eq!(
            waits,
            [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800, 1800]
        );
        assert_eq!(
            schedule.next_wait(AttemptOutcome::Delivered, 0.5),
            Duration::from_secs(300)
        );
        assert_eq!(schedule.next_wait(RETRY, 1.0).as_secs(), 5);
    }

    #[test]
    fn a_store_that_asks_for_time_gets_it() {
        let mut schedule = RetrySchedule::new(Duration::from_secs(300));
        let ask = |s| AttemptOutcome::Retriable {
            retry_after: Some(Duration::from_secs(s)),
        };
        assert_eq!(schedule.next_wait(ask(90), 0.0).as_secs(), 90);
        assert_eq!(schedule.next_wait(ask(u64::MAX), 0.0), CAP);
    }

    #[test]
    fn a_permanent_failure_is_retried_now_and_then() {
        let mut schedule = RetrySchedule::new(Duration::from_secs(300));
        assert_eq!(schedule.next_wait(AttemptOutcome::Permanent, 0.0), CAP);
        assert_eq!(
            schedule.next_wait(AttemptOutcome::Permanent, 1.0),
            Duration::from_secs(27 * 60)
        );
    }

    proptest! {
        #[test]
        fn there_is_always_a_next_time(
            interval in 0_u64..7200,
            steps in prop::collection::vec((0_u8..3, any::<f64>()), 0..80),
        ) {
            let interval = Duration::from_secs(interval);
            let mut schedule = RetrySchedule::new(interval);
            for (kind, chance) in steps {
                let outcome = match kind {
                    0 => AttemptOutcome::Delivered,
                    1 => RETRY,
                    _ => AttemptOutcome::Permanent,
                };
                let wait = schedule.next_wait(outcome, chance);
                prop_assert!(wait >= FLOOR.mul_f64(0.9));
                prop_assert!(wait <= CAP.max(interval.mul_f64(1.1)));
            }
        }
    }
}
