//! The session of a desktop: a message bus of its own, a panel with a tray (xfce4-panel), and a notification service
//! (dunst). Each can be stopped and started again.

use super::wait::wait_until;
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const PACKAGES: &str = "the session needs the Debian packages dbus, xfce4-panel and dunst: sudo apt-get install dbus \
                        xfce4-panel dunst";

/// The service that knows the tray and its items.
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// Height of the panel, in pixels. It is at the upper edge of the display.
pub const PANEL_HEIGHT: u16 = 32;

/// A message bus, and the programs started on it. All of them are killed on drop.
pub struct DesktopSession {
    display: String,
    home: TempDir,
    bus: Option<Child>,
    panel: Option<Child>,
    notifications: Option<Child>,
}

impl DesktopSession {
    /// Starts the bus for `display`, without further programs.
    ///
    /// # Errors
    /// When dbus-daemon is missing or does not start.
    pub fn start(display: &str) -> Result<Self> {
        let home = TempDir::new().context("no temporary directory for the session")?;
        let mut session = Self {
            display: display.to_owned(),
            home,
            bus: None,
            panel: None,
            notifications: None,
        };
        session.write_config()?;
        session.start_bus()?;
        Ok(session)
    }

    /// The bus's address, for `DBUS_SESSION_BUS_ADDRESS`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("unix:path={}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.home.path().join("bus")
    }

    /// A program of this session, which inherits nothing but `PATH`.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let home = self.home.path();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", self.address())
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_RUNTIME_DIR", home)
            .env("LC_ALL", "C.UTF-8")
            // No bus of its own for screen readers.
            .env("NO_AT_BRIDGE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// The bus knows how to start the panel's settings daemon, and nothing else.
    fn write_config(&self) -> Result<()> {
        let home = self.home.path();
        let services = home.join("services");
        std::fs::create_dir(&services)?;
        let service = Path::new("/usr/share/dbus-1/services/org.xfce.Xfconf.service");
        if service.exists() {
            std::fs::copy(service, services.join("org.xfce.Xfconf.service"))?;
        }
        let text = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
             <servicedir>{}</servicedir><policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            self.socket().display(),
            services.display()
        );
        std::fs::write(home.join("bus.conf"), text)?;
        Ok(())
    }

    /// Starts the bus again after [`DesktopSession::stop_bus`].
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_bus(&mut self) -> Result<()> {
        let _ = std::fs::remove_file(self.socket());
        let config = self.home.path().join("bus.conf");
        let mut command = self.command("dbus-daemon");
        command
            .args(["--nofork", "--print-address=1"])
            .arg(format!("--config-file={}", config.display()))
            .stdout(Stdio::piped());
        let daemon = command.spawn().context(PACKAGES)?;
        let daemon = self.bus.insert(daemon);
        let mut line = String::new();
        if let Some(out) = daemon.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        ensure!(
            line.starts_with("unix:path="),
            "the bus did not start: {line:?}"
        );
        Ok(())
    }

    /// Kills the bus and every program on it.
    pub fn stop_bus(&mut self) {
        end(&mut self.panel);
        end(&mut self.notifications);
        end(&mut self.bus);
    }

    /// Starts the panel, in light or dark colours, and waits until its tray takes icons.
    ///
    /// # Errors
    /// When xfce4-panel is missing or does not start.
    pub fn start_panel(&mut self, dark: bool) -> Result<()> {
        end(&mut self.panel);
        if self.has("org.xfce.Xfconf") {
            // The settings daemon read its file at its first start; later changes are sent to it.
            self.paint_panel(dark)?;
        }
        let folder = self
            .home
            .path()
            .join("config/xfce4/xfconf/xfce-perchannel-xml");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("xfce4-panel.xml"), panel_settings(dark))?;
        let log = std::fs::File::create(self.home.path().join("panel.log"))?;
        let panel = self
            .command("xfce4-panel")
            .arg("--disable-wm-check")
            .stderr(log)
            .spawn()
            .context(PACKAGES)?;
        self.panel = Some(panel);
        wait_until(&format!("a tray is on the bus ({PACKAGES})"), || {
            let answer = self.read_watcher("IsStatusNotifierHostRegistered");
            Ok(answer.ok().filter(|text| text.contains("true")).map(drop))
        })
    }

    fn paint_panel(&self, dark: bool) -> Result<()> {
        let (grey, dark) = (grey(dark), dark.to_string());
        let rgba = ["-s", grey, "-s", grey, "-s", grey, "-s", "1"];
        for (property, values) in [
            ("/panels/dark-mode", &["-s", &dark][..]),
            ("/panels/panel-1/background-rgba", &rgba[..]),
        ] {
            let done = self
                .command("xfconf-query")
                .args(["-c", "xfce4-panel", "-p", property])
                .args(values)
                .status()
                .context(PACKAGES)?;
            ensure!(done.success(), "{property} cannot be set: {done}");
        }
        Ok(())
    }

    /// Ends the panel as a crash would, and waits until its tray is gone.
    ///
    /// # Errors
    /// When the tray stays.
    pub fn stop_panel(&mut self) -> Result<()> {
        end(&mut self.panel);
        self.gone(WATCHER)
    }

    /// The panel's process.
    #[must_use]
    pub fn panel(&self) -> Option<u32> {
        self.panel.as_ref().map(Child::id)
    }

    /// Starts the notification service and waits until it is there.
    ///
    /// # Errors
    /// When dunst is missing or does not start.
    pub fn start_notifications(&mut self) -> Result<()> {
        end(&mut self.notifications);
        let config = self.home.path().join("dunstrc");
        std::fs::write(&config, "[global]\nmarkup = full\nformat = \"%s|%b\"\n")?;
        let service = self
            .command("dunst")
            .arg("-conf")
            .arg(&config)
            .spawn()
            .context(PACKAGES)?;
        self.notifications = Some(service);
        wait_until(
            &format!("notifications are on the bus ({PACKAGES})"),
            || Ok(self.has("org.freedesktop.Notifications").then_some(())),
        )
    }

    /// Ends the notification service, and waits until it is gone.
    ///
    /// # Errors
    /// When it stays.
    pub fn stop_notifications(&mut self) -> Result<()> {
        end(&mut self.notifications);
        self.gone("org.freedesktop.Notifications")
    }

    /// The notification service's process.
    #[must_use]
    pub fn notifications(&self) -> Option<u32> {
        self.notifications.as_ref().map(Child::id)
    }

    /// All notifications so far, the newest first, as dbus-send prints them.
    ///
    /// # Errors
    /// When the service does not answer.
    pub fn shown_notifications(&self) -> Result<String> {
        let ask = |method: &str| {
            self.call(
                "org.freedesktop.Notifications",
                "/org/freedesktop/Notifications",
                &format!("org.dunstproject.cmd0.{method}"),
                &[],
            )
        };
        // Open notifications are in no list; closed ones are.
        ask("NotificationCloseAll")?;
        ask("NotificationListHistory")
    }

    /// Calls `method` (with its interface) of `name` at `path`; the answer as dbus-send prints it.
    ///
    /// # Errors
    /// The error of the called program, or of dbus-send.
    pub fn call(&self, name: &str, path: &str, method: &str, args: &[&str]) -> Result<String> {
        let out = self
            .command("dbus-send")
            .args(["--session", "--print-reply", "--reply-timeout=5000"])
            .arg(format!("--dest={name}"))
            .args([path, method])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .context(PACKAGES)?;
        if !out.status.success() {
            bail!("{method}: {}", String::from_utf8_lossy(&out.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    }

    /// Whether the name `name` has an owner on the bus.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let answer = self.call(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus.NameHasOwner",
            &[&format!("string:{name}")],
        );
        answer.is_ok_and(|text| text.contains("true"))
    }

    fn gone(&self, name: &str) -> Result<()> {
        wait_until(&format!("{name} is gone"), || {
            Ok((!self.has(name)).then_some(()))
        })
    }

    /// The names of the items in the tray.
    ///
    /// # Errors
    /// When there is no tray.
    pub fn items(&self) -> Result<String> {
        self.read_watcher("RegisteredStatusNotifierItems")
    }

    fn read_watcher(&self, property: &str) -> Result<String> {
        self.call(
            WATCHER,
            "/StatusNotifierWatcher",
            "org.freedesktop.DBus.Properties.Get",
            &[&format!("string:{WATCHER}"), &format!("string:{property}")],
        )
    }
}

impl Drop for DesktopSession {
    fn drop(&mut self) {
        self.stop_bus();
    }
}

/// Kills a child and waits for it.
fn end(child: &mut Option<Child>) {
    if let Some(mut child) = child.take() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Brightness of the panel's background, from 0 (black) to 1 (white).
fn grey(dark: bool) -> &'static str {
    if dark { "0.13" } else { "0.95" }
}

/// One panel along the upper edge with nothing in it but a tray.
fn panel_settings(dark: bool) -> String {
    let grey = grey(dark);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="{dark}"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="{PANEL_HEIGHT}"/>
      <property name="icon-size" type="uint" value="24"/>
      <property name="background-style" type="uint" value="1"/>
      <property name="background-rgba" type="array">
        <value type="double" value="{grey}"/><value type="double" value="{grey}"/>
        <value type="double" value="{grey}"/><value type="double" value="1"/>
      </property>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
      <property name="icon-size" type="int" value="24"/>
    </property>
  </property>
</channel>
"#
    )
}
