//! The few things that differ from system to system outside the sensors, and how this program is started once more.

#[cfg(unix)]
#[path = "unix.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows.rs"]
mod imp;

pub(crate) use imp::{alone, apart, browser, detach, places};

use std::io;
use std::path::Path;
use std::process::Command;

/// This very program, for the same home; `home` is `--home` as it was given.
///
/// # Errors
/// When the system does not say where the program is.
pub(crate) fn uam(home: Option<&Path>) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(home) = home {
        command.arg("--home").arg(home);
    }
    Ok(command)
}
