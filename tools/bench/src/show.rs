//! A window that fills the screen with one of the drawn screens.

use crate::canvas::DrawnScreen;
use crate::screens;
use anyhow::{Context, Result};
use std::io::Read;
use std::path::Path;
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask,
    ImageFormat, PropMode, Screen, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// Shows the screen called `name`, prints `{"window":ID}` once its window is the active one, and returns when standard
/// input is closed. `save` gets the same screen as PPM.
///
/// # Errors
/// When there is no such screen, or no X server at `DISPLAY`.
pub(crate) fn show_screen(name: &str, save: Option<&Path>) -> Result<()> {
    let drawn = screens::draw_screen(name)?;
    if let Some(file) = save {
        fs_err::write(file, drawn.to_ppm())?;
    }
    let (conn, screen) = x11rb::connect(None).context("no X server at DISPLAY")?;
    let screen = &conn.setup().roots[screen];
    let size = (u16::try_from(drawn.width)?, u16::try_from(drawn.height)?);
    let pixmap = upload_pixmap(&conn, screen, &drawn, size)?;
    let window = open_window(&conn, screen, name, pixmap, size)?;
    wait_until_active(&conn, screen, window, size)?;
    println!("{}", serde_json::json!({ "window": window }));
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn upload_pixmap(
    conn: &RustConnection,
    screen: &Screen,
    drawn: &DrawnScreen,
    (width, height): (u16, u16),
) -> Result<u32> {
    let pixmap = conn.generate_id()?;
    conn.create_pixmap(screen.root_depth, pixmap, screen.root, width, height)?;
    let gc = conn.generate_id()?;
    conn.create_gc(gc, pixmap, &CreateGCAux::new())?;
    let row = drawn.width as usize * 3;
    for (strip, rows) in drawn.rgb.chunks(row * 32).enumerate() {
        let bgrx: Vec<u8> = rows
            .chunks_exact(3)
            .flat_map(|p| [p[2], p[1], p[0], 0])
            .collect();
        let lines = u16::try_from(rows.len() / row)?;
        let y = i16::try_from(strip * 32)?;
        conn.put_image(
            ImageFormat::Z_PIXMAP,
            pixmap,
            gc,
            width,
            lines,
            0,
            y,
            0,
            screen.root_depth,
            &bgrx,
        )?;
    }
    Ok(pixmap)
}

fn find_atom(conn: &RustConnection, name: &str) -> Result<u32> {
    Ok(conn.intern_atom(false, name.as_bytes())?.reply()?.atom)
}

fn open_window(
    conn: &RustConnection,
    screen: &Screen,
    name: &str,
    pixmap: u32,
    (width, height): (u16, u16),
) -> Result<u32> {
    let window = conn.generate_id()?;
    // The X server itself repaints the window from its background: expose events need no answer.
    conn.create_window(
        COPY_DEPTH_FROM_PARENT,
        window,
        screen.root,
        0,
        0,
        width,
        height,
        0,
        WindowClass::INPUT_OUTPUT,
        screen.root_visual,
        &CreateWindowAux::new().background_pixmap(pixmap),
    )?;
    let title = format!("{name} - bench");
    let texts = [
        (
            AtomEnum::WM_NAME.into(),
            AtomEnum::STRING.into(),
            title.as_bytes(),
        ),
        (
            find_atom(conn, "_NET_WM_NAME")?,
            find_atom(conn, "UTF8_STRING")?,
            title.as_bytes(),
        ),
        (
            AtomEnum::WM_CLASS.into(),
            AtomEnum::STRING.into(),
            b"bench\0Bench\0",
        ),
    ];
    for (property, kind, text) in texts {
        conn.change_property8(PropMode::REPLACE, window, property, kind, text)?;
    }
    conn.change_property32(
        PropMode::REPLACE,
        window,
        find_atom(conn, "_NET_WM_PID")?,
        AtomEnum::CARDINAL,
        &[std::process::id()],
    )?;
    conn.change_property32(
        PropMode::REPLACE,
        window,
        find_atom(conn, "_NET_WM_STATE")?,
        AtomEnum::ATOM,
        &[find_atom(conn, "_NET_WM_STATE_FULLSCREEN")?],
    )?;
    conn.map_window(window)?;
    conn.flush()?;
    Ok(window)
}

fn wait_until_active(
    conn: &RustConnection,
    screen: &Screen,
    window: u32,
    wanted: (u16, u16),
) -> Result<()> {
    let active = find_atom(conn, "_NET_ACTIVE_WINDOW")?;
    lab::desktop::wait_until("the window is active and fills the screen", || {
        let answer = conn
            .get_property(false, screen.root, active, AtomEnum::WINDOW, 0, 1)?
            .reply()?;
        let focused = answer.value32().and_then(|mut v| v.next()) == Some(window);
        let size = conn.get_geometry(window)?.reply()?;
        if focused && (size.width, size.height) == wanted {
            return Ok(Some(()));
        }
        if !focused {
            // Source 2: a request from a pager, which no window manager's focus policy refuses.
            let request = ClientMessageEvent::new(32, window, active, [2, 0, 0, 0, 0]);
            let mask = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_REDIRECT;
            conn.send_event(false, screen.root, mask, request)?;
            conn.flush()?;
        }
        Ok(None)
    })
}
