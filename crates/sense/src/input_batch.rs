//! Input on its way from counting to the queue: one batch holds the input of one second of the boot clock, in one
//! piece or several.

use model::{Counts, Moment};
use std::time::Duration;

/// Input that was counted but not handed over yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InputBatch {
    /// The moment of the last of it.
    pub(crate) at: Moment,
    pub(crate) counts: Counts,
}

/// The batch that is still being filled.
#[derive(Debug, Default)]
pub(crate) struct InputBatcher {
    open: Option<InputBatch>,
}

impl InputBatcher {
    /// Adds input at `at`. A batch of an earlier second is finished and returned.
    pub(crate) fn add(&mut self, at: Moment, counts: Counts) -> Option<InputBatch> {
        match &mut self.open {
            Some(batch) if batch.at.whole_second() == at.whole_second() => {
                batch.counts += counts;
                batch.at = at;
                None
            }
            slot => slot.replace(InputBatch { at, counts }),
        }
    }

    /// Takes the open batch if its second of the boot clock is over at `now`.
    pub(crate) fn take_due(&mut self, now: Moment) -> Option<InputBatch> {
        self.open
            .take_if(|batch| batch.at.whole_second() < now.whole_second())
    }

    /// How long after `now` the open batch's second is over; `None` when there is none.
    pub(crate) fn deadline(&self, now: Moment) -> Option<Duration> {
        let batch = self.open.as_ref()?;
        let end = Duration::from_secs(batch.at.whole_second() + 1);
        Some(end.saturating_sub(now.boot))
    }

    /// Takes the open batch.
    pub(crate) fn take_open(&mut self) -> Option<InputBatch> {
        self.open.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::InputCounts;
    use model::Timestamp;
    use proptest::prelude::*;

    const AT: Moment = Moment {
        utc: Timestamp::UNIX_EPOCH,
        boot: Duration::from_secs(5),
        awake: Duration::ZERO,
    };

    fn one() -> Counts {
        Counts {
            hardware: InputCounts {
                keys: 1,
                ..InputCounts::default()
            },
            ..Counts::default()
        }
    }

    #[test]
    fn a_batch_ends_with_its_second() {
        let mut batches = InputBatcher::default();
        assert_eq!(batches.add(AT + Duration::from_millis(300), one()), None);
        assert_eq!(
            batches.add(AT + Duration::from_micros(999_999), one()),
            None
        );
        assert_eq!(
            batches.deadline(AT + Duration::from_millis(400)),
            Some(Duration::from_millis(600))
        );
        assert_eq!(batches.take_due(AT + Duration::from_micros(999_999)), None);
        let first = batches.add(AT + Duration::from_secs(1), one());
        assert_eq!(
            first.map(|b| (b.at.boot, b.counts.keys())),
            Some((Duration::from_micros(5_999_999), 2))
        );
        let second = batches.take_due(AT + Duration::from_secs(2));
        assert_eq!(second.map(|b| b.counts.keys()), Some(1));
        assert_eq!((batches.deadline(AT), batches.take_open()), (None, None));
    }

    proptest! {
        #[test]
        fn every_count_is_kept(times in prop::collection::vec(0u64..400_000, 1..100)) {
            let mut batches = InputBatcher::default();
            let (mut now, mut sum, total) = (AT, Counts::default(), times.len() as u64);
            for step in times {
                now = now + Duration::from_micros(step);
                if let Some(batch) = batches.add(now, one()) {
                    sum += batch.counts;
                }
            }
            if let Some(batch) = batches.take_open() {
                sum += batch.counts;
            }
            prop_assert_eq!(sum.keys(), total);
        }
    }
}
