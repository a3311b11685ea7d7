//! Asking a thread whether it still works.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a thread is asked whether it still works.
#[derive(Clone, Default)]
pub(crate) struct Heartbeat(Arc<Mutex<HeartbeatState>>);

#[derive(Default)]
struct HeartbeatState {
    asked: bool,
    lost: bool,
    wake: Option<Box<dyn Fn() + Send>>,
}

impl Heartbeat {
    fn lock_state(&self) -> MutexGuard<'_, HeartbeatState> {
        // Flags that are only ever replaced; a panic cannot leave them half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `wake` at each check from now on; an earlier call is replaced. A thread that wakes up often enough by
    /// itself needs none.
    #[allow(dead_code, reason = "not every backend waits without an end")]
    pub(crate) fn on_check(&self, wake: impl Fn() + Send + 'static) {
        self.lock_state().wake = Some(Box::new(wake));
    }

    /// Is a check waiting for its answer? If so, `wake` was called already.
    #[allow(dead_code, reason = "not every backend waits without an end")]
    pub(crate) fn is_check_due(&self) -> bool {
        self.lock_state().asked
    }

    /// Answers the check.
    pub(crate) fn confirm(&self) {
        self.lock_state().asked = false;
    }

    /// Asks: is it still working? Wakes the thread if it waits without an end.
    pub(crate) fn check(&self) {
        let mut state = self.lock_state();
        state.asked = true;
        if let Some(wake) = &state.wake {
            wake();
        }
    }

    /// True for a sensor that is known to be lost; it is not checked.
    pub(crate) fn is_lost(&self) -> bool {
        self.lock_state().lost
    }

    pub(crate) fn set_lost(&self, lost: bool) {
        self.lock_state().lost = lost;
    }
}
