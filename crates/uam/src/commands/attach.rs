//! `uam attach`: the live view of the running uam, in this terminal.
//!
//! Always true: it needs a recent unlock or both factors, and is in the record; leaving it, or closing its terminal, does
//! not stop recording; it ends with the running uam, and when the desktop is locked.

use crate::output;
use crate::sign_in::read_access::open_for_reading;
use agent::{AppContext, keyholder};
use anyhow::Context;
use console::{ConsoleEvent, LiveOptions, LiveView, PlainView, ViewEnd};
use model::{ErrorKind, UserError};
use platform::clock::{SystemClock, current_time};
use protocol::{AttachedView, Request, Response, ScreenshotStep, ViewTicket, ViewerKey};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use vault::Identity;

/// Between two requests to the running uam.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Subject of the notice.
const SUBJECT: &str = "the live view, in an attached console";

/// Why the view ended.
enum AttachEnd {
    /// The person left.
    Left,
    /// The running uam ended.
    Ended,
    /// The desktop was locked.
    Locked,
}

/// An event that the view waits for.
enum AttachEvent {
    /// A command was executed: its result is to be shown at once.
    CommandDone,
    /// The person leaves the view.
    Leave,
}

pub(super) fn run(context: &AppContext, plain: bool) -> anyhow::Result<ExitCode> {
    // Fails before the question for a code when no uam runs.
    agent::call_running_agent(&context.paths, &Request::Status)?;
    let access = open_for_reading(context, SUBJECT)?;
    let ticket = request_ticket(context, &access.identity)?;
    drop(access);
    let (tx, rx) = sync_channel(16);
    leave_on_shutdown(&tx)?;
    let over = match plain || !console::supports_live_view() {
        true => follow_plain(context, ticket, &rx)?,
        false => follow_live(context, ticket, &tx, &rx)?,
    };
    output::print_line(match over {
        AttachEnd::Left => "Left; recording goes on. `uam stop` stops it.",
        AttachEnd::Ended => "uam has ended.",
        AttachEnd::Locked => {
            "The desktop was locked: the view was closed. `uam attach` opens it again."
        }
    });
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C, a closed terminal and the end of the session leave the view.
fn leave_on_shutdown(tx: &SyncSender<AttachEvent>) -> anyhow::Result<()> {
    let tx = tx.clone();
    platform::shutdown::watch_shutdown(
        move |_| {
            let _ = tx.try_send(AttachEvent::Leave);
        },
        // There is nothing to finish.
        |_| {},
    )
    .context("cannot watch for signals that end uam")
}

fn request_ticket(context: &AppContext, identity: &Identity) -> anyhow::Result<ViewTicket> {
    let key = ViewerKey::new(identity.reveal().to_string());
    match agent::call_running_agent(&context.paths, &Request::Attach { key })? {
        Response::Attached { ticket, .. } => Ok(ticket),
        other => Err(UserError::new(
            ErrorKind::Failed,
            format!(
                "the running uam refused the view: {}",
                model::to_printable(other.text(), 400)
            ),
            "Show its state: uam status.",
        )
        .into()),
    }
}

/// Requests the view again and again.
struct AgentPoller<'a> {
    context: &'a AppContext,
    ticket: ViewTicket,
    /// Number of the last line received.
    last: u64,
}

impl AgentPoller<'_> {
    /// The view as it is now, or why it ended; `None` while the running uam is busy, as at its end.
    fn poll(&mut self) -> anyhow::Result<Result<Option<Box<AttachedView>>, AttachEnd>> {
        match self.poll_with_new_ticket() {
            Err(e) if model::error_kind(e.as_ref()) == ErrorKind::Instance => {
                Ok(Err(AttachEnd::Ended))
            }
            asked => asked,
        }
    }

    fn poll_with_new_ticket(
        &mut self,
    ) -> anyhow::Result<Result<Option<Box<AttachedView>>, AttachEnd>> {
        match self.send_view_request()? {
            Response::View(view) => return Ok(Ok(self.remember_last_line(Some(view)))),
            Response::Refused(_) => return Ok(Ok(None)),
            _ => {}
        }
        // A restarted recording process knows no tickets; during an unlock it issues another.
        let Some(identity) = keyholder::fetch_identity(&self.context.paths)? else {
            return Ok(Err(AttachEnd::Locked));
        };
        self.ticket = request_ticket(self.context, &identity)?;
        self.last = 0;
        let view = match self.send_view_request()? {
            Response::View(view) => Some(view),
            _ => None,
        };
        Ok(Ok(self.remember_last_line(view)))
    }

    fn send_view_request(&self) -> anyhow::Result<Response> {
        let look = Request::View {
            ticket: self.ticket.clone(),
            after_line: self.last,
        };
        agent::call_running_agent(&self.context.paths, &look)
    }

    fn remember_last_line(
        &mut self,
        scene: Option<Box<AttachedView>>,
    ) -> Option<Box<AttachedView>> {
        if let Some(scene) = &scene {
            self.last = scene.last_line;
        }
        scene
    }
}

