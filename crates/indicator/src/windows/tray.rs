//! The icon's window: what it hears and what it does.
#![allow(unsafe_code, reason = "the window procedure is called by the system")]

use super::shell::{self, Change, Icon, WM_ICON, WM_NEWS};
use super::{by_icon, no_taskbar, shown};
use crate::board::Board;
use crate::menu::{Entry, chosen, menu};
use crate::shown::Shown;
use crate::{Options, Owner, Tell};
use platform::windows::{
    HiddenWindow, default_procedure, post_message, quit_message_loop, run_message_loop,
};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::UI::Shell::NIN_SELECT;
use windows_sys::Win32::UI::WindowsAndMessaging::{WM_CLOSE, WM_COMMAND, WM_CONTEXTMENU};

/// The name of the window's class.
pub(super) const CLASS: &str = "uam-indicator";

/// The icon was chosen with the keyboard.
const NIN_KEYSELECT: u32 = NIN_SELECT | 1;

thread_local! {
    /// What the window procedure works with; there while the window is.
    static TRAY: RefCell<Option<Rc<Tray>>> = const { RefCell::new(None) };
}

pub(super) struct Tray {
    window: HWND,
    taskbar_created: u32,
    board: Arc<Board>,
    owner: Arc<dyn Owner>,
    bubbles: bool,
    /// A message of news is in the queue already.
    ringing: Arc<AtomicBool>,
    drawn: RefCell<Drawn>,
}

/// What the taskbar was told.
#[derive(Default)]
struct Drawn {
    added: bool,
    shown: Option<Arc<Shown>>,
    /// Lives as long as it is shown.
    icon: Option<Icon>,
}

/// A window's handle for the closure that wakes it.
struct Target(HWND);

// SAFETY: a window's handle is a number; messages may be posted to it from any thread.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

impl Target {
    fn ring(&self) {
        post_message(self.0, WM_NEWS, 0, 0);
    }
}

impl Tray {
    /// Shows what is on the board until it has ended. For a thread of its own.
    pub(super) fn live(
        board: &Arc<Board>,
        options: &Options,
        owner: &Arc<dyn Owner>,
    ) -> io::Result<()> {
        let window = HiddenWindow::open(CLASS, procedure)?;
        let ringing = Arc::new(AtomicBool::new(false));
        let tray = Rc::new(Self {
            window: window.handle(),
            taskbar_created: shell::taskbar_created(),
            board: Arc::clone(board),
            owner: Arc::clone(owner),
            bubbles: options.bubbles,
            ringing: Arc::clone(&ringing),
            drawn: RefCell::default(),
        });
        TRAY.with(|place| *place.borrow_mut() = Some(tray));
        let target = Target(window.handle());
        board.on_change(move || {
            if !ringing.swap(true, Ordering::SeqCst) {
                target.ring();
            }
        });
        run_message_loop();
        // The window goes; nobody is to post to whatever gets its number next.
        board.on_change(|| {});
        TRAY.with(|place| place.borrow_mut().take());
        drop(window);
        Ok(())
    }

    /// Deals with a message; none for one that is the system's to deal with.
    fn heard(&self, message: u32, wparam: usize, lparam: isize) -> Option<isize> {
        match message {
            WM_NEWS => {
                self.ringing.store(false, Ordering::SeqCst);
                self.refresh();
            }
            WM_ICON => {
                // The event is in the lower half, the place is in the other parameter.
                let event = (lparam & 0xffff) as u32;
                if [WM_CONTEXTMENU, NIN_SELECT, NIN_KEYSELECT].contains(&event) {
                    let place = |half: usize| i32::from((half & 0xffff) as u16 as i16);
                    shell::popup(
                        self.window,
                        &self.entries(),
                        place(wparam),
                        place(wparam >> 16),
                    );
                }
            }
            // Of a menu the upper half is 0.
            WM_COMMAND if wparam >> 16 == 0 => {
                let id = (wparam & 0xffff) as u16;
                if let Some(wish) = chosen(&self.entries(), id) {
                    self.owner.wish(wish, &Tell(Arc::clone(&self.board)));
                }
            }
            // Whoever wants uam to end tells its other window.
            WM_CLOSE => {}
            created if created == self.taskbar_created => {
                if let Ok(mut drawn) = self.drawn.try_borrow_mut() {
                    drawn.added = false;
                }
                self.ring();
            }
            _ => return None,
        }
        Some(0)
    }

    fn ring(&self) {
        if !self.ringing.swap(true, Ordering::SeqCst) {
            post_message(self.window, WM_NEWS, 0, 0);
        }
    }

    fn entries(&self) -> Vec<Entry> {
        let shown = self.drawn.try_borrow().ok().and_then(|d| d.shown.clone());
        shown.map_or_else(Vec::new, |shown| menu(&shown, &self.owner.page()))
    }

    /// Makes the taskbar show what is on the board. It is called while the menu is open, too.
    fn refresh(&self) {
        // The taskbar may have sent a message while it was being told something; then once more afterwards.
        let Ok(mut drawn) = self.drawn.try_borrow_mut() else {
            self.ring();
            return;
        };
        let news = self.board.news();
        if let Some(shown) = news.shown {
            self.draw(&mut drawn, shown);
        }
        if !news.bubbles.is_empty() && drawn.added {
            let texts: Vec<String> = news.bubbles.into_iter().map(|b| b.text).collect();
            shell::change(self.window, Change::Bubble(&texts.join("\n")));
        }
        if news.ended {
            if std::mem::take(&mut drawn.added) {
                shell::change(self.window, Change::Delete);
            }
            quit_message_loop();
        }
    }

    fn draw(&self, drawn: &mut Drawn, now: Arc<Shown>) {
        let same = drawn.shown.as_deref().is_some_and(|s| s.looks_like(&now));
        if drawn.added && same {
            drawn.shown = Some(now);
            return;
        }
        let tip = format!("uam: {}", now.headline);
        // Without memory for an icon the old one would lie; then there is none until the next news.
        let icon = Icon::of(now.sign).ok();
        let modified = drawn.added
            && icon
                .as_ref()
                .is_some_and(|i| shell::change(self.window, Change::Modify(i, &tip)));
        if drawn.added && !modified {
            shell::change(self.window, Change::Delete);
        }
        drawn.added = modified
            || icon
                .as_ref()
                .is_some_and(|i| shell::change(self.window, Change::Add(i, &tip)));
        (drawn.shown, drawn.icon) = (Some(now), icon);
        self.board
            .tray_is(if drawn.added { shown() } else { no_taskbar() });
        if self.bubbles {
            self.board
                .bubbles_are(if drawn.added { by_icon() } else { no_taskbar() });
        }
    }
}

unsafe extern "system" fn procedure(
    window: HWND,
    message: u32,
    wparam: usize,
    lparam: isize,
) -> isize {
    let tray = TRAY.with(|place| place.try_borrow().ok().and_then(|tray| tray.clone()));
    tray.and_then(|tray| tray.heard(message, wparam, lparam))
        .unwrap_or_else(|| {
            // SAFETY: the arguments are those this procedure was called with.
            unsafe { default_procedure(window, message, wparam, lparam) }
        })
}
