//! On a real taskbar (Wine's in the test lane), one window after another: all share one desktop.

#![allow(clippy::unwrap_used)]

use super::shell::{self, IconChange, find_window, icon_resource, taskbar_created_message};
use super::tray_window::CLASS;
use crate::menu::{NumberedCommand, PAUSE_1_H, RESUME};
use crate::{
    IconState, Indicator, IndicatorOptions, IndicatorStatus, MenuHandler, Notification,
    NotificationSender, PageAvailability,
};
use model::SensorSupport;
use platform::windows::post_message;
use protocol::{PauseLength, UserCommand};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::UI::WindowsAndMessaging::WM_COMMAND;

/// A generous limit: nothing here takes this long.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Passes the commands to the test.
struct TestHandler(Mutex<Sender<UserCommand>>);

impl MenuHandler for TestHandler {
    fn handle_command(&self, command: UserCommand, _notifications: &NotificationSender) {
        let _ = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .send(command);
    }

    fn page_availability(&self) -> PageAvailability {
        PageAvailability::Ready
    }
}

fn start() -> (Indicator, Receiver<UserCommand>) {
    let (tx, rx) = channel();
    let options = IndicatorOptions {
        tray: true,
        notifications: true,
        bus: None,
    };
    let handler = Arc::new(TestHandler(Mutex::new(tx)));
    (Indicator::start(options, handler).unwrap(), rx)
}

fn until<T>(event: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = done() {
            return found;
        }
        assert!(started.elapsed() < TIMEOUT, "never happened: {event}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The icon's window, once the taskbar has its icon.
fn wait_for_icon(indicator: &Indicator) -> HWND {
    until("the taskbar shows the icon", || {
        let there = matches!(indicator.availability().tray, SensorSupport::By(_));
        find_window(CLASS).filter(|window| there && shell::change_icon(*window, IconChange::Query))
    })
}

/// The icon as a person at the taskbar sees and uses it. One test, because there is one taskbar.
#[test]
fn the_icon_comes_changes_is_clicked_comes_again_with_a_new_taskbar_and_goes() {
    let (indicator, commands) = start();
    assert!(
        matches!(indicator.availability().tray, SensorSupport::Unsupported(_)),
        "there is no status yet"
    );
    indicator.show_status(IndicatorStatus::new(
        IconState::Active,
        "recording · active",
    ));
    let window = wait_for_icon(&indicator);
    assert!(matches!(
        indicator.availability().notifications,
        SensorSupport::By(_)
    ));

    let click = |(id, _): NumberedCommand| post_message(window, WM_COMMAND, id.into(), 0);
    // There is no pause to end, so the first click has no effect.
    click(RESUME);
    click(PAUSE_1_H);
    assert_eq!(
        commands.recv_timeout(TIMEOUT),
        Ok(UserCommand::Pause(PauseLength::from_minutes(60)))
    );
    indicator.show_status(IndicatorStatus::new(
        IconState::Paused,
        "paused, until resumed",
    ));
    indicator.notify(Notification::new("Recording paused until resumed."));
    until("the pause can be ended", || {
        click(RESUME);
        commands.recv_timeout(Duration::from_millis(200)).ok()
    });
    assert!(shell::change_icon(window, IconChange::Query));

    // Explorer crashed: the new one knows no icon, and broadcasts its start.
    assert!(shell::change_icon(window, IconChange::Delete));
    assert!(!shell::change_icon(window, IconChange::Query));
    post_message(window, taskbar_created_message(), 0, 0);
    until("it comes again", || {
        shell::change_icon(window, IconChange::Query).then_some(())
    });

    indicator.close(TIMEOUT);
    assert!(!shell::change_icon(window, IconChange::Query), "it is gone");
    assert_eq!(find_window(CLASS), None);
}

#[test]
fn an_icon_is_a_resource_of_the_right_length() {
    for size in [16, 20, 24, 32, 48] {
        let side = usize::from(size);
        for state in IconState::ALL {
            let bytes = icon_resource(state, size);
            assert_eq!(
                bytes.len(),
                40 + 4 * side * side + side * side.div_ceil(32) * 4
            );
        }
    }
}