/// Waits for the next poll; true when the person leaves the view.
fn wait_for_next_poll(rx: &Receiver<AttachEvent>) -> bool {
    match rx.recv_timeout(POLL_INTERVAL) {
        Ok(AttachEvent::Leave) | Err(RecvTimeoutError::Disconnected) => true,
        Ok(AttachEvent::CommandDone) | Err(RecvTimeoutError::Timeout) => false,
    }
}

fn follow_plain(
    context: &AppContext,
    ticket: ViewTicket,
    rx: &Receiver<AttachEvent>,
) -> anyhow::Result<AttachEnd> {
    let mut poller = AgentPoller {
        context,
        ticket,
        last: 0,
    };
    let mut plain = PlainView::new(std::io::stdout());
    let mut headline = String::new();
    loop {
        match poller.poll()? {
            Ok(None) => {}
            Ok(Some(scene)) => {
                let now = scene.status.state.to_string();
                if now != headline {
                    plain.print_text(&scene.status.headline(current_time()))?;
                    headline = now;
                }
                for line in &scene.lines {
                    plain.print_line(line)?;
                }
            }
            Err(over) => return Ok(over),
        }
        if wait_for_next_poll(rx) {
            return Ok(AttachEnd::Left);
        }
    }
}

fn follow_live(
    context: &AppContext,
    ticket: ViewTicket,
    tx: &SyncSender<AttachEvent>,
    rx: &Receiver<AttachEvent>,
) -> anyhow::Result<AttachEnd> {
    let (wishes, wished) = agent::user_commands::command_queue();
    let leave = tx.clone();
    let live = LiveView::start(
        LiveOptions {
            attached: true,
            ..LiveOptions::default()
        },
        Arc::new(SystemClock),
        move |event| {
            if event == ConsoleEvent::Leave {
                let _ = leave.try_send(AttachEvent::Leave);
            } else {
                wishes.submit(event);
            }
        },
    )?;
    let (paths, done) = (context.paths.clone(), tx.clone());
    wished.run_executor(
        context.clone(),
        Box::new(move |request| agent::call_running_agent(&paths, &request)),
        Some(ticket.clone()),
        live.updates().clone(),
        move |_| {
            let _ = done.try_send(AttachEvent::CommandDone);
        },
    )?;
    let over = forward_views(context, ticket, &live, rx);
    match live.finish() {
        ViewEnd::Failed(e) => Err(anyhow::Error::from(e).context("the view cannot be shown")),
        ViewEnd::Requested | ViewEnd::TerminalClosed => over,
    }
}

fn forward_views(
    context: &AppContext,
    ticket: ViewTicket,
    live: &LiveView,
    rx: &Receiver<AttachEvent>,
) -> anyhow::Result<AttachEnd> {
    let mut poller = AgentPoller {
        context,
        ticket,
        last: 0,
    };
    let updates = live.updates();
    let mut removals = None;
    // The newest screenshot that was fetched; None before the first poll.
    let mut shown: Option<Option<u64>> = None;
    loop {
        let scene = match poller.poll()? {
            Ok(scene) => scene,
            Err(over) => return Ok(over),
        };
        if let Some(mut scene) = scene {
            if removals.is_some_and(|before| before != scene.redactions) {
                updates.forget_shown();
                shown = None;
            }
            removals = Some(scene.redactions);
            for line in scene.lines.drain(..) {
                updates.add_line(line);
            }
            updates.set_day_summary(scene.day_summary);
            updates.set_status(scene.status);
            if shown != Some(scene.newest_screenshot) {
                shown = Some(scene.newest_screenshot);
                if let Some(newest) = fetch_newest_screenshot(context, &poller.ticket) {
                    updates.show_newest_screenshot(newest);
                }
            }
        }
        if wait_for_next_poll(rx) || !updates.is_open() {
            return Ok(AttachEnd::Left);
        }
    }
}

/// The newest screenshot, if it can be fetched now.
fn fetch_newest_screenshot(
    context: &AppContext,
    ticket: &ViewTicket,
) -> Option<console::ShownScreenshot> {
    let request = Request::ViewScreenshot {
        ticket: ticket.clone(),
        from: None,
        step: ScreenshotStep::Newest,
    };
    match agent::call_running_agent(&context.paths, &request).ok()? {
        Response::Screenshot(shown) => agent::user_commands::decode_screenshot(&shown),
        _ => None,
    }
}
