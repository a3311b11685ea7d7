//! A latch: raised once, waited for by others.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Raised once everything that was recorded is durable and the journal is closed. Where the system ends a process as
/// soon as its request is answered, the answer waits for this.
#[derive(Debug, Default)]
pub(crate) struct Latch {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Latch {
    pub(crate) fn raise(&self) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    pub(crate) fn wait_for(&self, limit: Duration) {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        // Past the limit the system ends the process; the journal stands it.
        let _ = self
            .changed
            .wait_timeout_while(raised, limit, |raised| !*raised);
    }
}
