//! What the live view is told, and how it is woken.
//!
//! # What is always true
//! * Telling never blocks and never fails: the recorder must not wait for a terminal.
//! * The queue is bounded. Of states and pictures only the newest is kept; of lines the newest 1,000, and
//!   how many older ones were dropped is said in their place (the journal has them all).
//! * Once the view has ended nothing is kept at all.

use crate::dialog::Wish;
use crate::input::Wake;
use report::{AgentStatus, DaySummary, LogLine};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most lines that wait to be shown.
pub(crate) const MOST_LINES: usize = 1000;

/// A shot, to be shown beside the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its number in the journal.
    pub seq: u64,
    /// Which it is of those that can be shown here, counted from 1, the oldest.
    pub place: u64,
    /// How many those are.
    pub of: u64,
    /// When it was taken, in microseconds since the Unix epoch (UTC).
    pub at_us: i64,
    /// The encoded picture (WebP or PNG).
    pub bytes: Vec<u8>,
    /// True when it was made unreadable.
    pub blurred: bool,
}

impl Picture {
    /// What stands below it; `clock` is the time of day it was taken at, to the minute.
    pub(crate) fn caption(&self, clock: &str) -> String {
        let blurred = if self.blurred { " blurred" } else { "" };
        match self.of {
            0 | 1 => format!("{clock}{blurred}"),
            of => format!("‹ {} of {of} › {clock}{blurred}", self.place),
        }
    }
}

/// What waits to be shown.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) status: Option<Box<AgentStatus>>,
    pub(crate) glance: Option<Box<DaySummary>>,
    pub(crate) picture: Option<Picture>,
    /// The picture is one that was asked for.
    pub(crate) stepped: bool,
    /// The answer to what was wished.
    pub(crate) said: Option<String>,
    /// A wish that takes a code.
    pub(crate) code: Option<Wish>,
    pub(crate) lines: VecDeque<LogLine>,
    /// Lines that were dropped because the view was too slow.
    pub(crate) dropped: u64,
    /// The last shot that was shown goes.
    pub(crate) forget: bool,
    pub(crate) ended: bool,
    closed: bool,
}

impl Waiting {
    /// Does the panel look different after it?
    pub(crate) fn changes(&self) -> bool {
        self.status.is_some()
            || self.glance.is_some()
            || self.picture.is_some()
            || self.said.is_some()
            || self.code.is_some()
            || self.forget
    }
}

/// Tells the live view what to show. Clones tell the same view.
#[derive(Clone, Debug)]
pub struct Updates {
    waiting: Arc<Mutex<Waiting>>,
    wake: Arc<Wake>,
}

impl Updates {
    pub(crate) fn new(wake: Wake) -> Self {
        Self {
            waiting: Arc::default(),
            wake: Arc::new(wake),
        }
    }

    /// The present state replaces the one before.
    pub fn status(&self, status: AgentStatus) {
        self.tell(|w| w.status = Some(Box::new(status)));
    }

    /// A line for the log.
    pub fn line(&self, line: LogLine) {
        self.tell(|w| {
            if w.lines.len() == MOST_LINES {
                w.lines.pop_front();
                w.dropped += 1;
            }
            w.lines.push_back(line);
        });
    }

    /// The present day replaces what was known of it.
    pub fn glance(&self, glance: DaySummary) {
        self.tell(|w| w.glance = Some(Box::new(glance)));
    }

    /// The last shot replaces the one before, unless an older one is looked at.
    pub fn picture(&self, picture: Picture) {
        self.tell(|w| {
            if !w.stepped {
                w.picture = Some(picture);
            }
        });
    }

    /// A shot that was asked for replaces what is shown.
    pub fn stepped(&self, picture: Picture) {
        self.tell(|w| {
            w.picture = Some(picture);
            w.stepped = true;
        });
    }

    /// The answer to what was wished, as one sentence.
    pub fn said(&self, text: String) {
        self.tell(|w| w.said = Some(text));
    }

    /// A wish that takes a code, which is to be asked for.
    pub fn ask_code(&self, wish: Wish) {
        self.tell(|w| w.code = Some(wish));
    }

    /// Something was taken out of the record: lines that wait and the last shot are shown no longer.
    pub fn forget(&self) {
        self.tell(|w| {
            w.lines.clear();
            w.picture = None;
            w.stepped = false;
            w.forget = true;
        });
    }

    /// Nothing more will come; the view shows what it has and ends.
    pub fn end(&self) {
        self.tell(|w| w.ended = true);
    }

    /// False once the view has ended, as when its terminal was closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.lock().closed
    }

    fn tell(&self, change: impl FnOnce(&mut Waiting)) {
        let mut waiting = self.lock();
        if !waiting.closed {
            change(&mut waiting);
            self.wake.wake();
        }
    }

    pub(crate) fn take(&self) -> Waiting {
        let mut waiting = self.lock();
        let ended = waiting.ended;
        let taken = std::mem::take(&mut *waiting);
        waiting.ended = ended;
        taken
    }

    pub(crate) fn close(&self) {
        *self.lock() = Waiting {
            closed: true,
            ..Waiting::default()
        };
    }

    /// A panic elsewhere leaves whole values behind, since each change is one assignment.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::input::Input;
    use report::LogSubject;

    fn line(n: usize) -> LogLine {
        LogLine {
            at_us: 0,
            zone: "UTC".into(),
            word: LogSubject::Shot,
            text: n.to_string(),
            detail: String::new(),
            dur_us: None,
        }
    }

    #[test]
    fn the_oldest_lines_go_first_and_are_counted() {
        let updates = Updates::new(Input::wake_only().unwrap().1);
        for n in 0..MOST_LINES + 7 {
            updates.line(line(n));
        }
        let taken = updates.take();
        assert_eq!((taken.lines.len(), taken.dropped), (MOST_LINES, 7));
        assert_eq!(taken.lines[0].text, "7");
        assert_eq!(updates.take().lines.len(), 0);
    }

    #[test]
    fn a_closed_view_keeps_nothing() {
        let updates = Updates::new(Input::wake_only().unwrap().1);
        updates.line(line(1));
        updates.close();
        updates.line(line(2));
        assert!(!updates.is_open());
        assert!(updates.take().lines.is_empty());
    }
}
