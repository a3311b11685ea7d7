//! Taking back what is not settled yet: what the journal has taken out must not come back with the next checkpoint.

use super::Recorder;
use model::{Counts, Moment, Record, Span};
use std::ops::Range;

/// A span that still says when and in what state, and nothing else.
fn strip(span: &mut Span) {
    span.window = None;
    span.counts = Counts::default();
    span.protected = false;
    span.removed = true;
}

/// True when a span touches `range`.
fn touches(range: &Range<i64>, span: &Span) -> bool {
    span.start_us < range.end && span.end_us() > range.start
}

impl Recorder {
    /// Cuts the open span at `at`, so that what was until now can be taken out and what comes goes on.
    pub fn cut_at(&mut self, at: Moment) {
        self.step(at, crate::RecorderInput::Tick);
        self.cut(at.boot_us);
    }

    /// Forgets windows and counts of every closed span that touches `range` (microseconds since the Unix epoch, UTC);
    /// their time and state stay. The open span is cut off first ([`Self::cut_at`]).
    pub fn redact(&mut self, range: &Range<i64>) {
        self.pending.edit_each(|span| {
            let hit = touches(range, span) && !span.removed;
            if hit {
                strip(span);
            }
            hit
        });
        let done = self.done.iter_mut().filter_map(|record| match record {
            Record::Span(span) => Some(span),
            _ => None,
        });
        for span in done.chain(&mut self.just_closed) {
            if touches(range, span) {
                strip(span);
            }
        }
    }

    /// The start of the oldest span that is not settled, in microseconds since the Unix epoch (UTC).
    #[must_use]
    pub fn oldest_unsettled(&self) -> i64 {
        let boot = self.pending.front_start().unwrap_or(self.open.start_boot);
        self.timestamp_at(boot)
    }
}
