//! The message queue of a thread.
#![allow(unsafe_code, reason = "calls of the Windows API")]
#![allow(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "a window's handle is a number to the system, nothing follows it"
)]

use std::ptr::null_mut;
use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    DispatchMessageW, GetMessageW, MSG, PM_REMOVE, PeekMessageW, PostMessageW, PostQuitMessage,
};

/// Dispatches this thread's messages until it calls [`quit_message_loop`].
pub fn run_message_loop() {
    // SAFETY: `message` is written by `GetMessageW` before it is read.
    unsafe {
        let mut message: MSG = std::mem::zeroed();
        while GetMessageW(&mut message, null_mut(), 0, 0) > 0 {
            DispatchMessageW(&message);
        }
    }
}

/// Ends [`run_message_loop`] of this thread.
pub fn quit_message_loop() {
    // SAFETY: a number.
    unsafe { PostQuitMessage(0) };
}

/// Takes the next message of this thread out of its queue; window procedures and event hooks run meanwhile. `None` when
/// the queue is empty.
#[must_use]
pub fn next_message() -> Option<MSG> {
    // SAFETY: `message` is written by `PeekMessageW` when it returns other than 0.
    unsafe {
        let mut message: MSG = std::mem::zeroed();
        (PeekMessageW(&mut message, null_mut(), 0, 0, PM_REMOVE) != 0).then_some(message)
    }
}

/// Puts a message into a window's queue, from any thread. It is dropped when the queue is full or the window is gone.
pub fn post_message(window: HWND, message: u32, wparam: usize, lparam: isize) {
    // SAFETY: numbers; a handle whose window is gone is refused.
    unsafe { PostMessageW(window, message, wparam, lparam) };
}
