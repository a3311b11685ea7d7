//! The X11 desktop: window, input and idle by events of one connection, screenshots through a second one.

mod active_window;
mod capture;
mod connection;
mod idle;
mod input;
mod server_time;
mod shared_memory;
mod task;
mod text_property;
mod visibility;
mod window_info;

use crate::desktop_builder::DesktopBuilder;
use crate::options::DesktopOptions;
use connection::{X11Connection, X11Error};
use model::{Clock, SensorKind, Unsupported};
use std::sync::Arc;
use task::{X11Extensions, X11Task};
use x11rb::connection::Connection;
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::xproto::ConnectionExt as _;

const SENSOR_KINDS: [SensorKind; 4] = [
    SensorKind::Window,
    SensorKind::Input,
    SensorKind::Idle,
    SensorKind::Screen,
];

/// Adds the sensors that the X server can serve.
pub(crate) fn add_sensors(
    builder: &mut DesktopBuilder,
    options: &DesktopOptions,
    clock: &Arc<dyn Clock>,
) {
    let display = options.display.as_deref();
    let shown = display.unwrap_or("$DISPLAY");
    let link = match X11Connection::open(display) {
        Ok(link) => link,
        Err(error) => {
            builder.add_note("x11", format!("{shown}: {error}"));
            let why = Unsupported::new(
                format!("no X server answers at {shown}"),
                "start uam inside an X11 session, or set DISPLAY (such as :0)",
            );
            return refuse_all(builder, &why);
        }
    };
    if let Err(error) = probe_server(builder, options, clock, link) {
        builder.add_note("x11", format!("probing ended early: {error}"));
        let why = Unsupported::new(
            format!("the X server at {shown} broke off: {error}"),
            "start uam again",
        );
        refuse_all(builder, &why);
    }
}

fn refuse_all(builder: &mut DesktopBuilder, why: &Unsupported) {
    for concern in SENSOR_KINDS {
        builder.declare_unsupported(concern, why.clone());
    }
}

fn probe_server(
    builder: &mut DesktopBuilder,
    options: &DesktopOptions,
    clock: &Arc<dyn Clock>,
    link: X11Connection,
) -> Result<(), X11Error> {
    let setup = link.conn.setup();
    let vendor = String::from_utf8_lossy(&setup.vendor).into_owned();
    builder.add_note(
        "x11",
        format!("connected to {vendor} release {}", setup.release_number),
    );
    if is_xwayland(&link)? {
        builder.add_note("x11", "this is Xwayland, refused");
        let why = Unsupported::new(
            "this is a Wayland session: its X server sees only some windows and only part of the input",
            "log in to an X11 (\"Xorg\") session",
        );
        refuse_all(builder, &why);
        return Ok(());
    }
    match window_info::find_manager(&link)? {
        Some(name) => {
            builder.add_note("x11", format!("window manager {name}"));
            let by = format!("X11 property events ({name})");
            builder.declare_supported(SensorKind::Window, by);
        }
        None => {
            builder.add_note("x11", "no window manager that follows EWMH: input focus");
            builder.declare_supported(
                SensorKind::Window,
                "X11 input focus (no window manager runs)",
            );
        }
    }
    let extensions = X11Extensions::probe(&link)?;
    match &extensions.input {
        Ok(_) => builder.declare_supported(SensorKind::Input, "XInput 2 raw events"),
        Err(reason) => {
            builder.declare_unsupported(SensorKind::Input, Unsupported::new(reason, NEWER))
        }
    }
    match &extensions.idle {
        Ok(means) => builder.declare_supported(SensorKind::Idle, means.describe()),
        Err(reason) => {
            builder.declare_unsupported(SensorKind::Idle, Unsupported::new(reason, NEWER))
        }
    }
    match capture::ScreenCapture::probe(&link, options.display.clone())? {
        Ok((capture, by)) => {
            builder.declare_supported(SensorKind::Screen, by);
            builder.set_capture(Box::new(capture));
        }
        Err(why) => builder.declare_unsupported(SensorKind::Screen, why),
    }
    for (name, outcome) in [
        ("input", extensions.input.as_ref().err()),
        ("idle", extensions.idle.as_ref().err()),
    ] {
        if let Some(reason) = outcome {
            builder.add_note("x11", format!("{name}: {reason}"));
        }
    }
    builder.add_task(Box::new(X11Task {
        options: options.clone(),
        clock: Arc::clone(clock),
        sensor_kinds: extensions.sensor_kinds(),
        first: Some((link, extensions)),
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
    let Some(resources) = connection::ignore_missing_window(cookie.reply())? else {
        return Ok(false);
    };
    for output in resources.outputs.iter().take(4) {
        let info = link
            .conn
            .randr_get_output_info(*output, resources.config_timestamp)?
            .reply();
        if connection::ignore_missing_window(info)?
            .is_some_and(|info| info.name.starts_with(b"XWAYLAND"))
        {
            return Ok(true);
        }
    }
    Ok(false)
}
