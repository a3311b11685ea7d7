//! The threads that fill the queue.

use super::courier::Delivered;
use super::shooter::Taken;
use crate::control::{self, Listener, Reply, Request};
use model::Stamped;
use signal_hook::consts::signal::{SIGINT, SIGTERM};
use std::io::BufWriter;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
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
    /// The operating system wants uam to end; the name of the signal.
    Signal(&'static str),
    /// The camera is done.
    Shot(Taken),
    /// The courier is back.
    Delivered(Delivered),
}

/// How long a caller on the socket waits for the loop.
const ANSWER: Duration = Duration::from_secs(8);

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

/// Answers callers on the socket, one after the other.
pub(crate) fn control(socket: &Path, out: SyncSender<Message>) -> std::io::Result<()> {
    let listener = Listener::bind(socket)?;
    Builder::new()
        .name("uam-control".into())
        .spawn(move || {
            while let Ok(stream) = listener.accept() {
                control::serve(stream, |request| ask(&out, request));
            }
        })
        .map(|_| ())
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

/// Turns the signals that ask a program to end into messages. A second one ends it at once: the journal stands that.
pub(crate) fn signals(out: SyncSender<Message>) -> std::io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new(endings())?;
    Builder::new()
        .name("uam-signals".into())
        .spawn(move || {
            for (n, signal) in signals.forever().enumerate() {
                if n > 0 {
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "asked a second time to end now; the journal stands it"
                    )]
                    std::process::exit(128 + signal);
                }
                let _ = out.send(Message::Signal(name(signal)));
            }
        })
        .map(|_| ())
}

fn endings() -> Vec<i32> {
    let mut all = vec![SIGINT, SIGTERM];
    all.extend(crate::control::HANGUP);
    all
}

fn name(signal: i32) -> &'static str {
    match signal {
        SIGINT => "Ctrl-C",
        SIGTERM => "a request of the system (SIGTERM)",
        _ => "the terminal's end (SIGHUP)",
    }
}
