//! The facts of a window. Windows vanish between an event and a question: that is normal and answered with
//! `None`.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use super::process::{self, ProgramNames};
use model::{ActiveWindow, MAX_TITLE_BYTES, WindowHandle, WindowInfo};
use std::sync::Arc;
use windows_sys::Win32::Foundation::{HWND, LPARAM};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    EnumChildWindows, GetForegroundWindow, GetWindowTextW, GetWindowThreadProcessId, IsWindow,
};
use windows_sys::core::BOOL;

/// The host of store apps: its windows belong to the app inside.
const FRAME_HOST: &str = "ApplicationFrameHost.exe";

/// The window in the foreground; `None` while there is none (a switch, the lock screen, a secure desktop).
pub(super) fn foreground_window() -> Option<HWND> {
    // SAFETY: no pointers.
    let window = unsafe { GetForegroundWindow() };
    (!window.is_null()).then_some(window)
}

/// The number a window goes by elsewhere.
pub(super) fn to_handle(window: HWND) -> WindowHandle {
    WindowHandle(window.addr() as u64)
}

/// The window of a number; `None` for a number that was never one here.
pub(super) fn find_window(handle: WindowHandle) -> Option<HWND> {
    let address = usize::try_from(handle.0).ok()?;
    let window: HWND = std::ptr::without_provenance_mut(address);
    // SAFETY: the system checks the number; it is not followed.
    (address != 0 && unsafe { IsWindow(window) } != 0).then_some(window)
}

/// The facts of `window`; `None` when it is gone.
pub(super) fn read_facts(window: HWND, names: &mut ProgramNames) -> Option<ActiveWindow> {
    let title = read_title(window);
    let owner = process_of(window)?;
    let mut exe = process::executable_path(owner);
    if exe.ends_with(FRAME_HOST)
        && let Some(guest) = guest_of(window, owner)
    {
        exe = process::executable_path(guest);
    }
    let app = names.name_of(&exe);
    Some(ActiveWindow {
        handle: to_handle(window),
        window: Arc::new(WindowInfo { app, exe, title }),
    })
}

/// Never asks the window's own program, which may hang: the system keeps the titles of other programs' windows.
fn read_title(window: HWND) -> String {
    // A UTF-16 unit is at least one byte of UTF-8, so nothing that is kept is lost here.
    let mut buffer = [0u16; MAX_TITLE_BYTES + 1];
    // SAFETY: `buffer` has the room that is given; the call gives the length without the final 0.
    let length = unsafe { GetWindowTextW(window, buffer.as_mut_ptr(), buffer.len() as i32) };
    let length = usize::try_from(length).unwrap_or(0);
    let mut title = String::from_utf16_lossy(buffer.get(..length).unwrap_or_default());
    crate::window_title::truncate_title(&mut title);
    title
}

fn process_of(window: HWND) -> Option<u32> {
    let mut process = 0;
    // SAFETY: writes one number.
    let thread = unsafe { GetWindowThreadProcessId(window, &mut process) };
    (thread != 0 && process != 0).then_some(process)
}

/// The first process other than `host` that has a window inside `window`.
fn guest_of(window: HWND, host: u32) -> Option<u32> {
    struct GuestSearch {
        host: u32,
        guest: Option<u32>,
    }
    unsafe extern "system" fn check_child(child: HWND, search: LPARAM) -> BOOL {
        // SAFETY: `search` is the pointer given below, used by this thread alone while the call lasts.
        let search = unsafe { &mut *(search as *mut GuestSearch) };
        search.guest = process_of(child).filter(|process| *process != search.host);
        BOOL::from(search.guest.is_none())
    }
    let mut search = GuestSearch { host, guest: None };
    // SAFETY: `search` outlives the call, which calls `check_child` on this thread only.
    unsafe { EnumChildWindows(window, Some(check_child), (&raw mut search) as LPARAM) };
    search.guest
}
