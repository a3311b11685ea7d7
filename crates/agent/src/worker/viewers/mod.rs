//! The viewers: the view of this start's terminal, and those that were attached later.
//!
//! Always true: beyond the state, everything is shown for a ticket only. The console of this start, at whose terminal the
//! code was given, has one from the beginning; others get one for the viewer's key. A ticket is void when the desktop is
//! locked, a minute after its last use, and with this process. Screenshots of earlier starts do not open here.

mod recent_lines;
mod screenshots;
mod terminal;
mod tickets;

pub(super) use screenshots::{load_screenshot, newest_screenshot};
pub use terminal::TerminalMode;

use super::queue::AgentQueue;
use crate::app_context::AppContext;
use console::ShownScreenshot;
use model::{Moment, Record, Screenshot, Timestamp};
use protocol::ViewTicket;
use recent_lines::RecentLines;
use report::{ActivityLog, AgentStatus, DaySummary, LogLine, LogSubject, UploadAttempt};
use std::sync::Arc;
use terminal::TerminalView;
use tickets::Tickets;

/// Everything that shows the record while it is made.
pub(super) struct Viewers {
    feed: ActivityLog,
    terminal: TerminalView,
    recent: RecentLines,
    tickets: Tickets,
}

impl Viewers {
    /// Opens the view of this start's terminal.
    pub(super) fn open(
        mode: TerminalMode,
        context: AppContext,
        queue: &AgentQueue,
    ) -> anyhow::Result<Self> {
        let mut tickets = Tickets::default();
        let own = tickets.issue_own_ticket();
        Ok(Self {
            feed: ActivityLog::new(),
            terminal: TerminalView::open(mode, context, own, queue)?,
            recent: RecentLines::default(),
            tickets,
        })
    }

    /// Records as they come.
    pub(super) fn show_records(&mut self, records: &[Record]) {
        for record in records {
            for line in self.feed.push_record(record) {
                self.show_line(line);
            }
        }
    }

    /// A stored screenshot, with its image where somebody sees it.
    pub(super) fn show_screenshot(
        &mut self,
        shot: &Screenshot,
        seq: u64,
        image: Option<ShownScreenshot>,
    ) {
        self.show_records(&[Record::Shot(shot.clone())]);
        self.recent.set_newest_screenshot(seq);
        if let (Some(updates), Some(image)) = (self.terminal.updates(), image) {
            updates.show_newest_screenshot(image);
        }
    }

    /// After a redaction: lines and screenshots that wait here to be shown are forgotten. Lines that scrolled by on a
    /// terminal are the terminal's.
    pub(super) fn forget_shown(&mut self) {
        self.feed = ActivityLog::new();
        self.recent.forget_all();
        if let Some(updates) = self.terminal.updates() {
            updates.forget_shown();
        }
    }

    /// An upload that ended.
    pub(super) fn show_upload(&mut self, upload: &UploadAttempt, zone: &Arc<str>) {
        self.show_line(LogLine::upload(upload, Arc::clone(zone)));
    }

    /// A sentence outside the record.
    pub(super) fn log(&mut self, word: LogSubject, at: Timestamp, zone: &Arc<str>, text: String) {
        self.show_line(LogLine {
            at,
            zone: Arc::clone(zone),
            word,
            text,
            detail: String::new(),
            duration: None,
        });
    }

    /// True while somebody looks at the state. It is shown at each commit; the view itself counts the seconds between.
    pub(super) fn wants_status(&self) -> bool {
        self.terminal.updates().is_some_and(|u| u.is_open())
    }

    /// The present state and the day so far, for the live view.
    pub(super) fn show_status(&self, status: AgentStatus, day_summary: &DaySummary) {
        if let Some(updates) = self.terminal.updates() {
            updates.set_day_summary(day_summary.clone());
            updates.set_status(status);
        }
    }

    /// The last lines, for viewers that were attached later.
    pub(super) fn recent(&self) -> &RecentLines {
        &self.recent
    }

    /// A ticket for another viewer; none when no random source can be had.
    pub(super) fn grant_ticket(&mut self, now: Moment) -> Option<ViewTicket> {
        self.tickets.grant(now)
    }

    /// True when the ticket is valid; its use prolongs it.
    pub(super) fn accept_ticket(&mut self, ticket: &ViewTicket, now: Moment) -> bool {
        self.tickets.accept(ticket, now)
    }

    /// The desktop was locked: everybody but this start's console needs a new ticket.
    pub(super) fn revoke_tickets(&mut self) {
        self.tickets.revoke();
    }

    /// Gives the terminal back; later text is plain.
    pub(super) fn close(&mut self) {
        if let Some(line) = self.feed.finish_line() {
            self.show_line(line);
        }
        self.terminal.close();
    }

    /// The last words, after the view was closed.
    pub(super) fn print_last(&mut self, text: &str) {
        self.terminal.print_text(text);
    }

    fn show_line(&mut self, line: LogLine) {
        self.terminal.show_line(&line);
        self.recent.add_line(line);
    }
}
