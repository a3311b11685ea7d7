//! Top-level windows whose every pixel is known.

use super::wait::wait_until;
use super::window_spec::WindowSpec;
use anyhow::{Context, Result, bail};
use std::time::{Duration, Instant};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConfigureWindowAux, ConnectionExt,
    CreateGCAux, CreateWindowAux, EventMask, ImageFormat, MapState, PropMode, StackMode,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        _NET_ACTIVE_WINDOW,
        _NET_SUPPORTING_WM_CHECK,
        _NET_WM_NAME,
        _NET_WM_PID,
        _NET_FRAME_EXTENTS,
        _MOTIF_WM_HINTS,
        UTF8_STRING,
        WM_CHANGE_STATE,
        WM_CLIENT_MACHINE,
        WM_STATE,
    }
}

/// A mapped top-level window with a connection of its own. Closed on drop.
///
/// Its content is the window's background, so the server itself repaints it and no thread has to.
pub struct TestWindow {
    conn: RustConnection,
    root: u32,
    atoms: Atoms,
    id: u32,
    spec: WindowSpec,
}

impl TestWindow {
    /// Opens a window on `display` and waits until it is mapped (and managed, where there is a window manager).
    ///
    /// # Errors
    /// When the server is gone or the window never appears.
    pub fn open(display: &str, spec: WindowSpec) -> Result<Self> {
        let (conn, screen_number) = x11rb::connect(Some(display))
            .with_context(|| format!("no connection to display {display}"))?;
        let screen = conn.setup().roots[screen_number].clone();
        let atoms = Atoms::new(&conn)?.reply()?;
        let id = conn.generate_id()?;
        conn.create_window(
            screen.root_depth,
            id,
            screen.root,
            spec.x,
            spec.y,
            spec.width,
            spec.height,
            0,
            WindowClass::INPUT_OUTPUT,
            screen.root_visual,
            &CreateWindowAux::new().override_redirect(u32::from(spec.unmanaged)),
        )?;
        let window = Self {
            conn,
            root: screen.root,
            atoms,
            id,
            spec,
        };
        window.paint(screen.root_depth)?;
        window.describe()?;
        window.conn.map_window(id)?.check()?;
        let mut asked = Instant::now();
        wait_until("the window is mapped and framed", || {
            // A window manager that has only just started may overlook the first request.
            if asked.elapsed() > Duration::from_millis(500) {
                window.conn.map_window(id)?.check()?;
                asked = Instant::now();
            }
            let attributes = window.conn.get_window_attributes(id)?.reply()?;
            let viewable = attributes.map_state == MapState::VIEWABLE;
            Ok((viewable && window.is_framed()?).then_some(()))
        })?;
        Ok(window)
    }

    /// Makes the content the window's background.
    fn paint(&self, depth: u8) -> Result<()> {
        let (conn, id, spec) = (&self.conn, self.id, &self.spec);
        let pixmap = conn.generate_id()?;
        conn.create_pixmap(depth, pixmap, id, spec.width, spec.height)?;
        let gc = conn.generate_id()?;
        conn.create_gc(gc, pixmap, &CreateGCAux::new())?;
        for y in 0..spec.height {
            let mut row = Vec::with_capacity(usize::from(spec.width) * 4);
            for x in 0..spec.width {
                let rgb = spec.fill.pixel(u32::from(x), u32::from(y));
                row.extend_from_slice(&rgb.to_le_bytes());
            }
            let top = i16::try_from(y)?;
            let (width, form) = (spec.width, ImageFormat::Z_PIXMAP);
            conn.put_image(form, pixmap, gc, width, 1, 0, top, 0, depth, &row)?;
        }
        let background = ChangeWindowAttributesAux::new().background_pixmap(pixmap);
        conn.change_window_attributes(id, &background)?.check()?;
        conn.free_pixmap(pixmap)?;
        conn.free_gc(gc)?;
        Ok(())
    }

    /// Writes the usual properties of a program's window.
    fn describe(&self) -> Result<()> {
        let spec = &self.spec;
        let class = format!("{}\0{}\0", spec.class.to_lowercase(), spec.class);
        self.write_bytes(AtomEnum::WM_CLASS, AtomEnum::STRING, class.as_bytes())?;
        if let Some(pid) = spec.pid {
            self.write_numbers(self.atoms._NET_WM_PID, AtomEnum::CARDINAL, &[pid])?;
        }
        if !spec.decorated {
            let hints = self.atoms._MOTIF_WM_HINTS;
            self.write_numbers(hints, hints, &[2, 0, 0, 0, 0])?;
        }
        // Position asked for by the user (flag USPosition), so that no window manager places it elsewhere.
        let mut hints = [0; 18];
        hints[0] = 1;
        self.write_numbers(AtomEnum::WM_NORMAL_HINTS, AtomEnum::WM_SIZE_HINTS, &hints)?;
        self.set_title(&spec.title)
    }

    /// Whether the window manager has done its part; true where there is none to do it.
    fn is_framed(&self) -> Result<bool> {
        let has = |window, property| -> Result<bool> {
            Ok(!self.read_numbers(window, property)?.is_empty())
        };
        Ok(self.spec.unmanaged
            || !has(self.root, self.atoms._NET_SUPPORTING_WM_CHECK)?
            || has(self.id, self.atoms._NET_FRAME_EXTENTS)?)
    }

    /// The window's number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Its specification.
    #[must_use]
    pub fn spec(&self) -> &WindowSpec {
        &self.spec
    }

