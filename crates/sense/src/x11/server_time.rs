//! The X server's clock, mapped to ours.
//!
//! Every event carries the server's millisecond counter, 32 bits wide (it wraps after 49.7 days). The offset between
//! that counter and our awake clock is the smallest difference ever seen between "we read it" and "it says": reading
//! can only be late, never early. So an event that is read late keeps the moment at which it happened.

use model::{Moment, micros};
use std::time::Duration;

/// A reading that seems older than this makes the caller compare the clocks again: either the reading is late, or the
/// server's clock stood still (its machine slept while ours did not).
const DOUBT_MICROS: i64 = 2_000_000;

/// Maps the server's clock to ours.
#[derive(Debug, Default)]
pub(super) struct ServerTime {
    /// The last counter seen, widened to 64 bits.
    last_ms: Option<u64>,
    /// Our awake clock minus the server's, in microseconds.
    offset_micros: i64,
    /// The last moment given out: they never go backwards.
    last: Option<Moment>,
}

impl ServerTime {
    /// Sets the clocks side by side: the server said `server_ms` not later than `now`.
    pub(super) fn calibrate(&mut self, server_ms: u64, now: Moment) {
        self.last_ms = Some(server_ms);
        self.offset_micros = difference_micros(server_ms, now);
    }

    /// True when `raw_ms` would be mapped so far back that the clocks should be compared first.
    pub(super) fn is_doubtful(&self, raw_ms: u32, now: Moment) -> bool {
        self.last_ms.is_none_or(|last| {
            difference_micros(widen(last, raw_ms), now).saturating_sub(self.offset_micros)
                > DOUBT_MICROS
        })
    }

    /// True when `raw_ms` would be mapped beyond `now`: then `now` was read before the event came, and taking it for the
    /// time of the reading would spoil the offset.
    pub(super) fn is_ahead(&self, raw_ms: u32, now: Moment) -> bool {
        self.last_ms
            .is_some_and(|last| difference_micros(widen(last, raw_ms), now) < self.offset_micros)
    }

    /// The moment at which the server's counter stood at `raw_ms`; not later than `now`, not before the last answer.
    pub(super) fn moment_at(&mut self, raw_ms: u32, now: Moment) -> Moment {
        let ms = match self.last_ms {
            Some(last) => widen(last, raw_ms),
            None => u64::from(raw_ms),
        };
        let difference = difference_micros(ms, now);
        self.offset_micros = match self.last_ms {
            Some(_) => self.offset_micros.min(difference),
            None => difference,
        };
        self.last_ms = Some(ms);
        let late = difference.saturating_sub(self.offset_micros);
        self.in_order(now - Duration::from_micros(u64::try_from(late).unwrap_or(0)))
    }

    /// `at`, or the last answer when that was later.
    pub(super) fn in_order(&mut self, at: Moment) -> Moment {
        let at = match self.last {
            Some(last) if last.awake > at.awake => last,
            _ => at,
        };
        self.last = Some(at);
        at
    }
}

/// The 64-bit counter next to `last` whose lower 32 bits are `raw`.
fn widen(last: u64, raw: u32) -> u64 {
    let low = last.to_le_bytes();
    let low = u32::from_le_bytes([low[0], low[1], low[2], low[3]]);
    let step = raw.wrapping_sub(low).cast_signed();
    last.saturating_add_signed(i64::from(step))
}

fn difference_micros(server_ms: u64, now: Moment) -> i64 {
    let server = i64::try_from(server_ms.saturating_mul(1_000)).unwrap_or(i64::MAX);
    i64::try_from(micros::to_micros(now.awake))
        .unwrap_or(i64::MAX)
        .saturating_sub(server)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;
    use proptest::prelude::*;

    fn moment(awake_micros: u64) -> Moment {
        Moment {
            utc: Timestamp::from_seconds(1_700_000_000),
            boot: Duration::from_secs(9_000),
            awake: Duration::ZERO,
        } + Duration::from_micros(awake_micros)
    }

    #[test]
    fn a_late_reading_keeps_the_event_where_it_happened() {
        let mut time = ServerTime::default();
        time.calibrate(5_000, moment(700_000_000));
        let at = time.moment_at(5_100, moment(701_000_000));
        assert_eq!(micros::to_micros(at.awake), 700_100_000);
        assert_eq!(at.boot, moment(700_100_000).boot);
    }

    #[test]
    fn a_quicker_reading_improves_the_offset() {
        let mut time = ServerTime::default();
        time.calibrate(5_000, moment(700_030_000));
        assert_eq!(
            micros::to_micros(time.moment_at(5_100, moment(700_100_500)).awake),
            700_100_500
        );
        assert_eq!(
            micros::to_micros(time.moment_at(5_200, moment(700_300_000)).awake),
            700_200_500
        );
    }

    #[test]
    fn an_event_from_after_the_look_at_our_clock_is_noticed() {
        let mut time = ServerTime::default();
        time.calibrate(5_000, moment(700_000_000));
        assert!(!time.is_ahead(5_100, moment(700_100_000)));
        assert!(time.is_ahead(5_101, moment(700_100_000)));
    }

    #[test]
    fn the_counter_may_wrap_between_two_events() {
        let mut time = ServerTime::default();
        let before = u64::from(u32::MAX) - 99;
        time.calibrate(before, moment(1_000_000_000));
        let at = time.moment_at(100, moment(1_000_500_000));
        assert_eq!(micros::to_micros(at.awake), 1_000_200_000);
    }

    #[test]
    fn a_server_clock_that_stood_still_is_doubted() {
        let mut time = ServerTime::default();
        time.calibrate(5_000, moment(700_000_000));
        assert!(!time.is_doubtful(6_000, moment(701_000_000)));
        assert!(time.is_doubtful(6_100, moment(4_300_000_000)));
    }

    proptest! {
        #[test]
        fn answers_are_ordered_and_never_in_the_future(
            start in any::<u64>().prop_map(|n| n % (1 << 40)),
            steps in prop::collection::vec((0u32..100_000, 0u64..5_000_000), 1..50),
        ) {
            let mut time = ServerTime::default();
            let (mut server_ms, mut now_micros) = (start, 1_000_000_000u64);
            time.calibrate(server_ms, moment(now_micros));
            let mut last = 0;
            for (step_ms, delay_micros) in steps {
                server_ms += u64::from(step_ms);
                now_micros += u64::from(step_ms) * 1_000;
                let raw = u32::try_from(server_ms & 0xffff_ffff).unwrap_or(0);
                let at = time.moment_at(raw, moment(now_micros + delay_micros));
                prop_assert!(micros::to_micros(at.awake) >= last);
                prop_assert!(micros::to_micros(at.awake) <= now_micros + delay_micros);
                prop_assert_eq!(micros::to_micros(at.awake), now_micros, "the delay must not move the event");
                last = micros::to_micros(at.awake);
            }
        }
    }
}
