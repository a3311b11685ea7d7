//! The icon and its menu.

use crate::kit::{Desk, PATIENCE, recording, said, until};
use indicator::{Fresh, Page, Shown, Sign, Wish, probe};
use lab::desktop::Button;
use std::time::Instant;

/// Every sign with its words.
fn states() -> [(Sign, &'static str, Shown); 4] {
    [
        (Sign::Active, "active", recording()),
        (
            Sign::Idle,
            "idle",
            Shown::new(Sign::Idle, "recording · idle").with_camera(),
        ),
        (
            Sign::Paused,
            "paused",
            Shown::new(Sign::Paused, "paused, until 14:30:00"),
        ),
        (
            Sign::NotRecording,
            "not",
            Shown::new(Sign::NotRecording, "not recording · locked"),
        ),
    ]
}

#[test]
fn light_and_dark_panels_show_each_state() {
    let mut desk = Desk::new();
    for (dark, name) in [(false, "light"), (true, "dark")] {
        desk.session.start_panel(dark).unwrap();
        for (sign, word, shown) in states() {
            desk.show(shown);
            desk.sees(sign);
            desk.keep_picture(&format!("{name}-{word}"));
        }
    }
    // No icon is left behind.
    desk.indicator.take().unwrap().close(PATIENCE);
    until("the icon is gone", || {
        (!desk
            .session
            .items()
            .unwrap()
            .contains("StatusNotifierItem-"))
        .then_some(())
    });
}

#[test]
fn what_is_clicked_in_the_menu_is_wished() {
    let mut desk = Desk::new();
    desk.session.start_panel(false).unwrap();
    desk.show(recording());
    let icon = desk.sees(Sign::Active);
    desk.choose(icon, Button::Left, 1);
    assert_eq!(desk.wish(), Wish::PauseQuarter);
    desk.choose(icon, Button::Right, 4);
    assert_eq!(desk.wish(), Wish::PauseUntilResumed);
    desk.show(Shown::new(Sign::Paused, "paused, until resumed").with_camera());
    let icon = desk.sees(Sign::Paused);
    desk.choose(icon, Button::Left, 1);
    assert_eq!(desk.wish(), Wish::Resume);
    // Behind four pauses; a picture cannot be taken now, so the next is the page.
    desk.choose(icon, Button::Left, 6);
    assert_eq!(desk.wish(), Wish::Page);
    *desk.ears.page.lock().unwrap() =
        Page::Wants("first run `uam unlock` in a terminal".to_owned());
    desk.choose(icon, Button::Left, 6);
    assert_eq!(
        desk.wish(),
        Wish::Stop,
        "the page cannot be chosen any more"
    );
    desk.no_wish();
}

#[test]
fn the_icon_comes_back_with_the_panel_and_with_the_bus() {
    let mut desk = Desk::new();
    desk.show(recording());
    desk.tray_is("no tray on this desktop");
    assert_eq!(
        said(&probe(&desk.options()).tray),
        "no tray on this desktop"
    );
    desk.session.start_panel(false).unwrap();
    desk.sees(Sign::Active);
    desk.tray_is("StatusNotifierItem");
    assert_eq!(said(&probe(&desk.options()).tray), "StatusNotifierItem");

    desk.session.stop_panel().unwrap();
    desk.tray_is("no tray on this desktop");
    // What changes meanwhile is what the next panel shows.
    desk.show(Shown::new(Sign::Paused, "paused"));
    desk.session.start_panel(true).unwrap();
    desk.sees(Sign::Paused);

    desk.session.stop_bus();
    desk.tray_is("session bus");
    assert!(said(&probe(&desk.options()).tray).starts_with("no session bus"));
    desk.session.start_bus().unwrap();
    desk.session.start_panel(false).unwrap();
    desk.sees(Sign::Paused);
}

#[test]
fn a_recording_that_gives_no_sign_of_life_is_not_shown_as_one() {
    let mut desk = Desk::new();
    desk.session.start_panel(false).unwrap();
    desk.show(recording());
    desk.sees(Sign::Active);
    // The last word of an agent that stands still from now on.
    desk.show(recording().fresh(Fresh {
        until: Instant::now(),
        then: "NOT RECORDING: nothing has reached the disk since 12:00:00".to_owned(),
    }));
    desk.sees(Sign::NotRecording);
    let item = desk.session.items().unwrap();
    let name = item
        .split('"')
        .find(|part| part.contains("StatusNotifierItem-"))
        .unwrap();
    let name = name.split('/').next().unwrap();
    let all = desk.session.call(
        name,
        "/StatusNotifierItem",
        "org.freedesktop.DBus.Properties.Get",
        &["string:org.kde.StatusNotifierItem", "string:ToolTip"],
    );
    assert!(
        all.unwrap()
            .contains("NOT RECORDING: nothing has reached the disk since 12:00:00")
    );
}

#[test]
fn a_panel_that_hangs_holds_nobody_up() {
    let mut desk = Desk::new();
    desk.session.start_panel(false).unwrap();
    desk.session.start_notifications().unwrap();
    desk.show(recording());
    desk.sees(Sign::Active);
    let stopped = [
        desk.session.panel().unwrap(),
        desk.session.notifications().unwrap(),
    ];
    for pid in stopped {
        signal("-STOP", pid);
    }
    for n in 0..1_000 {
        let sign = [Sign::Active, Sign::Paused][n % 2];
        desk.show(Shown::new(sign, &format!("{n}")));
        desk.indicator()
            .tell(indicator::Bubble::new(&n.to_string()));
    }
    for pid in stopped {
        signal("-CONT", pid);
    }
    // The newest is what is seen in the end.
    desk.sees(Sign::Paused);
    desk.indicator.take().unwrap().close(PATIENCE);
}

fn signal(name: &str, pid: u32) {
    let pid = pid.to_string();
    let done = std::process::Command::new("kill")
        .args([name, &pid])
        .status()
        .unwrap();
    assert!(done.success());
}
