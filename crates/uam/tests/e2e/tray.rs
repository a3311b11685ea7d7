//! The icon in the tray and the notifications of a real recording: a real panel, a real notification service, real clicks.

use crate::harness::{Home, until};
use indicator::IconState;
use lab::desktop::{
    Button, DesktopSession, PANEL_HEIGHT, ScreenImage, TestWindow, Typist, VirtualDesktop,
    WindowSpec, choose_from_menu,
};
use model::Coverage;
use std::os::unix::fs::PermissionsExt;

const QUIET: &str = "[shots]\ncapture = false\n[upload]\nevery_seconds = 3600\n";
const TITLE: &str = "Quagga dossier 4711";

struct Desk {
    session: DesktopSession,
    desktop: VirtualDesktop,
}

impl Desk {
    fn new() -> Self {
        let desktop = VirtualDesktop::start(1024, 700).unwrap();
        let session = DesktopSession::start(&desktop.display()).unwrap();
        Self { session, desktop }
    }

    fn home(&self) -> Home {
        let bus = self.session.address();
        Home::new()
            .on(&self.desktop.display())
            .env("DBUS_SESSION_BUS_ADDRESS", bus)
            .config(QUIET)
    }

    /// Waits until the icon of `sign` is in the panel; its middle.
    fn sees(&self, sign: IconState) -> (i16, i16) {
        let display = self.desktop.display();
        Typist::new(&display).unwrap().point_at(500, 600).unwrap();
        let [r, g, b, _] = indicator::render_icon(sign, 24)[0];
        let rgb = u32::from_be_bytes([0, r, g, b]);
        until(&format!("the icon of {sign:?}"), || {
            let picture = ScreenImage::capture(&display).unwrap();
            picture.middle_of(rgb, PANEL_HEIGHT, 40)
        })
    }

    fn choose(&self, icon: (i16, i16), steps: u32) {
        let display = self.desktop.display();
        choose_from_menu(&display, icon, Button::Left, steps, || {}).unwrap();
    }

    /// Waits for a notification with this text. No notification names a window.
    fn reads(&self, text: &str) {
        until(&format!("a notification: {text}"), || {
            let shown = self.session.shown_notifications().ok()?;
            assert!(!shown.contains("Quagga"), "{shown}");
            shown.contains(text).then_some(())
        });
    }
}

#[test]
fn a_recording_is_seen_paused_resumed_and_ended_from_the_tray() {
    let mut desk = Desk::new();
    desk.session.start_panel(false).unwrap();
    desk.session.start_notifications().unwrap();
    let spec = WindowSpec::new(TITLE, "Stage", 100, 100);
    let window = TestWindow::open(&desk.desktop.display(), spec).unwrap();
    window.activate().unwrap();
    let mut home = desk.home();
    let mut running = home.start(&[]);
    let icon = desk.sees(IconState::Active);
    desk.reads("Recording started by uam");
    let said = home.ok(&["status"]);
    assert!(
        said.contains("tray            ok      StatusNotifierItem"),
        "{said}"
    );
    assert!(
        said.contains("notifications   ok      org.freedesktop.Notifications"),
        "{said}"
    );

    // The last of four pauses.
    desk.choose(icon, 4);
    until("it is paused", || {
        (home.status().state == Coverage::Paused).then_some(())
    });
    let icon = desk.sees(IconState::Paused);
    assert!(home.ok(&["status"]).starts_with("paused for "));
    desk.reads("Recording paused until resumed.");

    desk.choose(icon, 1);
    until("it records", || {
        home.status().state.is_recording().then_some(())
    });
    let icon = desk.sees(IconState::Active);
    desk.reads("Recording resumed.");

    // By somebody else: the icon follows.
    home.ok(&["pause", "15m"]);
    desk.sees(IconState::Paused);
    home.ok(&["resume"]);
    desk.sees(IconState::Active);

    // No camera and no unlocked record: after four pauses comes the end.
    desk.choose(icon, 5);
    assert!(running.wait().success(), "{}", running.said());
    assert!(running.said().contains("Stopped on request."));
    desk.reads("Stopped on request.");
    until("the icon is gone", || {
        let items = desk.session.items().unwrap();
        (!items.contains("StatusNotifierItem-")).then_some(())
    });
}

#[test]
fn the_page_opens_from_the_tray_once_the_record_is_unlocked() {
    let mut desk = Desk::new();
    desk.session.start_panel(true).unwrap();
    let programs = tempfile::tempdir().unwrap();
    let link = programs.path().join("link");
    let browser = programs.path().join("xdg-open");
    let script = format!(
        "#!/bin/sh\necho \"$1\" > {0}.new && mv {0}.new {0}\n",
        link.display()
    );
    std::fs::write(&browser, script).unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", programs.path().display());
    let mut home = desk.home().env("PATH", path);
    let running = home.start(&[]);
    let icon = desk.sees(IconState::Active);
    home.unlock();
    // Behind four pauses.
    desk.choose(icon, 5);
    let link = until("the browser is given the link", || {
        std::fs::read_to_string(&link).ok()
    });
    assert!(link.starts_with("http://127.0.0.1:"), "{link}");
    let page = home
        .process("dashboard")
        .expect("a process of its own shows it");
    assert_ne!(page, home.status().pid);
    home.ok(&["lock"]);
    until("the page ends with the lock", || {
        home.process("dashboard").is_none().then_some(())
    });
    running.stop();
}

#[test]
fn what_this_desktop_cannot_show_is_said() {
    let desk = Desk::new();
    let mut home = desk.home();
    let said = |home: &Home, command: &str| home.ok(&[command]);
    let nobody = "tray            cannot  no tray on this desktop\n";
    assert!(said(&home, "doctor").contains(nobody));
    let running = home.start(&[]);
    let status = said(&home, "status");
    assert!(status.contains(nobody), "{status}");
    assert!(status.contains("notifications   cannot  no notification service on this desktop\n"));
    running.stop();

    let off = format!("{QUIET}[indicator]\ntray = false\nnotify = \"off\"\n");
    let mut home = home.config(&off);
    let off = "cannot  switched off (indicator.tray)";
    assert!(said(&home, "doctor").contains(off));
    let running = home.start(&[]);
    assert!(said(&home, "status").contains(off));
    running.stop();

    let nowhere = Home::new().env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let doctor = said(&nowhere, "doctor");
    assert!(
        doctor.contains("tray            cannot  no session bus: "),
        "{doctor}"
    );
}
