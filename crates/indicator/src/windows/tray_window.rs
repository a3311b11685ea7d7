//! The icon's window: it receives messages and keeps the taskbar up to date.
#![allow(unsafe_code, reason = "the window procedure is called by the system")]

use super::shell::{self, IconChange, IconHandle, WM_CHANGED, WM_ICON};
use crate::handler::{MenuHandler, NotificationSender};
use crate::menu::{MenuEntry, build_menu, chosen_command};
use crate::options::IndicatorOptions;
use crate::shared_state::SharedState;
use crate::status::IndicatorStatus;
use model::{SensorSupport, Unsupported};
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
    /// The state of the window procedure; set while the window exists.
    static TRAY: RefCell<Option<Rc<TrayWindow>>> = const { RefCell::new(None) };
}

pub(super) struct TrayWindow {
    window: HWND,
    taskbar_created: u32,
    state: Arc<SharedState>,
    handler: Arc<dyn MenuHandler>,
    notifications: bool,
    /// A message of a change is in the queue already.
    posted: Arc<AtomicBool>,
    shown: RefCell<ShownIcon>,
}

/// The icon as the taskbar has it.
#[derive(Default)]
struct ShownIcon {
    added: bool,
    status: Option<Arc<IndicatorStatus>>,
    /// Lives as long as it is shown.
    icon: Option<IconHandle>,
}

/// A window's handle for the closure that wakes it.
struct PostTarget(HWND);

// SAFETY: a window's handle is a number; messages may be posted to it from any thread.
unsafe impl Send for PostTarget {}
// SAFETY: as above.
unsafe impl Sync for PostTarget {}

impl PostTarget {
    fn post_changed(&self) {
        post_message(self.0, WM_CHANGED, 0, 0);
    }
}

impl TrayWindow {
    /// Shows the shared state until its end. For a thread of its own.
    pub(super) fn run_window(
        state: &Arc<SharedState>,
        options: &IndicatorOptions,
        handler: &Arc<dyn MenuHandler>,
    ) -> io::Result<()> {
        let window = HiddenWindow::open(CLASS, window_procedure)?;
        let posted = Arc::new(AtomicBool::new(false));
        let tray = Rc::new(Self {
            window: window.handle(),
            taskbar_created: shell::taskbar_created_message(),
            state: Arc::clone(state),
            handler: Arc::clone(handler),
            notifications: options.notifications,
            posted: Arc::clone(&posted),
            shown: RefCell::default(),
        });
        TRAY.with(|place| *place.borrow_mut() = Some(tray));
        let target = PostTarget(window.handle());
        state.set_waker(move || {
            if !posted.swap(true, Ordering::SeqCst) {
                target.post_changed();
            }
        });
        run_message_loop();
        // The window goes; nothing may be posted to the window that gets its number next.
        state.set_waker(|| {});
        TRAY.with(|place| place.borrow_mut().take());
        drop(window);
        Ok(())
    }

    /// Handles a message; none for one that the system handles.
    fn handle_message(&self, message: u32, wparam: usize, lparam: isize) -> Option<isize> {
        match message {
            WM_CHANGED => {
                self.posted.store(false, Ordering::SeqCst);
                self.refresh_icon();
            }
            WM_ICON => {
                // The event is in the lower half, the position is in the other parameter.
                let event = (lparam & 0xffff) as u32;
                if [WM_CONTEXTMENU, NIN_SELECT, NIN_KEYSELECT].contains(&event) {
                    let coordinate = |half: usize| i32::from((half & 0xffff) as u16 as i16);
                    shell::show_popup_menu(
                        self.window,
                        &self.menu_entries(),
                        coordinate(wparam),
                        coordinate(wparam >> 16),
                    );
                }
            }
            // Of a menu the upper half is 0.
            WM_COMMAND if wparam >> 16 == 0 => {
                let id = (wparam & 0xffff) as u16;
                if let Some(command) = chosen_command(&self.menu_entries(), id) {
                    let notifications = NotificationSender(Arc::clone(&self.state));
                    self.handler.handle_command(command, &notifications);
                }
            }
            // Requests to end uam go to its other window.
            WM_CLOSE => {}
            created if created == self.taskbar_created => {
                if let Ok(mut shown) = self.shown.try_borrow_mut() {
                    shown.added = false;
                }
                self.post_changed();
            }
            _ => return None,
        }
        Some(0)
    }

