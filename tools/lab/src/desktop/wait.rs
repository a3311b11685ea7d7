//! Waiting until something is true, with a limit.

use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// The longest wait for a condition; a test fails after it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Calls `done` every few milliseconds until it returns a value, for at most [`PATIENCE`].
///
/// # Errors
/// The error of `done`, or "never happened: `what`".
pub fn wait_until<T>(what: &str, mut done: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = done()? {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            bail!("never happened within {PATIENCE:?}: {what}");
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}
