//! One way to end a thread: a flag, a wait that it cuts short, and a call that wakes whatever blocks elsewhere.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

type WakeFn = Box<dyn Fn() + Send>;

/// Shared by a [`crate::SensorSupervisor`] and one of its threads.
#[derive(Clone, Default)]
pub(crate) struct StopSignal(Arc<StopShared>);

#[derive(Default)]
struct StopShared {
    state: Mutex<StopState>,
    changed: Condvar,
}

#[derive(Default)]
struct StopState {
    raised: bool,
    dismissed: bool,
    wake: Option<WakeFn>,
}

impl StopSignal {
    fn state(&self) -> MutexGuard<'_, StopState> {
        // The state is a flag and a list that is only pushed to; a panic cannot leave it half changed.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the thread to end. Further calls do nothing.
    pub(crate) fn request_stop(&self) {
        let wake = {
            let mut state = self.state();
            state.raised = true;
            state.wake.take()
        };
        self.0.changed.notify_all();
        if let Some(wake) = wake {
            wake();
        }
    }

    /// Asks it to end, and takes no more words of it.
    pub(crate) fn discard(&self) {
        self.state().dismissed = true;
        self.request_stop();
    }

    /// Are its words not wanted any more?
    pub(crate) fn is_discarded(&self) -> bool {
        self.state().dismissed
    }

    /// Was the end asked for?
    pub(crate) fn is_stop_requested(&self) -> bool {
        self.state().raised
    }

    /// Calls `wake` once when the end is asked for, at once if it already was; the call before is forgotten.
    #[allow(
        dead_code,
        reason = "only backends whose threads block outside `wait` need it"
    )]
    pub(crate) fn on_stop(&self, wake: impl Fn() + Send + 'static) {
        let mut state = self.state();
        if state.raised {
            drop(state);
            wake();
        } else {
            state.wake = Some(Box::new(wake));
        }
    }

    /// Waits at most `time`; true when the end was asked for.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let deadline = Instant::now().checked_add(time);
        let mut state = self.state();
        loop {
            if state.raised {
                return true;
            }
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => Duration::from_secs(3_600),
            };
            if left.is_zero() {
                return false;
            }
            state = self
                .0
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_wake_is_called_once_also_when_it_comes_late() {
        let stop = StopSignal::default();
        let calls = Arc::new(AtomicUsize::new(0));
        let count = |calls: &Arc<AtomicUsize>| {
            let calls = Arc::clone(calls);
            move || {
                calls.fetch_add(1, Ordering::SeqCst);
            }
        };
        stop.on_stop(count(&calls));
        assert!(!stop.wait(Duration::ZERO));
        stop.request_stop();
        stop.request_stop();
        stop.on_stop(count(&calls));
        assert_eq!(calls.load(Ordering::SeqCst), 2);
        assert!(stop.wait(Duration::from_secs(3_600)));
    }
}
