//! Requests of the operating system that the program ends.
//!
//! On Unix the request is a signal, and the program may take its time. On Windows it is a console event or the end of the
//! session, and the process is gone as soon as the system has its answer: [`watch_shutdown`] therefore also takes a
//! function that waits for the last commit, and answers after it.

#[cfg(unix)]
#[path = "unix.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows.rs"]
mod imp;
mod types;

pub use types::ShutdownCause;

use std::io;
use std::time::Duration;

/// Calls `on_request` each time the program is asked to end, on a thread of the system's or of its own. May be called once
/// in a process.
///
/// Where the process is gone once the system has its answer ([`ShutdownCause::TerminalClosed`] and
/// [`ShutdownCause::SessionEnd`] on Windows), `wait_until_done` is called then. It should return when everything is
/// durable, at the latest after the time it is given.
///
/// A second [`ShutdownCause::Interrupt`] ends the program at once; on Unix a second signal of any kind does, with the exit
/// code a shell expects (128 and the signal's number).
///
/// # Errors
/// The handlers, the thread or, on Windows, the window cannot be created, or the function was called before.
pub fn watch_shutdown(
    on_request: impl Fn(ShutdownCause) + Send + Sync + 'static,
    wait_until_done: impl Fn(Duration) + Send + Sync + 'static,
) -> io::Result<()> {
    imp::watch_shutdown(on_request, wait_until_done)
}

/// Does the console window close with this program? True on Windows when the program was started from the desktop, not
/// from a prompt, so that no other program uses the console. A terminal stays open.
#[must_use]
pub fn console_closes_with_process() -> bool {
    imp::console_closes_with_process()
}
