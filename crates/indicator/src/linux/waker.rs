//! Wakes the thread that listens to the bus.

use futures::task::AtomicWaker;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

/// Rung from any thread, heard by one. Rings that nobody has heard yet are one.
#[derive(Default)]
pub(super) struct Bell {
    rung: AtomicBool,
    waker: AtomicWaker,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.rung.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    /// Until it was rung since the last time.
    pub(super) async fn rung(&self) {
        poll_fn(|cx| {
            self.waker.register(cx.waker());
            match self.rung.swap(false, Ordering::SeqCst) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}
