//! The calls of the Windows API, each with what makes it sound.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use crate::icon::pixels;
use crate::menu::Entry;
use crate::shown::Sign;
use platform::windows::{post_message, to_utf16, write_utf16_field};
use std::io;
use std::ptr::null;
use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::UI::Shell::{
    NIF_ICON, NIF_INFO, NIF_MESSAGE, NIF_SHOWTIP, NIF_TIP, NIIF_INFO, NIIF_RESPECT_QUIET_TIME,
    NIM_ADD, NIM_DELETE, NIM_MODIFY, NIM_SETVERSION, NOTIFYICON_VERSION_4, NOTIFYICONDATAW,
    NOTIFYICONDATAW_0, Shell_NotifyIconW,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    AppendMenuW, CreateIconFromResourceEx, CreatePopupMenu, DestroyIcon, DestroyMenu, FindWindowW,
    GetSystemMetrics, HICON, LR_DEFAULTCOLOR, MF_GRAYED, MF_SEPARATOR, MF_STRING,
    RegisterWindowMessageW, SM_CXSMICON, SetForegroundWindow, TPM_RIGHTBUTTON, TrackPopupMenuEx,
    WM_APP, WM_NULL,
};

/// What the taskbar sends when something happens to the icon.
pub(super) const WM_ICON: u32 = WM_APP + 1;
/// There is something new on the board.
pub(super) const WM_NEWS: u32 = WM_APP + 2;

/// The icon's number among those of its window.
pub(super) const ICON: u32 = 1;

/// The version in which icons say their size and order of bytes.
const ICON_VERSION: u32 = 0x0003_0000;

/// The broadcast by which a new taskbar says that it is there.
pub(super) fn taskbar_created() -> u32 {
    let name = to_utf16("TaskbarCreated");
    // SAFETY: the name lives through the call.
    unsafe { RegisterWindowMessageW(name.as_ptr()) }
}

/// Is there a taskbar?
pub(super) fn has_taskbar() -> bool {
    find("Shell_TrayWnd").is_some()
}

/// A top-level window of this class.
pub(super) fn find(class: &str) -> Option<HWND> {
    let class = to_utf16(class);
    // SAFETY: the name lives through the call.
    let window = unsafe { FindWindowW(class.as_ptr(), null()) };
    (!window.is_null()).then_some(window)
}

/// An icon of this process; it goes with this.
pub(super) struct Icon(HICON);

impl Icon {
    /// The sign in the size of the notification area.
    pub(super) fn of(sign: Sign) -> io::Result<Self> {
        // SAFETY: a number.
        let size = unsafe { GetSystemMetrics(SM_CXSMICON) };
        let size = u16::try_from(size).unwrap_or(16).clamp(16, 64);
        let bytes = resource(sign, size);
        let side = i32::from(size);
        // SAFETY: the bytes are an icon as the resources of programs hold it, and as long as is told; they are copied.
        let icon = unsafe {
            CreateIconFromResourceEx(
                bytes.as_ptr(),
                bytes.len() as u32,
                1,
                ICON_VERSION,
                side,
                side,
                LR_DEFAULTCOLOR,
            )
        };
        match icon.is_null() {
            true => Err(io::Error::last_os_error()),
            false => Ok(Self(icon)),
        }
    }
}

impl Drop for Icon {
    fn drop(&mut self) {
        // SAFETY: the icon is ours; the taskbar has its own copy.
        unsafe { DestroyIcon(self.0) };
    }
}

/// The icon as a resource: a bitmap's header, its pixels from the lowest row up, and one bit each for what is clear.
pub(super) fn resource(sign: Sign, size: u16) -> Vec<u8> {
    let side = usize::from(size);
    let mut bytes = Vec::new();
    for number in [40, u32::from(size), 2 * u32::from(size)] {
        bytes.extend(number.to_le_bytes());
    }
    // One plane, 32 bits a pixel.
    bytes.extend([1, 0, 32, 0]);
    // Plain; sizes, resolution and palette are not told.
    bytes.extend([0; 24]);
    let pixels = pixels(sign, size);
    let rows = || pixels.chunks(side).rev();
    for [r, g, b, a] in rows().flatten() {
        bytes.extend([*b, *g, *r, *a]);
    }
    for row in rows() {
        let mut bits = vec![0u8; side.div_ceil(32) * 4];
        for (n, [.., opacity]) in row.iter().enumerate() {
            bits[n / 8] |= u8::from(*opacity == 0) << (7 - n % 8);
        }
        bytes.extend(bits);
    }
    bytes
}

