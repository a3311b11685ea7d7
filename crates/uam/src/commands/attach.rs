//! `uam attach`: the console of the running instance, in this terminal.
//!
//! Always true: it needs a recent unlock or both factors, and is in the record; leaving it, or closing its terminal, ends
//! no recording; it ends with the instance, and when the desktop is locked.

use super::Home;
use crate::access;
use crate::output;
use agent::keyholder;
use anyhow::Context;
use console::{ConsoleEvent, LiveOptions, LiveView, PlainView, ViewEnd};
use model::{ErrorKind, UserError};
use platform::clock::{SystemClock, current_time_us};
use protocol::{AttachedView, Request, Response, ScreenshotStep, ViewTicket, ViewerKey};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use vault::Identity;

/// How often the running instance is asked.
const EVERY: Duration = Duration::from_secs(1);

/// What is told in the notice of it.
const WHAT: &str = "what is being recorded, in an attached console";

/// Why nothing more is looked at.
enum Over {
    /// The person left.
    Left,
    /// The instance ended.
    Ended,
    /// The desktop was locked.
    Locked,
}

/// What happens besides the passing of time.
enum Event {
    /// A wish was carried out: what came of it is to be seen at once.
    Wished,
    /// The view is to be left.
    Leave,
}

pub(super) fn run(home: &Home, plain: bool) -> anyhow::Result<ExitCode> {
    // Whether one runs is said before anybody is asked for a code.
    agent::call_running_agent(&home.paths, &Request::Status)?;
    let access = access::open(home, WHAT)?;
    let ticket = ticket(home, &access.identity)?;
    drop(access);
    let (tx, rx) = sync_channel(16);
    ends(&tx)?;
    let over = match plain || !console::supports_live_view() {
        true => lines(home, ticket, &rx)?,
        false => panel(home, ticket, &tx, &rx)?,
    };
    output::line(match over {
        Over::Left => "Left; recording goes on. `uam stop` ends it.",
        Over::Ended => "uam has ended.",
        Over::Locked => "The desktop was locked: the view was closed. `uam attach` opens it again.",
    });
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C, a closed terminal and the end of the session leave the view.
fn ends(tx: &SyncSender<Event>) -> anyhow::Result<()> {
    let tx = tx.clone();
    platform::shutdown::watch_shutdown(
        move |_| {
            let _ = tx.try_send(Event::Leave);
        },
        // Nothing has to be brought to an end.
        |_| {},
    )
    .context("cannot watch for the end")
}

fn ticket(home: &Home, identity: &Identity) -> anyhow::Result<ViewTicket> {
    let key = ViewerKey::new(identity.reveal().to_string());
    match agent::call_running_agent(&home.paths, &Request::Attach { key })? {
        Response::Attached { ticket, .. } => Ok(ticket),
        other => Err(UserError::new(
            ErrorKind::Failed,
            format!(
                "the running instance lets nobody look on: {}",
                model::to_printable(other.text(), 400)
            ),
            "`uam status` says what it does.",
        )
        .into()),
    }
}

/// Asks what is to be seen.
struct Lookout<'a> {
    home: &'a Home,
    ticket: ViewTicket,
    /// The last line that was seen.
    last: u64,
}

impl Lookout<'_> {
    /// What is to be seen now, or why nothing is; `None` while the running instance has no time, as at its end.
    fn look(&mut self) -> anyhow::Result<Result<Option<Box<AttachedView>>, Over>> {
        match self.asked() {
            Err(e) if model::error_kind(e.as_ref()) == ErrorKind::Instance => Ok(Err(Over::Ended)),
            asked => asked,
        }
    }

    fn asked(&mut self) -> anyhow::Result<Result<Option<Box<AttachedView>>, Over>> {
        match self.ask()? {
            Response::View(view) => return Ok(Ok(self.seen(Some(view)))),
            Response::Refused(_) => return Ok(Ok(None)),
            _ => {}
        }
        // A recording process that was started anew knows no tickets; whoever is unlocked still gets another.
        let Some(identity) = keyholder::fetch_identity(&self.home.paths)? else {
            return Ok(Err(Over::Locked));
        };
        self.ticket = ticket(self.home, &identity)?;
        self.last = 0;
        let view = match self.ask()? {
            Response::View(view) => Some(view),
            _ => None,
        };
        Ok(Ok(self.seen(view)))
    }

    fn ask(&self) -> anyhow::Result<Response> {
        let look = Request::View {
            ticket: self.ticket.clone(),
            after_line: self.last,
        };
        agent::call_running_agent(&self.home.paths, &look)
    }

    fn seen(&mut self, scene: Option<Box<AttachedView>>) -> Option<Box<AttachedView>> {
        if let Some(scene) = &scene {
            self.last = scene.last_line;
        }
        scene
    }
}

