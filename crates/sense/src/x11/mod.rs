//! The X11 desktop: window, input and idle by events of one connection, screenshots through a second one.

mod camera;
mod focus;
mod idle;
mod input;
mod link;
mod segment;
mod sensor;
mod survey;
mod text;
mod time;
mod window;

use crate::{Desktop, DesktopOptions};
use link::{X11Connection, X11Error};
use model::{Clock, SensorKind, Unsupported};
use sensor::{X11Extensions, X11Task};
use std::sync::Arc;
use x11rb::connection::Connection;
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::xproto::ConnectionExt as _;

const CONCERNS: [SensorKind; 4] = [
    SensorKind::Window,
    SensorKind::Input,
    SensorKind::Idle,
    SensorKind::Screen,
];

/// Adds what the X server can serve to `desktop`.
pub(crate) fn open(desktop: &mut Desktop, options: &DesktopOptions, clock: &Arc<dyn Clock>) {
    let display = options.display.as_deref();
    let shown = display.unwrap_or("the DISPLAY of the environment");
    let link = match X11Connection::open(display) {
        Ok(link) => link,
        Err(error) => {
            desktop.note("x11", format!("{shown}: {error}"));
            let why = Unsupported::new(
                format!("no X server answers at {shown}: {error}"),
                "start uam inside an X11 session, or name its display (such as :0)",
            );
            return refuse_all(desktop, &why);
        }
    };
    if let Err(error) = fill(desktop, options, clock, link) {
        desktop.note("x11", format!("probing ended early: {error}"));
        let why = Unsupported::new(
            format!("the X server at {shown} broke off: {error}"),
            "start uam again",
        );
        refuse_all(desktop, &why);
    }
}

fn refuse_all(desktop: &mut Desktop, why: &Unsupported) {
    for concern in CONCERNS {
        desktop.declare_unsupported(concern, why.clone());
    }
}

fn fill(
    desktop: &mut Desktop,
    options: &DesktopOptions,
    clock: &Arc<dyn Clock>,
    link: X11Connection,
) -> Result<(), X11Error> {
    let setup = link.conn.setup();
    let vendor = String::from_utf8_lossy(&setup.vendor).into_owned();
    desktop.note(
        "x11",
        format!("connected to {vendor} release {}", setup.release_number),
    );
    if is_xwayland(&link)? {
        desktop.note("x11", "this is Xwayland, refused");
        let why = Unsupported::new(
            "this is a Wayland session: its X server sees only some windows and only part of the input",
            "log in to an X11 (\"Xorg\") session",
        );
        refuse_all(desktop, &why);
        return Ok(());
    }
    match window::manager(&link)? {
        Some(name) => {
            desktop.note("x11", format!("window manager {name}"));
            let by = format!("X11 property events ({name})");
            desktop.declare_supported(SensorKind::Window, by);
        }
        None => {
            desktop.note("x11", "no window manager that follows EWMH: input focus");
            desktop.declare_supported(
                SensorKind::Window,
                "X11 input focus (no window manager runs)",
            );
        }
    }
    let plan = X11Extensions::probe(&link)?;
    match &plan.input {
        Ok(_) => desktop.declare_supported(SensorKind::Input, "XInput 2 raw events"),
        Err(reason) => {
            desktop.declare_unsupported(SensorKind::Input, Unsupported::new(reason, NEWER))
        }
    }
    match &plan.idle {
        Ok(means) => desktop.declare_supported(SensorKind::Idle, means.word()),
        Err(reason) => {
            desktop.declare_unsupported(SensorKind::Idle, Unsupported::new(reason, NEWER))
        }
    }
    match camera::ScreenCapture::probe(&link, options.display.clone())? {
        Ok((camera, by)) => {
            desktop.declare_supported(SensorKind::Screen, by);
            desktop.set_screen(Box::new(camera));
        }
        Err(why) => desktop.declare_unsupported(SensorKind::Screen, why),
    }
    for (what, outcome) in [
        ("input", plan.input.as_ref().err()),
        ("idle", plan.idle.as_ref().err()),
    ] {
        if let Some(reason) = outcome {
            desktop.note("x11", format!("{what}: {reason}"));
        }
    }
    desktop.add_task(Box::new(X11Task {
        options: options.clone(),
        clock: Arc::clone(clock),
        concerns: plan.concerns(),
        first: Some((link, plan)),
    }));
    Ok(())
}

const NEWER: &str = "use an X server of the last ten years";

/// Xwayland says so by an extension of its name (since 2023) or by its outputs' names.
fn is_xwayland(link: &X11Connection) -> Result<bool, X11Error> {
    if link.conn.query_extension(b"XWAYLAND")?.reply()?.present {
        return Ok(true);
    }
    let resources = link
        .conn
        .randr_get_screen_resources_current(link.root)
        .map_err(X11Error::from);
    // A server without RandR answers with an error, and is no Xwayland.
    let Ok(cookie) = resources else {
        return Ok(false);
    };
    let Some(resources) = link::ignore_missing_window(cookie.reply())? else {
        return Ok(false);
    };
    for output in resources.outputs.iter().take(4) {
        let info = link
            .conn
            .randr_get_output_info(*output, resources.config_timestamp)?
            .reply();
        if link::ignore_missing_window(info)?.is_some_and(|info| info.name.starts_with(b"XWAYLAND"))
        {
            return Ok(true);
        }
    }
    Ok(false)
}
