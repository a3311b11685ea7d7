//! Virtual desktops with real windows: an X server (Xvfb), a window manager (openbox), top-level windows whose every
//! pixel is known, and a typist who presses real keys and buttons through XTEST.

mod picture;
mod server;
mod session;
mod typist;
mod window;

pub use picture::{Picture, choose_from_menu};
pub use server::{DesktopSpec, VirtualDesktop};
pub use session::{PANEL_HEIGHT, Session};
pub use typist::{Button, Typist};
pub use window::{Fill, TestWindow, WindowSpec};

use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// How long conditions are waited for before a test is told that they never came true.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Asks `done` again and again (every few milliseconds) until it returns something, at most [`PATIENCE`].
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
