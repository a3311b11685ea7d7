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

mod agent;
mod camera_thread;
mod daily_reminder;
mod disk_monitor;
mod indicator;
mod pause_file;
mod queue;
mod recording;
mod redact;
mod reload;
mod schedule;
mod screenshots;
mod setup;
mod sources;
mod status;
mod upload_thread;
mod viewers;

use crate::latch::Latch;
use agent::Agent;
pub use indicator::{describe_availability, describe_support, indicator_options};
use model::Clock;
use platform::clock::SystemClock;
use protocol::Response;
use queue::{AgentQueue, Message};
pub use recording::desktop_options;
pub use setup::WorkerSetup;
pub use sources::TraceFile;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
pub use upload_thread::UploadProcessSetup;
pub use viewers::TerminalMode;

/// Open counts are durable after at most this long.
const CHECKPOINT: Duration = Duration::from_secs(5);

/// How long the last upload may take.
const LAST_UPLOAD: Duration = Duration::from_secs(20);

/// Runs the recording loop until the end; returns the sentence that says why it ended.
///
/// # Errors
/// When the worker cannot start, or the journal cannot be written any more.
pub fn run_worker(setup: WorkerSetup) -> anyhow::Result<String> {
    let (queue, messages) = AgentQueue::bounded();
    let clock = SystemClock;
    let latch = Arc::new(Latch::default());
    let mut agent = Agent::start(setup, queue, &clock, &latch)?;
    let why = run_until_end(&mut agent, &messages, &clock)?;
    agent.finish(&messages, &clock, &why, &latch)?;
    Ok(why)
}

fn run_until_end(
    agent: &mut Agent,
    rx: &Receiver<Message>,
    clock: &dyn Clock,
) -> anyhow::Result<String> {
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
            Ok(Message::Request(request, answer)) => {
                let (reply, stop) = agent.answer(&request, clock.now());
                // The asking side may have hung up; its wish is carried out all the same.
                let _ = answer.try_send(reply);
                if stop {
                    return Ok("Stopped on request.".to_owned());
                }
            }
            Ok(Message::Shutdown(ending)) => return Ok(format!("Stopped by {ending}.")),
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
fn stopping_response() -> Response {
    Response::done("uam is stopping; what is left is written and sent.")
}
