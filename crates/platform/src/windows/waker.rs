//! Ends the wait of a thread that waits for window messages.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use std::io;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{CloseHandle, HANDLE, WAIT_FAILED, WAIT_OBJECT_0};
use windows_sys::Win32::System::Threading::{CreateEventW, SetEvent};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    MSG, MWMO_INPUTAVAILABLE, MsgWaitForMultipleObjectsEx, PM_NOREMOVE, PM_QS_SENDMESSAGE,
    PeekMessageW, QS_ALLINPUT, QS_SENDMESSAGE,
};

/// Wakes another thread out of its wait. Clones wake the same thread.
#[derive(Clone)]
pub struct Waker(Arc<EventHandle>);

struct EventHandle(HANDLE);

// SAFETY: an event's handle is a number that any thread may use; the system synchronises.
unsafe impl Send for EventHandle {}
// SAFETY: as above.
unsafe impl Sync for EventHandle {}

impl Drop for EventHandle {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and this is its last use.
        unsafe { CloseHandle(self.0) };
    }
}

impl Waker {
    /// Creates a waker that has not been called yet.
    ///
    /// # Errors
    /// The system has no event left.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointers; a manual event that stays set once it was.
        let handle = unsafe { CreateEventW(null(), 1, 0, null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(Self(Arc::new(EventHandle(handle))))
    }

    /// Ends every wait, now and later.
    pub fn wake(&self) {
        // SAFETY: the handle lives as long as `self`.
        unsafe { SetEvent(self.0.0) };
    }

    /// Waits for a message, for [`Waker::wake`], or until `timeout` has passed (`None`: for ever).
    ///
    /// # Errors
    /// The error of the wait.
    pub fn wait_for_message(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.wait_for(timeout, QS_ALLINPUT).map(|_| ())
    }

    /// Waits for [`Waker::wake`] or until `pause` has passed, and handles only the messages that other programs wait for
    /// meanwhile: posted messages and input stay in the queue. True after [`Waker::wake`].
    ///
    /// # Errors
    /// The error of the wait.
    pub fn wait_for_pause(&self, pause: Duration) -> io::Result<bool> {
        let end = Instant::now() + pause;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if self.wait_for(Some(left), QS_SENDMESSAGE)? {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
            // SAFETY: `message` is a place for a message that is never read; nothing is taken from the queue.
            unsafe {
                let mut message: MSG = std::mem::zeroed();
                let only_sent = PM_NOREMOVE | PM_QS_SENDMESSAGE;
                PeekMessageW(&mut message, null_mut(), 0, 0, only_sent);
            }
        }
    }

    fn wait_for(&self, timeout: Option<Duration>, messages: u32) -> io::Result<bool> {
        // Rounded up: a wait that ends early would be started again at once.
        let timeout = timeout.map_or(u32::MAX, |t| {
            u32::try_from(t.as_micros().div_ceil(1000)).unwrap_or(u32::MAX - 1)
        });
        // SAFETY: one handle, which lives as long as `self`.
        let woken = unsafe {
            MsgWaitForMultipleObjectsEx(1, &self.0.0, timeout, messages, MWMO_INPUTAVAILABLE)
        };
        match woken {
            WAIT_FAILED => Err(io::Error::last_os_error()),
            other => Ok(other == WAIT_OBJECT_0),
        }
    }
}
