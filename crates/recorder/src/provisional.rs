//! Spans that are closed but may still turn out to have been idle.

use model::{Counts, Coverage, Span, Timestamp, touches};
use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

/// Most spans that may wait for a decision. A window whose title changes four times a second (the sensor's limit)
/// fills an idle limit of one hour with 14,400 of them. When full, the oldest is taken as it stands.
const MAX_PENDING: usize = 16_384;

/// A closed span on the boot clock.
#[derive(Clone, Debug)]
struct ClosedSpan {
    /// Even when cut by an event, odd when it is the second half of a split: ascending in time either way.
    id: u64,
    start_boot: Duration,
    span: Span,
    /// Changed since the journal last received it.
    dirty: bool,
}

impl ClosedSpan {
    fn end_boot(&self) -> Duration {
        self.start_boot.saturating_add(self.span.duration)
    }
}

/// The waiting spans, oldest first.
#[derive(Debug, Default)]
pub(crate) struct ProvisionalSpans {
    spans: VecDeque<ClosedSpan>,
}

impl ProvisionalSpans {
    /// Adds a span that was just closed; it starts at `start_boot` on the boot clock, no earlier than the last one's end.
    pub(crate) fn push(&mut self, id: u64, start_boot: Duration, span: Span) {
        self.spans.push_back(ClosedSpan {
            id,
            start_boot,
            span,
            dirty: true,
        });
    }

    /// Takes every span at the head whose fate is decided: anything but active, and active spans that ended by
    /// `presence` (a moment on the boot clock up to which presence is certain).
    pub(crate) fn release_decided(&mut self, presence: Duration) -> Vec<Span> {
        let mut out = Vec::new();
        while let Some(head) = self.spans.front() {
            let decided = head.span.state != Coverage::Active || head.end_boot() <= presence;
            if !decided && self.spans.len() <= MAX_PENDING {
                break;
            }
            out.extend(self.spans.pop_front().map(|c| c.span));
        }
        out
    }

    /// Takes every span, in order.
    pub(crate) fn release_all(&mut self) -> impl Iterator<Item = Span> {
        self.spans.drain(..).map(|c| c.span)
    }

    /// Turns active time from `since` on into idle time; the span that contains `since` is split there and its
    /// counts stay with the first half (every input lies before `since`).
    pub(crate) fn mark_idle_from(&mut self, since: Duration) {
        let Some(first) = self.spans.iter().position(|c| c.end_boot() > since) else {
            return;
        };
        if let Some(c) = self.spans.get_mut(first)
            && c.span.state == Coverage::Active
            && c.start_boot < since
        {
            let head = since - c.start_boot;
            let mut tail = c.clone();
            c.span.duration = head;
            c.dirty = true;
            tail.id = c.id + 1;
            tail.start_boot = since;
            tail.span.start += head;
            tail.span.duration -= head;
            tail.span.counts = Counts::default();
            self.spans.insert(first + 1, tail);
        }
        for c in self
            .spans
            .iter_mut()
            .filter(|c| c.start_boot >= since && c.span.state == Coverage::Active)
        {
            c.span.state = Coverage::Idle;
            c.dirty = true;
        }
    }

    /// Adds late input to the span that contains `boot`: true when it was added, false when that span is not recording or
    /// was redacted, `None` when no waiting span contains it.
    pub(crate) fn add_counts(&mut self, boot: Duration, counts: Counts) -> Option<bool> {
        let closed = self
            .spans
            .iter_mut()
            .rev()
            .find(|c| c.start_boot <= boot && boot < c.end_boot())?;
        let countable = closed.span.state.is_recording() && !closed.span.redacted;
        if countable {
            closed.span.counts += counts;
            closed.dirty = true;
        }
        Some(countable)
    }

    /// Redacts every span that touches `range`.
    pub(crate) fn redact(&mut self, range: &Range<Timestamp>) {
        for c in &mut self.spans {
            if !c.span.redacted && touches(range, c.span.start, c.span.end()) {
                c.span = c.span.without_content();
                c.dirty = true;
            }
        }
    }

    /// Number of the oldest.
    pub(crate) fn front_id(&self) -> Option<u64> {
        self.spans.front().map(|c| c.id)
    }

    /// Start of the oldest on the boot clock.
    pub(crate) fn front_start(&self) -> Option<Duration> {
        self.spans.front().map(|c| c.start_boot)
    }

    /// Takes a copy of every span that the journal has not received as it is now.
    pub(crate) fn take_changed(&mut self) -> Vec<(u64, Span)> {
        self.spans
            .iter_mut()
            .filter(|c| c.dirty)
            .map(|c| {
                c.dirty = false;
                (c.id, c.span.clone())
            })
            .collect()
    }
}
