//! Spans that are closed but may still turn out to have been idle.

use model::{Coverage, Span};
use std::collections::VecDeque;

/// Most spans that may wait for a decision. A window whose title changes four times a second (the sensor's limit)
/// fills an idle limit of one hour with 14,400 of them. When full, the oldest is taken as it stands.
const MAX_PENDING: usize = 16_384;

/// A closed span on the boot clock.
#[derive(Clone, Debug)]
pub(crate) struct ClosedSpan {
    /// Even when cut by an event, odd when it is the second half of a split: ascending in time either way.
    pub(crate) id: u64,
    pub(crate) start_boot: u64,
    pub(crate) span: Span,
    /// Changed since it was last handed to the journal.
    pub(crate) dirty: bool,
}

impl ClosedSpan {
    pub(crate) fn end_boot(&self) -> u64 {
        self.start_boot + self.span.dur_us
    }
}

/// The waiting line, oldest first.
#[derive(Debug, Default)]
pub(crate) struct ProvisionalSpans {
    line: VecDeque<ClosedSpan>,
}

impl ProvisionalSpans {
    pub(crate) fn push(&mut self, closed: ClosedSpan) {
        self.line.push_back(closed);
    }

    /// Takes every span at the head whose fate is decided: anything but active, and active spans that ended by
    /// `evidence` (a moment on the boot clock up to which presence is certain).
    pub(crate) fn release_decided(&mut self, evidence: u64, out: &mut Vec<Span>) {
        while let Some(head) = self.line.front() {
            let decided = head.span.state != Coverage::Active || head.end_boot() <= evidence;
            if !decided && self.line.len() <= MAX_PENDING {
                break;
            }
            out.extend(self.line.pop_front().map(|c| c.span));
        }
    }

    /// Everything, in order.
    pub(crate) fn release_all(&mut self, out: &mut Vec<Span>) {
        out.extend(self.line.drain(..).map(|c| c.span));
    }

    /// Turns active time from `since` on into idle time; the span that contains `since` is split there and its
    /// counts stay with the first half (every input lies before `since`).
    pub(crate) fn mark_idle_from(&mut self, since: u64) {
        let Some(first) = self.line.iter().position(|c| c.end_boot() > since) else {
            return;
        };
        if let Some(c) = self.line.get_mut(first)
            && c.span.state == Coverage::Active
            && c.start_boot < since
        {
            let head_us = since - c.start_boot;
            let mut tail = c.clone();
            c.span.dur_us = head_us;
            c.dirty = true;
            tail.id = c.id + 1;
            tail.start_boot = since;
            tail.span.start_us = tail.span.start_us.saturating_add_unsigned(head_us);
            tail.span.dur_us -= head_us;
            tail.span.counts = model::Counts::default();
            self.line.insert(first + 1, tail);
        }
        for c in self
            .line
            .iter_mut()
            .filter(|c| c.start_boot >= since && c.span.state == Coverage::Active)
        {
            c.span.state = Coverage::Idle;
            c.dirty = true;
        }
    }

    /// Lets `change` look at every waiting span; what it changed (it says so) goes to the journal again.
    pub(crate) fn edit_each(&mut self, mut change: impl FnMut(&mut Span) -> bool) {
        for c in &mut self.line {
            c.dirty |= change(&mut c.span);
        }
    }

    /// The waiting span that contains `at`, if any.
    pub(crate) fn containing(&mut self, at: u64) -> Option<&mut ClosedSpan> {
        self.line
            .iter_mut()
            .rev()
            .find(|c| c.start_boot <= at && at < c.end_boot())
    }

    pub(crate) fn front_id(&self) -> Option<u64> {
        self.line.front().map(|c| c.id)
    }

    pub(crate) fn front_start(&self) -> Option<u64> {
        self.line.front().map(|c| c.start_boot)
    }

    /// What the journal has not seen yet.
    pub(crate) fn take_changed(&mut self, out: &mut Vec<(u64, Span)>) {
        for c in self.line.iter_mut().filter(|c| c.dirty) {
            c.dirty = false;
            out.push((c.id, c.span.clone()));
        }
    }
}
