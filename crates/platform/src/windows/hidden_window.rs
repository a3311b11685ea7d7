//! A window that is never shown, for messages that the system sends to windows alone.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use super::text::to_utf16;
use std::io;
use std::marker::PhantomData;
use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::{ERROR_CLASS_ALREADY_EXISTS, GetLastError, HWND};
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DestroyWindow, RegisterClassExW, WNDCLASSEXW, WS_OVERLAPPED,
};

/// A function that handles the messages of a window: window, message, `wparam`, `lparam`.
pub type WindowProcedure = unsafe extern "system" fn(HWND, u32, usize, isize) -> isize;

/// A hidden top-level window. It belongs to the thread that opened it and is destroyed when dropped.
pub struct HiddenWindow {
    handle: HWND,
    /// Only the thread that made a window can destroy it.
    _thread: PhantomData<*const ()>,
}

impl HiddenWindow {
    /// Opens a hidden window of the class `class`, which is registered if the program has none of this name yet.
    ///
    /// It is a top-level window: unlike message-only windows these get broadcasts (power, end of session, a new taskbar).
    ///
    /// # Errors
    /// The error of the class's registration or of the window's creation.
    pub fn open(class: &str, procedure: WindowProcedure) -> io::Result<Self> {
        let name = to_utf16(class);
        // SAFETY: `name` and `facts` live through the calls; the procedure is a plain function of this program.
        unsafe {
            let module = GetModuleHandleW(null());
            let facts = WNDCLASSEXW {
                cbSize: size_of::<WNDCLASSEXW>() as u32,
                style: 0,
                lpfnWndProc: Some(procedure),
                cbClsExtra: 0,
                cbWndExtra: 0,
                hInstance: module,
                hIcon: null_mut(),
                hCursor: null_mut(),
                hbrBackground: null_mut(),
                lpszMenuName: null(),
                lpszClassName: name.as_ptr(),
                hIconSm: null_mut(),
            };
            if RegisterClassExW(&facts) == 0 && GetLastError() != ERROR_CLASS_ALREADY_EXISTS {
                return Err(io::Error::last_os_error());
            }
            let handle = CreateWindowExW(
                0,
                name.as_ptr(),
                name.as_ptr(),
                WS_OVERLAPPED,
                0,
                0,
                0,
                0,
                null_mut(),
                null_mut(),
                module,
                null(),
            );
            if handle.is_null() {
                return Err(io::Error::last_os_error());
            }
            Ok(Self {
                handle,
                _thread: PhantomData,
            })
        }
    }

    /// The window's handle, valid until the window is dropped.
    #[must_use]
    pub fn handle(&self) -> HWND {
        self.handle
    }
}

impl Drop for HiddenWindow {
    fn drop(&mut self) {
        // SAFETY: the window is this thread's, and nothing uses its handle afterwards.
        unsafe { DestroyWindow(self.handle) };
    }
}

/// Handles a message as the system does for windows that do not handle it themselves.
///
/// # Safety
/// The arguments are those a window procedure was called with: some messages carry pointers.
#[must_use]
pub unsafe fn default_procedure(window: HWND, message: u32, wparam: usize, lparam: isize) -> isize {
    // SAFETY: promised by the caller.
    unsafe { DefWindowProcW(window, message, wparam, lparam) }
}
