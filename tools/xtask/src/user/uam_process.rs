//! Running the release binary as a person would: first code, start-up questions, Ctrl-C at the end.

use crate::process::{ProcessGroup, pause, wait_until};
use crate::user::authenticator::{Authenticator, find_secret};
use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How much of the program's output is kept; older output is forgotten (the person has seen it).
const KEEP: usize = 256 * 1024;

/// What to run, and where.
#[derive(Clone, Debug)]
pub(crate) struct UamSetup {
    /// The binary.
    pub(crate) uam: PathBuf,
    /// Root of its settings and data.
    pub(crate) home: PathBuf,
    /// The desktop's display.
    pub(crate) display: String,
    /// Further environment, such as the bucket's.
    pub(crate) env: Vec<(String, String)>,
}

impl UamSetup {
    /// The binary with these settings, and nothing of the person's own uam or bucket.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.uam);
        // The home is the working directory, too: a `.env` of the person's must not be found.
        command.current_dir(&self.home);
        let own = [
            "S3_PREFIX",
            "AWS_SESSION_TOKEN",
            "AWS_PROFILE",
            "WAYLAND_DISPLAY",
        ];
        for name in own.into_iter().chain(crate::user::s3_process::NAMES) {
            command.env_remove(name);
        }
        command
            .env("UAM_HOME", &self.home)
            .env("DISPLAY", &self.display)
            .envs(self.env.iter().map(|(k, v)| (k, v)));
        command
    }
}

/// The running monitor. Dropping it ends it as Ctrl-C would.
pub(crate) struct UamProcess {
    group: ProcessGroup,
    said: Arc<Mutex<Vec<u8>>>,
}

/// What opens the vault where there is no credential store.
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

/// Where the recovery codes of a first run go, beside the program's settings.
pub(crate) const RECOVERY_CODES: &str = "recovery-codes.txt";

impl UamProcess {
    /// Starts the monitor; with `show`, what it writes appears indented.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(setting: &UamSetup, args: &[&str], show: bool) -> Result<Self> {
        fs_err::create_dir_all(&setting.home)?;
        let (reader, writer) = std::io::pipe().context("making a pipe")?;
        let both = writer.try_clone().context("making a pipe")?;
        let mut command = setting.command();
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(writer)
            .stderr(both);
        let group = ProcessGroup::start(&mut command)?;
        drop(command);
        let said = Arc::default();
        let heard = Arc::clone(&said);
        std::thread::spawn(move || collect_output(reader, &heard, show));
        Ok(Self { group, said })
    }

    /// Starts the monitor for the first time and answers its questions; the recovery codes go into [`RECOVERY_CODES`].
    ///
    /// # Errors
    /// As for [`UamProcess::start`] and [`UamProcess::answer_first_run`].
    pub(crate) fn start_first_run(
        setting: &UamSetup,
        args: &[&str],
    ) -> Result<(Self, Authenticator)> {
        let args = [args, &["--recovery-kit", RECOVERY_CODES]].concat();
        let mut uam = Self::start(setting, &args, false)?;
        let phone = uam.answer_first_run()?;
        Ok((uam, phone))
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.group.pid()
    }

    /// What it has written lately.
    pub(crate) fn output_so_far(&self) -> String {
        read_text(&self.said)
    }

    /// Answers the first run's questions as its owner would: agrees, chooses a passphrase if one is asked for, takes the
    /// secret over into an authenticator and types its code, then waits until the program says that it records. The
    /// recovery codes are to go into a file (`--recovery-kit`). Returns the authenticator.
    ///
    /// # Errors
    /// When the program ends, prints no secret, or takes none of three codes.
    pub(crate) fn answer_first_run(&mut self) -> Result<Authenticator> {
        let said = |word: &'static str| move |said: &str| said.contains(word).then_some(());
        self.wait_for("uam to ask for agreement", said("Do you agree?"))?;
        self.type_line("y")?;
        let chooses = self.wait_for("uam to set up the second factor", |said| {
            let passphrase = said.contains("New passphrase");
            (passphrase || find_secret(said).is_some()).then_some(passphrase)
        })?;
        if chooses {
            self.type_line(PASSPHRASE)?;
            self.wait_for("uam to ask once more", said("once more"))?;
            self.type_line(PASSPHRASE)?;
        }
        let secret = self.wait_for("uam to print its secret", find_secret)?;
        let phone = Authenticator::new(&secret)?;
        for _ in 0..3 {
            let before = self.output_so_far().len();
            self.type_line(&phone.current_code())?;
            let verdict = self.wait_for("uam to say that it records", move |said| {
                read_code_verdict(said.get(before..).unwrap_or_default())
            })?;
            if verdict {
                return Ok(phone);
            }
            pause(phone.until_next())?;
        }
        bail!(
            "uam took none of three codes; it last said:\n{}",
            last_lines(&self.output_so_far())
        )
    }

    /// Unlocks the record with both factors, as its owner would, for the commands that read it afterwards.
    ///
    /// # Errors
    /// When the program does not take them.
    pub(crate) fn enter_code(setting: &UamSetup, phone: &Authenticator) -> Result<()> {
        let mut uam = Self::start(setting, &["unlock"], false)?;
        let asked = uam.wait_for("uam to ask for the factors", |said| {
            let passphrase = said.contains("Passphrase");
            (passphrase || said.contains("Code from")).then_some(passphrase)
        })?;
        if asked {
            uam.type_line(PASSPHRASE)?;
        }
        // The present code was used at the start, and the next one is taken early.
        uam.type_line(&phone.next_code())?;
        uam.ended()
    }

    /// Waits until it has ended because somebody else told it to.
    ///
    /// # Errors
    /// When it ends with an error, or not at all within a minute.
    pub(crate) fn ended(&mut self) -> Result<()> {
        let group = &mut self.group;
        let status = wait_until("uam to end", Duration::from_secs(60), || group.ended())?;
        self.check_end(status)
    }

    fn check_end(&self, status: ExitStatus) -> Result<()> {
        let said = last_lines(&self.output_so_far());
        ensure!(
            status.success(),
            "uam ended with {status}; it last said:\n{said}"
        );
        Ok(())
    }

    /// Ends it as Ctrl-C would and waits for it.
    ///
    /// # Errors
    /// When it ends with an error, or not at all within 30 s (it is killed then).
    pub(crate) fn stop_and_wait(mut self) -> Result<()> {
        let limit = Duration::from_secs(30);
        let status = self.group.end_with(Signal::SIGINT, limit)?;
        self.check_end(status)
    }

    fn wait_for<T>(&mut self, what: &str, mut find: impl FnMut(&str) -> Option<T>) -> Result<T> {
        let said = Arc::clone(&self.said);
        let group = &mut self.group;
        let found = wait_until(what, Duration::from_secs(60), || {
            let text = read_text(&said);
            if let Some(found) = find(&text) {
                return Ok(Some(found));
            }
            let ended = group.ended()?;
            ended.map_or(Ok(None), |status| bail!("uam ended early ({status})"))
        });
        found.with_context(|| format!("uam last said:\n{}", last_lines(&self.output_so_far())))
    }

    fn type_line(&mut self, line: &str) -> Result<()> {
        let stdin = self.group.child().stdin.as_mut();
        let stdin = stdin.context("uam's input is closed")?;
        writeln!(stdin, "{line}").context("typing to uam")
    }
}