/// Waits for the next look; true when the view is to be left.
fn wait(rx: &Receiver<Event>) -> bool {
    match rx.recv_timeout(EVERY) {
        Ok(Event::Leave) | Err(RecvTimeoutError::Disconnected) => true,
        Ok(Event::Wished) | Err(RecvTimeoutError::Timeout) => false,
    }
}

fn lines(home: &Home, ticket: ViewTicket, rx: &Receiver<Event>) -> anyhow::Result<Over> {
    let mut lookout = Lookout {
        home,
        ticket,
        last: 0,
    };
    let mut plain = PlainView::new(std::io::stdout());
    let mut headline = String::new();
    loop {
        match lookout.look()? {
            Ok(None) => {}
            Ok(Some(scene)) => {
                let now = scene.status.state.to_string();
                if now != headline {
                    plain.print_text(&scene.status.headline(current_time_us()))?;
                    headline = now;
                }
                for line in &scene.lines {
                    plain.print_line(line)?;
                }
            }
            Err(over) => return Ok(over),
        }
        if wait(rx) {
            return Ok(Over::Left);
        }
    }
}

fn panel(
    home: &Home,
    ticket: ViewTicket,
    tx: &SyncSender<Event>,
    rx: &Receiver<Event>,
) -> anyhow::Result<Over> {
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
                let _ = leave.try_send(Event::Leave);
            } else {
                wishes.submit(event);
            }
        },
    )?;
    let (paths, done) = (home.paths.clone(), tx.clone());
    wished.run_executor(
        home.clone(),
        Box::new(move |request| agent::call_running_agent(&paths, &request)),
        Some(ticket.clone()),
        live.updates().clone(),
        move |_| {
            let _ = done.try_send(Event::Wished);
        },
    )?;
    let over = follow(home, ticket, &live, rx);
    match live.finish() {
        ViewEnd::Failed(e) => Err(anyhow::Error::from(e).context("the view cannot be shown")),
        ViewEnd::Requested | ViewEnd::TerminalClosed => over,
    }
}

fn follow(
    home: &Home,
    ticket: ViewTicket,
    live: &LiveView,
    rx: &Receiver<Event>,
) -> anyhow::Result<Over> {
    let mut lookout = Lookout {
        home,
        ticket,
        last: 0,
    };
    let updates = live.updates();
    let mut removals = None;
    // The newest picture that was fetched; at first there may be one from before this process knew of any.
    let mut shown: Option<Option<u64>> = None;
    loop {
        let scene = match lookout.look()? {
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
                if let Some(newest) = newest(home, &lookout.ticket) {
                    updates.show_newest_screenshot(newest);
                }
            }
        }
        if wait(rx) || !updates.is_open() {
            return Ok(Over::Left);
        }
    }
}

/// The newest picture; one that cannot be had just now is not shown.
fn newest(home: &Home, ticket: &ViewTicket) -> Option<console::ShownScreenshot> {
    let request = Request::ViewScreenshot {
        ticket: ticket.clone(),
        from: None,
        step: ScreenshotStep::Newest,
    };
    match agent::call_running_agent(&home.paths, &request).ok()? {
        Response::Screenshot(shown) => agent::user_commands::decode_screenshot(&shown),
        _ => None,
    }
}
