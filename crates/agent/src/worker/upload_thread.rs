//! The upload thread: runs `uam upload` as a process of its own at each interval.
//!
//! A process, because then nothing that happens on the way to the bucket (a hang, a crash, memory) can touch the
//! recording, and because the recording agent need not hold a network stack in memory all day.

use super::queue::{AgentQueue, Message, UploadRun};
use crate::app_context::AppContext;
use crate::random::random_fraction;
use crate::uploader::UploadSummary;
use platform::process::hide_console;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use upload::retry::{AttemptOutcome, RetrySchedule};
use zeroize::Zeroizing;

/// An upload that takes longer is ended and restarted; acknowledged objects stay acknowledged.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// How long it waits for the loop to freeze segments.
const PACKING: Duration = Duration::from_secs(3);

/// How often a running upload is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Everything the upload thread needs.
#[derive(Clone)]
pub struct UploadProcessSetup {
    /// The installation to upload for.
    pub context: AppContext,
    /// Credentials and destination from `.env`.
    pub environment: BTreeMap<String, String>,
    /// Time between uploads.
    pub interval: Duration,
    /// The lease's key, where uploads are to be readable.
    pub lease: Option<Zeroizing<String>>,
}

/// A handle on the upload thread.
pub(crate) struct UploadThread {
    /// The order to make one last upload, for at most this long, and then end.
    last: Option<SyncSender<Duration>>,
    thread: Option<JoinHandle<Option<UploadRun>>>,
}

impl UploadThread {
    /// Starts the thread; the first upload is made at once, since a former run may have left something.
    pub(crate) fn start(setup: UploadProcessSetup, out: AgentQueue) -> std::io::Result<Self> {
        let (last, inbox) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("uam-courier".into())
            .spawn(move || run_thread(&setup, &inbox, &out))?;
        Ok(Self {
            last: Some(last),
            thread: Some(thread),
        })
    }

    /// One last upload, for at most `patience`; `None` when it did not end in time.
    pub(crate) fn finish(mut self, patience: Duration) -> Option<UploadRun> {
        if let Some(last) = self.last.take() {
            let _ = last.send(patience);
        }
        self.thread.take().and_then(|t| t.join().ok()).flatten()
    }
}

fn run_thread(
    setup: &UploadProcessSetup,
    inbox: &Receiver<Duration>,
    out: &AgentQueue,
) -> Option<UploadRun> {
    let mut schedule = RetrySchedule::new(setup.interval);
    let mut wait = Duration::ZERO;
    loop {
        match inbox.recv_timeout(wait) {
            Ok(patience) => return run_last_upload(setup, patience),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        request_freeze(out);
        let mut child = match spawn_upload(setup) {
            Ok(child) => child,
            Err(e) => {
                wait = setup.interval;
                let result = Err(format!("cannot start the upload: {e}"));
                let _ = out.try_send(Message::UploadFinished(UploadRun {
                    result,
                    next_in: wait,
                }));
                continue;
            }
        };
        let begun = Instant::now();
        let result = loop {
            match child.try_wait() {
                Ok(Some(_)) => break read_summary(&mut child),
                Ok(None) if begun.elapsed() > LONGEST => {
                    kill_upload(&mut child);
                    break Err("the upload took too long and was ended".to_owned());
                }
                Ok(None) => {}
                Err(e) => {
                    kill_upload(&mut child);
                    break Err(format!("the upload process was lost: {e}"));
                }
            }
            match inbox.recv_timeout(LOOK) {
                // The running one is ended (what it has acknowledged is kept), so that the last one can run.
                Ok(patience) => {
                    kill_upload(&mut child);
                    return run_last_upload(setup, patience);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    kill_upload(&mut child);
                    return None;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        };
        wait = schedule.next_wait(retry_outcome(&result), random_fraction());
        if out
            .send(Message::UploadFinished(UploadRun {
                result,
                next_in: wait,
            }))
            .is_err()
        {
            return None;
        }
    }
}

/// Asks the loop to freeze records for upload. A loop too busy to answer freezes them for the next time.
fn request_freeze(out: &AgentQueue) {
    let (tx, rx) = sync_channel(1);
    if out.send(Message::FreezeForUpload(tx)).is_ok() {
        let _ = rx.recv_timeout(PACKING);
    }
}

/// How the schedule sees it.
fn retry_outcome(result: &Result<UploadSummary, String>) -> AttemptOutcome {
    match result {
        Ok(UploadSummary { error: None, .. }) => AttemptOutcome::Delivered,
        Ok(UploadSummary {
            error: Some(trouble),
            ..
        }) if trouble.permanent => AttemptOutcome::Permanent,
        Ok(UploadSummary {
            error: Some(trouble),
            ..
        }) => AttemptOutcome::Retriable {
            retry_after: trouble.retry_after_s.map(Duration::from_secs),
        },
        Err(_) => AttemptOutcome::Retriable { retry_after: None },
    }
}

fn run_last_upload(setup: &UploadProcessSetup, patience: Duration) -> Option<UploadRun> {
    let mut child = spawn_upload(setup).ok()?;
    let begun = Instant::now();
    while begun.elapsed() < patience {
        match child.try_wait() {
            Ok(Some(_)) => {
                return Some(UploadRun {
                    result: read_summary(&mut child),
                    next_in: Duration::ZERO,
                });
            }
            Ok(None) => std::thread::sleep(LOOK / 5),
            Err(_) => break,
        }
    }
    kill_upload(&mut child);
    None
}

fn spawn_upload(setup: &UploadProcessSetup) -> anyhow::Result<Child> {
    let mut command = setup.context.self_command()?;
    command.args(["upload", "--json"]).envs(&setup.environment);
    if setup.lease.is_some() {
        command.arg("--lease");
    }
    hide_console(&mut command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    // Dropping the pipe ends the child's input; one that ended already is heard of when it is collected.
    if let (Some(mut pipe), Some(key)) = (child.stdin.take(), &setup.lease) {
        let _ = writeln!(pipe, "{}", key.as_str());
    }
    Ok(child)
}

/// The child has ended; its one line of JSON lies in the pipe.
fn read_summary(child: &mut Child) -> Result<UploadSummary, String> {
    let mut text = String::new();
    if let Some(out) = child.stdout.take() {
        let _ = out.take(64 * 1024).read_to_string(&mut text);
    }
    serde_json::from_str(&text).map_err(|_| match child.wait() {
        Ok(status) => format!("the upload ended without a report ({status})"),
        Err(e) => format!("the upload ended without a report ({e})"),
    })
}

fn kill_upload(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
