//! The desktop indicator: an icon in the tray with its menu, and notifications.
//!
//! The agent sets the status with [`Indicator::show_status`] and sends notifications with [`Indicator::notify`]. The
//! commands of the menu go to the [`MenuHandler`].
//!
//! # Always true
//! * Sending a status never waits: it replaces the one before, and at most [`MAX_NOTIFICATIONS`] notifications wait
//!   (the oldest gives way). A thread of its own serves the desktop; if it hangs or dies, only the icon suffers.
//! * A status expires by itself. An agent that stands still is shown as not recording.
//! * No window or title is known here; every text goes through [`model::to_printable`].
//! * "Cannot on this desktop" is a value ([`Availability`]), and the icon appears once the desktop can show it.

mod availability;
mod handler;
mod icon;
mod menu;
mod options;
mod shared_state;
mod status;

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod backend;
#[cfg(not(any(target_os = "linux", windows)))]
#[path = "unsupported.rs"]
mod backend;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod backend;

pub use availability::Availability;
pub use handler::{MenuHandler, NotificationSender, PageAvailability};
pub use icon::render_icon;
pub use options::IndicatorOptions;
pub use shared_state::MAX_NOTIFICATIONS;
pub use status::{Expiry, IconState, IndicatorStatus, Notification};

use shared_state::SharedState;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// The running indicator. Dropping it removes the icon without waiting for that.
pub struct Indicator {
    state: Arc<SharedState>,
    /// Disconnected when the desktop's thread ends; nothing is ever sent.
    done: Receiver<()>,
}

impl Indicator {
    /// Starts the threads. [`Indicator::availability`] says whether the desktop shows anything.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(options: IndicatorOptions, handler: Arc<dyn MenuHandler>) -> io::Result<Self> {
        let state = Arc::new(SharedState::new(&options));
        let (alive, done) = sync_channel::<()>(0);
        let expiring = Arc::clone(&state);
        Builder::new()
            .name("uam-indicator".into())
            .spawn(move || expiring.run_expiry())?;
        // Created before the second thread, so that a failure there ends the first.
        let this = Self { state, done };
        let state = Arc::clone(&this.state);
        Builder::new().name("uam-tray".into()).spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(|| {
                backend::run_backend(&state, &options, &handler);
            }));
            if result.is_err() {
                state.set_unsupported("the indicator crashed; this is a bug in uam", "");
            }
            drop(alive);
        })?;
        Ok(this)
    }

    /// Replaces the status that is shown. Never waits.
    pub fn show_status(&self, status: IndicatorStatus) {
        self.state.set_status(status);
    }

    /// Shows a notification. Never waits; does nothing with [`IndicatorOptions::notifications`] off.
    pub fn notify(&self, notification: Notification) {
        self.state.add_notification(notification);
    }

    /// Whether the desktop shows the icon and the notifications, and why not.
    #[must_use]
    pub fn availability(&self) -> Availability {
        self.state.availability()
    }

    /// Shows the notifications that still wait and removes the icon; waits for that at most `timeout`.
    pub fn close(self, timeout: Duration) {
        self.state.request_end();
        // Returns when the thread ends, or after the timeout.
        let _ = self.done.recv_timeout(timeout);
    }
}

impl Drop for Indicator {
    fn drop(&mut self) {
        self.state.request_end();
    }
}

/// Whether this desktop would show an icon and notifications; nothing is shown. For `uam doctor`.
#[must_use]
pub fn probe_desktop(options: &IndicatorOptions) -> Availability {
    backend::probe_desktop(options)
}
