//! Children that never outlive the chore, and Ctrl-C that ends everything cleanly.
//!
//! Always true: every background child leads its own process group and is held by a [`ProcessGroup`]; dropping it ends the
//! whole group. Ctrl-C reaches the chore only (the groups are not the terminal's foreground group), which then drops
//! its groups in order. Nothing is ended by name.

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::fmt;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// How often a waiting chore looks at its children and at Ctrl-C.
const TICK: Duration = Duration::from_millis(50);

/// The person (or the system) asked the chore to end.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped on request")
    }
}

impl std::error::Error for Interrupted {}

/// Becomes true on SIGINT, SIGTERM or SIGHUP, which are the whole process's, too.
static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Takes over the three signals.
///
/// # Errors
/// When the handlers cannot be installed.
pub(crate) fn watch_signals() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&STOP))
            .context("installing the handler for Ctrl-C")?;
    }
    Ok(())
}

/// Was the chore asked to end?
pub(crate) fn stop_requested() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// # Errors
/// [`Interrupted`] once the chore was asked to end.
pub(crate) fn check_stop() -> Result<()> {
    ensure!(!stop_requested(), Interrupted);
    Ok(())
}

/// Waits, but not longer than until Ctrl-C.
///
/// # Errors
/// [`Interrupted`] once the chore was asked to end.
pub(crate) fn pause(how_long: Duration) -> Result<()> {
    let end = Instant::now() + how_long;
    loop {
        check_stop()?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(TICK));
    }
}

/// Waits until `ready` gives something, at most `limit`.
///
/// # Errors
/// [`Interrupted`], an error of `ready`, or a sentence that names `what` did not happen in time.
pub(crate) fn wait_until<T>(
    what: &str,
    limit: Duration,
    mut ready: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = ready()? {
            return Ok(value);
        }
        if Instant::now() > end {
            bail!("waited {} s in vain for {what}", limit.as_secs());
        }
        pause(TICK)?;
    }
}

/// A background child with everything it starts.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    child: Child,
    name: String,
}

impl ProcessGroup {
    /// Starts `command` as the leader of its own process group.
    ///
    /// # Errors
    /// When it cannot be started; names the program.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        Ok(Self { child, name })
    }

    /// The leader's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The leader itself, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The lines the leader writes from now on, to a pipe.
    ///
    /// # Errors
    /// When its output is no pipe.
    pub(crate) fn take_lines(&mut self) -> Result<Receiver<String>> {
        let pipe = self.child.stdout.take().context("no output")?;
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(pipe).lines().map_while(Result::ok);
            lines.map(|line| sender.send(line)).all(|sent| sent.is_ok())
        });
        Ok(receiver)
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system cannot say.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .with_context(|| format!("asking after {}", self.name))
    }

    /// Sends `signal` to the leader alone and waits for its end; past `limit` the group is killed.
    ///
    /// # Errors
    /// When the leader had to be killed.
    pub(crate) fn end_with(&mut self, signal: Signal, limit: Duration) -> Result<ExitStatus> {
        if let Some(status) = self.ended()? {
            return Ok(status);
        }
        // It may end between the question and the signal; the wait below tells.
        let _ = kill(raw_pid(self.child.id()), signal);
        if let Some(status) = self.wait_until(Instant::now() + limit)? {
            return Ok(status);
        }
        let _ = killpg(raw_pid(self.child.id()), Signal::SIGKILL);
        let _ = self.child.wait();
        bail!(
            "{} did not end within {} s of {signal} and was killed",
            self.name,
            limit.as_secs()
        )
    }

    fn wait_until(&mut self, end: Instant) -> Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            if Instant::now() > end {
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        let group = raw_pid(self.child.id());
        let was_running = matches!(self.child.try_wait(), Ok(None));
        // The leader's own children may still be there when it has ended; they keep the group's number reserved,
        // and without any the signal reaches nobody.
        let _ = killpg(group, Signal::SIGTERM);
        if was_running
            && !matches!(
                self.wait_until(Instant::now() + Duration::from_secs(2)),
                Ok(Some(_))
            )
        {
            let _ = killpg(group, Signal::SIGKILL);
            let _ = self.child.wait();
        }
    }
}

