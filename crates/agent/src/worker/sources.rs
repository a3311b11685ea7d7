//! Threads that fill the queue.

use super::queue::{AgentQueue, Message};
use crate::handover::ShutdownOrder;
use crate::latch::Latch;
use model::TimedEvent;
use platform::endpoint::EndpointListener;
use platform::shutdown::{ShutdownCause, watch_shutdown};
use std::io::{BufRead, BufWriter};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::Builder;

/// Callers that are answered at the same time; more wait for one of them.
const CALLERS: usize = 2;

/// The writer of `--record-trace`.
pub type TraceFile = sense::replay::TraceWriter<BufWriter<std::fs::File>>;

/// Passes sensor events on, and writes them to the trace if there is one.
pub(super) fn forward_events(
    inbox: Receiver<TimedEvent>,
    mut trace: Option<TraceFile>,
    out: AgentQueue,
) -> std::io::Result<()> {
    Builder::new()
        .name("uam-sensors".into())
        .spawn(move || {
            for stamped in inbox {
                // A trace that cannot be written ends; the recording goes on.
                if trace.as_mut().is_some_and(|t| t.record(&stamped).is_err()) {
                    trace = None;
                }
                if out.send(Message::Sensed(stamped)).is_err() {
                    return;
                }
            }
            // What is still buffered belongs to the trace; that it cannot be written changes nothing any more.
            let _ = trace.map(TraceFile::finish);
            let _ = out.send(Message::SensorsEnded);
        })
        .map(|_| ())
}

/// Answers callers on the socket, a few at a time: a silent one does not keep the others waiting.
pub(super) fn answer_callers(socket: &Path, out: AgentQueue) -> std::io::Result<()> {
    let listener = Arc::new(EndpointListener::bind(socket)?);
    for _ in 0..CALLERS {
        let (listener, out) = (Arc::clone(&listener), out.clone());
        Builder::new().name("uam-control".into()).spawn(move || {
            while let Ok(stream) = listener.accept() {
                protocol::serve_agent_request(stream, |request| out.ask(request));
            }
        })?;
    }
    Ok(())
}

/// Turns requests of the system to end into messages. Where the process is gone once such a request is answered, the
/// answer waits for `latch`.
pub(super) fn watch_shutdown_causes(out: AgentQueue, latch: Arc<Latch>) -> std::io::Result<()> {
    let tell = move |cause: ShutdownCause| {
        let _ = out.send(Message::Shutdown(cause.describe()));
    };
    watch_shutdown(tell, move |limit| latch.wait_for(limit))
}

/// Reads the supervisor's orders. When they end without one, the supervisor is gone, and with it the right to record.
pub(super) fn read_orders(
    from: impl BufRead + Send + 'static,
    out: AgentQueue,
) -> std::io::Result<()> {
    Builder::new()
        .name("uam-orders".into())
        .spawn(move || {
            let word = from
                .lines()
                .map_while(Result::ok)
                .find_map(|line| ShutdownOrder::describe_word(line.trim()));
            let _ = out.send(Message::Shutdown(
                word.unwrap_or("the end of its supervisor"),
            ));
        })
        .map(|_| ())
}
