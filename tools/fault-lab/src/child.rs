//! The program that is broken on purpose: another process of this program, started by [`ChildProcess::start`].
//!
//! It prints one line for each step: before it where that matters, and after it the acknowledged numbers.
//! [`crate::ledger::AckLedger`] reads these lines.

mod gate;
mod worker;

pub(crate) use gate::{create_vault, is_code_accepted};
pub(crate) use worker::run_worker;

use crate::mount::path_text;
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A child that prints nothing for this long hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child, seen by its parent.
pub(crate) struct ChildProcess {
    process: std::process::Child,
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
    begun: Instant,
}

/// How a child ended that was to be killed.
pub(crate) enum ChildExit {
    Killed,
    ByItself(String),
}

impl ChildProcess {
    /// Starts the child `work`: `fault-lab child work DIR BASE SEED HOW`, with these variables in addition.
    pub(crate) fn start(
        dir: &Path,
        base: u64,
        seed: u64,
        how: &str,
        env: &[(&'static str, String)],
    ) -> Result<Self> {
        let (dir, base, seed) = (path_text(dir)?, base.to_string(), seed.to_string());
        Self::start_with(&["work", dir, &base, &seed, how], env)
    }

    /// Starts `fault-lab child ARGS` with these variables in addition.
    pub(crate) fn start_with(args: &[&str], env: &[(&'static str, String)]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("child")
            .args(args)
            .envs(env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let begun = Instant::now();
        let mut process = command.spawn().context("cannot start a child")?;
        let out = process.stdout.take().context("no pipe")?;
        let mut err = process.stderr.take().context("no pipe")?;
        let (say, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if say.send(line).is_err() {
                    break;
                }
            }
        });
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = err.read_to_string(&mut text);
            text
        });
        Ok(Self {
            process,
            lines,
            errors: Some(errors),
            begun,
        })
    }

    /// Its next line; none when it has ended.
    pub(crate) fn next_line(&mut self) -> Result<Option<String>> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.process.kill();
                bail!("a child printed nothing for {} s", PATIENCE.as_secs())
            }
        }
    }

    /// How long ago it was started.
    pub(crate) fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) -> Result<ChildExit> {
        // An error means that it has ended.
        let _ = self.process.kill();
        let status = self.process.wait()?;
        // A killed process has no exit code.
        Ok(match status.code() {
            None => ChildExit::Killed,
            Some(code) => ChildExit::ByItself(format!("code {code}: {}", self.errors())),
        })
    }

    /// Waits for its end; returns its exit code (none if a signal ended it) and its standard error.
    pub(crate) fn wait_for_exit(&mut self) -> Result<(Option<i32>, String)> {
        let status = self.process.wait()?;
        Ok((status.code(), self.errors()))
    }

    /// Waits for its end, which must be a success.
    pub(crate) fn wait_for_success(&mut self) -> Result<()> {
        let (code, errors) = self.wait_for_exit()?;
        ensure!(code == Some(0), "a child ended with {code:?}: {errors}");
        Ok(())
    }

    fn errors(&mut self) -> String {
        self.errors
            .take()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default()
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
