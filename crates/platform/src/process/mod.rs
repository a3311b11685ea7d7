//! Starting this program again, with or without a terminal, and the user's browser.

#[cfg(unix)]
#[path = "unix.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows.rs"]
mod imp;

use std::io;
use std::path::Path;
use std::process::Command;

/// A command that starts this program's own file again; `home` is passed on as `--home`.
///
/// # Errors
/// The system does not say where the program's file is.
pub fn self_command(home: Option<&Path>) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(home) = home {
        command.arg("--home").arg(home);
    }
    Ok(command)
}

/// Gives the child a console of its own that is not shown, on Windows: Ctrl-C in a console reaches every program that uses
/// it, and the child must not be ended by what politely ends its parent. Elsewhere the child needs nothing.
pub fn hide_console(command: &mut Command) {
    imp::hide_console(command);
}

/// Keeps keys typed in the parent's terminal, such as Ctrl-C, away from the child: a process group of its own on Unix, a
/// hidden console on Windows.
pub fn separate_from_terminal(command: &mut Command) {
    imp::separate_from_terminal(command);
}

/// Makes this process leave its terminal, so that neither the terminal's end nor its keys reach it. A process that left it
/// before stays as it is; on Windows [`hide_console`] did everything.
///
/// # Errors
/// The error of `setsid(2)`.
pub fn detach_from_terminal() -> io::Result<()> {
    imp::detach_from_terminal()
}

/// A command that opens `address` in the user's browser, with no shell reading it. `None` without a desktop.
#[must_use]
pub fn browser_command(address: &str) -> Option<Command> {
    imp::browser_command(address)
}
