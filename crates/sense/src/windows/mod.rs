//! The Windows desktop.
//!
//! One hidden window on one pump thread hears input, windows, lock, sleep and power; pictures are read from the screen
//! by whoever asks for one. Each call of the Windows API stands in the module of its concern.

mod camera;
mod hear;
mod idle;
mod input;
mod power;
mod process;
mod pump;
mod session;
mod survey;
mod version;
mod window;

use crate::{Desktop, DesktopOptions};
use model::{Clock, SensorKind, Unsupported};
use pump::PumpTask;
use std::sync::Arc;

/// Adds what Windows can serve to `desktop`.
pub(crate) fn open(desktop: &mut Desktop, options: &DesktopOptions, clock: &Arc<dyn Clock>) {
    desktop.note("windows", version::describe());
    desktop.declare_supported(
        SensorKind::Window,
        "foreground events and a look each second",
    );
    desktop.declare_supported(SensorKind::Input, "Raw Input");
    desktop.note(
        "windows",
        "input to programs that run as administrator is not told to others: it is not counted",
    );
    desktop.declare_supported(SensorKind::Idle, "the time of the last input");
    desktop.declare_supported(
        SensorKind::Screen,
        "the screen's pixels within the window's bounds",
    );
    desktop.set_screen(Box::new(camera::ScreenCapture));
    desktop.declare_supported(
        SensorKind::Session,
        "session and power notifications (lock and sleep)",
    );
    let battery = power::read();
    match battery {
        Some(power) => {
            desktop.note("power", format!("a battery at {} %", power.percent));
            let every = options.power_poll.as_secs();
            desktop.declare_supported(
                SensorKind::Power,
                format!("power notifications, and a look every {every} s"),
            );
        }
        None => {
            desktop.note("power", "no battery");
            desktop.declare_unsupported(SensorKind::Power, Unsupported::new("no battery", ""));
        }
    }
    desktop.add_task(Box::new(PumpTask {
        options: options.clone(),
        clock: Arc::clone(clock),
        battery: battery.is_some(),
    }));
}
