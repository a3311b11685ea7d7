//! The Windows desktop.
//!
//! One hidden window on one pump thread receives input, windows, lock, sleep and power; screenshots are read from the
//! screen on the thread that asks for one. Each call of the Windows API stands in the module of its sensor.

mod capture;
mod idle;
mod input;
mod power;
mod process;
mod pump;
mod session;
mod version;
mod visibility;
mod win_events;
mod window;

use crate::desktop_builder::DesktopBuilder;
use crate::options::DesktopOptions;
use model::{Clock, SensorKind, Unsupported};
use pump::PumpTask;
use std::sync::Arc;

/// Adds the sensors that Windows can serve.
pub(crate) fn add_sensors(
    builder: &mut DesktopBuilder,
    options: &DesktopOptions,
    clock: &Arc<dyn Clock>,
) {
    builder.add_note("windows", version::describe_windows());
    builder.declare_supported(
        SensorKind::Window,
        "foreground events and a check each second",
    );
    builder.declare_supported(SensorKind::Input, "Raw Input");
    builder.add_note(
        "windows",
        "input to programs that run as administrator is not shown to other programs: it is not counted",
    );
    builder.declare_supported(SensorKind::Idle, "the time of the last input");
    builder.declare_supported(
        SensorKind::Screen,
        "the screen's pixels within the window's bounds",
    );
    builder.set_capture(Box::new(capture::ScreenCapture));
    builder.declare_supported(
        SensorKind::Session,
        "session and power notifications (lock and sleep)",
    );
    let battery = power::read_state();
    match battery {
        Some(power) => {
            builder.add_note("power", format!("a battery at {} %", power.percent));
            let every = options.power_poll.as_secs();
            builder.declare_supported(
                SensorKind::Power,
                format!("power notifications, and a check every {every} s"),
            );
        }
        None => {
            builder.add_note("power", "no battery");
            builder.declare_unsupported(SensorKind::Power, Unsupported::new("no battery", ""));
        }
    }
    builder.add_task(Box::new(PumpTask {
        options: options.clone(),
        clock: Arc::clone(clock),
        battery: battery.is_some(),
    }));
}
