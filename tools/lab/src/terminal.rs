//! A terminal program whose screen can be read back: tmux, with a server of its own.

use anyhow::{Context, Result, ensure};
use std::ffi::OsStr;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The longest wait for a text to appear.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal of a fixed size with one program in it; both end when this is dropped.
#[derive(Debug)]
pub struct TmuxTerminal {
    socket: tempfile::TempDir,
}

impl TmuxTerminal {
    /// Starts `program` in a terminal of `columns` by `rows`: with its path, arguments and environment; of the rest
    /// it inherits only the variables that a terminal sets.
    ///
    /// # Errors
    /// When tmux is not installed or does not start.
    pub fn start(columns: u16, rows: u16, program: &Command) -> Result<Self> {
        let tmux = Self {
            socket: tempfile::tempdir()?,
        };
        let mut line = String::new();
        if let Some(dir) = program.get_current_dir() {
            line.push_str(&format!("cd {} && ", quoted(dir.as_os_str())));
        }
        line.push_str("exec env COLORTERM=truecolor");
        for (name, value) in program.get_envs() {
            if let Some(value) = value {
                line.push_str(&format!(" {}={}", quoted(name), quoted(value)));
            }
        }
        for word in std::iter::once(program.get_program()).chain(program.get_args()) {
            line.push_str(&format!(" {}", quoted(word)));
        }
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let started = tmux.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &columns,
            "-y",
            &rows,
            &line,
            ";",
            "set-option",
            "remain-on-exit",
            "on",
        ])?;
        ensure!(started.status.success(), "tmux: {started:?}");
        Ok(tmux)
    }

    fn tmux(&self, words: &[&str]) -> Result<Output> {
        Command::new("tmux")
            .arg("-S")
            .arg(self.socket.path().join("socket"))
            .args(words)
            .env_remove("TMUX")
            .env_remove("NO_COLOR")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .context("tmux must be installed")
    }

    /// Presses keys, by tmux's names for them.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn keys(&self, keys: &[&str]) -> Result<()> {
        let words: Vec<&str> = ["send-keys"].iter().chain(keys).copied().collect();
        let sent = self.tmux(&words)?;
        ensure!(sent.status.success(), "tmux: {sent:?}");
        Ok(())
    }

    /// The text on the screen.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn screen(&self) -> Result<String> {
        let out = self.tmux(&["capture-pane", "-p"])?;
        Ok(String::from_utf8(out.stdout)?)
    }

    /// The text on the screen with its colour sequences.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn coloured(&self) -> Result<String> {
        let out = self.tmux(&["capture-pane", "-p", "-e"])?;
        Ok(String::from_utf8(out.stdout)?)
    }

    /// Waits until all of `what` is on the screen, and returns the screen.
    ///
    /// # Errors
    /// When it does not appear within 30 s; with the screen as it is then.
    pub fn wait_for_text(&self, what: &[&str]) -> Result<String> {
        self.wait_for_screen(&format!("{what:?}"), |screen| {
            what.iter().all(|w| screen.contains(w))
        })
    }

    /// Waits until the screen is `wanted`, and returns it.
    ///
    /// # Errors
    /// As [`Self::wait_for_text`].
    pub fn wait_for_screen(&self, what: &str, wanted: impl Fn(&str) -> bool) -> Result<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen()?;
            if wanted(&screen) {
                return Ok(screen);
            }
            ensure!(
                Instant::now() < until,
                "waited for {what}; on the screen is:\n{screen}"
            );
        }
    }

    /// Gives the terminal another size.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn resize(&self, columns: u16, rows: u16) -> Result<()> {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let done = self.tmux(&["resize-window", "-x", &columns, "-y", &rows])?;
        ensure!(done.status.success(), "tmux: {done:?}");
        Ok(())
    }
}

impl Drop for TmuxTerminal {
    fn drop(&mut self) {
        // Fails when the server has already ended.
        let _ = self.tmux(&["kill-server"]);
    }
}

/// Quotes the text as one word for a shell.
fn quoted(text: &OsStr) -> String {
    format!("'{}'", text.to_string_lossy().replace('\'', "'\\''"))
}
