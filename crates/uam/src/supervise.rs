//! The supervisor: holds the lease of a start, and starts the recording process again when that crashes.
//!
//! Always true: the lease is in memory alone; a worker that ended by itself is not started again; the supervisor's own
//! end ends the worker.

use crate::cli::RunArgs;
use crate::done::Done;
use crate::lease::{Handover, LONGEST};
use crate::{commands, output};
use anyhow::Context;
use model::{ErrorKind, UserError};
use platform::process::self_command;
use platform::shutdown::{ShutdownCause, watch_shutdown};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use vault::Identity;

/// A worker adds this to its exit code, so that its own end can be told from a crash.
pub(crate) const ENDED: u8 = 40;

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

/// What happens to the supervisor.
enum Event {
    /// The worker ended.
    Ended(std::io::Result<ExitStatus>),
    /// The system wants the program to end.
    Ending(ShutdownCause),
}

/// What a supervisor needs.
pub(crate) struct Watch {
    /// `--home` as given.
    pub(crate) home: Option<PathBuf>,
    pub(crate) args: RunArgs,
    pub(crate) lease: Identity,
    pub(crate) handover: Handover,
    /// What is said once the end is watched for.
    pub(crate) greeting: String,
}

/// Runs until the worker ends by itself, the lease ends, or crashes come too fast.
pub(crate) fn run(watch: Watch) -> anyhow::Result<ExitCode> {
    // Endings are few, and one worker ends at a time.
    let (tx, rx) = sync_channel(16);
    let gone = Arc::new(Done::default());
    {
        let (tx, gone) = (tx.clone(), Arc::clone(&gone));
        watch_shutdown(
            move |cause| {
                let _ = tx.try_send(Event::Ending(cause));
            },
            move |limit| gone.wait(limit),
        )
        .context("cannot watch for the end")?;
    }
    let begun = Instant::now();
    let mut crashes: Vec<Instant> = Vec::new();
    let Watch {
        home,
        args,
        lease,
        mut handover,
        greeting,
    } = watch;
    output::line(&greeting);
    let code = loop {
        let worker = Worker::start(home.as_deref(), &args, &handover, &tx)?;
        let Some(status) = worker.watch(&rx, begun)? else {
            break ExitCode::SUCCESS;
        };
        if let Some(code) = by_itself(status) {
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
                "What was recorded until then is safe. `uam doctor` may tell what is wrong.",
            )
            .into());
        }
        output::line(&format!(
            "The recording process ended unexpectedly ({status}); it goes on under the same start."
        ));
        let mut today = handover.today.take();
        if let Some(today) = &mut today {
            // Some of them may have been taken out of the record since.
            today.clear_names();
        }
        handover = Handover::new(&lease, today, Vec::new(), false);
    };
    gone.raise();
    Ok(code)
}

/// The exit code of a worker that ended by itself.
fn by_itself(status: ExitStatus) -> Option<u8> {
    let code = u8::try_from(status.code()?).ok()?;
    code.checked_sub(ENDED)
        .filter(|c| *c <= ErrorKind::Instance.exit_code())
}

/// A running worker, with the pipe that keeps it alive.
struct Worker {
    pipe: ChildStdin,
}

impl Worker {
    fn start(
        home: Option<&std::path::Path>,
        args: &RunArgs,
        handover: &Handover,
        tx: &SyncSender<Event>,
    ) -> anyhow::Result<Self> {
        let mut command = self_command(home).context("cannot find uam itself")?;
        command
            .arg("worker")
            .args(commands::worker::arguments(args));
        if args.background {
            // What is recorded is not for a log.
            command.stdout(Stdio::null());
        }
        let mut child = command
            .envs(THRIFT)
            .stdin(Stdio::piped())
            .spawn()
            .context("cannot start the recording process")?;
        let mut pipe = child
            .stdin
            .take()
            .context("the recording process has no input")?;
        pipe.write_all(&handover.line()?)
            .context("the recording process took no orders")?;
        wait(child, tx.clone())?;
        Ok(Self { pipe })
    }

    /// Until it ends by itself or crashes; `None` when it was told to end and did, in whatever way: a signal meant for
    /// both may reach it before it listens.
    fn watch(mut self, rx: &Receiver<Event>, begun: Instant) -> anyhow::Result<Option<ExitStatus>> {
        let (mut told, mut over) = (false, false);
        loop {
            let left = LONGEST.saturating_sub(begun.elapsed());
            match rx.recv_timeout(if over { LONGEST } else { left }) {
                Ok(Event::Ended(status)) => {
                    let status = status.context("the recording process was lost")?;
                    return Ok((!told || by_itself(status).is_some()).then_some(status));
                }
                Ok(Event::Ending(cause)) => {
                    told = true;
                    self.tell(order(cause));
                }
                Err(RecvTimeoutError::Timeout) => {
                    (told, over) = (true, true);
                    self.tell("lease");
                    output::line(
                        "This start is 16 hours old and ends here. Start uam again with a new code.",
                    );
                }
                Err(RecvTimeoutError::Disconnected) => {
                    anyhow::bail!("the supervisor lost its worker")
                }
            }
        }
    }

    fn tell(&mut self, order: &str) {
        // A worker that is gone is heard of in another way.
        let _ = writeln!(self.pipe, "{order}");
    }
}

/// Waits for the child on a thread of its own: nothing has to be looked at meanwhile.
fn wait(mut child: Child, tx: SyncSender<Event>) -> anyhow::Result<()> {
    std::thread::Builder::new()
        .name("uam-worker".into())
        .spawn(move || {
            let ended = child.wait();
            let _ = tx.send(Event::Ended(ended));
        })
        .context("cannot start a thread")?;
    Ok(())
}

/// The word for an ending on the pipe.
fn order(cause: ShutdownCause) -> &'static str {
    match cause {
        ShutdownCause::Interrupt => "interrupt",
        ShutdownCause::Terminate => "request",
        ShutdownCause::TerminalClosed => "terminal",
        ShutdownCause::SessionEnd => "session",
    }
}

/// What an order on the pipe means; `None` for a word nobody knows.
pub(crate) fn ordered(word: &str) -> Option<&'static str> {
    Some(match word {
        "interrupt" => ShutdownCause::Interrupt.describe(),
        "request" => ShutdownCause::Terminate.describe(),
        "terminal" => ShutdownCause::TerminalClosed.describe(),
        "session" => ShutdownCause::SessionEnd.describe(),
        "lease" => "the end of the 16 hours that a start lasts",
        _ => return None,
    })
}
