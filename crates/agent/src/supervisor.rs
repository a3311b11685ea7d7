//! The supervisor: holds the lease of a start, and starts the recording process again when that crashes.
//!
//! Always true: the lease is in memory alone; a worker that ended by itself is not started again; the supervisor's own
//! end ends the worker.

use crate::handover::{Handover, LEASE_DURATION, ShutdownOrder};
use crate::latch::Latch;
use anyhow::Context;
use model::{ErrorKind, UserError};
use platform::process::self_command;
use platform::shutdown::{ShutdownCause, watch_shutdown};
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use vault::Identity;

/// A worker adds this to its exit code, so that its own end can be told from a crash.
pub const OWN_EXIT_BASE: u8 = 40;

/// So many crashes within [`CRASH_WINDOW`] and the supervisor gives up: something is wrong that a new start does not mend.
const CRASHES: usize = 5;
/// See [`CRASHES`].
const CRASH_WINDOW: Duration = Duration::from_secs(60);

/// Said to the C library of Linux, which else keeps an arena of memory for each thread and gives little of it back: the
/// worker has many threads, and little to do in them. Others know nothing of these names.
const THRIFT: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
];

/// Something that happens to the supervisor.
enum SupervisorEvent {
    /// The worker ended.
    Ended(std::io::Result<ExitStatus>),
    /// The system wants the program to end.
    Ending(ShutdownCause),
}

/// Everything a supervisor needs.
pub struct SupervisorSetup {
    /// `--home` as given.
    pub home: Option<PathBuf>,
    /// The command line of each worker, after the word `worker`.
    pub worker_arguments: Vec<OsString>,
    /// True when no worker may write to the standard output, which is a log.
    pub is_background: bool,
    /// The key pair of this start.
    pub lease: Identity,
    /// For the first worker.
    pub handover: Handover,
    /// Printed once the end is watched for.
    pub greeting: String,
    /// Prints a line for the person at the terminal.
    pub print: fn(&str),
}

/// Runs until the worker ends by itself, the lease ends, or crashes come too fast.
///
/// # Errors
/// When no worker can be started, or they crash too often.
pub fn run_supervisor(setup: SupervisorSetup) -> anyhow::Result<ExitCode> {
    // Endings are few, and one worker ends at a time.
    let (tx, rx) = sync_channel(16);
    let gone = Arc::new(Latch::default());
    {
        let (tx, gone) = (tx.clone(), Arc::clone(&gone));
        watch_shutdown(
            move |cause| {
                let _ = tx.try_send(SupervisorEvent::Ending(cause));
            },
            move |limit| gone.wait_for(limit),
        )
        .context("cannot watch for signals that end uam")?;
    }
    let begun = Instant::now();
    let mut crashes: Vec<Instant> = Vec::new();
    let SupervisorSetup {
        home,
        worker_arguments,
        is_background,
        lease,
        mut handover,
        greeting,
        print,
    } = setup;
    print(&greeting);
    let code = loop {
        let mut command = self_command(home.as_deref()).context("cannot find uam itself")?;
        command.arg("worker").args(&worker_arguments);
        if is_background {
            // Records are not for a log.
            command.stdout(Stdio::null());
        }
        let worker = WorkerProcess::start(command, &handover, &tx, print)?;
        let Some(status) = worker.wait_for_end(&rx, begun)? else {
            break ExitCode::SUCCESS;
        };
        if let Some(code) = own_exit_code(status) {
            break ExitCode::from(code);
        }
        let now = Instant::now();
        crashes.retain(|at| now.duration_since(*at) < CRASH_WINDOW);
        crashes.push(now);
        if crashes.len() >= CRASHES {
            gone.raise();
            return Err(UserError::new(
                ErrorKind::Failed,
                format!("the recording process crashed {CRASHES} times within a minute ({status})"),
                "Everything recorded until then is safe. `uam doctor` may show the cause.",
            )
            .into());
        }
        print(&format!(
            "The recording process ended unexpectedly ({status}); recording goes on under the same start."
        ));
        let mut today = handover.today.take();
        if let Some(today) = &mut today {
            // Some of them may have been redacted since.
            today.clear_names();
        }
        handover = Handover::new(&lease, today, Vec::new(), false);
    };
    gone.raise();
    Ok(code)
}

/// The exit code of a worker that ended by itself.
fn own_exit_code(status: ExitStatus) -> Option<u8> {
    let code = u8::try_from(status.code()?).ok()?;
    code.checked_sub(OWN_EXIT_BASE)
        .filter(|c| *c <= ErrorKind::Instance.exit_code())
}

/// A running worker, with the pipe that keeps it alive.
struct WorkerProcess {
    pipe: ChildStdin,
    print: fn(&str),
}

impl WorkerProcess {
    fn start(
        mut command: Command,
        handover: &Handover,
        tx: &SyncSender<SupervisorEvent>,
        print: fn(&str),
    ) -> anyhow::Result<Self> {
        let mut child = command
            .envs(THRIFT)
            .stdin(Stdio::piped())
            .spawn()
            .context("cannot start the recording process")?;
        let mut pipe = child
            .stdin
            .take()
            .context("the recording process has no input")?;
        pipe.write_all(&handover.encode_line()?)
            .context("cannot hand over to the recording process")?;
        watch_child(child, tx.clone())?;
        Ok(Self { pipe, print })
    }

    /// Waits until it ends by itself or crashes; `None` when it got an order to end and did, in whatever way: a signal
    /// meant for both may reach it before it listens.
    fn wait_for_end(
        mut self,
        rx: &Receiver<SupervisorEvent>,
        begun: Instant,
    ) -> anyhow::Result<Option<ExitStatus>> {
        let (mut told, mut over) = (false, false);
        loop {
            let left = LEASE_DURATION.saturating_sub(begun.elapsed());
            match rx.recv_timeout(if over { LEASE_DURATION } else { left }) {
                Ok(SupervisorEvent::Ended(status)) => {
                    let status = status.context("the recording process was lost")?;
                    return Ok((!told || own_exit_code(status).is_some()).then_some(status));
                }
                Ok(SupervisorEvent::Ending(cause)) => {
                    told = true;
                    self.send_order(ShutdownOrder::Cause(cause));
                }
                Err(RecvTimeoutError::Timeout) => {
                    (told, over) = (true, true);
                    self.send_order(ShutdownOrder::LeaseEnd);
                    (self.print)(
                        "This start is 16 hours old and ends here. Start uam again with a new code.",
                    );
                }
                Err(RecvTimeoutError::Disconnected) => {
                    anyhow::bail!("the supervisor lost its worker")
                }
            }
        }
    }

    fn send_order(&mut self, order: ShutdownOrder) {
        // A worker that is gone is heard of in another way.
        let _ = writeln!(self.pipe, "{}", order.encode());
    }
}

/// Waits for the child on a thread of its own: nothing has to be looked at meanwhile.
fn watch_child(mut child: Child, tx: SyncSender<SupervisorEvent>) -> anyhow::Result<()> {
    std::thread::Builder::new()
        .name("uam-worker".into())
        .spawn(move || {
            let ended = child.wait();
            let _ = tx.send(SupervisorEvent::Ended(ended));
        })
        .context("cannot start a thread")?;
    Ok(())
}
