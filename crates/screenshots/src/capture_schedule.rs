//! When the next screenshot is due: at a random moment in each slot.
//!
//! Time is cut into slots of one interval each, from the moment recording began, on the boot clock (which counts through
//! sleep and never jumps). Always true:
//! * at most one screenshot in a slot, so no burst follows a sleep, a pause or a stall;
//! * exactly one in each slot, as long as somebody asks at the moment [`CaptureDue::At`] names;
//! * a moment that passed while nobody asked is drawn again from what is left of the present slot: the first second after
//!   waking up is no likelier than any other.
//!
//! Chance is an argument: the same numbers give the same moments.

use model::micros::to_micros;
use std::time::Duration;

/// Shortest interval; shorter ones are lengthened to it.
pub const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureDue {
    /// Take a screenshot now. The slot is used up, whether or not one is taken (locked, excluded, paused, idle …).
    Now,
    /// Ask again at this moment of the boot clock, or at any earlier or later one.
    At(Duration),
}

/// The moments at which screenshots are taken. Fits in a handful of words; clone it to look ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureSchedule {
    interval: Duration,
    origin: Duration,
    /// The slot whose moment is drawn, and the moment.
    slot: u64,
    moment: Duration,
}

impl CaptureSchedule {
    /// A schedule whose first slot begins at `now` (boot clock). `interval` is at least [`MIN_INTERVAL`];
    /// `chance` is any number, evenly drawn from all 64-bit ones.
    #[must_use]
    pub fn new(interval: Duration, now: Duration, chance: u64) -> Self {
        let mut schedule = Self {
            interval: interval.max(MIN_INTERVAL),
            origin: now,
            slot: 0,
            moment: now,
        };
        schedule.draw(0, now, chance);
        schedule
    }

    /// The moment of the next screenshot on the boot clock.
    #[must_use]
    pub fn moment(&self) -> Duration {
        self.moment
    }

    /// Is a screenshot due at `now` (boot clock)? `chance` is used when a new moment must be drawn: after [`CaptureDue::Now`],
    /// and when a slot was missed; bring a fresh number each time. Earlier moments than before are harmless.
    pub fn poll(&mut self, now: Duration, chance: u64) -> CaptureDue {
        let present = to_micros(now.saturating_sub(self.origin)) / to_micros(self.interval);
        if present > self.slot {
            self.draw(present, now, chance);
        }
        if now < self.moment {
            return CaptureDue::At(self.moment);
        }
        // After a draw from the rest of the slot this is the case only for the very first microsecond of it.
        let next = self.slot.saturating_add(1);
        self.draw(next, now, chance);
        CaptureDue::Now
    }

    /// Draws a moment in `slot`, not before `now`.
    fn draw(&mut self, slot: u64, now: Duration, chance: u64) {
        let since_origin = slot.saturating_mul(to_micros(self.interval));
        let start = self
            .origin
            .saturating_add(Duration::from_micros(since_origin));
        let end = start.saturating_add(self.interval);
        let from = start.max(now);
        let span = to_micros(end.saturating_sub(from));
        // `chance` as a fraction of 2^64, times the span: below the span, and even to within 2^-64 of it.
        let offset = (u128::from(chance) * u128::from(span)) >> 64;
        self.slot = slot;
        self.moment = from.saturating_add(Duration::from_micros(offset as u64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn micros(n: u64) -> Duration {
        Duration::from_micros(n)
    }

    /// Asks at each of `moments`, in order, and gives the moments at which a screenshot was due.
    fn taken(
        schedule: &mut CaptureSchedule,
        moments: &[Duration],
        mut chance: impl FnMut() -> u64,
    ) -> Vec<Duration> {
        moments
            .iter()
            .copied()
            .filter(|now| schedule.poll(*now, chance()) == CaptureDue::Now)
            .collect()
    }

    #[test]
    fn a_night_asleep_leaves_one_picture_in_the_morning_not_a_burst() {
        let mut schedule = CaptureSchedule::new(5 * MINUTE, micros(1_000), 1 << 63);
        assert_eq!(
            schedule.poll(micros(1_000), 0),
            CaptureDue::At(micros(1_000 + 150_000_000))
        );
        let morning = micros(1_000) + 8 * 60 * MINUTE + MINUTE;
        // Missed by hours: drawn again, half way through the four minutes left.
        assert_eq!(
            schedule.poll(morning, 1 << 63),
            CaptureDue::At(morning + 2 * MINUTE)
        );
        let seconds: Vec<_> = (0..240).map(|s| morning + Duration::from_secs(s)).collect();
        assert_eq!(taken(&mut schedule, &seconds, || 0), [morning + 2 * MINUTE]);
    }

    #[test]
    fn a_moment_missed_by_less_than_its_slot_is_taken_late() {
        let mut schedule = CaptureSchedule::new(MINUTE, micros(0), 0);
        assert_eq!(schedule.poll(MINUTE / 2, 1 << 63), CaptureDue::Now);
        assert_eq!(
            schedule.poll(micros(30_000_001), 0),
            CaptureDue::At(micros(90_000_000))
        );
    }

    #[test]
    fn moments_are_spread_over_the_slot() {
        let mut tenths = [0u32; 10];
        let mut state = 1u64;
        let mut schedule = CaptureSchedule::new(Duration::from_secs(100), micros(0), 0);
        for second in 0..1_000_000u64 {
            // Knuth's 64-bit linear congruence: good enough for a histogram of its high bits.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            if schedule.poll(Duration::from_secs(second), state) == CaptureDue::Now {
                tenths[(second / 10 % 10) as usize] += 1;
            }
        }
        // 10,000 slots; asking once a second misses the moments in the last second of one, a hundredth of all.
        let all: u32 = tenths.iter().sum();
        assert!((9_800..=10_000).contains(&all), "{all} in {tenths:?}");
        assert!(
            tenths.iter().all(|n| (800..1_200).contains(n)),
            "{tenths:?}"
        );
    }

    proptest! {
        #[test]
        fn at_most_one_picture_in_a_slot_and_none_before_its_time(
            interval in 0u64..20_000_000,
            start in any::<u64>(),
            steps in proptest::collection::vec((0u64..30_000_000, any::<u64>()), 1..200),
        ) {
            let mut schedule = CaptureSchedule::new(micros(interval), micros(start), steps[0].1);
            let interval = interval.max(to_micros(MIN_INTERVAL));
            let mut now = start;
            let mut last_slot = None;
            for (step, chance) in steps {
                let Some(later) = now.checked_add(step) else { break };
                now = later;
                let moment = schedule.moment();
                match schedule.poll(micros(now), chance) {
                    CaptureDue::Now => {
                        let slot = (now - start) / interval;
                        prop_assert!(last_slot < Some(slot));
                        prop_assert!(schedule.moment() > moment || now == u64::MAX);
                        last_slot = Some(slot);
                    }
                    CaptureDue::At(at) => prop_assert!(at > micros(now)),
                }
            }
        }

        #[test]
        fn every_slot_lived_through_has_its_picture(interval in to_micros(MIN_INTERVAL)..20_000_000, chances in proptest::collection::vec(any::<u64>(), 50)) {
            let mut schedule = CaptureSchedule::new(micros(interval), micros(7), chances[0]);
            let mut taken = Vec::new();
            for chance in chances {
                // Asks exactly when told to.
                let now = schedule.moment();
                prop_assert_eq!(schedule.poll(now, chance), CaptureDue::Now);
                taken.push((to_micros(now) - 7) / interval);
            }
            let expected: Vec<u64> = (0..taken.len() as u64).collect();
            prop_assert_eq!(taken, expected);
        }
    }
}
