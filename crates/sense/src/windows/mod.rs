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
pub(crate) fn open(desktop: &mut Desktop, options: &Options, clock: &Arc<dyn Clock>) {
    desktop.note("windows", version::describe());
    desktop.serve(Concern::Window, "foreground events and a look each second");
    desktop.serve(Concern::Input, "Raw Input");
    desktop.note(
        "windows",
        "input to programs that run as administrator is not told to others: it is not counted",
    );
    desktop.serve(Concern::Idle, "the time of the last input");
    desktop.serve(
        Concern::Screen,
        "the screen's pixels within the window's bounds",
    );
    desktop.set_screen(Box::new(camera::ScreenCapture));
    desktop.serve(
        Concern::Session,
        "session and power notifications (lock and sleep)",
    );
    let battery = power::read();
    match battery {
        Some(power) => {
            desktop.note("power", format!("a battery at {} %", power.percent));
            let every = options.power_poll.as_secs();
            desktop.serve(
                Concern::Power,
                format!("power notifications, and a look every {every} s"),
            );
        }
        None => {
            desktop.note("power", "no battery");
            desktop.refuse(Concern::Power, Unsupported::new("no battery", ""));
        }
    }
    desktop.add_source(Box::new(Pump {
        options: options.clone(),
        clock: Arc::clone(clock),
        battery: battery.is_some(),
    }));
}
