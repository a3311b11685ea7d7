//! What the system tells the sensors' window and hooks, noted for the pump.
//!
//! Window procedures and hooks are called in the middle of other calls; they only note what they were told. The pump
//! takes the notes when the calls are over and puts them in the order in which things happened.
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

/// Most notes that are kept. Beyond it they are dropped: the next look at the foreground window is the truth.
const MAX_NOTES: usize = 1024;

/// Something that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WinEvent {
    /// This window came to the foreground.
    Foreground(HWND),
    /// The foreground window's title changed.
    Title,
    /// Another window may be in the foreground.
    Look,
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
    /// What was told since the last [`take`], with the system's millisecond.
    static NOTES: RefCell<Vec<(u32, WinEvent)>> = const { RefCell::new(Vec::new()) };
}

fn push_event(ms: u32, fact: WinEvent) {
    // A hook may be called while another note is being made only if the system called it from a call in between, and
    // there is none; the note would be lost then, and nothing else.
    NOTES.with(|notes| {
        if let Ok(mut notes) = notes.try_borrow_mut()
            && notes.len() < MAX_NOTES
        {
            notes.push((ms, fact));
        }
    });
}

/// Moves what was told to this thread's window and hooks into `into`.
pub(super) fn drain_events(mut into: impl FnMut(u32, WinEvent)) {
    let notes = NOTES.with(|notes| std::mem::take(&mut *notes.borrow_mut()));
    for (ms, fact) in notes {
        into(ms, fact);
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
        // Both are refused where there is no session manager; then nothing is told, which is what is the case there.
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
    let fact = match event {
        // Every item of every list of every program says that its name changed; one window is of interest.
        EVENT_OBJECT_NAMECHANGE
            if object == OBJID_WINDOW && child == 0 && window::foreground() == Some(window) =>
        {
            WinEvent::Title
        }
        EVENT_OBJECT_NAMECHANGE => return,
        EVENT_SYSTEM_FOREGROUND if !window.is_null() => WinEvent::Foreground(window),
        _ => WinEvent::Look,
    };
    push_event(ms, fact);
}

unsafe extern "system" fn on_message(
    window: HWND,
    message: u32,
    wparam: WPARAM,
    lparam: LPARAM,
) -> LRESULT {
    let told = u32::try_from(wparam).unwrap_or(0);
    let fact = match (message, told) {
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
    if let Some(fact) = fact {
        push_event(tick_ms(), fact);
    }
    // SAFETY: the arguments are those this procedure was called with.
    unsafe { DefWindowProcW(window, message, wparam, lparam) }
}
