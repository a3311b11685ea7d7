//! The events of the sensors' window and hooks, queued for the pump.
//!
//! Window procedures and hooks are called in the middle of other calls; they only queue their event. The pump
//! drains the queue when the calls are over and sorts the events by time.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use super::idle::tick_ms;
use super::window;
use platform::windows::HiddenWindow;
use std::cell::RefCell;
use std::io;
use std::ptr::null_mut;
use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::System::Power::RegisterSuspendResumeNotification;
use windows_sys::Win32::System::RemoteDesktop::{
    NOTIFY_FOR_THIS_SESSION, WTSRegisterSessionNotification, WTSUnRegisterSessionNotification,
};
use windows_sys::Win32::UI::Accessibility::{HWINEVENTHOOK, SetWinEventHook, UnhookWinEvent};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    DEVICE_NOTIFY_WINDOW_HANDLE, DefWindowProcW, EVENT_OBJECT_NAMECHANGE,
    EVENT_SYSTEM_DESKTOPSWITCH, EVENT_SYSTEM_FOREGROUND, EVENT_SYSTEM_MINIMIZEEND,
    EVENT_SYSTEM_MINIMIZESTART, OBJID_WINDOW, PBT_APMPOWERSTATUSCHANGE, PBT_APMRESUMEAUTOMATIC,
    PBT_APMRESUMESUSPEND, PBT_APMSUSPEND, WINEVENT_OUTOFCONTEXT, WINEVENT_SKIPOWNPROCESS,
    WM_POWERBROADCAST, WM_WTSSESSION_CHANGE, WTS_CONSOLE_CONNECT, WTS_CONSOLE_DISCONNECT,
    WTS_REMOTE_CONNECT, WTS_REMOTE_DISCONNECT, WTS_SESSION_LOCK, WTS_SESSION_UNLOCK,
};

/// The name of the window's class.
const CLASS: &str = "uam-sensors";

/// Most events that are queued. Beyond it they are dropped: the next check of the foreground window is the truth.
const MAX_QUEUED: usize = 1024;

/// An event of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WinEvent {
    /// This window came to the foreground.
    Foreground(HWND),
    /// The foreground window's title changed.
    Title,
    /// Another window may be in the foreground.
    Switched,
    Locked,
    Unlocked,
    /// The session was connected to a screen; whether it is locked has to be asked.
    Connected,
    Suspending,
    Resumed,
    /// Battery or mains changed.
    Power,
}

thread_local! {
    /// Events since the last [`drain_events`], each with the system's millisecond.
    static QUEUE: RefCell<Vec<(u32, WinEvent)>> = const { RefCell::new(Vec::new()) };
}

fn push_event(ms: u32, event: WinEvent) {
    // A hook may be called while another event is being queued only if the system called it from a call in between, and
    // there is none; the event would be lost then, and nothing else.
    QUEUE.with(|queue| {
        if let Ok(mut queue) = queue.try_borrow_mut()
            && queue.len() < MAX_QUEUED
        {
            queue.push((ms, event));
        }
    });
}

/// Calls `into` with each queued event of this thread's window and hooks.
pub(super) fn drain_events(mut into: impl FnMut(u32, WinEvent)) {
    let events = QUEUE.with(|queue| std::mem::take(&mut *queue.borrow_mut()));
    for (ms, event) in events {
        into(ms, event);
    }
}

/// The window and the hooks; they belong to the thread that made them.
pub(super) struct WinEventHooks {
    pub(super) window: HiddenWindow,
    hooks: Vec<HWINEVENTHOOK>,
}

impl WinEventHooks {
    pub(super) fn open() -> io::Result<Self> {
        let window = HiddenWindow::open(CLASS, on_message)?;
        // Both are refused where there is no session manager; then there are no events, as nothing is ever locked there.
        // SAFETY: the window is ours.
        unsafe {
            WTSRegisterSessionNotification(window.handle(), NOTIFY_FOR_THIS_SESSION);
            RegisterSuspendResumeNotification(window.handle(), DEVICE_NOTIFY_WINDOW_HANDLE);
        }
        // Each event by itself: a range from the first to the last would bring every event between them.
        let hooks = [
            (EVENT_SYSTEM_FOREGROUND, EVENT_SYSTEM_FOREGROUND),
            (EVENT_SYSTEM_MINIMIZESTART, EVENT_SYSTEM_MINIMIZEEND),
            (EVENT_SYSTEM_DESKTOPSWITCH, EVENT_SYSTEM_DESKTOPSWITCH),
            (EVENT_OBJECT_NAMECHANGE, EVENT_OBJECT_NAMECHANGE),
        ]
        .into_iter()
        .map(|(first, last)| {
            let flags = WINEVENT_OUTOFCONTEXT | WINEVENT_SKIPOWNPROCESS;
            // SAFETY: `on_event` is a plain function of this program.
            unsafe { SetWinEventHook(first, last, null_mut(), Some(on_event), 0, 0, flags) }
        })
        .filter(|hook| !hook.is_null())
        .collect();
        Ok(Self { window, hooks })
    }
}

impl Drop for WinEventHooks {
    fn drop(&mut self) {
        for hook in self.hooks.drain(..) {
            // SAFETY: our hook, made by this thread.
            unsafe { UnhookWinEvent(hook) };
        }
        // SAFETY: our window, which still exists.
        unsafe { WTSUnRegisterSessionNotification(self.window.handle()) };
    }
}

unsafe extern "system" fn on_event(
    _hook: HWINEVENTHOOK,
    event: u32,
    window: HWND,
    object: i32,
    child: i32,
    _thread: u32,
    ms: u32,
) {
    let event = match event {
        // Every item of every list of every program says that its name changed; one window is of interest.
        EVENT_OBJECT_NAMECHANGE
            if object == OBJID_WINDOW
                && child == 0
                && window::foreground_window() == Some(window) =>
        {
            WinEvent::Title
        }
        EVENT_OBJECT_NAMECHANGE => return,
        EVENT_SYSTEM_FOREGROUND if !window.is_null() => WinEvent::Foreground(window),
        _ => WinEvent::Switched,
    };
    push_event(ms, event);
}

unsafe extern "system" fn on_message(
    window: HWND,
    message: u32,
    wparam: WPARAM,
    lparam: LPARAM,
) -> LRESULT {
    let code = u32::try_from(wparam).unwrap_or(0);
    let event = match (message, code) {
        (
            WM_WTSSESSION_CHANGE,
            WTS_SESSION_LOCK | WTS_CONSOLE_DISCONNECT | WTS_REMOTE_DISCONNECT,
        ) => Some(WinEvent::Locked),
        (WM_WTSSESSION_CHANGE, WTS_SESSION_UNLOCK) => Some(WinEvent::Unlocked),
        (WM_WTSSESSION_CHANGE, WTS_CONSOLE_CONNECT | WTS_REMOTE_CONNECT) => {
            Some(WinEvent::Connected)
        }
        (WM_POWERBROADCAST, PBT_APMSUSPEND) => Some(WinEvent::Suspending),
        (WM_POWERBROADCAST, PBT_APMRESUMEAUTOMATIC | PBT_APMRESUMESUSPEND) => {
            Some(WinEvent::Resumed)
        }
        (WM_POWERBROADCAST, PBT_APMPOWERSTATUSCHANGE) => Some(WinEvent::Power),
        _ => None,
    };
    if let Some(event) = event {
        push_event(tick_ms(), event);
    }
    // SAFETY: the arguments are those this procedure was called with.
    unsafe { DefWindowProcW(window, message, wparam, lparam) }
}
