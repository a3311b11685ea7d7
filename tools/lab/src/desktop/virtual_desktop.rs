//! The X server and its window manager.

use super::wait::wait_until;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt, PropMode};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// One desktop, no key or button bindings that would swallow what a typist types, click to focus.
const OPENBOX_CONFIG: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse><raiseOnFocus>no</raiseOnFocus></focus>
  <placement><policy>Smart</policy></placement>
  <desktops><number>1</number><firstdesk>1</firstdesk><popupTime>0</popupTime></desktops>
  <keyboard/>
  <mouse>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
  </mouse>
  <applications/>
</openbox_config>
"#;

/// The parts of a virtual desktop.
#[derive(Clone, Debug)]
pub struct DesktopSpec {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Whether a window manager runs.
    pub window_manager: bool,
    /// Display number; `None` takes a free one.
    pub display: Option<u32>,
    /// Further arguments for Xvfb, such as `-extension MIT-SHM`.
    pub server_args: Vec<String>,
}

impl DesktopSpec {
    /// A desktop of this size with a window manager on a free display.
    #[must_use]
    pub fn new(width: u16, height: u16) -> Self {
        Self {
            width,
            height,
            window_manager: true,
            display: None,
            server_args: Vec::new(),
        }
    }

    /// The same without a window manager.
    #[must_use]
    pub fn without_window_manager(mut self) -> Self {
        self.window_manager = false;
        self
    }

    /// The same on display `:number`.
    #[must_use]
    pub fn on_display(mut self, number: u32) -> Self {
        self.display = Some(number);
        self
    }

    /// The same with further arguments for Xvfb.
    #[must_use]
    pub fn with_server_args(mut self, args: &[&str]) -> Self {
        self.server_args
            .extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }
}

/// A running X server, with a window manager unless told otherwise. Both are killed on drop.
pub struct VirtualDesktop {
    server: Child,
    manager: Option<Child>,
    number: u32,
    home: TempDir,
}

impl VirtualDesktop {
    /// Starts a desktop of `width` × `height` pixels on a free display and waits until it is ready.
    ///
    /// # Errors
    /// When Xvfb or openbox is missing (the message names the packages) or does not start.
    pub fn start(width: u16, height: u16) -> Result<Self> {
        Self::start_with(&DesktopSpec::new(width, height))
    }

    /// Starts a desktop as `spec` says and waits until it is ready.
    ///
    /// # Errors
    /// When Xvfb or openbox is missing (the message names the packages) or does not start.
    pub fn start_with(spec: &DesktopSpec) -> Result<Self> {
        let home = TempDir::new().context("no temporary directory for the virtual desktop")?;
        let (server, number) = start_server(spec, home.path())?;
        let mut desktop = Self {
            server,
            manager: None,
            number,
            home,
        };
        if spec.window_manager {
            desktop.start_window_manager()?;
        }
        Ok(desktop)
    }

    /// Starts the window manager and waits until it manages; nothing happens when it already runs.
    ///
    /// # Errors
    /// When openbox is missing or does not start.
    pub fn start_window_manager(&mut self) -> Result<()> {
        if self.manager.is_some() {
            return Ok(());
        }
        let config = self.home.path().join("openbox.xml");
        std::fs::write(&config, OPENBOX_CONFIG)?;
        let log = std::fs::File::create(self.home.path().join("openbox.log"))?;
        let mut command = Command::new("openbox");
        command
            .arg("--sm-disable")
            .arg("--config-file")
            .arg(&config)
            .env("DISPLAY", self.display())
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path())
            .env("XDG_CACHE_HOME", self.home.path())
            .env("XDG_DATA_HOME", self.home.path())
            .env_remove("XAUTHORITY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let manager = command.spawn().map_err(|e| missing("openbox", &e))?;
        let manager = self.manager.insert(manager);
        let display = format!(":{}", self.number);
        let log = self.home.path().join("openbox.log");
        wait_until("openbox manages the display", || {
            if let Some(status) = manager.try_wait()? {
                bail!("openbox ended with {status}: {}", read_log(&log));
            }
            let (conn, root) = connect_to(&display)?;
            let has = |name: &str| -> Result<bool> {
                let atom = conn.intern_atom(false, name.as_bytes())?.reply()?.atom;
                let property = conn.get_property(false, root, atom, AtomEnum::ANY, 0, 1)?;
                Ok(property.reply()?.type_ != 0)
            };
            let manages = has("_NET_SUPPORTING_WM_CHECK")? && has("_NET_CLIENT_LIST")?;
            Ok(manages.then_some(()))
        })
    }

    /// Ends the window manager and waits until it is gone.
    pub fn stop_window_manager(&mut self) {
        if let Some(mut manager) = self.manager.take() {
            end(&mut manager);
        }
    }

    /// Kills the X server at once, as a crash would, and waits until it is gone.
    pub fn kill_server(&mut self) {
        end(&mut self.server);
        self.stop_window_manager();
    }

    /// The display's name, such as `":99"`.
    #[must_use]
    pub fn display(&self) -> String {
        format!(":{}", self.number)
    }

    /// The display's number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// A new connection to the display, and the root window.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn connect(&self) -> Result<(RustConnection, u32)> {
        connect_to(&self.display())
    }

    /// Sets the root window's `RESOURCE_MANAGER` text, such as `"Xft.dpi:\t192\n"`.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn set_resources(&self, text: &str) -> Result<()> {
        let (conn, root) = self.connect()?;
        let (name, kind) = (AtomEnum::RESOURCE_MANAGER, AtomEnum::STRING);
        let written =
            conn.change_property8(PropMode::REPLACE, root, name, kind, text.as_bytes())?;
        Ok(written.check()?)
    }
}

impl Drop for VirtualDesktop {
    fn drop(&mut self) {
        self.stop_window_manager();
        end(&mut self.server);
    }
}

/// Starts Xvfb; it writes the display number to its standard output once it accepts connections.
fn start_server(spec: &DesktopSpec, home: &Path) -> Result<(Child, u32)> {
    let log_path = home.join("xvfb.log");
    let mut command = Command::new("Xvfb");
    if let Some(number) = spec.display {
        command.arg(format!(":{number}"));
    }
    command
        .args(["-displayfd", "1", "-noreset", "-nolisten", "tcp"])
        .args(["-screen", "0"])
        .arg(format!("{}x{}x24", spec.width, spec.height))
        .args(&spec.server_args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log_path)?);
    let mut server = command.spawn().map_err(|e| missing("xvfb", &e))?;
    let mut line = String::new();
    if let Some(out) = server.stdout.take() {
        // Ends with the number's line, or with the server's end.
        BufReader::new(out).read_line(&mut line)?;
    }
    match line.trim().parse() {
        Ok(number) => Ok((server, number)),
        Err(_) => {
            end(&mut server);
            bail!("Xvfb did not start: {}", read_log(&log_path));
        }
    }
}

fn connect_to(display: &str) -> Result<(RustConnection, u32)> {
    let (conn, screen) = x11rb::connect(Some(display))?;
    let root = conn.setup().roots[screen].root;
    Ok((conn, root))
}

fn missing(package: &str, error: &std::io::Error) -> anyhow::Error {
    anyhow::anyhow!(
        "{package} cannot be started ({error}); the virtual desktop needs the Debian packages \
         `xvfb openbox`: sudo apt-get install xvfb openbox"
    )
}

fn read_log(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// Kills a child and waits for it.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
