//! What the person at the terminal sees: the live view on a terminal, plain lines anywhere else, nothing in the
//! background.

use super::recent::Recent;
use super::sources::{self, Message};
use crate::commands::Home;
use crate::view;
use console::{LiveView, PlainView, ShownScreenshot};
use model::{Record, Screenshot};
use platform::clock::SystemClock;
use protocol::ViewTicket;
use report::{ActivityLog, AgentStatus, DaySummary, LogLine, LogSubject, UploadAttempt};
use std::io::Stdout;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// How news is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The live view where there is a terminal, else plain lines.
    Live,
    /// Plain lines.
    Plain,
    /// Not here: whoever wants to see it attaches a view.
    Background,
}

/// Where news is shown.
pub(crate) struct Display {
    feed: ActivityLog,
    view: View,
    recent: Recent,
}

enum View {
    Live(LiveView),
    Plain(PlainView<Stdout>),
    Nobody,
}

impl Display {
    /// Opens it; `ticket` is that of this start's own view.
    pub(crate) fn open(
        look: Look,
        home: Home,
        ticket: Option<ViewTicket>,
        tx: &SyncSender<Message>,
    ) -> anyhow::Result<Self> {
        // Standard input is the supervisor's; whether somebody sits at a terminal it has said with `look`.
        let view = match look {
            Look::Live if console::supports_live_view() => View::Live(live(home, ticket, tx)?),
            Look::Live | Look::Plain => View::Plain(PlainView::new(std::io::stdout())),
            Look::Background => View::Nobody,
        };
        Ok(Self {
            feed: ActivityLog::new(),
            view,
            recent: Recent::default(),
        })
    }

    /// What was shown lately.
    pub(super) fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Records as they come.
    pub(crate) fn records(&mut self, records: &[Record]) {
        for record in records {
            for line in self.feed.push_record(record) {
                self.line(line);
            }
        }
    }

    /// A shot, and its picture where somebody sees it.
    pub(crate) fn shot(&mut self, shot: &Screenshot, seq: u64, picture: Option<ShownScreenshot>) {
        self.records(&[Record::Shot(shot.clone())]);
        self.recent.shot(seq);
        if let View::Live(live) = &self.view
            && let Some(picture) = picture
        {
            live.updates().show_newest_screenshot(picture);
        }
    }

    /// Something was taken out: what waits here to be shown, and the last picture, are forgotten. What scrolled by on a
    /// terminal is the terminal's.
    pub(crate) fn forget(&mut self) {
        self.feed = ActivityLog::new();
        self.recent.forget();
        if let View::Live(live) = &self.view {
            live.updates().forget_shown();
        }
    }

    /// An upload that ended.
    pub(crate) fn upload(&mut self, upload: &UploadAttempt, zone: &Arc<str>) {
        self.line(LogLine::upload(upload, Arc::clone(zone)));
    }

    /// A sentence outside the record.
    pub(crate) fn note(&mut self, word: LogSubject, at_us: i64, zone: &Arc<str>, text: &str) {
        self.line(LogLine {
            at_us,
            zone: Arc::clone(zone),
            word,
            text: text.to_owned(),
            detail: String::new(),
            dur_us: None,
        });
    }

    /// The last words, after the view was closed.
    pub(crate) fn last(&mut self, text: &str) {
        if let View::Plain(plain) = &mut self.view {
            // A reader that left has heard enough.
            let _ = plain.print_text(text);
        }
    }

    /// The present state and the day so far, for the live view.
    pub(crate) fn status(&self, status: AgentStatus, glance: &DaySummary) {
        if let View::Live(live) = &self.view {
            live.updates().set_day_summary(glance.clone());
            live.updates().set_status(status);
        }
    }

    /// Is anybody looking at the state? It is told at each checkpoint; the view itself counts the seconds between.
    pub(crate) fn wants_status(&self) -> bool {
        matches!(&self.view, View::Live(live) if live.updates().is_open())
    }

    /// Gives the terminal back; what follows is plain.
    pub(crate) fn close(&mut self) {
        if let Some(line) = self.feed.finish_line() {
            self.line(line);
        }
        let after = match &self.view {
            View::Nobody => View::Nobody,
            _ => View::Plain(PlainView::new(std::io::stdout())),
        };
        if let View::Live(live) = std::mem::replace(&mut self.view, after) {
            live.finish();
        }
    }

    fn line(&mut self, line: LogLine) {
        match &mut self.view {
            View::Live(live) => live.updates().add_line(line.clone()),
            View::Plain(plain) => {
                let _ = plain.print_line(&line);
            }
            View::Nobody => {}
        }
        self.recent.line(line);
    }
}

/// The live view; what its keys wish goes through the loop's queue like any other request.
fn live(
    home: Home,
    ticket: Option<ViewTicket>,
    tx: &SyncSender<Message>,
) -> anyhow::Result<LiveView> {
    let (wishes, wished) = view::wishes();
    let live = LiveView::start(
        console::LiveOptions::default(),
        Arc::new(SystemClock),
        move |command| wishes.wish(command),
    )?;
    let tx = tx.clone();
    wished.carry_out(
        home,
        Box::new(move |request| Ok(sources::ask(&tx, request))),
        ticket,
        live.updates().clone(),
        |_| {},
    )?;
    Ok(live)
}
