//! Wakes the thread that serves the bus.

use futures::task::AtomicWaker;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

/// Any thread wakes, one thread waits. Several wake-ups before it waits again count as one.
#[derive(Default)]
pub(super) struct BusWaker {
    woken: AtomicBool,
    waker: AtomicWaker,
}

impl BusWaker {
    pub(super) fn wake(&self) {
        self.woken.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    /// Waits for a wake-up since the last call.
    pub(super) async fn wait_for_wake(&self) {
        poll_fn(|cx| {
            self.waker.register(cx.waker());
            match self.woken.swap(false, Ordering::SeqCst) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}
