//! Answers to the requests of callers: one arm a request.

use super::agent::Agent;
use super::effect::Effect;
use super::viewers::load_screenshot;
use super::{redact, reload};
use model::{Moment, NoticeCode};
use protocol::{
    AttachedView, PauseLength, Request, Response, ScreenshotStep, ViewTicket, ViewerKey,
};
use recorder::RecorderInput;

/// Answers a request; true when the run is to end.
pub(super) fn answer(agent: &mut Agent, request: &Request, now: Moment) -> (Response, bool) {
    let response = match request {
        Request::Status => show_status(agent, now),
        Request::Pause { length } => pause(agent, *length, now),
        Request::Resume => resume(agent, now),
        Request::ReloadSettings => reload::reload_settings(agent, now),
        Request::TakeScreenshot => take_screenshot(agent),
        Request::FreezeSegments => freeze_segments(agent, now),
        Request::RecordNotices { notices } => record_notices(agent, notices, now),
        Request::Redact {
            scope,
            dry_run,
            key,
        } => redact::redact(agent, scope, *dry_run, key.as_ref(), now),
        Request::Attach { key } => attach_viewer(agent, key, now),
        Request::View { ticket, after_line } => view_recording(agent, ticket, *after_line, now),
        Request::ViewScreenshot { ticket, from, step } => {
            view_screenshot(agent, ticket, *from, *step, now)
        }
        Request::Stop => return (stopping_response(), true),
    };
    (response, false)
}

fn stopping_response() -> Response {
    Response::done("uam is stopping: the rest is written and uploaded.")
}

fn show_status(agent: &mut Agent, now: Moment) -> Response {
    agent.recording.apply(now, RecorderInput::Tick);
    let status = Box::new(agent.read_status(now));
    Response::Status {
        headline: status.headline(now.utc),
        status,
        indicator: agent.indicator.describe_lines(),
    }
}

fn pause(agent: &mut Agent, length: PauseLength, now: Moment) -> Response {
    match agent.schedule.pause(length, now) {
        Ok((effects, text)) => {
            agent.apply(effects, now);
            Response::done(text)
        }
        Err(why) => Response::refused(why),
    }
}

fn resume(agent: &mut Agent, now: Moment) -> Response {
    let effects = agent.schedule.resume();
    agent.apply(effects, now);
    let state = agent.recording.view().state;
    Response::done(agent.schedule.describe_resumed(state, now))
}

fn take_screenshot(agent: &mut Agent) -> Response {
    let target = || agent.recording.screenshot_target();
    let low_space = agent.disk.low_space();
    match agent.screenshots.order_for_user(target, low_space) {
        Ok(()) => Response::done("A screenshot is being taken."),
        Err(why) => Response::refused(format!("No screenshot: {why}.")),
    }
}

fn freeze_segments(agent: &mut Agent, now: Moment) -> Response {
    let frozen = agent
        .commit(now)
        .and_then(|()| Ok(agent.journal.freeze_all(now)?));
    match frozen {
        Ok(()) => Response::done("Packed."),
        Err(e) => Response::refused(format!("Not prepared for upload: {e:#}")),
    }
}

fn record_notices(agent: &mut Agent, notices: &[(NoticeCode, String)], now: Moment) -> Response {
    let effects = notices
        .iter()
        .map(|(code, text)| Effect::notice(*code, text.clone()));
    agent.apply(effects.collect(), now);
    match agent.commit(now) {
        Ok(()) if !agent.journal.has_write_error() => Response::done("Noted."),
        _ => Response::refused("the journal cannot be written just now"),
    }
}

/// A caller with the viewer's key gets a ticket.
fn attach_viewer(agent: &mut Agent, key: &ViewerKey, now: Moment) -> Response {
    if let Err(e) = redact::verify_viewer_key(&agent.paths, key) {
        return Response::refused(format!("{e:#}"));
    }
    match agent.viewers.grant_ticket(now) {
        Some(ticket) => Response::Attached {
            text: "Attached.".to_owned(),
            ticket,
        },
        None => Response::refused("The operating system gave no random bytes; try again."),
    }
}

/// An answer and no refusal: a viewer that is refused may ask again.
fn expired_response() -> Response {
    Response::TicketExpired(
        "This view was closed: the desktop was locked, or the view was idle for a minute."
            .to_owned(),
    )
}

/// The present state, and the lines after number `after_line`.
fn view_recording(
    agent: &mut Agent,
    ticket: &ViewTicket,
    after_line: u64,
    now: Moment,
) -> Response {
    if !agent.viewers.accept_ticket(ticket, now) {
        return expired_response();
    }
    agent.recording.apply(now, RecorderInput::Tick);
    let status = agent.read_status(now);
    let recent = agent.viewers.recent();
    Response::View(Box::new(AttachedView {
        status,
        day_summary: agent.today.day_summary().clone(),
        lines: recent.lines_after(after_line),
        last_line: recent.last_number(),
        newest_screenshot: recent.newest_screenshot(),
        redactions: recent.redaction_count(),
    }))
}

/// A screenshot of this start.
fn view_screenshot(
    agent: &mut Agent,
    ticket: &ViewTicket,
    from: Option<u64>,
    step: ScreenshotStep,
    now: Moment,
) -> Response {
    if !agent.viewers.accept_ticket(ticket, now) {
        return expired_response();
    }
    match load_screenshot(&agent.paths, &agent.journal_keys, from, step) {
        Ok(Some(shown)) => Response::Screenshot(Box::new(shown)),
        Ok(None) => Response::refused(
            "There is no screenshot of this start yet; `uam shots` and the page show earlier ones.",
        ),
        Err(e) => Response::refused(format!("The screenshot cannot be shown: {e}")),
    }
}
