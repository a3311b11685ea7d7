//! Process groups and sessions; `xdg-open`.

use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

pub(super) fn hide_console(_: &mut Command) {}

pub(super) fn separate_from_terminal(command: &mut Command) {
    command.process_group(0);
}

pub(super) fn detach_from_terminal() -> io::Result<()> {
    match rustix::process::setsid() {
        // A session's leader may not make another one; it has left its terminal already.
        Ok(_) | Err(rustix::io::Errno::PERM) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

pub(super) fn browser_command(address: &str) -> Option<Command> {
    let desktop = ["WAYLAND_DISPLAY", "DISPLAY"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|v| !v.is_empty()));
    desktop.then(|| {
        let mut command = Command::new("xdg-open");
        command.arg(address);
        command
    })
}
