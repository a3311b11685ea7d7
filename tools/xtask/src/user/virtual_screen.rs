//! A virtual desktop: Xvfb with a window manager, on a display number of its own choosing.

use crate::process::{ProcessGroup, output_of, quiet, wait_until};
use anyhow::Result;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long a server or window may take to appear on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running virtual desktop; it ends when dropped (the window manager first).
#[derive(Debug)]
pub(crate) struct VirtualScreen {
    display: String,
    _manager: ProcessGroup,
    _server: ProcessGroup,
}

impl VirtualScreen {
    /// Starts a desktop of 1920×1080 true-colour pixels.
    ///
    /// # Errors
    /// When the server or the window manager does not come up.
    pub(crate) fn start() -> Result<Self> {
        let (server, display) = start_server("1920x1080")?;
        let manager = ProcessGroup::start(quiet(&mut start_on(&display, "openbox")))?;
        let desktop = Self {
            display,
            _manager: manager,
            _server: server,
        };
        wait_until("the window manager", PATIENCE, || {
            let mut xprop = desktop.command("xprop");
            let answer = output_of(xprop.args(["-root", "_NET_SUPPORTING_WM_CHECK"]));
            Ok(answer.ok().filter(|a| a.contains("window id")).map(drop))
        })?;
        Ok(desktop)
    }

    /// Its name for `DISPLAY`, such as `:1`.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// A command that will show its windows here, and nowhere else.
    pub(crate) fn command(&self, program: &str) -> Command {
        start_on(&self.display, program)
    }

    /// Waits until the window called `title` is there and gives its number.
    ///
    /// # Errors
    /// When it does not come in time.
    pub(crate) fn window(&self, title: &str) -> Result<String> {
        wait_until(&format!("the window {title:?}"), PATIENCE, || {
            let mut search = self.command("xdotool");
            search.args(["search", "--onlyvisible", "--name"]);
            let found = output_of(search.arg(format!("^{title}$"))).unwrap_or_default();
            Ok(found.lines().next().map(str::to_owned))
        })
    }
}

/// Starts an X server of so many true-colour pixels on a display number of its own choosing; gives it with the display's
/// name.
///
/// # Errors
/// When it does not come up.
pub(crate) fn start_server(pixels: &str) -> Result<(ProcessGroup, String)> {
    let mut command = Command::new("Xvfb");
    command
        .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"])
        .args(["-screen", "0", &format!("{pixels}x24")]);
    let mut server = ProcessGroup::start(quiet(&mut command).stdout(Stdio::piped()))?;
    let lines = server.take_lines()?;
    let number = wait_until("Xvfb to name its display", PATIENCE, || {
        Ok(lines.try_recv().ok())
    })?;
    Ok((server, format!(":{}", number.trim())))
}

fn start_on(display: &str, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env("DISPLAY", display)
        .env_remove("WAYLAND_DISPLAY")
        .env("XDG_SESSION_TYPE", "x11");
    command
}

/// Is there a desktop of the person's own? Gives its display when its X server answers.
///
/// The socket is asked rather than a program, because this must work before anything is installed.
pub(crate) fn own_display() -> Option<String> {
    let display = std::env::var("DISPLAY").ok().filter(|d| !d.is_empty())?;
    display_socket(&display)
        .is_none_or(|path| std::os::unix::net::UnixStream::connect(path).is_ok())
        .then_some(display)
}

/// The local socket of a display such as `:0.1`; `None` for a display on another machine (ssh forwarding), which can
/// only be believed.
fn display_socket(display: &str) -> Option<String> {
    let number = display
        .strip_prefix(':')
        .or_else(|| display.strip_prefix("unix:"))?;
    let number = number.split('.').next().unwrap_or(number);
    Some(format!("/tmp/.X11-unix/X{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_display_has_a_socket() {
        assert_eq!(display_socket(":0").as_deref(), Some("/tmp/.X11-unix/X0"));
        assert_eq!(
            display_socket(":10.1").as_deref(),
            Some("/tmp/.X11-unix/X10")
        );
        assert_eq!(
            display_socket("unix:3").as_deref(),
            Some("/tmp/.X11-unix/X3")
        );
        assert_eq!(display_socket("localhost:10.0"), None);
    }
}
