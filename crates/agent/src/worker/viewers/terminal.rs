//! The view of this start's terminal: the live view on a terminal, plain lines anywhere else, nothing in the background.

use crate::app_context::AppContext;
use crate::user_commands::command_queue;
use crate::worker::queue::AgentQueue;
use console::{LiveOptions, LiveView, PlainView, ViewUpdates};
use platform::clock::SystemClock;
use protocol::ViewTicket;
use report::LogLine;
use std::io::Stdout;
use std::sync::Arc;

/// How the terminal shows the record while it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalMode {
    /// The live view where there is a terminal, else plain lines.
    Live,
    /// Plain lines.
    Plain,
    /// Not at all: in the background a view is attached by whoever wants to see it.
    None,
}

/// The view of this start's terminal.
pub(super) enum TerminalView {
    Live(LiveView),
    Plain(PlainView<Stdout>),
    None,
}

impl TerminalView {
    /// `ticket` is that of this start's own view. Standard input is the supervisor's; whether somebody sits at a terminal
    /// it has said with `mode`.
    pub(super) fn open(
        mode: TerminalMode,
        context: AppContext,
        ticket: Option<ViewTicket>,
        queue: &AgentQueue,
    ) -> anyhow::Result<Self> {
        Ok(match mode {
            TerminalMode::Live if console::supports_live_view() => {
                Self::Live(start_live_view(context, ticket, queue)?)
            }
            TerminalMode::Live | TerminalMode::Plain => {
                Self::Plain(PlainView::new(std::io::stdout()))
            }
            TerminalMode::None => Self::None,
        })
    }

    /// The way to the live view, if there is one.
    pub(super) fn updates(&self) -> Option<&ViewUpdates> {
        match self {
            Self::Live(live) => Some(live.updates()),
            Self::Plain(_) | Self::None => None,
        }
    }

    pub(super) fn show_line(&mut self, line: &LogLine) {
        match self {
            Self::Live(live) => live.updates().add_line(line.clone()),
            // A reader that left has heard enough.
            Self::Plain(plain) => drop(plain.print_line(line)),
            Self::None => {}
        }
    }

    /// A line outside the log, where lines are plain.
    pub(super) fn print_text(&mut self, text: &str) {
        if let Self::Plain(plain) = self {
            // A reader that left has heard enough.
            drop(plain.print_text(text));
        }
    }

    /// Gives the terminal back; later lines are plain.
    pub(super) fn close(&mut self) {
        let after = match self {
            Self::None => Self::None,
            Self::Live(_) | Self::Plain(_) => Self::Plain(PlainView::new(std::io::stdout())),
        };
        if let Self::Live(live) = std::mem::replace(self, after) {
            live.finish();
        }
    }
}

/// Starts the live view; the commands of its keys go through the agent's queue like any other request.
fn start_live_view(
    context: AppContext,
    ticket: Option<ViewTicket>,
    queue: &AgentQueue,
) -> anyhow::Result<LiveView> {
    let (commands, queued) = command_queue();
    let live = LiveView::start(
        LiveOptions::default(),
        Arc::new(SystemClock),
        move |command| commands.submit(command),
    )?;
    let queue = queue.clone();
    queued.run_executor(
        context,
        Box::new(move |request| Ok(queue.ask(request))),
        ticket,
        live.updates().clone(),
        |_| {},
    )?;
    Ok(live)
}
