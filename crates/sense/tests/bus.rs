//! Lock, sleep and power on a private bus with mock services (Debian: `dbus`, `python3-dbusmock`).

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use lab::desktop::wait_until;
use model::{PowerState, SensorEvent, SensorKind, SensorSupport, TimedEvent};
use platform::bus::BusAddress;
use platform::clock::SystemClock;
use platform::metered::{Metered, query_metered};
use sense::{Desktop, DesktopOptions};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;
use tempfile::TempDir;
use zbus::{Connection, connection::Builder};

const MISSING: &str = "this test needs the Debian packages dbus and python3-dbusmock: sudo apt-get install dbus python3-dbusmock";
const SESSION: &str = "/org/freedesktop/login1/session/c7";

/// A bus daemon and the mock services on it, killed on drop.
struct MockBus {
    daemon: Child,
    services: Vec<Child>,
    address: String,
    home: TempDir,
}

impl MockBus {
    fn start() -> Self {
        let home = TempDir::new().unwrap();
        let address = format!("unix:path={}", home.path().join("bus").display());
        let daemon = Self::daemon(home.path());
        Self {
            daemon,
            services: Vec::new(),
            address,
            home,
        }
    }

    fn daemon(home: &Path) -> Child {
        let config = home.join("bus.conf");
        let socket = home.join("bus");
        let text = format!(
            "<busconfig><type>system</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            socket.display()
        );
        std::fs::write(&config, text).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .arg("--nofork")
            .arg("--print-address=1")
            .arg(format!("--config-file={}", config.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect(MISSING);
        let mut line = String::new();
        BufReader::new(daemon.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.starts_with("unix:path="), "{MISSING}: {line:?}");
        daemon
    }

    /// Starts a mock service and waits until it is on the bus.
    fn serve(&mut self, template: &str, name: &str) {
        let service = Command::new("/usr/bin/python3")
            .args(["-m", "dbusmock", "--system", "--template", template])
            .env("DBUS_SYSTEM_BUS_ADDRESS", &self.address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect(MISSING);
        self.services.push(service);
        wait_until(&format!("{name} is on the bus ({MISSING})"), || {
            let call = self.call(
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus",
                "NameHasOwner",
                &name,
            );
            Ok(call
                .ok()
                .and_then(|reply| reply.body().deserialize::<bool>().ok())
                .filter(|on| *on))
        })
        .unwrap();
    }

    /// Starts a mock NetworkManager that says this of its network.
    fn with_network(mut self, metered: u32) -> Self {
        let name = "org.freedesktop.NetworkManager";
        let path = "/org/freedesktop/NetworkManager";
        let service = Command::new("/usr/bin/python3")
            .args(["-m", "dbusmock", "--system", name, path, name])
            .env("DBUS_SYSTEM_BUS_ADDRESS", &self.address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect(MISSING);
        self.services.push(service);
        let property = (name, "Metered", zbus::Variant::from(metered));
        wait_until(&format!("{name} is on the bus ({MISSING})"), || {
            let mock = "org.freedesktop.DBus.Mock";
            Ok(self.call(name, path, mock, "AddProperty", &property).ok())
        })
        .unwrap();
        self
    }

    fn call<B: serde::Serialize + zbus::DynamicType>(
        &self,
        to: &str,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> zbus::Result<zbus::Message> {
        zbus::block_on(async {
            let conn: Connection = Builder::address(self.address.as_str()).build().await?;
            conn.call_method(Some(to), path, Some(interface), method, body)
                .await
        })
    }

    /// A mock logind with the session `c7`.
    fn with_logind(mut self) -> Self {
        self.serve("logind", "org.freedesktop.login1");
        let me = rustix::process::getuid().as_raw();
        let body = ("c7", "seat0", me, "somebody", true);
        self.call(
            "org.freedesktop.login1",
            "/org/freedesktop/login1",
            "org.freedesktop.DBus.Mock",
            "AddSession",
            &body,
        )
        .unwrap();
        self
    }

    fn session(&self, method: &str) {
        let interface = "org.freedesktop.login1.Session";
        self.call("org.freedesktop.login1", SESSION, interface, method, &())
            .unwrap();
    }

    fn hint(&self, locked: bool) {
        let interface = "org.freedesktop.login1.Session";
        self.call(
            "org.freedesktop.login1",
            SESSION,
            interface,
            "SetLockedHint",
            &locked,
        )
        .unwrap();
    }

    fn emit<B: serde::Serialize + zbus::DynamicType>(&self, to: &str, path: &str, body: &B) {
        self.call(to, path, "org.freedesktop.DBus.Mock", "EmitSignal", body)
            .unwrap();
    }

    fn sleep(&self, asleep: bool) {
        let args = vec![zbus::Variant::from(asleep)];
        let body = (
            "org.freedesktop.login1.Manager",
            "PrepareForSleep",
            "b",
            args,
        );
        self.emit("org.freedesktop.login1", "/org/freedesktop/login1", &body);
    }

    /// The bus dies and a new one with nobody on it takes its place.
    fn restart(&mut self) {
        self.stop();
        let _ = std::fs::remove_file(self.home.path().join("bus"));
        self.daemon = Self::daemon(self.home.path());
    }

    fn stop(&mut self) {
        for child in self.services.iter_mut().chain([&mut self.daemon]) {
            let _ = child.kill();
            let _ = child.wait();
        }
        self.services.clear();
    }

    fn options(&self, power_root: &Path) -> DesktopOptions {
        DesktopOptions {
            display: Some(":4242".into()),
            bus: BusAddress::At(self.address.clone()),
            session: Some("c7".into()),
            power_root: power_root.to_owned(),
            ..DesktopOptions::default()
        }
    }
}

impl Drop for MockBus {
    fn drop(&mut self) {
        self.stop();
    }
}

fn open(options: &DesktopOptions) -> Desktop {
    Desktop::open(options, Arc::new(SystemClock))
}

fn support(desktop: &Desktop) -> BTreeMap<SensorKind, SensorSupport> {
    let list = desktop.capabilities().iter();
    list.map(|c| (c.concern, c.support.clone())).collect()
}

fn next(rx: &Receiver<TimedEvent>) -> SensorEvent {
    rx.recv_timeout(Duration::from_secs(20))
        .expect("an event was due")
        .event
}

fn battery(root: &Path, percent: u8, status: &str) {
    let dir = root.join("BAT0");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("type"), "Battery\n").unwrap();
    std::fs::write(dir.join("capacity"), format!("{percent}\n")).unwrap();
    std::fs::write(dir.join("status"), format!("{status}\n")).unwrap();
}

fn power(percent: u8, discharging: bool) -> SensorEvent {
    SensorEvent::Power {
        power: PowerState {
            percent,
            discharging,
        },
    }
}

#[test]
fn lock_and_sleep_are_told() {
    let none = TempDir::new().unwrap();
    let bus = MockBus::start().with_logind();
    let desktop = open(&bus.options(none.path()));
    let supported = support(&desktop);
    assert!(
        matches!(&supported[&SensorKind::Session], SensorSupport::By(by) if by.contains("lock and sleep")),
        "{supported:?} {:?}",
        desktop.notes()
    );
    assert!(
        matches!(&supported[&SensorKind::Power], SensorSupport::Unsupported(why) if why.reason == "no battery")
    );
    // The session is locked before the sensors start: told at once.
    bus.hint(true);
    let (tx, rx) = sync_channel(16);
    let running = desktop.start(tx);
    assert_eq!(next(&rx), SensorEvent::Lock { locked: true });
    bus.session("Unlock");
    assert_eq!(next(&rx), SensorEvent::Lock { locked: false });
    // The signal and the hint that follows it are one lock.
    bus.session("Lock");
    bus.hint(true);
    bus.hint(false);
    assert_eq!(next(&rx), SensorEvent::Lock { locked: true });
    assert_eq!(next(&rx), SensorEvent::Lock { locked: false });
    for asleep in [true, false] {
        bus.sleep(asleep);
        assert_eq!(next(&rx), SensorEvent::Sleep { asleep });
    }
    running.stop();
    assert!(rx.try_recv().is_err(), "nothing was said twice");
}

#[test]
fn a_bus_that_dies_is_lost_and_its_successor_is_found() {
    let none = TempDir::new().unwrap();
    let mut bus = MockBus::start().with_logind();
    // Locked from the beginning: its being told says that the sensor listens.
    bus.hint(true);
    let (tx, rx) = sync_channel(16);
    let running = open(&bus.options(none.path())).start(tx);
    assert_eq!(next(&rx), SensorEvent::Lock { locked: true });
    bus.restart();
    let lost = next(&rx);
    assert!(
        matches!(
            &lost,
            SensorEvent::Lost {
                concern: SensorKind::Session,
                ..
            }
        ),
        "{lost:?}"
    );
    bus = bus.with_logind();
    let back = SensorEvent::Back {
        concern: SensorKind::Session,
    };
    assert_eq!(next(&rx), back);
    // The new session is not locked, which is news.
    assert_eq!(next(&rx), SensorEvent::Lock { locked: false });
    bus.session("Lock");
    assert_eq!(next(&rx), SensorEvent::Lock { locked: true });
    running.stop();
}

#[test]
fn upower_tells_when_to_read_the_batteries() {
    let root = TempDir::new().unwrap();
    battery(root.path(), 21, "Discharging");
    let mut bus = MockBus::start();
    bus.serve("upower", "org.freedesktop.UPower");
    let mut options = bus.options(root.path());
    // Polling alone would not tell within the test's patience.
    options.power_poll = Duration::from_secs(3_600);
    let desktop = open(&options);
    let supported = support(&desktop);
    assert!(
        matches!(&supported[&SensorKind::Power], SensorSupport::By(by) if by.contains("UPower"))
    );
    assert!(matches!(
        &supported[&SensorKind::Session],
        SensorSupport::Unsupported(_)
    ));
    let (tx, rx) = sync_channel(16);
    let running = desktop.start(tx);
    assert_eq!(next(&rx), power(21, true));
    battery(root.path(), 20, "Charging");
    let args: Vec<zbus::Variant<'_>> = vec!["/org/freedesktop/UPower/devices/BAT0".into()];
    let body = ("org.freedesktop.UPower", "DeviceAdded", "o", args);
    bus.emit("org.freedesktop.UPower", "/org/freedesktop/UPower", &body);
    assert_eq!(next(&rx), power(20, false));
    running.stop();
}

#[test]
fn without_a_bus_the_batteries_are_read_now_and_then() {
    let root = TempDir::new().unwrap();
    battery(root.path(), 80, "Full");
    let options = DesktopOptions {
        display: Some(":4242".into()),
        bus: BusAddress::At("unix:path=/nonexistent/bus".into()),
        power_root: root.path().to_owned(),
        power_poll: Duration::from_millis(20),
        ..DesktopOptions::default()
    };
    let desktop = open(&options);
    let supported = support(&desktop);
    assert!(
        matches!(&supported[&SensorKind::Session], SensorSupport::Unsupported(why) if why.reason.contains("no system bus")),
        "{supported:?}"
    );
    let (tx, rx) = sync_channel(16);
    let running = desktop.start(tx);
    assert_eq!(next(&rx), power(80, false));
    battery(root.path(), 79, "Discharging");
    // The three files are not written at once, so what is between them may be seen too.
    let mut seen = next(&rx);
    while seen != power(79, true) {
        seen = next(&rx);
    }
    running.stop();
}

#[test]
fn what_networkmanager_says_of_its_network() {
    for (says, expected) in [
        (0, Metered::Unknown),
        (1, Metered::Yes),
        (2, Metered::No),
        (3, Metered::Yes),
        (4, Metered::No),
    ] {
        let bus = MockBus::start().with_network(says);
        assert_eq!(
            query_metered(&BusAddress::At(bus.address.clone())),
            expected,
            "{says}"
        );
    }
    // Nobody there to say, and no bus at all.
    let bus = MockBus::start();
    assert_eq!(
        query_metered(&BusAddress::At(bus.address.clone())),
        Metered::Unknown
    );
    let nowhere = BusAddress::At("unix:path=/nonexistent/bus".into());
    assert_eq!(query_metered(&nowhere), Metered::Unknown);
    assert_eq!(query_metered(&BusAddress::Unused), Metered::Unknown);
}
