//! The place of a window, and the windows above it.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use super::window;
use crate::capture::CaptureError;
use model::{Rect, WindowHandle};
use windows_sys::Win32::Foundation::{HWND, LPARAM, RECT};
use windows_sys::Win32::Graphics::Dwm::{
    DWMWA_CLOAKED, DWMWA_EXTENDED_FRAME_BOUNDS, DwmGetWindowAttribute,
};
use windows_sys::Win32::UI::HiDpi::GetDpiForWindow;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    EnumWindows, GWL_EXSTYLE, GetSystemMetrics, GetWindowDisplayAffinity, GetWindowLongPtrW,
    GetWindowRect, IsIconic, IsWindowVisible, SM_CXVIRTUALSCREEN, SM_CYVIRTUALSCREEN,
    SM_XVIRTUALSCREEN, SM_YVIRTUALSCREEN, WDA_NONE, WS_EX_LAYERED, WS_EX_TRANSPARENT,
};
use windows_sys::core::BOOL;

/// Most windows above that are looked at; with more the whole screenshot counts as foreign.
const MAX_ABOVE: usize = 512;

/// Dots per inch without scaling (`USER_DEFAULT_SCREEN_DPI`).
const UNSCALED_DPI: u32 = 96;

/// A window's place on the screen. All rectangles are in the virtual screen's pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WindowVisibility {
    /// The visible bounds with the frame, clipped to the screen.
    pub(super) bounds: Rect,
    /// Parts of `bounds` that show something else.
    pub(super) foreign: Vec<Rect>,
    /// Scaling in percent.
    pub(super) scale_percent: u32,
}

/// Measures the window `handle`, which must be in the foreground and visible.
pub(super) fn measure_visibility(handle: WindowHandle) -> Result<WindowVisibility, CaptureError> {
    let window = window::find_window(handle).ok_or(CaptureError::Gone)?;
    if window::foreground_window() != Some(window) {
        return Err(CaptureError::NotActive);
    }
    if !is_shown(window) {
        return Err(CaptureError::NotVisible);
    }
    if is_protected(window) {
        return Err(CaptureError::Protected);
    }
    let bounds = visible_bounds(window)
        .ok_or(CaptureError::Gone)?
        .intersect(&virtual_screen())
        .ok_or(CaptureError::NotVisible)?;
    // SAFETY: no pointers; 0 for a window that is gone.
    let dpi = unsafe { GetDpiForWindow(window) };
    Ok(WindowVisibility {
        bounds,
        foreign: find_occluders(window, bounds),
        scale_percent: if dpi == 0 {
            100
        } else {
            dpi * 100 / UNSCALED_DPI
        },
    })
}

fn is_shown(window: HWND) -> bool {
    // SAFETY: no pointers.
    let mapped = unsafe { IsWindowVisible(window) != 0 && IsIconic(window) == 0 };
    mapped && read_attribute::<u32>(window, DWMWA_CLOAKED).unwrap_or(0) == 0
}

/// The window asks not to be captured (`SetWindowDisplayAffinity`).
fn is_protected(window: HWND) -> bool {
    let mut affinity = WDA_NONE;
    // SAFETY: writes one number.
    unsafe { GetWindowDisplayAffinity(window, &mut affinity) != 0 && affinity != WDA_NONE }
}

/// The bounds as they are seen: without the invisible borders by which a window is resized, where the system says so.
fn visible_bounds(window: HWND) -> Option<Rect> {
    let seen = read_attribute::<RECT>(window, DWMWA_EXTENDED_FRAME_BOUNDS).or_else(|| {
        let mut rect = RECT::default();
        // SAFETY: writes the structure it is given.
        (unsafe { GetWindowRect(window, &mut rect) } != 0).then_some(rect)
    })?;
    Some(Rect {
        x: seen.left,
        y: seen.top,
        width: u32::try_from(seen.right - seen.left).ok()?,
        height: u32::try_from(seen.bottom - seen.top).ok()?,
    })
}

fn read_attribute<T: Default>(window: HWND, which: i32) -> Option<T> {
    let mut value = T::default();
    // SAFETY: `value` is as large as is given, and is a plain structure of numbers for every attribute asked here.
    let result = unsafe {
        DwmGetWindowAttribute(
            window,
            which as u32,
            (&raw mut value).cast(),
            size_of::<T>() as u32,
        )
    };
    (result >= 0).then_some(value)
}

fn virtual_screen() -> Rect {
    // SAFETY: no pointers.
    let metric = |which| unsafe { GetSystemMetrics(which) };
    Rect {
        x: metric(SM_XVIRTUALSCREEN),
        y: metric(SM_YVIRTUALSCREEN),
        width: u32::try_from(metric(SM_CXVIRTUALSCREEN)).unwrap_or(0),
        height: u32::try_from(metric(SM_CYVIRTUALSCREEN)).unwrap_or(0),
    }
}

/// Where visible windows above `window` cover `bounds`.
fn find_occluders(window: HWND, bounds: Rect) -> Vec<Rect> {
    struct OccluderSearch {
        window: HWND,
        bounds: Rect,
        seen: usize,
        foreign: Vec<Rect>,
    }
    unsafe extern "system" fn check_window(other: HWND, search: LPARAM) -> BOOL {
        // SAFETY: `search` is the pointer given below, used by this thread alone while the call lasts.
        let search = unsafe { &mut *(search as *mut OccluderSearch) };
        if other == search.window || search.seen > MAX_ABOVE {
            return 0;
        }
        search.seen += 1;
        if is_shown(other) && !is_click_through(other) {
            let covered = visible_bounds(other).and_then(|rect| rect.intersect(&search.bounds));
            search.foreign.extend(covered);
        }
        1
    }
    let mut search = OccluderSearch {
        window,
        bounds,
        seen: 0,
        foreign: Vec::new(),
    };
    // Windows come from top to bottom.
    // SAFETY: `search` outlives the call, which calls `check_window` on this thread only.
    unsafe { EnumWindows(Some(check_window), (&raw mut search) as LPARAM) };
    if search.seen > MAX_ABOVE {
        return vec![bounds];
    }
    search.foreign
}

/// A window that lets both sight and clicks through, such as the overlay of a graphics driver: it covers the whole
/// screen, and painting it over would leave nothing.
fn is_click_through(window: HWND) -> bool {
    let glass = (WS_EX_LAYERED | WS_EX_TRANSPARENT) as isize;
    // SAFETY: no pointers.
    let style = unsafe { GetWindowLongPtrW(window, GWL_EXSTYLE) };
    style & glass == glass
}