    fn post_changed(&self) {
        if !self.posted.swap(true, Ordering::SeqCst) {
            post_message(self.window, WM_CHANGED, 0, 0);
        }
    }

    fn menu_entries(&self) -> Vec<MenuEntry> {
        let status = self.shown.try_borrow().ok().and_then(|s| s.status.clone());
        status.map_or_else(Vec::new, |status| {
            build_menu(&status, &self.handler.page_availability())
        })
    }

    /// Makes the taskbar show the shared state. It is called while the menu is open, too.
    fn refresh_icon(&self) {
        // The taskbar may send a message during a call to it; then the refresh comes once more afterwards.
        let Ok(mut shown) = self.shown.try_borrow_mut() else {
            self.post_changed();
            return;
        };
        let changes = self.state.take_changes();
        if let Some(status) = changes.status {
            self.draw_icon(&mut shown, status);
        }
        if !changes.notifications.is_empty() && shown.added {
            let texts: Vec<String> = changes.notifications.into_iter().map(|n| n.text).collect();
            shell::change_icon(self.window, IconChange::Notify(&texts.join("\n")));
        }
        if changes.ended {
            if std::mem::take(&mut shown.added) {
                shell::change_icon(self.window, IconChange::Delete);
            }
            quit_message_loop();
        }
    }

    fn draw_icon(&self, shown: &mut ShownIcon, status: Arc<IndicatorStatus>) {
        let same = shown
            .status
            .as_deref()
            .is_some_and(|s| s.looks_same_as(&status));
        if shown.added && same {
            shown.status = Some(status);
            return;
        }
        let tip = format!("uam: {}", status.headline);
        // Without memory for a new icon the old one would be wrong; then there is none until the next change.
        let icon = IconHandle::from_state(status.icon_state).ok();
        let modified = shown.added
            && icon
                .as_ref()
                .is_some_and(|i| shell::change_icon(self.window, IconChange::Modify(i, &tip)));
        if shown.added && !modified {
            shell::change_icon(self.window, IconChange::Delete);
        }
        shown.added = modified
            || icon
                .as_ref()
                .is_some_and(|i| shell::change_icon(self.window, IconChange::Add(i, &tip)));
        (shown.status, shown.icon) = (Some(status), icon);
        self.state.set_tray_support(match shown.added {
            true => shown_in_taskbar(),
            false => no_taskbar(),
        });
        if self.notifications {
            self.state.set_notification_support(match shown.added {
                true => shown_at_icon(),
                false => no_taskbar(),
            });
        }
    }
}

pub(super) fn shown_in_taskbar() -> SensorSupport {
    SensorSupport::By("the taskbar's notification area".to_owned())
}

pub(super) fn shown_at_icon() -> SensorSupport {
    SensorSupport::By("notifications of the icon".to_owned())
}

pub(super) fn no_taskbar() -> SensorSupport {
    SensorSupport::Unsupported(Unsupported::new(
        "there is no taskbar now",
        "the icon comes with it",
    ))
}

/// The reason why there are no notifications without the icon.
pub(super) fn icon_required() -> Unsupported {
    Unsupported::new(
        "Windows shows them at the icon",
        "switch it on: uam config set indicator.tray true",
    )
}

unsafe extern "system" fn window_procedure(
    window: HWND,
    message: u32,
    wparam: usize,
    lparam: isize,
) -> isize {
    let tray = TRAY.with(|place| place.try_borrow().ok().and_then(|tray| tray.clone()));
    tray.and_then(|tray| tray.handle_message(message, wparam, lparam))
        .unwrap_or_else(|| {
            // SAFETY: the arguments are those this procedure was called with.
            unsafe { default_procedure(window, message, wparam, lparam) }
        })
}