/// What is to be done with the icon.
#[derive(Clone, Copy)]
pub(super) enum Change<'a> {
    /// Put it there, with this text for who points at it.
    Add(&'a Icon, &'a str),
    /// Another picture and text.
    Modify(&'a Icon, &'a str),
    /// A bubble with this text.
    Bubble(&'a str),
    /// Take it away.
    Delete,
    /// Nothing; the answer says whether it is there.
    #[cfg_attr(not(test), allow(dead_code, reason = "what tests ask"))]
    Look,
}

/// Does it; false when the taskbar refused, or there is none.
pub(super) fn change(window: HWND, change: Change<'_>) -> bool {
    let mut data = NOTIFYICONDATAW {
        cbSize: size_of::<NOTIFYICONDATAW>() as u32,
        hWnd: window,
        uID: ICON,
        uCallbackMessage: WM_ICON,
        ..NOTIFYICONDATAW::default()
    };
    let what = match change {
        Change::Add(..) => NIM_ADD,
        Change::Modify(..) | Change::Bubble(_) | Change::Look => NIM_MODIFY,
        Change::Delete => NIM_DELETE,
    };
    match change {
        Change::Add(icon, text) | Change::Modify(icon, text) => {
            data.uFlags = NIF_MESSAGE | NIF_ICON | NIF_TIP | NIF_SHOWTIP;
            data.hIcon = icon.0;
            write_utf16_field(&mut data.szTip, text);
        }
        Change::Bubble(text) => {
            data.uFlags = NIF_INFO;
            data.dwInfoFlags = NIIF_INFO | NIIF_RESPECT_QUIET_TIME;
            write_utf16_field(&mut data.szInfoTitle, "uam");
            write_utf16_field(&mut data.szInfo, text);
        }
        Change::Delete | Change::Look => {}
    }
    // SAFETY: the data is as long as it says and lives through the call; the icon in it does, too.
    let done = unsafe { Shell_NotifyIconW(what, &data) } != 0;
    if done && what == NIM_ADD {
        data.Anonymous = NOTIFYICONDATAW_0 {
            uVersion: NOTIFYICON_VERSION_4,
        };
        // SAFETY: as above. A taskbar that knows no such version goes on in the older way.
        unsafe { Shell_NotifyIconW(NIM_SETVERSION, &data) };
    }
    done
}

/// Shows the menu at this place of the screen, until something was chosen or it was closed. The choice comes as
/// `WM_COMMAND`.
pub(super) fn popup(window: HWND, entries: &[Entry], x: i32, y: i32) {
    // SAFETY: the menu is ours from its making to its end; each text lives through its call.
    unsafe {
        let menu = CreatePopupMenu();
        if menu.is_null() {
            return;
        }
        for entry in entries {
            if entry.is_line() {
                AppendMenuW(menu, MF_SEPARATOR, 0, null());
                continue;
            }
            // One ampersand would mark the letter after it as the entry's shortcut.
            let text = to_utf16(&entry.text.replace('&', "&&"));
            let greyed = if entry.enabled { 0 } else { MF_GRAYED };
            AppendMenuW(menu, MF_STRING | greyed, entry.id.into(), text.as_ptr());
        }
        // Otherwise it would not close when somebody clicks elsewhere (documentation of `TrackPopupMenu`).
        SetForegroundWindow(window);
        TrackPopupMenuEx(menu, TPM_RIGHTBUTTON, x, y, window, null());
        DestroyMenu(menu);
    }
    // So that the next one opens at once (the same place).
    post_message(window, WM_NULL, 0, 0);
}