impl Drop for UamProcess {
    fn drop(&mut self) {
        // Nothing to tell here: the group itself is killed if this does not end it.
        let _ = self.group.end_with(Signal::SIGINT, Duration::from_secs(15));
    }
}

fn read_text(said: &Mutex<Vec<u8>>) -> String {
    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&said).into_owned()
}

/// Whether the output after a code means that it was accepted (`true`) or refused.
fn read_code_verdict(said: &str) -> Option<bool> {
    let said = said.to_ascii_lowercase();
    if said.contains("recording to") {
        return Some(true);
    }
    let refusals = [
        "not the code",
        "used already",
        "min old",
        "min ahead",
        "clock is",
    ];
    refusals
        .iter()
        .any(|word| said.contains(word))
        .then_some(false)
}

/// The last lines, indented.
fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    let last = &lines[lines.len().saturating_sub(15)..];
    last.iter().map(|line| format!("    {line}\n")).collect()
}

fn collect_output(mut from: impl Read, into: &Mutex<Vec<u8>>, show: bool) {
    let mut buffer = [0; 4096];
    let mut line = Vec::new();
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        {
            let mut said = into.lock().unwrap_or_else(PoisonError::into_inner);
            said.extend_from_slice(&buffer[..n]);
            let excess = said.len().saturating_sub(KEEP);
            said.drain(..excess);
        }
        line.extend_from_slice(&buffer[..n]);
        let last_end = line.iter().rposition(|byte| *byte == b'\n');
        let whole: Vec<u8> = line.drain(..last_end.map_or(0, |at| at + 1)).collect();
        if show {
            let lines = String::from_utf8_lossy(&whole);
            lines
                .lines()
                .for_each(|line| println!("  | {}", line.trim_end()));
        }
    }
    if show && !line.is_empty() {
        println!("  | {}", String::from_utf8_lossy(&line));
    }
}

/// Where the data of a run lies when there is a home to look at.
pub(crate) fn holds_data(home: &Path) -> bool {
    std::fs::read_dir(home).is_ok_and(|mut entries| entries.next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_put_together_whatever_the_reads_cut() {
        struct Slowly<'a>(&'a [u8]);
        impl Read for Slowly<'_> {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                let n = self.0.len().min(1);
                into[..n].copy_from_slice(&self.0[..n]);
                self.0 = &self.0[n..];
                Ok(n)
            }
        }
        let said = Mutex::default();
        collect_output(Slowly("▀▄ secret: ABC\ncode? ".as_bytes()), &said, false);
        assert_eq!(read_text(&said), "▀▄ secret: ABC\ncode? ");
    }

    #[test]
    fn a_code_is_taken_or_refused_or_still_weighed() {
        assert_eq!(
            read_code_verdict("code accepted\nRecording to /home/me"),
            Some(true)
        );
        assert_eq!(
            read_code_verdict("that is not the code (2 more)"),
            Some(false)
        );
        assert_eq!(read_code_verdict("…"), None);
    }
}