    /// Sets the title (only `WM_NAME` where the spec says so, characters beyond Latin-1 becoming `?`).
    ///
    /// # Errors
    /// When the server is gone.
    pub fn set_title(&self, title: &str) -> Result<()> {
        if !self.spec.legacy_title {
            let (name, text) = (self.atoms._NET_WM_NAME, self.atoms.UTF8_STRING);
            self.write_bytes(name, text, title.as_bytes())?;
        }
        let latin: Vec<u8> = title
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
            .collect();
        self.write_bytes(AtomEnum::WM_NAME, AtomEnum::STRING, &latin)
    }

    /// Sets any property of the window, whatever its content.
    ///
    /// # Errors
    /// When the server is gone or refuses.
    pub fn set_property(&self, name: &str, type_name: &str, bytes: &[u8]) -> Result<()> {
        self.write_bytes(self.find_atom(name)?, self.find_atom(type_name)?, bytes)
    }

    /// Sets any property of the window to 32-bit numbers.
    ///
    /// # Errors
    /// When the server is gone or refuses.
    pub fn set_numbers(&self, name: &str, type_name: &str, numbers: &[u32]) -> Result<()> {
        self.write_numbers(self.find_atom(name)?, self.find_atom(type_name)?, numbers)
    }

    fn find_atom(&self, name: &str) -> Result<u32> {
        Ok(self.conn.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }

    fn write_bytes(
        &self,
        property: impl Into<u32>,
        kind: impl Into<u32>,
        bytes: &[u8],
    ) -> Result<()> {
        let (property, kind) = (property.into(), kind.into());
        let written =
            self.conn
                .change_property8(PropMode::REPLACE, self.id, property, kind, bytes)?;
        Ok(written.check()?)
    }

    fn write_numbers(
        &self,
        property: impl Into<u32>,
        kind: impl Into<u32>,
        numbers: &[u32],
    ) -> Result<()> {
        let (property, kind) = (property.into(), kind.into());
        let written =
            self.conn
                .change_property32(PropMode::REPLACE, self.id, property, kind, numbers)?;
        Ok(written.check()?)
    }

    /// At most four numbers of a window's property; none without it.
    fn read_numbers(&self, window: u32, property: u32) -> Result<Vec<u32>> {
        let reply = self
            .conn
            .get_property(false, window, property, AtomEnum::ANY, 0, 4)?
            .reply()?;
        Ok(reply.value32().into_iter().flatten().collect())
    }

    /// Asks the window manager to activate it, as a task bar does. Does not wait.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn request_activation(&self) -> Result<()> {
        self.message(self.atoms._NET_ACTIVE_WINDOW, [2, 0, 0, 0, 0])
    }

    /// Activates it and waits until it is the active window.
    ///
    /// # Errors
    /// When the server is gone or the window manager refuses.
    pub fn activate(&self) -> Result<()> {
        self.request_activation()?;
        wait_until("the window is active", || {
            Ok((self.active()? == self.id).then_some(()))
        })
    }

    /// The number of the active window; 0 for none.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn active(&self) -> Result<u32> {
        let active = self.read_numbers(self.root, self.atoms._NET_ACTIVE_WINDOW)?;
        Ok(active.first().copied().unwrap_or(0))
    }

    /// Minimises it and waits until it is hidden.
    ///
    /// # Errors
    /// When the server is gone or the window manager refuses.
    pub fn minimise(&self) -> Result<()> {
        self.message(self.atoms.WM_CHANGE_STATE, [3, 0, 0, 0, 0])?;
        wait_until("the window is minimised", || {
            let attributes = self.conn.get_window_attributes(self.id)?.reply()?;
            let hidden = attributes.map_state != MapState::VIEWABLE;
            Ok(hidden.then_some(()))
        })
    }

    /// Raises it above the other windows.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn raise(&self) -> Result<()> {
        let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
        Ok(self.conn.configure_window(self.id, &above)?.check()?)
    }

    /// Position and size of the inside on the screen: x, y, width, height.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn inside(&self) -> Result<(i16, i16, u16, u16)> {
        let size = self.conn.get_geometry(self.id)?.reply()?;
        let place = self
            .conn
            .translate_coordinates(self.id, self.root, 0, 0)?
            .reply()?;
        Ok((place.dst_x, place.dst_y, size.width, size.height))
    }

    /// Widths of the frame: left, right, top, bottom, in pixels.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn frame_extents(&self) -> Result<[u32; 4]> {
        let values = self.read_numbers(self.id, self.atoms._NET_FRAME_EXTENTS)?;
        match values.as_slice() {
            [left, right, top, bottom] => Ok([*left, *right, *top, *bottom]),
            [] => Ok([0; 4]),
            other => bail!("_NET_FRAME_EXTENTS holds {} numbers", other.len()),
        }
    }

    /// Takes the whole server for this window's connection: no other client is answered until the window is dropped.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn grab_server(&self) -> Result<()> {
        Ok(self.conn.grab_server()?.check()?)
    }

    /// Closes it and waits until the server has done so.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn close(self) -> Result<()> {
        Ok(self.conn.destroy_window(self.id)?.check()?)
    }

    /// Sends a client message about this window to the root, where the window manager reads it.
    fn message(&self, kind: u32, data: [u32; 5]) -> Result<()> {
        let event = ClientMessageEvent::new(32, self.id, kind, data);
        let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        let sent = self.conn.send_event(false, self.root, mask, event)?;
        Ok(sent.check()?)
    }
}
