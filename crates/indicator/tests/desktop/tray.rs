//! The icon and its menu.

use crate::kit::{Desk, TIMEOUT, recording, support_text, until};
use indicator::{Expiry, IconState, IndicatorStatus, PageAvailability, probe_desktop};
use lab::desktop::Button;
use protocol::{PauseLength, UserCommand};
use std::time::Instant;

/// Every state with its name and a status.
fn states() -> [(IconState, &'static str, IndicatorStatus); 4] {
    [
        (IconState::Active, "active", recording()),
        (
            IconState::Idle,
            "idle",
            IndicatorStatus::new(IconState::Idle, "recording · idle").with_camera(),
        ),
        (
            IconState::Paused,
            "paused",
            IndicatorStatus::new(IconState::Paused, "paused, until 14:30:00"),
        ),
        (
            IconState::NotRecording,
            "not",
            IndicatorStatus::new(IconState::NotRecording, "not recording · locked"),
        ),
    ]
}

#[test]
fn light_and_dark_panels_show_each_state() {
    let mut desk = Desk::new();
    for (dark, name) in [(false, "light"), (true, "dark")] {
        desk.session.start_panel(dark).unwrap();
        for (state, word, shown) in states() {
            desk.show(shown);
            desk.find_icon(state);
            desk.save_screenshot(&format!("{name}-{word}"));
        }
    }
    // No icon is left behind.
    desk.indicator.take().unwrap().close(TIMEOUT);
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
fn a_click_in_the_menu_gives_its_command() {
    let mut desk = Desk::new();
    desk.session.start_panel(false).unwrap();
    desk.show(recording());
    let icon = desk.find_icon(IconState::Active);
    desk.choose(icon, Button::Left, 1);
    assert_eq!(
        desk.chosen_command(),
        UserCommand::Pause(PauseLength::from_minutes(15))
    );
    desk.choose(icon, Button::Right, 4);
    assert_eq!(
        desk.chosen_command(),
        UserCommand::Pause(PauseLength::UntilResumed)
    );
    desk.show(IndicatorStatus::new(IconState::Paused, "paused, until resumed").with_camera());
    let icon = desk.find_icon(IconState::Paused);
    desk.choose(icon, Button::Left, 1);
    assert_eq!(desk.chosen_command(), UserCommand::Resume);
    // After four pauses; no screenshot can be taken now, so the next entry is the page.
    desk.choose(icon, Button::Left, 6);
    assert_eq!(desk.chosen_command(), UserCommand::OpenPage);
    *desk.handler.page.lock().unwrap() =
        PageAvailability::Needs("first run `uam unlock` in a terminal".to_owned());
    desk.choose(icon, Button::Left, 6);
    assert_eq!(
        desk.chosen_command(),
        UserCommand::Stop,
        "the page cannot be chosen any more"
    );
    desk.assert_no_command();
}

#[test]
fn the_icon_comes_back_with_the_panel_and_with_the_bus() {
    let mut desk = Desk::new();
    desk.show(recording());
    desk.wait_for_tray("no tray on this desktop");
    assert_eq!(
        support_text(&probe_desktop(&desk.options()).tray),
        "no tray on this desktop"
    );
    desk.session.start_panel(false).unwrap();
    desk.find_icon(IconState::Active);
    desk.wait_for_tray("StatusNotifierItem");
    assert_eq!(
        support_text(&probe_desktop(&desk.options()).tray),
        "StatusNotifierItem"
    );

    desk.session.stop_panel().unwrap();
    desk.wait_for_tray("no tray on this desktop");
    // The next panel shows the status of now.
    desk.show(IndicatorStatus::new(IconState::Paused, "paused"));
    desk.session.start_panel(true).unwrap();
    desk.find_icon(IconState::Paused);

    desk.session.stop_bus();
    desk.wait_for_tray("session bus");
    assert!(support_text(&probe_desktop(&desk.options()).tray).starts_with("no session bus"));
    desk.session.start_bus().unwrap();
    desk.session.start_panel(false).unwrap();
    desk.find_icon(IconState::Paused);
}

#[test]
fn a_recording_that_stands_still_is_not_shown_as_one() {
    let mut desk = Desk::new();
    desk.session.start_panel(false).unwrap();
    desk.show(recording());
    desk.find_icon(IconState::Active);
    // The last status of an agent that stands still from now on.
    desk.show(recording().with_expiry(Expiry {
        until: Instant::now(),
        then: "NOT RECORDING: nothing has reached the disk since 12:00:00".to_owned(),
    }));
    desk.find_icon(IconState::NotRecording);
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
fn a_panel_that_hangs_delays_nobody() {
    let mut desk = Desk::new();
    desk.session.start_panel(false).unwrap();
    desk.session.start_notifications().unwrap();
    desk.show(recording());
    desk.find_icon(IconState::Active);
    let stopped = [
        desk.session.panel().unwrap(),
        desk.session.notifications().unwrap(),
    ];
    for pid in stopped {
        signal("-STOP", pid);
    }
    for n in 0..1_000 {
        let state = [IconState::Active, IconState::Paused][n % 2];
        desk.show(IndicatorStatus::new(state, &format!("{n}")));
        desk.indicator()
            .notify(indicator::Notification::new(&n.to_string()));
    }
    for pid in stopped {
        signal("-CONT", pid);
    }
    // The newest status is shown in the end.
    desk.find_icon(IconState::Paused);
    desk.indicator.take().unwrap().close(TIMEOUT);
}

fn signal(name: &str, pid: u32) {
    let pid = pid.to_string();
    let done = std::process::Command::new("kill")
        .args([name, &pid])
        .status()
        .unwrap();
    assert!(done.success());
}
