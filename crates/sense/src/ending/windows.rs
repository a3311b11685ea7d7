//! Console events, and the end of the session told to a window.
//!
//! A console program that uses windows gets no console event at log-off or shutdown, only `WM_ENDSESSION` to its
//! top-level windows (documentation of `SetConsoleCtrlHandler`). The window for that is one of its own: its procedure
//! blocks until the last commit, and the sensors' window must go on meanwhile, so that its last counts are in it.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use super::Ending;
use platform::windows::{HiddenWindow, run_message_loop};
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, GetConsoleProcessList, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::SetProcessShutdownParameters;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    DefWindowProcW, WM_CLOSE, WM_ENDSESSION, WM_QUERYENDSESSION,
};
use windows_sys::core::BOOL;

/// The name of the window's class.
const CLASS: &str = "uam-session";

/// The system ends the process five seconds after it asked (documentation of `HandlerRoutine` and `WM_ENDSESSION`).
const PATIENCE: Duration = Duration::from_millis(4_500);

struct Watch {
    tell: Box<dyn Fn(Ending) + Send + Sync>,
    until_done: Box<dyn Fn(Duration) + Send + Sync>,
}

/// The handlers are plain functions without a place for data; the program has one instance of this.
static WATCH: OnceLock<Watch> = OnceLock::new();

/// Calls `tell` at each wish that the program ends, on threads of the system's or of its own.
///
/// For [`Ending::Terminal`] and [`Ending::Session`] the process is gone once the system has its answer. So `until_done`
/// is called then, which should return when everything is durable, or when the time it is given has passed.
///
/// # Errors
/// When called twice, or when the handler or the window cannot be had.
pub fn watch(
    tell: impl Fn(Ending) + Send + Sync + 'static,
    until_done: impl Fn(Duration) + Send + Sync + 'static,
) -> io::Result<()> {
    let watch = Watch {
        tell: Box::new(tell),
        until_done: Box::new(until_done),
    };
    WATCH
        .set(watch)
        .map_err(|_| io::Error::other("the end is already watched for"))?;
    // SAFETY: `on_console` is a function of the right type that lives as long as the program.
    if unsafe { SetConsoleCtrlHandler(Some(on_console), 1) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let (ready, is_ready) = sync_channel(1);
    std::thread::Builder::new()
        .name("sense-ending".into())
        .spawn(move || {
            // Ahead of ordinary programs (0x280), so that the recording ends before what it records does.
            // SAFETY: plain numbers.
            unsafe { SetProcessShutdownParameters(0x2ff, 0) };
            match HiddenWindow::open(CLASS, on_message) {
                Ok(_window) => {
                    let _ = ready.send(Ok(()));
                    run_message_loop();
                }
                Err(e) => {
                    let _ = ready.send(Err(e));
                }
            }
        })?;
    is_ready
        .recv()
        .unwrap_or_else(|_| Err(io::Error::other("the thread ended early")))
}

/// Does the console window go with this program? So it is when the program was started from the desktop and not from a
/// prompt: no other program is attached to the console.
#[must_use]
pub fn window_goes_too() -> bool {
    let mut processes = [0; 2];
    // SAFETY: the array is as long as is told. The call gives how many there are, 0 without a console.
    let attached = unsafe { GetConsoleProcessList(processes.as_mut_ptr(), processes.len() as u32) };
    attached == 1
}

fn tell(ending: Ending) {
    let Some(watch) = WATCH.get() else { return };
    (watch.tell)(ending);
    if matches!(ending, Ending::Terminal | Ending::Session) {
        (watch.until_done)(PATIENCE);
    }
}

unsafe extern "system" fn on_console(event: u32) -> BOOL {
    static ASKED: AtomicBool = AtomicBool::new(false);
    let ending = match event {
        CTRL_C_EVENT | CTRL_BREAK_EVENT => Ending::Interrupt,
        CTRL_CLOSE_EVENT => Ending::Terminal,
        _ => Ending::Session,
    };
    if ending == Ending::Interrupt && ASKED.swap(true, Ordering::Relaxed) {
        // Asked a second time to end now: the next handler, the system's, does so. The journal stands it.
        return 0;
    }
    tell(ending);
    1
}

unsafe extern "system" fn on_message(
    window: HWND,
    message: u32,
    wparam: WPARAM,
    lparam: LPARAM,
) -> LRESULT {
    match message {
        WM_QUERYENDSESSION => 1,
        // 0 when another program has refused and the session goes on.
        WM_ENDSESSION if wparam != 0 => {
            tell(Ending::Session);
            0
        }
        // Installers ask this way.
        WM_CLOSE => {
            tell(Ending::Request);
            0
        }
        // SAFETY: the arguments are those this procedure was called with.
        _ => unsafe { DefWindowProcW(window, message, wparam, lparam) },
    }
}
