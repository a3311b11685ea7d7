//! Wine while programs run: a display, a server, and the processes both bring, all ended together.

use crate::files::remove_dir;
use crate::process::{ProcessGroup, command_line, quiet, run_successfully, succeeds};
use crate::user::virtual_screen::{own_display, start_server};
use crate::windows::atomic_dir::lock_file;
use crate::windows::environment::CrossEnvironment;
use crate::windows::wine_prefix::{self, SERVER};
use anyhow::{Context, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The size of the display and of Wine's desktop, which fills it: pixel coordinates are the same in both.
pub(crate) const DESKTOP: &str = "1280x800";

/// Wine 8 needs an address that a randomly placed heap takes about once in a thousand starts; it ends without a word then.
const STEADY: [&str; 3] = ["setarch", "-R", "wine"];

/// How Wine is started here: without random addresses, where that is allowed. Containers mostly forbid it.
pub(crate) fn wine_starter() -> &'static [&'static str] {
    static ALLOWED: OnceLock<bool> = OnceLock::new();
    let allowed = *ALLOWED.get_or_init(|| {
        let mut nothing = Command::new(STEADY[0]);
        succeeds(nothing.args([STEADY[1], "true"]))
    });
    if allowed { &STEADY } else { &STEADY[2..] }
}

/// A running Wine. When dropped, every process of its prefix ends, then the display.
#[derive(Debug)]
pub(crate) struct Wine {
    environment: CrossEnvironment,
    prefix: PathBuf,
    display: String,
    /// Does the prefix go with it?
    fleeting: bool,
    _screen: Option<ProcessGroup>,
    _lock: File,
}

impl Wine {
    /// Starts Wine for `prefix` on a display of its own and waits until its service processes run.
    ///
    /// Those would otherwise be started by the first program and hold its output open for ever. While another chore
    /// uses the prefix this waits, for the first to end would end both.
    ///
    /// # Errors
    /// When a part does not come up, or on Ctrl-C.
    pub(crate) fn start(environment: &CrossEnvironment, prefix: &Path) -> Result<Self> {
        Self::on(None, Self::lock(prefix)?, environment, prefix)
    }

    /// As [`Wine::start`], in a copy of the prefix `from` at `prefix`, which is removed in the end. Whatever is at that
    /// place already was left by a run that was killed, and is removed as well.
    ///
    /// # Errors
    /// As for [`Wine::start`], and when the disk refuses.
    pub(crate) fn start_fresh(
        environment: &CrossEnvironment,
        from: &Path,
        prefix: &Path,
    ) -> Result<Self> {
        let lock = Self::lock(prefix)?;
        remove_dir(prefix)?;
        wine_prefix::copy_prefix(from, prefix)?;
        let mut wine = Self::on(None, lock, environment, prefix)?;
        wine.fleeting = true;
        Ok(wine)
    }

    /// As [`Wine::start`], but on the person's own desktop where there is one.
    ///
    /// # Errors
    /// As for [`Wine::start`].
    pub(crate) fn start_visible(environment: &CrossEnvironment, prefix: &Path) -> Result<Self> {
        Self::on(own_display(), Self::lock(prefix)?, environment, prefix)
    }

    fn lock(prefix: &Path) -> Result<File> {
        lock_file(&prefix.with_extension("lock"), "Wine")
    }

    fn on(
        display: Option<String>,
        lock: File,
        environment: &CrossEnvironment,
        prefix: &Path,
    ) -> Result<Self> {
        let (screen, display) = match display {
            Some(display) => (None, display),
            None => {
                let (screen, display) = start_server(DESKTOP)?;
                (Some(screen), display)
            }
        };
        let wine = Self {
            environment: environment.clone(),
            prefix: prefix.to_owned(),
            display,
            fleeting: false,
            _screen: screen,
            _lock: lock,
        };
        // Nobody else uses the prefix, so a server still there was left by a chore that was killed.
        wine.end();
        // It returns once the server listens in the background, where it then stays until it gets the order to end.
        let mut server = wine.command("wineserver");
        wine.must_work(server.arg("--persistent"))?;
        wine.run_quietly(&["cmd", "/c", "rem"])?;
        Ok(wine)
    }

    /// Runs a Windows program that has nothing to say and must work.
    ///
    /// # Errors
    /// With the command to repeat, when it fails.
    pub(crate) fn run_quietly(&self, words: &[&str]) -> Result<()> {
        self.must_work(self.program().args(words))
    }

    fn must_work(&self, command: &mut Command) -> Result<()> {
        run_successfully(quiet(command)).with_context(|| {
            format!(
                "Wine failed; to see why: WINEPREFIX={} {}",
                self.prefix.display(),
                command_line(command)
            )
        })
    }

    /// Ends the server with all its clients; it writes the registry first. It is known by its prefix, so that no
    /// other is met.
    fn end(&self) {
        for flag in ["--kill", "--wait"] {
            // Without a server this fails, and that is as good.
            succeeds(self.command("wineserver").arg(flag));
        }
    }

    /// Wine, to be given a Windows program.
    pub(crate) fn program(&self) -> Command {
        let (first, others) = wine_starter().split_first().unwrap_or((&"wine", &[]));
        let mut command = self.command(first);
        command.args(others);
        command
    }

    /// A command whose Windows programs, itself or those it starts, run here.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        self.prepare(&mut command);
        command
    }

    /// Gives `command` the environment to run Windows programs here.
    pub(crate) fn prepare(&self, command: &mut Command) {
        prepare(command, &self.environment, &self.prefix, &self.display);
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        self.end();
        if self.fleeting {
            // Files that cannot be removed now are removed by the next run, which would report the reason.
            let server = std::fs::read_to_string(self.prefix.join(SERVER)).unwrap_or_default();
            if server.starts_with("wine-") && !server.contains('/') {
                let _ = remove_dir(&Path::new("/tmp").join(server.trim_end()));
            }
            let _ = remove_dir(&self.prefix);
        }
    }
}

fn prepare(command: &mut Command, environment: &CrossEnvironment, prefix: &Path, display: &str) {
    environment.apply_to(command);
    command
        .env("WINEPREFIX", prefix)
        .env("DISPLAY", display)
        .env_remove("WAYLAND_DISPLAY");
}