/// A process id as the system calls want it. Ids are positive and below 2^22 on Linux.
pub(crate) fn raw_pid(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX))
}

/// Runs `command` in the foreground with the person's terminal and waits for it; Ctrl-C reaches it as well.
///
/// # Errors
/// [`Interrupted`] on Ctrl-C, or when it cannot be started.
pub(crate) fn run_foreground(command: &mut Command) -> Result<ExitStatus> {
    check_stop()?;
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .spawn()
        .with_context(|| format!("starting {name}"))?;
    loop {
        if let Some(status) = child
            .try_wait()
            .with_context(|| format!("waiting for {name}"))?
        {
            check_stop()?;
            return Ok(status);
        }
        if stop_requested() {
            // The terminal's Ctrl-C has reached it already; a plain `kill` of the chore has not.
            let _ = kill(raw_pid(child.id()), Signal::SIGTERM);
            let _ = child.wait();
            bail!(Interrupted);
        }
        std::thread::sleep(TICK);
    }
}

/// As [`run_foreground`], of a program that must succeed.
///
/// # Errors
/// As for [`run_foreground`], and when it fails; names the program, whose own message stands above.
pub(crate) fn run_successfully(command: &mut Command) -> Result<()> {
    let status = run_foreground(command)?;
    let name = command.get_program().to_string_lossy();
    ensure!(status.success(), "{name} ended with {status}");
    Ok(())
}

/// The command, reading and writing nothing.
pub(crate) fn quiet(command: &mut Command) -> &mut Command {
    let null = Stdio::null;
    command.stdin(null()).stdout(null()).stderr(null())
}

/// Whether the command succeeds; what it writes is nobody's concern.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    quiet(command).status().is_ok_and(|status| status.success())
}

/// Runs a short command to its end and gives its output.
///
/// # Errors
/// When it cannot be started or fails; names the command and repeats what it said.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {}", command.get_program().to_string_lossy()))?;
    if !status.success() {
        bail!(
            "`{}` failed ({status}): {}",
            command_line(command),
            String::from_utf8_lossy(&stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// One word for a POSIX shell, whatever it holds.
pub(crate) fn quote_for_shell(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// The command as a person would type it.
pub(crate) fn command_line(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|a| {
        let a = a.to_string_lossy();
        if a.contains(char::is_whitespace) {
            format!("'{a}'")
        } else {
            a.into_owned()
        }
    }));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn alive(pid: u32) -> bool {
        // A killed process stays visible as a zombie until it is reaped; that is dead enough.
        std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| !stat.contains(") Z "))
    }

    #[test]
    fn a_dropped_group_takes_its_grandchildren_along() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "sleep 600 & echo $!; wait"])
            .stdout(Stdio::piped());
        let mut group = ProcessGroup::start(&mut command).unwrap();
        let mut first = String::new();
        let pipe = group.child().stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(pipe), &mut first).unwrap();
        let grandchild: u32 = first.trim().parse().unwrap();
        assert!(alive(grandchild));
        drop(group);
        let end = Instant::now() + Duration::from_secs(10);
        while alive(grandchild) {
            assert!(Instant::now() < end, "the grandchild outlived its group");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn waiting_in_vain_says_for_what() {
        let error = wait_until("rain", Duration::ZERO, || Ok(None::<()>)).unwrap_err();
        assert!(error.to_string().contains("rain"));
        STOP.store(true, Ordering::Relaxed);
        let error = check_stop().unwrap_err();
        STOP.store(false, Ordering::Relaxed);
        assert!(error.is::<Interrupted>());
    }

    #[test]
    fn a_failed_command_repeats_what_it_said() {
        let error = output_of(Command::new("ls").arg("/no such folder")).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("ls '/no such folder'") && text.contains("cannot access"),
            "{text}"
        );
    }
}
