//! The orderly end: sensors first, then the last span, then the journal, then one last upload.

use super::agent::Agent;
use super::queue::Message;
use crate::latch::Latch;
use model::{Clock, Record};
use recorder::RecorderInput;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// How long the last events of the sensors are waited for, each.
const LAST_EVENTS: Duration = Duration::from_secs(1);

/// How long the last upload may take.
const LAST_UPLOAD: Duration = Duration::from_secs(20);

/// Ends the run; `latch` is raised once everything is durable.
pub(super) fn finish(
    mut agent: Agent,
    messages: &Receiver<Message>,
    clock: &dyn Clock,
    reason: &str,
    latch: &Latch,
) -> anyhow::Result<()> {
    agent.indicator.show_stopping();
    agent.recording.stop_sensors();
    // The sensors' last events were handed over before they ended.
    while let Ok(message) = messages.recv_timeout(LAST_EVENTS) {
        if matches!(message, Message::SensorsEnded) {
            break;
        }
        agent.handle(message, clock.now());
    }
    agent.screenshots.stop_camera();
    let now = clock.now();
    if let Some(held) = agent.screenshots.take_held_now() {
        agent.store_screenshot(held, now);
    }
    agent.schedule.end_run();
    let Agent {
        mut recording,
        journal,
        uploads,
        mut viewers,
        mut indicator,
        ..
    } = agent;
    recording.apply(now, RecorderInput::Tick);
    viewers.close();
    let batch = recording.stop(now, reason);
    for record in &batch.records {
        if matches!(record, Record::Notice(_)) {
            viewers.show_records(std::slice::from_ref(record));
            indicator.notify_records(std::slice::from_ref(record));
        }
    }
    journal.finish(batch, now)?;
    latch.raise();
    // An upload thread that asks for segments just now gets no answer.
    while messages.try_recv().is_ok() {}
    for text in uploads.finish(LAST_UPLOAD, now) {
        viewers.print_last(&text);
    }
    indicator.close();
    Ok(())
}
