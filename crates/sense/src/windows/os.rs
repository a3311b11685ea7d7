//! What every module here needs of the Windows API: strings, errors, hidden windows, waiting.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use std::io;
use std::marker::PhantomData;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::time::Duration;
use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_CLASS_ALREADY_EXISTS, FILETIME, GetLastError, HANDLE, HWND, WAIT_FAILED,
    WAIT_OBJECT_0,
};
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::System::Threading::{CreateEventW, SetEvent};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DestroyWindow, DispatchMessageW, GetMessageW, MSG, MWMO_INPUTAVAILABLE,
    MsgWaitForMultipleObjectsEx, PM_NOREMOVE, PM_QS_SENDMESSAGE, PM_REMOVE, PeekMessageW,
    QS_ALLINPUT, QS_SENDMESSAGE, RegisterClassExW, WNDCLASSEXW, WNDPROC, WS_OVERLAPPED,
};

/// `text` for the API: UTF-16, ended by 0.
pub(crate) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// A window class of this program.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) procedure: unsafe extern "system" fn(HWND, u32, usize, isize) -> isize,
}

/// A window that is never shown. It belongs to the thread that made it, and goes with this.
pub(crate) struct Window {
    pub(crate) handle: HWND,
    /// Only the thread that made a window can destroy it.
    _thread: PhantomData<*const ()>,
}

/// Makes a hidden top-level window: unlike message-only windows those get broadcasts (power, end of session).
pub(crate) fn hidden_window(class: &Class) -> io::Result<Window> {
    let name = wide(class.name);
    let procedure: WNDPROC = Some(class.procedure);
    // SAFETY: `name` and `facts` live through the calls; the procedure is a plain function of this program.
    unsafe {
        let module = GetModuleHandleW(null());
        let facts = WNDCLASSEXW {
            cbSize: size_of::<WNDCLASSEXW>() as u32,
            style: 0,
            lpfnWndProc: procedure,
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
        Ok(Window {
            handle,
            _thread: PhantomData,
        })
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: the window is this thread's, and nothing uses its handle afterwards.
        unsafe { DestroyWindow(self.handle) };
    }
}

/// Dispatches this thread's messages until the program ends.
pub(crate) fn pump_for_ever() {
    // SAFETY: `message` is written by `GetMessageW` before it is read.
    unsafe {
        let mut message: MSG = std::mem::zeroed();
        while GetMessageW(&mut message, null_mut(), 0, 0) > 0 {
            DispatchMessageW(&message);
        }
    }
}

/// The next message of this thread, taken from its queue; window procedures and event hooks run meanwhile.
pub(crate) fn next_message() -> Option<MSG> {
    // SAFETY: `message` is written by `PeekMessageW` when it returns other than 0.
    unsafe {
        let mut message: MSG = std::mem::zeroed();
        (PeekMessageW(&mut message, null_mut(), 0, 0, PM_REMOVE) != 0).then_some(message)
    }
}

/// Something that ends a wait of another thread.
#[derive(Clone)]
pub(crate) struct Bell(Arc<Event>);

struct Event(HANDLE);

// SAFETY: an event's handle is a number that any thread may use; the system synchronises.
unsafe impl Send for Event {}
// SAFETY: as above.
unsafe impl Sync for Event {}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and this is its last use.
        unsafe { CloseHandle(self.0) };
    }
}

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: no pointers; a manual event that stays set once it was.
        let handle = unsafe { CreateEventW(null(), 1, 0, null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(Self(Arc::new(Event(handle))))
    }

    /// Ends every wait, now and later.
    pub(crate) fn ring(&self) {
        // SAFETY: the handle lives as long as `self`.
        unsafe { SetEvent(self.0.0) };
    }

    /// Waits for a message, the bell, or until `timeout` has passed (`None`: for ever).
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.wait_for(timeout, QS_ALLINPUT).map(|_| ())
    }

    /// Waits for the bell or until `pause` has passed, and answers only what other programs wait for meanwhile: posted
    /// messages and input stay in the queue. True when the bell rang.
    pub(crate) fn pause(&self, pause: Duration) -> io::Result<bool> {
        let end = std::time::Instant::now() + pause;
        loop {
            let left = end.saturating_duration_since(std::time::Instant::now());
            if self.wait_for(Some(left), QS_SENDMESSAGE)? {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
            // SAFETY: as in `next_message`; nothing is taken from the queue.
            unsafe {
                let mut message: MSG = std::mem::zeroed();
                let only_sent = PM_NOREMOVE | PM_QS_SENDMESSAGE;
                PeekMessageW(&mut message, null_mut(), 0, 0, only_sent);
            }
        }
    }

    fn wait_for(&self, timeout: Option<Duration>, wake: u32) -> io::Result<bool> {
        // Rounded up: a wait that ends early would be begun again at once.
        let timeout = timeout.map_or(u32::MAX, |t| {
            u32::try_from(t.as_micros().div_ceil(1000)).unwrap_or(u32::MAX - 1)
        });
        // SAFETY: one handle, which lives as long as `self`.
        let woken = unsafe {
            MsgWaitForMultipleObjectsEx(1, &self.0.0, timeout, wake, MWMO_INPUTAVAILABLE)
        };
        match woken {
            WAIT_FAILED => Err(io::Error::last_os_error()),
            other => Ok(other == WAIT_OBJECT_0),
        }
    }
}

/// 100-nanosecond steps of a `FILETIME`.
pub(crate) fn steps(time: FILETIME) -> u64 {
    u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)
}
