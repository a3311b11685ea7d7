//! Linux: the X11 desktop, logind and the kernel's power supplies.
//!
//! Where there is a bus, one thread listens to logind and UPower on it; where there is none but a battery, one thread
//! reads the battery now and then; where there is neither, no thread runs.

mod power_poll;
mod power_supplies;
mod services;
mod session_listener;

use crate::desktop_builder::DesktopBuilder;
use crate::options::DesktopOptions;
use crate::x11;
use model::{Clock, SensorKind, Unsupported};
use power_supplies::PowerSupplies;
use services::BusServices;
use session_listener::SessionListener;
use std::sync::Arc;

/// Adds the sensors that this Linux desktop can serve.
pub(crate) fn add_sensors(
    builder: &mut DesktopBuilder,
    options: &DesktopOptions,
    clock: &Arc<dyn Clock>,
) {
    x11::add_sensors(builder, options, clock);
    let supplies = PowerSupplies::new(options.power_root.clone());
    let battery = supplies.read_state();
    builder.add_note(
        "power",
        match battery {
            Some(power) => format!("a battery at {} %", power.percent),
            None => format!("no battery in {}", options.power_root.display()),
        },
    );
    if battery.is_none() {
        builder.declare_unsupported(SensorKind::Power, Unsupported::new("no battery", ""));
    }
    let supplies = battery.map(|_| supplies);

    let services = match services::probe_bus(&options.bus, options.session.as_deref()) {
        Ok(services) => services,
        Err(why) => {
            builder.add_note("logind", why.reason.clone());
            builder.declare_unsupported(SensorKind::Session, why);
            BusServices::default()
        }
    };
    for note in &services.notes {
        builder.add_note("logind", note.clone());
    }
    let listens = services.logind || (services.upower && supplies.is_some());
    if services.logind {
        builder.declare_supported(
            SensorKind::Session,
            match &services.session {
                Some(_) => "logind on the system bus (lock and sleep)",
                None => "logind on the system bus (sleep only: uam does not run in a session)",
            },
        );
    } else {
        builder.declare_unsupported(
            SensorKind::Session,
            Unsupported::new(
                "logind is not on the system bus",
                "lock and sleep are reported by systemd-logind or elogind",
            ),
        );
    }
    let Some(supplies) = supplies else {
        if listens {
            builder.add_task(Box::new(SessionListener::new(
                options, clock, services, None,
            )));
        }
        return;
    };
    if services.upower {
        builder.declare_supported(
            SensorKind::Power,
            "power supplies, changes reported by UPower",
        );
        let source = SessionListener::new(options, clock, services, Some(supplies));
        builder.add_task(Box::new(source));
        return;
    }
    let every = options.power_poll;
    builder.declare_supported(
        SensorKind::Power,
        format!("power supplies, read every {} s", every.as_secs()),
    );
    if listens {
        builder.add_task(Box::new(SessionListener::new(
            options, clock, services, None,
        )));
    }
    builder.add_task(Box::new(power_poll::PowerPoll {
        supplies,
        every,
        clock: Arc::clone(clock),
    }));
}
