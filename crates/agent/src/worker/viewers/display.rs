//! What the person at the terminal sees: the live view on a terminal, plain lines anywhere else, nothing in the
//! background.

use super::recent_lines::RecentLines;
use crate::app_context::AppContext;
use crate::user_commands::command_queue;
use crate::worker::queue::AgentQueue;
use console::{LiveView, PlainView, ShownScreenshot};
use model::{Record, Screenshot};
use platform::clock::SystemClock;
use protocol::ViewTicket;
use report::{ActivityLog, AgentStatus, DaySummary, LogLine, LogSubject, UploadAttempt};
use std::io::Stdout;
use std::sync::Arc;

/// How news is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalMode {
    /// The live view where there is a terminal, else plain lines.
    Live,
    /// Plain lines.
    Plain,
    /// Not here: whoever wants to see it attaches a view.
    None,
}

/// Where news is shown.
pub(crate) struct Viewers {
    feed: ActivityLog,
    view: TerminalView,
    recent: RecentLines,
}

enum TerminalView {
    Live(LiveView),
    Plain(PlainView<Stdout>),
    None,
}

impl Viewers {
    /// Opens it; `ticket` is that of this start's own view.
    pub(crate) fn open(
        look: TerminalMode,
        context: AppContext,
        ticket: Option<ViewTicket>,
        tx: &AgentQueue,
    ) -> anyhow::Result<Self> {
        // Standard input is the supervisor's; whether somebody sits at a terminal it has said with `look`.
        let view = match look {
            TerminalMode::Live if console::supports_live_view() => {
                TerminalView::Live(live(context, ticket, tx)?)
            }
            TerminalMode::Live | TerminalMode::Plain => {
                TerminalView::Plain(PlainView::new(std::io::stdout()))
            }
            TerminalMode::None => TerminalView::None,
        };
        Ok(Self {
            feed: ActivityLog::new(),
            view,
            recent: RecentLines::default(),
        })
    }

    /// What was shown lately.
    pub(in crate::worker) fn recent(&self) -> &RecentLines {
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
        if let TerminalView::Live(live) = &self.view
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
        if let TerminalView::Live(live) = &self.view {
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
        if let TerminalView::Plain(plain) = &mut self.view {
            // A reader that left has heard enough.
            let _ = plain.print_text(text);
        }
    }

    /// The present state and the day so far, for the live view.
    pub(crate) fn status(&self, status: AgentStatus, glance: &DaySummary) {
        if let TerminalView::Live(live) = &self.view {
            live.updates().set_day_summary(glance.clone());
            live.updates().set_status(status);
        }
    }

    /// Is anybody looking at the state? It is told at each checkpoint; the view itself counts the seconds between.
    pub(crate) fn wants_status(&self) -> bool {
        matches!(&self.view, TerminalView::Live(live) if live.updates().is_open())
    }

    /// Gives the terminal back; what follows is plain.
    pub(crate) fn close(&mut self) {
        if let Some(line) = self.feed.finish_line() {
            self.line(line);
        }
        let after = match &self.view {
            TerminalView::None => TerminalView::None,
            _ => TerminalView::Plain(PlainView::new(std::io::stdout())),
        };
        if let TerminalView::Live(live) = std::mem::replace(&mut self.view, after) {
            live.finish();
        }
    }

    fn line(&mut self, line: LogLine) {
        match &mut self.view {
            TerminalView::Live(live) => live.updates().add_line(line.clone()),
            TerminalView::Plain(plain) => {
                let _ = plain.print_line(&line);
            }
            TerminalView::None => {}
        }
        self.recent.line(line);
    }
}

/// The live view; what its keys wish goes through the loop's queue like any other request.
fn live(
    context: AppContext,
    ticket: Option<ViewTicket>,
    tx: &AgentQueue,
) -> anyhow::Result<LiveView> {
    let (wishes, wished) = command_queue();
    let live = LiveView::start(
        console::LiveOptions::default(),
        Arc::new(SystemClock),
        move |command| wishes.submit(command),
    )?;
    let tx = tx.clone();
    wished.run_executor(
        context,
        Box::new(move |request| Ok(tx.ask(request))),
        ticket,
        live.updates().clone(),
        |_| {},
    )?;
    Ok(live)
}
