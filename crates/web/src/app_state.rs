//! The state that all requests share.

use crate::backend_queue::BackendQueue;
use crate::guard::ServerNames;
use crate::live::LiveChannel;
use crate::session::SessionStore;
use crate::verification::VerificationSlot;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(crate) struct AppState {
    pub(crate) names: ServerNames,
    pub(crate) session: Arc<Mutex<SessionStore>>,
    pub(crate) queue: BackendQueue,
    pub(crate) live: LiveChannel,
    pub(crate) verification: VerificationSlot,
    /// The body of a request must arrive within this time.
    pub(crate) body_timeout: Duration,
    last_used: Mutex<Instant>,
}

impl AppState {
    pub(crate) fn new(
        names: ServerNames,
        session: Arc<Mutex<SessionStore>>,
        queue: BackendQueue,
        body_timeout: Duration,
    ) -> Self {
        Self {
            names,
            session,
            queue,
            live: LiveChannel::default(),
            verification: VerificationSlot::default(),
            body_timeout,
            last_used: Mutex::new(Instant::now()),
        }
    }

    /// Somebody uses the page: the idle limit starts again.
    pub(crate) fn mark_used(&self) {
        *self
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Time since somebody last used the page.
    pub(crate) fn idle_time(&self) -> Duration {
        self.last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }
}
