//! Gives the terminal back: at the end of the view, before a panic's message is printed, and on drop.

use crate::split_screen::restore_sequence;
use ratatui::layout::Rect;
use std::io::{self, Write};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::{self, ThreadId};

/// The panel's area while the view holds the terminal, and the thread that draws it.
static CLAIMED_TERMINAL: Mutex<Option<(ThreadId, Rect)>> = Mutex::new(None);

/// Restores the terminal when dropped, however the view's thread ends.
pub(super) struct TerminalGuard;

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        restore_terminal();
    }
}

/// Gives the terminal back if the live view holds it: raw mode off, cursor shown, panel cleared. A second call does
/// nothing. For a program that must leave without unwinding; [`LiveView`](crate::LiveView) calls it itself.
pub fn restore_terminal() {
    let claimed = CLAIMED_TERMINAL
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some((_, panel)) = claimed {
        // A terminal that is gone needs nothing given back.
        let _ = io::stdout().write_all(restore_sequence(panel).as_bytes());
        let _ = io::stdout().flush();
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Notes that the calling thread draws a panel in this area of the terminal.
pub(super) fn claim_terminal(panel: Rect) {
    *CLAIMED_TERMINAL
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some((thread::current().id(), panel));
}

/// A panic's message must not be written into the panel: the terminal is given back before it is printed.
pub(super) fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let claimed_here = CLAIMED_TERMINAL
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_some_and(|(thread, _)| thread == thread::current().id());
            if claimed_here {
                restore_terminal();
            }
            previous(info);
        }));
    });
}
