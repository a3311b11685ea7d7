//! Linux: the X11 desktop, logind and the kernel's power supplies.
//!
//! Where there is a bus, one thread listens to logind and UPower on it; where there is none but a battery, one thread
//! reads the battery now and then; where there is neither, no thread runs.

mod bus;
mod listen;
mod poll;
mod supplies;

use crate::{Desktop, DesktopOptions, x11};
use bus::BusServices;
use model::{Clock, SensorKind, Unsupported};
use std::sync::Arc;
use supplies::PowerSupplies;

pub(crate) fn open(desktop: &mut Desktop, options: &DesktopOptions, clock: &Arc<dyn Clock>) {
    x11::open(desktop, options, clock);
    let supplies = PowerSupplies::at(options.power_root.clone());
    let battery = supplies.read();
    desktop.note(
        "power",
        match battery {
            Some(power) => format!("a battery at {} %", power.percent),
            None => format!("no battery in {}", options.power_root.display()),
        },
    );
    if battery.is_none() {
        desktop.declare_unsupported(SensorKind::Power, Unsupported::new("no battery", ""));
    }
    let supplies = battery.map(|_| supplies);

    let reach = match bus::probe(&options.bus, options.session.as_deref()) {
        Ok(reach) => reach,
        Err(why) => {
            desktop.note("logind", why.reason.clone());
            desktop.declare_unsupported(SensorKind::Session, why);
            BusServices::default()
        }
    };
    for note in &reach.notes {
        desktop.note("logind", note.clone());
    }
    let listens = reach.logind || (reach.upower && supplies.is_some());
    if reach.logind {
        desktop.declare_supported(
            SensorKind::Session,
            match &reach.session {
                Some(_) => "logind on the system bus (lock and sleep)",
                None => "logind on the system bus (sleep only: uam does not run in a session)",
            },
        );
    } else {
        desktop.declare_unsupported(
            SensorKind::Session,
            Unsupported::new(
                "logind is not on the system bus",
                "lock and sleep are told by systemd-logind or elogind",
            ),
        );
    }
    let Some(supplies) = supplies else {
        if listens {
            desktop.add_task(Box::new(listen::SessionListener::new(
                options, clock, reach, None,
            )));
        }
        return;
    };
    if reach.upower {
        desktop.declare_supported(SensorKind::Power, "power supplies, changes told by UPower");
        let source = listen::SessionListener::new(options, clock, reach, Some(supplies));
        desktop.add_task(Box::new(source));
        return;
    }
    let every = options.power_poll;
    desktop.declare_supported(
        SensorKind::Power,
        format!("power supplies, read every {} s", every.as_secs()),
    );
    if listens {
        desktop.add_task(Box::new(listen::SessionListener::new(
            options, clock, reach, None,
        )));
    }
    desktop.add_task(Box::new(poll::PowerPoll {
        supplies,
        every,
        clock: Arc::clone(clock),
    }));
}
