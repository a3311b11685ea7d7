//! The state that the agent writes and the desktop's thread reads.
//!
//! # Always true
//! * The lock is held for a few assignments and never while anything else is called.
//! * The status is one value, the newest. At most [`MAX_NOTIFICATIONS`] notifications wait; the oldest gives way.
//! * A status that expires becomes "not recording" by itself.

use crate::availability::Availability;
use crate::options::IndicatorOptions;
use crate::status::{IconState, IndicatorStatus, Notification};
use model::{SensorSupport, Unsupported};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// This many notifications wait for a slow desktop.
pub const MAX_NOTIFICATIONS: usize = 8;

/// A notification that could not be shown for this long is dropped as out of date.
const NOTIFICATION_MAX_AGE: Duration = Duration::from_secs(60);

/// Wakes the desktop's thread; must not wait itself.
type WakeCallback = Arc<dyn Fn() + Send + Sync>;

/// The state shared by the agent and the desktop's thread.
pub(crate) struct SharedState {
    state: Mutex<IndicatorState>,
    changed: Condvar,
    /// An icon is wanted.
    tray: bool,
    /// Notifications are wanted.
    notifications: bool,
}

struct IndicatorState {
    status: Option<Arc<IndicatorStatus>>,
    notifications: VecDeque<Notification>,
    ended: bool,
    waker: Option<WakeCallback>,
    availability: Availability,
}

/// The changes since the desktop's thread last took them.
pub(crate) struct PendingChanges {
    /// The newest status; none until the agent has set one.
    pub(crate) status: Option<Arc<IndicatorStatus>>,
    /// Notifications to show now, the oldest first. Each is given out once.
    pub(crate) notifications: Vec<Notification>,
    /// Everything shown must go.
    pub(crate) ended: bool,
}

impl SharedState {
    pub(crate) fn new(options: &IndicatorOptions) -> Self {
        Self {
            state: Mutex::new(IndicatorState {
                status: None,
                notifications: VecDeque::new(),
                ended: false,
                waker: None,
                availability: Availability::before_start(options),
            }),
            changed: Condvar::new(),
            tray: options.tray,
            notifications: options.notifications,
        }
    }

    fn lock_state(&self) -> MutexGuard<'_, IndicatorState> {
        // Values are written as a whole; a panic cannot leave one half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the desktop's thread and the thread that expires the status.
    fn notify_change(&self, state: MutexGuard<'_, IndicatorState>) {
        let waker = state.waker.clone();
        drop(state);
        self.changed.notify_all();
        if let Some(wake) = waker {
            wake();
        }
    }

    pub(crate) fn set_status(&self, status: IndicatorStatus) {
        let mut state = self.lock_state();
        if state.ended {
            return;
        }
        let same = state
            .status
            .as_deref()
            .is_some_and(|s| s.looks_same_as(&status));
        // A later expiry needs no wake-up: the thread that waits for the former one looks again then.
        let quiet = same && state.expiry_time().is_some() && status.expiry.is_some();
        self.replace_status(&mut state, status);
        if !quiet {
            self.notify_change(state);
        }
    }

    fn replace_status(&self, state: &mut IndicatorState, status: IndicatorStatus) {
        let alarmed = state.status.as_deref().is_some_and(|s| s.alarm);
        if status.alarm && !alarmed {
            self.queue_notification(state, Notification::new(&status.headline));
        }
        state.status = Some(Arc::new(status));
    }

    pub(crate) fn add_notification(&self, notification: Notification) {
        let mut state = self.lock_state();
        if self.notifications && !state.ended {
            self.queue_notification(&mut state, notification);
            self.notify_change(state);
        }
    }

    fn queue_notification(&self, state: &mut IndicatorState, notification: Notification) {
        if self.notifications {
            if state.notifications.len() >= MAX_NOTIFICATIONS {
                state.notifications.pop_front();
            }
            state.notifications.push_back(notification);
        }
    }

    /// Asks the desktop's thread to take everything away and end.
    pub(crate) fn request_end(&self) {
        let mut state = self.lock_state();
        if !state.ended {
            state.ended = true;
            self.notify_change(state);
        }
    }

    /// Expires the status in time, until the end. For a thread of its own.
    pub(crate) fn run_expiry(&self) {
        let mut state = self.lock_state();
        while !state.ended {
            let left = state
                .expiry_time()
                .map(|d| d.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                self.expire_status(&mut state);
                self.notify_change(state);
                state = self.lock_state();
                continue;
            }
            // Without an expiry, a change wakes this thread when there is one.
            let left = left.unwrap_or(Duration::from_secs(3_600));
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn expire_status(&self, state: &mut IndicatorState) {
        if let Some(expiry) = state.status.as_deref().and_then(|s| s.expiry.clone()) {
            self.replace_status(
                state,
                IndicatorStatus::new(IconState::NotRecording, &expiry.then).with_alarm(),
            );
        }
    }

    /// Has `waker` called at each change from now on, and once now.
    pub(crate) fn set_waker(&self, waker: impl Fn() + Send + Sync + 'static) {
        let mut state = self.lock_state();
        state.waker = Some(Arc::new(waker));
        self.notify_change(state);
    }

    /// The newest status, and the notifications that were not given out yet.
    pub(crate) fn take_changes(&self) -> PendingChanges {
        let mut state = self.lock_state();
        let notifications = std::mem::take(&mut state.notifications);
        PendingChanges {
            status: state.status.clone(),
            notifications: notifications
                .into_iter()
                .filter(|n| n.created.elapsed() < NOTIFICATION_MAX_AGE)
                .collect(),
            ended: state.ended,
        }
    }

    /// Waits at most `time` for the end; true when it has come.
    #[allow(
        dead_code,
        reason = "only a backend that has to look for its desktop again waits"
    )]
    pub(crate) fn wait_for_end(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        let mut state = self.lock_state();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if state.ended || left.is_zero() {
                return state.ended;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    pub(crate) fn availability(&self) -> Availability {
        self.lock_state().availability.clone()
    }

    /// Sets the availability of the icon.
    pub(crate) fn set_tray_support(&self, support: SensorSupport) {
        self.lock_state().availability.tray = support;
    }

    /// Sets the availability of notifications.
    pub(crate) fn set_notification_support(&self, support: SensorSupport) {
        self.lock_state().availability.notifications = support;
    }

    /// Sets both to unavailable, as far as they are wanted.
    pub(crate) fn set_unsupported(&self, reason: &str, remedy: &str) {
        let unsupported = || SensorSupport::Unsupported(Unsupported::new(reason, remedy));
        let mut state = self.lock_state();
        if self.tray {
            state.availability.tray = unsupported();
        }
        if self.notifications {
            state.availability.notifications = unsupported();
        }
    }
}

impl IndicatorState {
    fn expiry_time(&self) -> Option<Instant> {
        self.status
            .as_deref()?
            .expiry
            .as_ref()
            .map(|expiry| expiry.until)
    }
}

#[cfg(test)]
mod tests;
