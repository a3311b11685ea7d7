//! The threads that fill the queue.

use super::courier::Delivered;
use super::shooter::Taken;
use crate::done::Done;
use crate::supervise;
use model::TimedEvent;
use platform::endpoint::EndpointListener;
use platform::shutdown::{ShutdownCause, watch_shutdown};
use protocol::{Request, Response};
use std::io::{BufRead, BufWriter};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// One thing for the loop to deal with.
pub(crate) enum Message {
    /// A sensor saw something.
    Sensed(TimedEvent),
    /// Every sensor has ended.
    SensorsEnded,
    /// Somebody asks through the socket or the console.
    Asked(Request, SyncSender<Response>),
    /// uam is to end; the words say by what.
    Ending(&'static str),
    /// The camera is done.
    Shot(Taken),
    /// The courier is about to go; it waits for the word that everything is packed.
    Freeze(SyncSender<()>),
    /// The courier is back.
    Delivered(Delivered),
}

/// The loop's answer must come so much before the caller's patience ends.
const SLACK: Duration = Duration::from_secs(2);

/// Callers that are answered at the same time; more wait for one of them.
const CALLERS: usize = 2;

/// The writer of `--record-trace`.
pub(crate) type Trace = sense::replay::TraceWriter<BufWriter<std::fs::File>>;

/// Passes sensor events on, and writes them to the trace if there is one.
pub(crate) fn sensors(
    inbox: Receiver<TimedEvent>,
    mut trace: Option<Trace>,
    out: SyncSender<Message>,
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
            let _ = trace.map(Trace::finish);
            let _ = out.send(Message::SensorsEnded);
        })
        .map(|_| ())
}

/// Answers callers on the socket, a few at a time: a silent one does not keep the others waiting.
pub(crate) fn control(socket: &Path, out: SyncSender<Message>) -> std::io::Result<()> {
    let listener = Arc::new(EndpointListener::bind(socket)?);
    for _ in 0..CALLERS {
        let (listener, out) = (Arc::clone(&listener), out.clone());
        Builder::new().name("uam-control".into()).spawn(move || {
            while let Ok(stream) = listener.accept() {
                protocol::serve_agent_request(stream, |request| ask(&out, request));
            }
        })?;
    }
    Ok(())
}

/// Puts a request into the queue and waits for the loop's answer.
pub(crate) fn ask(out: &SyncSender<Message>, request: Request) -> Response {
    let (tx, rx) = sync_channel(1);
    let patience = request.time_limit().saturating_sub(SLACK);
    if out.send(Message::Asked(request, tx)).is_err() {
        return Response::refused("uam is ending.");
    }
    rx.recv_timeout(patience)
        .unwrap_or_else(|_| Response::refused("uam is busy; ask again in a moment."))
}

/// Puts a request into the queue without waiting for its answer; a full queue drops it, and the asker may ask again.
pub(crate) fn post(out: &SyncSender<Message>, request: Request) {
    let (tx, _) = sync_channel(1);
    let _ = out.try_send(Message::Asked(request, tx));
}

/// Turns the system's wishes that the program ends into messages. Where the process is gone once the wish is answered,
/// the answer waits for `done`.
pub(crate) fn endings(out: SyncSender<Message>, done: Arc<Done>) -> std::io::Result<()> {
    let tell = move |cause: ShutdownCause| {
        let _ = out.send(Message::Ending(cause.describe()));
    };
    watch_shutdown(tell, move |limit| done.wait(limit))
}

/// Reads the supervisor's orders. When they end without one, the supervisor is gone, and with it the right to record.
pub(crate) fn orders(
    from: impl BufRead + Send + 'static,
    out: SyncSender<Message>,
) -> std::io::Result<()> {
    Builder::new()
        .name("uam-orders".into())
        .spawn(move || {
            let word = from
                .lines()
                .map_while(Result::ok)
                .find_map(|line| supervise::ordered(line.trim()));
            let _ = out.send(Message::Ending(word.unwrap_or("the end of its supervisor")));
        })
        .map(|_| ())
}
