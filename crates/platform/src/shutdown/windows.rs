//! Console events, and the end of the session as a window hears of it.
//!
//! A console program that uses windows gets no console event at log-off or shutdown, only `WM_ENDSESSION` to its
//! top-level windows (documentation of `SetConsoleCtrlHandler`). The window for that is one of its own: its procedure
//! blocks until the last commit, and the sensors' window must go on meanwhile, so that its last counts are in it.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use super::types::ShutdownCause;
use crate::windows::{HiddenWindow, run_message_loop};
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

/// How long the answer may wait for the last commit. The system ends the process five seconds after it asked
/// (documentation of `HandlerRoutine` and `WM_ENDSESSION`).
const COMMIT_TIMEOUT: Duration = Duration::from_millis(4_500);

struct ShutdownWatch {
    on_request: Box<dyn Fn(ShutdownCause) + Send + Sync>,
    wait_until_done: Box<dyn Fn(Duration) + Send + Sync>,
}

/// The handlers are plain functions that cannot carry data, so the program has one instance of this.
static WATCH: OnceLock<ShutdownWatch> = OnceLock::new();

pub(super) fn watch_shutdown(
    on_request: impl Fn(ShutdownCause) + Send + Sync + 'static,
    wait_until_done: impl Fn(Duration) + Send + Sync + 'static,
) -> io::Result<()> {
    let watch = ShutdownWatch {
        on_request: Box::new(on_request),
        wait_until_done: Box::new(wait_until_done),
    };
    WATCH
        .set(watch)
        .map_err(|_| io::Error::other("shutdown is watched already"))?;
    // SAFETY: `console_handler` is a function of the right type that lives as long as the program.
    if unsafe { SetConsoleCtrlHandler(Some(console_handler), 1) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let (ready, is_ready) = sync_channel(1);
    std::thread::Builder::new()
        .name("sense-ending".into())
        .spawn(move || {
            // Ahead of ordinary programs (0x280), so that the recording ends before what it records does.
            // SAFETY: plain numbers.
            unsafe { SetProcessShutdownParameters(0x2ff, 0) };
            match HiddenWindow::open(CLASS, window_procedure) {
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

pub(super) fn console_closes_with_process() -> bool {
    let mut processes = [0; 2];
    // SAFETY: the length is that of the array. The call returns the number of processes, 0 without a console.
    let attached = unsafe { GetConsoleProcessList(processes.as_mut_ptr(), processes.len() as u32) };
    attached == 1
}

fn report_cause(cause: ShutdownCause) {
    let Some(watch) = WATCH.get() else { return };
    (watch.on_request)(cause);
    if matches!(
        cause,
        ShutdownCause::TerminalClosed | ShutdownCause::SessionEnd
    ) {
        (watch.wait_until_done)(COMMIT_TIMEOUT);
    }
}

unsafe extern "system" fn console_handler(event: u32) -> BOOL {
    static ASKED: AtomicBool = AtomicBool::new(false);
    let cause = match event {
        CTRL_C_EVENT | CTRL_BREAK_EVENT => ShutdownCause::Interrupt,
        CTRL_CLOSE_EVENT => ShutdownCause::TerminalClosed,
        _ => ShutdownCause::SessionEnd,
    };
    if cause == ShutdownCause::Interrupt && ASKED.swap(true, Ordering::Relaxed) {
        // The second request: the next handler, the system's, ends the process at once. The journal stands it.
        return 0;
    }
    report_cause(cause);
    1
}

unsafe extern "system" fn window_procedure(
    window: HWND,
    message: u32,
    wparam: WPARAM,
    lparam: LPARAM,
) -> LRESULT {
    match message {
        WM_QUERYENDSESSION => 1,
        // 0 when another program refused and the session continues.
        WM_ENDSESSION if wparam != 0 => {
            report_cause(ShutdownCause::SessionEnd);
            0
        }
        // Installers ask this way.
        WM_CLOSE => {
            report_cause(ShutdownCause::Terminate);
            0
        }
        // SAFETY: the arguments are those this procedure was called with.
        _ => unsafe { DefWindowProcW(window, message, wparam, lparam) },
    }
}
