//! The courier: runs `uam upload` as a process of its own at each interval.
//!
//! A process, because then nothing that happens on the way to the bucket (a hang, a crash, memory) can touch the
//! recording, and because the recording agent need not hold a network stack in memory all day.

use super::Message;
use crate::commands::upload::Summary;
use platform::process::{hide_console, self_command};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use upload::retry::{AttemptOutcome, RetrySchedule};
use zeroize::Zeroizing;

/// An upload that takes longer is ended and begun anew; what was acknowledged stays so.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// How long the courier waits for the loop to pack.
const PACKING: Duration = Duration::from_secs(3);

/// How often a running upload is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// What the courier needs.
#[derive(Clone)]
pub(crate) struct Route {
    /// Passed on as `--home`, when given.
    pub(crate) home: Option<PathBuf>,
    /// Credentials and destination from `.env`.
    pub(crate) environment: BTreeMap<String, String>,
    /// Time between uploads.
    pub(crate) every: Duration,
    /// The lease's key, where what is sent is to be readable.
    pub(crate) lease: Option<Zeroizing<String>>,
}

/// What came of an upload.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    /// What `uam upload` said, or why it said nothing.
    pub(crate) result: Result<Summary, String>,
    /// When the next one is due.
    pub(crate) next_in: Duration,
}

/// The courier thread's end.
pub(crate) struct Courier {
    /// The order to make one last upload, for at most this long, and then end.
    last: Option<SyncSender<Duration>>,
    thread: Option<JoinHandle<Option<Delivered>>>,
}

impl Courier {
    /// Starts the thread; the first upload is made at once, since a former run may have left something.
    pub(crate) fn start(route: Route, out: SyncSender<Message>) -> std::io::Result<Self> {
        let (last, inbox) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("uam-courier".into())
            .spawn(move || work(&route, &inbox, &out))?;
        Ok(Self {
            last: Some(last),
            thread: Some(thread),
        })
    }

    /// One last upload, for at most `patience`; `None` when it did not end in time.
    pub(crate) fn finish(mut self, patience: Duration) -> Option<Delivered> {
        if let Some(last) = self.last.take() {
            let _ = last.send(patience);
        }
        self.thread.take().and_then(|t| t.join().ok()).flatten()
    }
}

fn work(route: &Route, inbox: &Receiver<Duration>, out: &SyncSender<Message>) -> Option<Delivered> {
    let mut schedule = RetrySchedule::new(route.every);
    let mut wait = Duration::ZERO;
    loop {
        match inbox.recv_timeout(wait) {
            Ok(patience) => return last(route, patience),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        packed(out);
        let mut child = match start(route) {
            Ok(child) => child,
            Err(e) => {
                wait = route.every;
                let result = Err(format!("cannot start the upload: {e}"));
                let _ = out.try_send(Message::Delivered(Delivered {
                    result,
                    next_in: wait,
                }));
                continue;
            }
        };
        let begun = Instant::now();
        let result = loop {
            match child.try_wait() {
                Ok(Some(_)) => break collect(&mut child),
                Ok(None) if begun.elapsed() > LONGEST => {
                    end(&mut child);
                    break Err("the upload took too long and was ended".to_owned());
                }
                Ok(None) => {}
                Err(e) => {
                    end(&mut child);
                    break Err(format!("the upload process was lost: {e}"));
                }
            }
            match inbox.recv_timeout(LOOK) {
                // The running one is ended (what it has acknowledged is kept), so that the last one can run.
                Ok(patience) => {
                    end(&mut child);
                    return last(route, patience);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    end(&mut child);
                    return None;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        };
        wait = schedule.next_wait(outcome(&result), chance());
        if out
            .send(Message::Delivered(Delivered {
                result,
                next_in: wait,
            }))
            .is_err()
        {
            return None;
        }
    }
}

/// Asks the loop to pack what is to be sent. A loop too busy to answer packs it for the next time.
fn packed(out: &SyncSender<Message>) {
    let (tx, rx) = sync_channel(1);
    if out.send(Message::Freeze(tx)).is_ok() {
        let _ = rx.recv_timeout(PACKING);
    }
}

/// How the schedule sees it.
fn outcome(result: &Result<Summary, String>) -> AttemptOutcome {
    match result {
        Ok(Summary { error: None, .. }) => AttemptOutcome::Delivered,
        Ok(Summary {
            error: Some(trouble),
            ..
        }) if trouble.permanent => AttemptOutcome::Permanent,
        Ok(Summary {
            error: Some(trouble),
            ..
        }) => AttemptOutcome::Retriable {
            retry_after: trouble.retry_after_s.map(Duration::from_secs),
        },
        Err(_) => AttemptOutcome::Retriable { retry_after: None },
    }
}

/// A fresh random number in `[0, 1)`.
fn chance() -> f64 {
    getrandom::u32().map_or(0.5, |n| f64::from(n) / (f64::from(u32::MAX) + 1.0))
}

fn last(route: &Route, patience: Duration) -> Option<Delivered> {
    let mut child = start(route).ok()?;
    let begun = Instant::now();
    while begun.elapsed() < patience {
        match child.try_wait() {
            Ok(Some(_)) => {
                return Some(Delivered {
                    result: collect(&mut child),
                    next_in: Duration::ZERO,
                });
            }
            Ok(None) => std::thread::sleep(LOOK / 5),
            Err(_) => break,
        }
    }
    end(&mut child);
    None
}

fn start(route: &Route) -> std::io::Result<Child> {
    let mut command = self_command(route.home.as_deref())?;
    command.args(["upload", "--json"]).envs(&route.environment);
    if route.lease.is_some() {
        command.arg("--lease");
    }
    hide_console(&mut command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    // Dropping the pipe ends the child's input; one that ended already is heard of when it is collected.
    if let (Some(mut pipe), Some(key)) = (child.stdin.take(), &route.lease) {
        let _ = writeln!(pipe, "{}", key.as_str());
    }
    Ok(child)
}

/// The child has ended; its one line of JSON lies in the pipe.
fn collect(child: &mut Child) -> Result<Summary, String> {
    let mut text = String::new();
    if let Some(out) = child.stdout.take() {
        let _ = out.take(64 * 1024).read_to_string(&mut text);
    }
    serde_json::from_str(&text).map_err(|_| match child.wait() {
        Ok(status) => format!("the upload ended without a report ({status})"),
        Err(e) => format!("the upload ended without a report ({e})"),
    })
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
