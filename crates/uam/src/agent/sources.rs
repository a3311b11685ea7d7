//! The threads that fill the queue.

use super::courier::Delivered;
use super::shooter::Taken;
use crate::control::{self, Listener, Reply, Request};
use model::Stamped;
use sense::ending::Ending;
use std::io::BufWriter;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

/// One thing for the loop to deal with.
pub(crate) enum Message {
    /// A sensor saw something.
    Sensed(Stamped),
    /// Every sensor has ended.
    SensorsEnded,
    /// Somebody asks through the socket or the console.
    Asked(Request, SyncSender<Reply>),
    /// The operating system wants uam to end.
    Ending(Ending),
    /// The camera is done.
    Shot(Taken),
    /// The courier is back.
    Delivered(Delivered),
}

/// How long a caller on the socket waits for the loop.
const ANSWER: Duration = Duration::from_secs(8);

/// Callers that are answered at the same time; more wait for one of them.
const CALLERS: usize = 2;

/// The writer of `--record-trace`.
pub(crate) type Trace = sense::script::Writer<BufWriter<std::fs::File>>;

/// Passes sensor events on, and writes them to the trace if there is one.
pub(crate) fn sensors(
    inbox: Receiver<Stamped>,
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
    let listener = Arc::new(Listener::bind(socket)?);
    for _ in 0..CALLERS {
        let (listener, out) = (Arc::clone(&listener), out.clone());
        Builder::new().name("uam-control".into()).spawn(move || {
            while let Ok(stream) = listener.accept() {
                control::serve(stream, |request| ask(&out, request));
            }
        })?;
    }
    Ok(())
}

/// Puts a request into the queue and waits for the loop's answer.
pub(crate) fn ask(out: &SyncSender<Message>, request: Request) -> Reply {
    let (tx, rx) = sync_channel(1);
    if out.send(Message::Asked(request, tx)).is_err() {
        return Reply::refused("uam is ending.");
    }
    rx.recv_timeout(ANSWER)
        .unwrap_or_else(|_| Reply::refused("uam is busy; ask again in a moment."))
}

/// Puts a request into the queue without waiting for its answer; a full queue drops it, and the asker may ask again.
pub(crate) fn post(out: &SyncSender<Message>, request: Request) {
    let (tx, _) = sync_channel(1);
    let _ = out.try_send(Message::Asked(request, tx));
}

/// Turns the system's wishes that the program ends into messages. Where the process is gone once the wish is answered,
/// the answer waits for `done`.
pub(crate) fn endings(out: SyncSender<Message>, done: Arc<Done>) -> std::io::Result<()> {
    let tell = move |ending: Ending| {
        let _ = out.send(Message::Ending(ending));
    };
    sense::ending::watch(tell, move |limit| done.wait(limit))
}

/// Raised once everything that was recorded is durable and the journal is closed.
#[derive(Debug, Default)]
pub(crate) struct Done {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Done {
    pub(crate) fn raise(&self) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    fn wait(&self, limit: Duration) {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        // Past the limit the system ends the process; the journal stands it.
        let _ = self
            .changed
            .wait_timeout_while(raised, limit, |raised| !*raised);
    }
}
