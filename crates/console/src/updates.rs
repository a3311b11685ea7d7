//! Updates for the live view: the program queues them, the view's thread shows them.
//!
//! # Always true
//! * Sending an update never blocks and never fails: the recorder must not wait for a terminal.
//! * The queue is bounded. Of states and screenshots only the newest is kept, of lines the newest 1,000; the number of
//!   dropped lines is shown in their place (the journal has them all).
//! * After the end of the view nothing is kept.

use crate::input::InputWaker;
use model::Timestamp;
use protocol::UserCommand;
use report::{AgentStatus, DaySummary, LogLine};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// This many lines wait to be shown; the oldest gives way.
pub(crate) const MAX_WAITING_LINES: usize = 1000;

/// A screenshot to show beside the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownScreenshot {
    /// Its sequence number in the journal.
    pub seq: u64,
    /// Its place among the screenshots that can be shown here, counted from 1, the oldest.
    pub place: u64,
    /// The number of screenshots that can be shown here.
    pub of: u64,
    /// When it was taken.
    pub at: Timestamp,
    /// The encoded image (WebP or PNG).
    pub bytes: Vec<u8>,
    /// True when it was blurred so that text cannot be read.
    pub blurred: bool,
}

impl ShownScreenshot {
    /// The text below it; `clock` is the time of day at which it was taken, to the minute.
    pub(crate) fn format_caption(&self, clock: &str) -> String {
        let blurred = if self.blurred { " blurred" } else { "" };
        match self.of {
            0 | 1 => format!("{clock}{blurred}"),
            of => format!("‹ {} of {of} › {clock}{blurred}", self.place),
        }
    }
}

/// The updates that wait to be shown.
#[derive(Debug, Default)]
pub(crate) struct PendingUpdates {
    pub(crate) status: Option<Box<AgentStatus>>,
    pub(crate) day_summary: Option<Box<DaySummary>>,
    pub(crate) screenshot: Option<ShownScreenshot>,
    /// The user chose the screenshot.
    pub(crate) chosen: bool,
    /// The answer to a command.
    pub(crate) message: Option<String>,
    /// A command that takes a code.
    pub(crate) code: Option<UserCommand>,
    pub(crate) lines: VecDeque<LogLine>,
    /// Lines that were dropped because the view was too slow.
    pub(crate) dropped: u64,
    /// The screenshot that is shown must go.
    pub(crate) forget: bool,
    pub(crate) ended: bool,
    closed: bool,
}

impl PendingUpdates {
    /// True when the panel looks different after these updates.
    pub(crate) fn changes_panel(&self) -> bool {
        self.status.is_some()
            || self.day_summary.is_some()
            || self.screenshot.is_some()
            || self.message.is_some()
            || self.code.is_some()
            || self.forget
    }
}

/// Sends updates to the live view. Clones send to the same view.
#[derive(Clone, Debug)]
pub struct ViewUpdates {
    pending: Arc<Mutex<PendingUpdates>>,
    waker: Arc<InputWaker>,
}

impl ViewUpdates {
    pub(crate) fn new(waker: InputWaker) -> Self {
        Self {
            pending: Arc::default(),
            waker: Arc::new(waker),
        }
    }

    /// Replaces the state that is shown.
    pub fn set_status(&self, status: AgentStatus) {
        self.update_pending(|w| w.status = Some(Box::new(status)));
    }

    /// Adds a line to the log.
    pub fn add_line(&self, line: LogLine) {
        self.update_pending(|w| {
            if w.lines.len() == MAX_WAITING_LINES {
                w.lines.pop_front();
                w.dropped += 1;
            }
            w.lines.push_back(line);
        });
    }

    /// Replaces the summary of the present day.
    pub fn set_day_summary(&self, summary: DaySummary) {
        self.update_pending(|w| w.day_summary = Some(Box::new(summary)));
    }

    /// Shows the newest screenshot, unless the user looks at an older one.
    pub fn show_newest_screenshot(&self, screenshot: ShownScreenshot) {
        self.update_pending(|w| {
            if !w.chosen {
                w.screenshot = Some(screenshot);
            }
        });
    }

    /// Shows a screenshot that the user chose.
    pub fn show_chosen_screenshot(&self, screenshot: ShownScreenshot) {
        self.update_pending(|w| {
            w.screenshot = Some(screenshot);
            w.chosen = true;
        });
    }

    /// Shows the answer to a command: one sentence, in place of the keys.
    pub fn show_message(&self, text: String) {
        self.update_pending(|w| w.message = Some(text));
    }

    /// Asks for the code that this command takes.
    pub fn ask_code(&self, command: UserCommand) {
        self.update_pending(|w| w.code = Some(command));
    }

    /// Drops the waiting lines and the screenshot that is shown, because records were deleted.
    pub fn forget_shown(&self) {
        self.update_pending(|w| {
            w.lines.clear();
            w.screenshot = None;
            w.chosen = false;
            w.forget = true;
        });
    }

    /// Ends the view, once it has shown the updates that wait.
    pub fn end_view(&self) {
        self.update_pending(|w| w.ended = true);
    }

    /// False once the view has ended, as when its terminal was closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.lock_pending().closed
    }

    fn update_pending(&self, change: impl FnOnce(&mut PendingUpdates)) {
        let mut pending = self.lock_pending();
        if !pending.closed {
            change(&mut pending);
            self.waker.wake();
        }
    }

    pub(crate) fn take_pending(&self) -> PendingUpdates {
        let mut pending = self.lock_pending();
        let ended = pending.ended;
        let taken = std::mem::take(&mut *pending);
        pending.ended = ended;
        taken
    }

    pub(crate) fn mark_closed(&self) {
        *self.lock_pending() = PendingUpdates {
            closed: true,
            ..PendingUpdates::default()
        };
    }

    /// A panic elsewhere leaves whole values behind, since each change is one assignment.
    fn lock_pending(&self) -> MutexGuard<'_, PendingUpdates> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::input::TerminalInput;
    use report::LogSubject;

    fn line(n: usize) -> LogLine {
        LogLine {
            at: Timestamp::UNIX_EPOCH,
            zone: "UTC".into(),
            word: LogSubject::Shot,
            text: n.to_string(),
            detail: String::new(),
            duration: None,
        }
    }

    #[test]
    fn the_oldest_lines_go_first_and_are_counted() {
        let updates = ViewUpdates::new(TerminalInput::open_without_terminal().unwrap().1);
        for n in 0..MAX_WAITING_LINES + 7 {
            updates.add_line(line(n));
        }
        let taken = updates.take_pending();
        assert_eq!((taken.lines.len(), taken.dropped), (MAX_WAITING_LINES, 7));
        assert_eq!(taken.lines[0].text, "7");
        assert_eq!(updates.take_pending().lines.len(), 0);
    }

    #[test]
    fn a_closed_view_keeps_nothing() {
        let updates = ViewUpdates::new(TerminalInput::open_without_terminal().unwrap().1);
        updates.add_line(line(1));
        updates.mark_closed();
        updates.add_line(line(2));
        assert!(!updates.is_open());
        assert!(updates.take_pending().lines.is_empty());
    }
}
