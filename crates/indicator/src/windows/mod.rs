//! The taskbar's notification area: an icon with a popup menu, and notifications at it.
//!
//! A hidden top-level window on a thread of its own receives the icon's clicks, the menu's commands, changes of the shared
//! state, and the broadcast of a new taskbar (message-only windows would not get that broadcast). The icon belongs to the
//! window and goes with it.

mod shell;
#[cfg(test)]
mod tests;
mod tray_window;

use crate::availability::Availability;
use crate::handler::MenuHandler;
use crate::options::IndicatorOptions;
use crate::shared_state::SharedState;
use model::SensorSupport;
use std::sync::Arc;
use tray_window::{TrayWindow, icon_required, no_taskbar, shown_at_icon, shown_in_taskbar};

/// Shows the shared state until its end.
pub(crate) fn run_backend(
    state: &Arc<SharedState>,
    options: &IndicatorOptions,
    handler: &Arc<dyn MenuHandler>,
) {
    if !options.tray {
        if options.notifications {
            state.set_notification_support(SensorSupport::Unsupported(icon_required()));
        }
        return;
    }
    if let Err(error) = TrayWindow::run_window(state, options, handler) {
        state.set_unsupported(&format!("no window for the icon: {error}"), "");
    }
}

/// Looks for a taskbar.
pub(crate) fn probe_desktop(options: &IndicatorOptions) -> Availability {
    let mut availability = Availability::before_start(options);
    let taskbar = shell::has_taskbar();
    if options.tray {
        availability.tray = match taskbar {
            true => shown_in_taskbar(),
            false => no_taskbar(),
        };
    }
    if options.notifications {
        availability.notifications = match (options.tray, taskbar) {
            (false, _) => SensorSupport::Unsupported(icon_required()),
            (true, true) => shown_at_icon(),
            (true, false) => no_taskbar(),
        };
    }
    availability
}
