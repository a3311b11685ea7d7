//! The XDG base directories; children in the same session.

use crate::failure::Failure;
use settings::AppPaths;
use std::env;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// Settings in `$XDG_CONFIG_HOME/uam`, data in `$XDG_DATA_HOME/uam`, the socket in `$XDG_RUNTIME_DIR/uam`.
pub(crate) fn places() -> anyhow::Result<AppPaths> {
    let user = env::home_dir().filter(|h| h.is_absolute()).ok_or_else(|| {
        Failure::usage(
            "the home directory is unknown",
            "Set HOME, or name a folder with --home or UAM_HOME.",
        )
    })?;
    let xdg = |name: &str, fallback: PathBuf| -> PathBuf {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
            .unwrap_or(fallback)
    };
    let data = xdg("XDG_DATA_HOME", user.join(".local/share")).join("uam");
    Ok(AppPaths {
        config: xdg("XDG_CONFIG_HOME", user.join(".config")).join("uam"),
        runtime: xdg("XDG_RUNTIME_DIR", data.join("run")).join("uam"),
        data,
    })
}

/// Nothing has to be set for a child that works unseen.
pub(crate) fn apart(_: &mut Command) {}

/// Leaves the terminal: in a session of its own, so that neither its end nor its keys reach this process. A session's
/// leader cannot; it has left already.
pub(crate) fn detach() -> std::io::Result<()> {
    match rustix::process::setsid() {
        Ok(_) | Err(rustix::io::Errno::PERM) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// In a process group of its own: Ctrl-C in the terminal is meant for whoever started it, not for the child.
pub(crate) fn alone(command: &mut Command) {
    command.process_group(0);
}

/// What shows an address in the person's browser, where there is a desktop to show it on.
pub(crate) fn browser(address: &str) -> Option<Command> {
    let desktop = ["WAYLAND_DISPLAY", "DISPLAY"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|v| !v.is_empty()));
    desktop.then(|| {
        let mut command = Command::new("xdg-open");
        command.arg(address);
        command
    })
}
