//! Hidden consoles; the protocol handler of the shell.

use std::io;
use std::os::windows::process::CommandExt;
use std::process::Command;

/// `CREATE_NO_WINDOW`: the child has a console of its own, which is not shown.
const NO_WINDOW: u32 = 0x0800_0000;

pub(super) fn hide_console(command: &mut Command) {
    command.creation_flags(NO_WINDOW);
}

pub(super) fn separate_from_terminal(command: &mut Command) {
    hide_console(command);
}

pub(super) fn detach_from_terminal() -> io::Result<()> {
    Ok(())
}

pub(super) fn browser_command(address: &str) -> Option<Command> {
    let mut command = Command::new("rundll32");
    command.arg("url.dll,FileProtocolHandler").arg(address);
    Some(command)
}
