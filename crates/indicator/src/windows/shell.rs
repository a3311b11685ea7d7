//! Calls of the Windows shell: the taskbar, its icons, and popup menus. Each `unsafe` block says why it is sound.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use crate::icon::render_icon;
use crate::menu::MenuEntry;
use crate::status::IconState;
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

/// The taskbar sends this when something happens to the icon.
pub(super) const WM_ICON: u32 = WM_APP + 1;
/// The shared state has changed.
pub(super) const WM_CHANGED: u32 = WM_APP + 2;

/// The icon's number among those of its window.
pub(super) const ICON: u32 = 1;

/// The version of the icon format.
const ICON_VERSION: u32 = 0x0003_0000;

/// The message that a new taskbar broadcasts.
pub(super) fn taskbar_created_message() -> u32 {
    let name = to_utf16("TaskbarCreated");
    // SAFETY: the name lives through the call.
    unsafe { RegisterWindowMessageW(name.as_ptr()) }
}

/// True when there is a taskbar.
pub(super) fn has_taskbar() -> bool {
    find_window("Shell_TrayWnd").is_some()
}

/// A top-level window of this class.
pub(super) fn find_window(class: &str) -> Option<HWND> {
    let class = to_utf16(class);
    // SAFETY: the name lives through the call.
    let window = unsafe { FindWindowW(class.as_ptr(), null()) };
    (!window.is_null()).then_some(window)
}

/// An icon of this process, destroyed on drop.
pub(super) struct IconHandle(HICON);

impl IconHandle {
    /// The icon of a state, in the size of the notification area.
    pub(super) fn from_state(state: IconState) -> io::Result<Self> {
        // SAFETY: a number.
        let size = unsafe { GetSystemMetrics(SM_CXSMICON) };
        let size = u16::try_from(size).unwrap_or(16).clamp(16, 64);
        let bytes = icon_resource(state, size);
        let side = i32::from(size);
        // SAFETY: the bytes are an icon in the format of resources, and their length is right; they are copied.
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

impl Drop for IconHandle {
    fn drop(&mut self) {
        // SAFETY: the icon is ours; the taskbar has its own copy.
        unsafe { DestroyIcon(self.0) };
    }
}

/// The icon as a resource: a bitmap's header, its pixels from the lowest row up, and one bit for each transparent pixel.
pub(super) fn icon_resource(state: IconState, size: u16) -> Vec<u8> {
    let side = usize::from(size);
    let mut bytes = Vec::new();
    for number in [40, u32::from(size), 2 * u32::from(size)] {
        bytes.extend(number.to_le_bytes());
    }
    // One plane, 32 bits a pixel.
    bytes.extend([1, 0, 32, 0]);
    // Not compressed; sizes, resolution and palette are left out.
    bytes.extend([0; 24]);
    let pixels = render_icon(state, size);
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

/// A change of the icon in the taskbar.
#[derive(Clone, Copy)]
pub(super) enum IconChange<'a> {
    /// Add it, with this tooltip.
    Add(&'a IconHandle, &'a str),
    /// Replace icon and tooltip.
    Modify(&'a IconHandle, &'a str),
    /// Show a notification with this text.
    Notify(&'a str),
    /// Remove it.
    Delete,
    /// Change nothing: only ask whether it is there.
    #[cfg_attr(not(test), allow(dead_code, reason = "only tests ask"))]
    Query,
}

/// Makes the change; false when the taskbar refused, or there is none.
pub(super) fn change_icon(window: HWND, change: IconChange<'_>) -> bool {
    let mut data = NOTIFYICONDATAW {
        cbSize: size_of::<NOTIFYICONDATAW>() as u32,
        hWnd: window,
        uID: ICON,
        uCallbackMessage: WM_ICON,
        ..NOTIFYICONDATAW::default()
    };
    let action = match change {
        IconChange::Add(..) => NIM_ADD,
        IconChange::Modify(..) | IconChange::Notify(_) | IconChange::Query => NIM_MODIFY,
        IconChange::Delete => NIM_DELETE,
    };
    match change {
        IconChange::Add(icon, text) | IconChange::Modify(icon, text) => {
            data.uFlags = NIF_MESSAGE | NIF_ICON | NIF_TIP | NIF_SHOWTIP;
            data.hIcon = icon.0;
            write_utf16_field(&mut data.szTip, text);
        }
        IconChange::Notify(text) => {
            data.uFlags = NIF_INFO;
            data.dwInfoFlags = NIIF_INFO | NIIF_RESPECT_QUIET_TIME;
            write_utf16_field(&mut data.szInfoTitle, "uam");
            write_utf16_field(&mut data.szInfo, text);
        }
        IconChange::Delete | IconChange::Query => {}
    }
    // SAFETY: the data is as long as it says and lives through the call; the icon in it does, too.
    let done = unsafe { Shell_NotifyIconW(action, &data) } != 0;
    if done && action == NIM_ADD {
        data.Anonymous = NOTIFYICONDATAW_0 {
            uVersion: NOTIFYICON_VERSION_4,
        };
        // SAFETY: as above. A taskbar that does not know this version keeps to the older one.
        unsafe { Shell_NotifyIconW(NIM_SETVERSION, &data) };
    }
    done
}

/// Shows the menu at this position of the screen, until an entry is chosen or it is closed. The choice comes as
/// `WM_COMMAND`.
pub(super) fn show_popup_menu(window: HWND, entries: &[MenuEntry], x: i32, y: i32) {
    // SAFETY: the menu is ours from its creation to its end; each text lives through its call.
    unsafe {
        let menu = CreatePopupMenu();
        if menu.is_null() {
            return;
        }
        for entry in entries {
            if entry.is_separator() {
                AppendMenuW(menu, MF_SEPARATOR, 0, null());
                continue;
            }
            // One ampersand would mark the letter after it as the entry's shortcut.
            let text = to_utf16(&entry.text.replace('&', "&&"));
            let disabled = if entry.enabled { 0 } else { MF_GRAYED };
            AppendMenuW(menu, MF_STRING | disabled, entry.id.into(), text.as_ptr());
        }
        // Otherwise it would not close on a click elsewhere (documentation of `TrackPopupMenu`).
        SetForegroundWindow(window);
        TrackPopupMenuEx(menu, TPM_RIGHTBUTTON, x, y, window, null());
        DestroyMenu(menu);
    }
    // So that the next menu opens at once (the same documentation).
    post_message(window, WM_NULL, 0, 0);
}
