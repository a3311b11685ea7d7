//! The running instance: one loop that puts every source in one order.
//!
//! ```text
//! sensors ──┐
//! control ──┤                 ┌─► journal (one commit every five seconds)
//! signals ──┼─► one queue ─► recorder
//! camera  ──┤                 └─► display
//! courier ──┘
//! ```
//! What is always true: only this loop touches recorder and journal; every commit holds all that belongs together; the
//! queue is bounded, and whoever finds it full waits (sensors) or gives up its own message (camera, courier).

mod begin;
mod camera;
mod courier;
mod daily;
mod display;
mod floor;
mod hours;
mod pause;
mod recent;
mod reload;
mod removal;
mod shooter;
mod sources;
mod state;
mod status;
mod tray;
mod viewers;

use crate::done::Done;
pub(crate) use begin::Setup;
pub(crate) use courier::Route;
pub(crate) use display::Look;
use model::Clock;
use platform::clock::SystemClock;
use protocol::Response;
use sources::Message;
use state::Agent;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;
pub(crate) use tray::{lines as indicator_lines, options as indicator_options, support};

/// Open counts are durable after at most this long.
const CHECKPOINT: Duration = Duration::from_secs(5);

/// Messages that may wait for the loop. Sensors batch input per second, so this is minutes of a busy desktop.
const QUEUE: usize = 1024;

/// How long the last upload may take.
const LAST_UPLOAD: Duration = Duration::from_secs(20);

/// Runs until told to stop; returns the sentence that says why it ended.
pub(crate) fn run(setup: Setup) -> anyhow::Result<String> {
    let (tx, rx) = sync_channel(QUEUE);
    let clock = SystemClock;
    let done = Arc::new(Done::default());
    let mut agent = Agent::start(setup, tx, &clock, &done)?;
    let why = turn(&mut agent, &rx, &clock)?;
    agent.finish(&rx, &clock, &why, &done)?;
    Ok(why)
}

fn turn(agent: &mut Agent, rx: &Receiver<Message>, clock: &dyn Clock) -> anyhow::Result<String> {
    loop {
        let now = clock.now();
        agent.keep_hours(now);
        if agent.is_due(now) {
            agent.checkpoint(now)?;
        }
        if agent.is_abandoned(now) {
            return Ok("Stopped: the desktop that was recorded is gone.".to_owned());
        }
        agent.maybe_shoot(now);
        let wait = Duration::from_micros(agent.next_wake_us(clock.now()));
        let received = rx.recv_timeout(wait);
        // What came after an edge of the recording hours is dealt with after it.
        agent.keep_hours(clock.now());
        match received {
            Ok(Message::Asked(request, answer)) => {
                let (reply, stop) = agent.answer(&request, clock.now());
                // The asking side may have hung up; its wish is carried out all the same.
                let _ = answer.try_send(reply);
                if stop {
                    return Ok("Stopped on request.".to_owned());
                }
            }
            Ok(Message::Ending(ending)) => return Ok(format!("Stopped by {ending}.")),
            Ok(Message::SensorsEnded) if agent.is_replay() => {
                return Ok("The trace has ended.".to_owned());
            }
            Ok(message) => agent.take(message, clock.now()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Ok("Stopped: nothing was left to listen to.".to_owned());
            }
        }
    }
}

/// A reply that says that the end has come.
fn stopping() -> Response {
    Response::done("uam is stopping; what is left is written and sent.")
}
