//! `bench-show NAME [--save FILE]`: fills the screen with a window that shows one of the drawn screens, prints
//! `{"window":ID}` once it is the active one, and ends when its input is closed. FILE gets the same picture as PPM.
#![allow(clippy::print_stdout, reason = "the answer to the caller")]

use anyhow::{Context, Result, bail};
use bench::screens;
use std::io::Read;
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask,
    ImageFormat, PropMode, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (name, save) = match args.as_slice() {
        [name] => (name, None),
        [name, option, file] if option == "--save" => (name, Some(file)),
        _ => bail!(
            "usage: bench-show NAME [--save FILE]; names: {}",
            screens::NAMES.join(", ")
        ),
    };
    let picture = screens::draw(name)?;
    if let Some(file) = save {
        std::fs::write(file, picture.ppm()).with_context(|| format!("writing {file}"))?;
    }
    let (conn, screen) = x11rb::connect(None).context("no X server at DISPLAY")?;
    let screen = &conn.setup().roots[screen];
    let (width, height) = (
        u16::try_from(picture.width)?,
        u16::try_from(picture.height)?,
    );

    // The server itself repaints the window from its background, so nobody needs to answer expose events.
    let pixmap = conn.generate_id()?;
    conn.create_pixmap(screen.root_depth, pixmap, screen.root, width, height)?;
    let gc = conn.generate_id()?;
    conn.create_gc(gc, pixmap, &CreateGCAux::new())?;
    let row = picture.width as usize * 3;
    for (strip, rows) in picture.rgb.chunks(row * 32).enumerate() {
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
    let window = conn.generate_id()?;
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
    let atom =
        |name: &str| -> Result<u32> { Ok(conn.intern_atom(false, name.as_bytes())?.reply()?.atom) };
    let title = format!("{name} - bench");
    conn.change_property8(
        PropMode::REPLACE,
        window,
        AtomEnum::WM_NAME,
        AtomEnum::STRING,
        title.as_bytes(),
    )?;
    conn.change_property8(
        PropMode::REPLACE,
        window,
        atom("_NET_WM_NAME")?,
        atom("UTF8_STRING")?,
        title.as_bytes(),
    )?;
    conn.change_property8(
        PropMode::REPLACE,
        window,
        AtomEnum::WM_CLASS,
        AtomEnum::STRING,
        b"bench\0Bench\0",
    )?;
    conn.change_property32(
        PropMode::REPLACE,
        window,
        atom("_NET_WM_PID")?,
        AtomEnum::CARDINAL,
        &[std::process::id()],
    )?;
    conn.change_property32(
        PropMode::REPLACE,
        window,
        atom("_NET_WM_STATE")?,
        AtomEnum::ATOM,
        &[atom("_NET_WM_STATE_FULLSCREEN")?],
    )?;
    conn.map_window(window)?;
    conn.flush()?;

    let active = atom("_NET_ACTIVE_WINDOW")?;
    lab::desktop::wait_until("the window is active and fills the screen", || {
        let answer = conn
            .get_property(false, screen.root, active, AtomEnum::WINDOW, 0, 1)?
            .reply()?;
        let focused = answer.value32().and_then(|mut v| v.next()) == Some(window);
        let size = conn.get_geometry(window)?.reply()?;
        if focused && (size.width, size.height) == (width, height) {
            return Ok(Some(()));
        }
        if !focused {
            // Source 2: a pager asks, which no window manager's focus policy refuses.
            let ask = ClientMessageEvent::new(32, window, active, [2, 0, 0, 0, 0]);
            let to = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_REDIRECT;
            conn.send_event(false, screen.root, to, ask)?;
            conn.flush()?;
        }
        Ok(None)
    })?;
    println!("{}", serde_json::json!({ "window": window }));
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
