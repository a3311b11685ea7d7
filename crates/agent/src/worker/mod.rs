//! The worker: one loop that puts every source in one order.
//!
//! ```text
//! sensors ──┐
//! callers ──┤                 ┌─► journal (one commit every five seconds)
//! signals ──┼─► one queue ─► recorder
//! camera  ──┤                 └─► viewers
//! uploads ──┘
//! ```
//! Always true: only this loop touches recorder and journal; a commit holds everything that belongs together; the queue is
//! bounded: sensors wait while it is full, camera and upload thread give up their own message.

mod agent;
mod camera_thread;
mod daily_reminder;
mod disk_monitor;
mod effect;
mod finish;
mod indicator;
mod journal_writer;
mod menu;
mod pause_file;
mod queue;
mod recording;
mod redact;
mod reload;
mod requests;
mod schedule;
mod screenshots;
mod setup;
mod sources;
mod status;
mod today;
mod unwritten;
mod upload_thread;
mod uploads;
mod viewers;

use crate::latch::Latch;
use agent::Agent;
pub use indicator::{describe_availability, describe_support, indicator_options};
use model::Clock;
use platform::clock::SystemClock;
use queue::{AgentQueue, Message};
pub use recording::desktop_options;
pub use setup::WorkerSetup;
pub use sources::TraceFile;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
pub use upload_thread::UploadProcessSetup;
pub use viewers::TerminalMode;

/// Records until the end; returns the sentence that says why it ended.
///
/// # Errors
/// When the worker cannot start, or the journal cannot be written any more.
pub fn run_worker(setup: WorkerSetup) -> anyhow::Result<String> {
    let (queue, messages) = AgentQueue::bounded();
    let (clock, latch) = (SystemClock, Arc::new(Latch::default()));
    let mut agent = setup::start(setup, queue, &clock, &latch)?;
    let reason = run_until_end(&mut agent, &messages, &clock)?;
    finish::finish(agent, &messages, &clock, &reason, &latch)?;
    Ok(reason)
}

fn run_until_end(
    agent: &mut Agent,
    messages: &Receiver<Message>,
    clock: &dyn Clock,
) -> anyhow::Result<String> {
    loop {
        let now = clock.now();
        agent.poll_schedule(now);
        if agent.journal.is_commit_due(now) {
            agent.commit(now)?;
        }
        if agent.recording.is_abandoned(now) {
            return Ok("Stopped: the desktop that was recorded is gone.".to_owned());
        }
        agent.poll_screenshots(now);
        let received = messages.recv_timeout(agent.time_until_wake(clock.now()));
        // A message that came after an edge of the recording hours is handled after it.
        agent.poll_schedule(clock.now());
        match received {
            Ok(Message::Request(request, reply)) => {
                let (response, stops) = requests::answer(agent, &request, clock.now());
                // A caller that hung up is served all the same.
                let _ = reply.try_send(response);
                if stops {
                    return Ok("Stopped on request.".to_owned());
                }
            }
            Ok(Message::Shutdown(cause)) => return Ok(format!("Stopped by {cause}.")),
            Ok(Message::SensorsEnded) if agent.is_replay => {
                return Ok("The trace has ended.".to_owned());
            }
            Ok(message) => agent.handle(message, clock.now()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Ok("Stopped: every source of events has ended.".to_owned());
            }
        }
    }
}
