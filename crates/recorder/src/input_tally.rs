//! Seconds with input, and the counts since the start.

use model::{Counts, InputCounts};
use std::time::Duration;

/// Fills in seconds with input, and adds up.
#[derive(Debug, Default)]
pub(crate) struct InputTally {
    /// The last second with hardware and with injected input.
    last_second: [Option<u64>; 2],
    total: Counts,
}

impl InputTally {
    /// Sets the seconds of counts that ended at `boot`: 1 in the first batch of a second, else 0.
    pub(crate) fn set_seconds(&mut self, boot: Duration, counts: &mut Counts) {
        let second = boot.as_secs();
        let sources = [&mut counts.hardware, &mut counts.injected];
        for (source, last) in sources.into_iter().zip(&mut self.last_second) {
            source.seconds = 0;
            if !source.is_zero() && *last != Some(second) {
                *last = Some(second);
                *source += InputCounts {
                    seconds: 1,
                    ..InputCounts::default()
                };
            }
        }
    }

    pub(crate) fn add(&mut self, counts: Counts) {
        self.total += counts;
    }

    /// All that was recorded since the start.
    pub(crate) fn total(&self) -> Counts {
        self.total
    }
}
