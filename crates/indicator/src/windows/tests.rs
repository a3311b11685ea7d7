//! On a real taskbar (Wine's in the lane), in one window after another: all share one desktop.

#![allow(clippy::unwrap_used)]

use super::shell::{self, Change, find, resource, taskbar_created};
use super::tray::CLASS;
use crate::{Bubble, Indicator, Options, Owner, Page, Shown, Sign, Tell, Wish};
use model::Support;
use platform::windows::post_message;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::UI::WindowsAndMessaging::WM_COMMAND;

/// Nothing here takes longer than this on any machine that is not broken.
const PATIENCE: Duration = Duration::from_secs(30);

struct Ears(Mutex<Sender<Wish>>);

impl Owner for Ears {
    fn wish(&self, wish: Wish, _tell: &Tell) {
        let _ = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .send(wish);
    }

    fn page(&self) -> Page {
        Page::Opens
    }
}

fn start() -> (Indicator, Receiver<Wish>) {
    let (tx, rx) = channel();
    let options = Options {
        tray: true,
        bubbles: true,
        bus: None,
    };
    let owner = Arc::new(Ears(Mutex::new(tx)));
    (Indicator::start(options, owner).unwrap(), rx)
}

fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = done() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The icon's window, once the taskbar has its icon.
fn shown(indicator: &Indicator) -> HWND {
    until("the taskbar shows the icon", || {
        let there = matches!(indicator.standing().tray, Support::By(_));
        find(CLASS).filter(|window| there && shell::change(*window, Change::Look))
    })
}

/// What a person at the taskbar sees and does. One test: there is one taskbar.
#[test]
fn the_icon_comes_changes_is_clicked_comes_again_with_a_new_taskbar_and_goes() {
    let (indicator, wishes) = start();
    assert!(
        matches!(indicator.standing().tray, Support::Unsupported(_)),
        "nothing was said yet"
    );
    indicator.show(Shown::new(Sign::Active, "recording · active"));
    let window = shown(&indicator);
    assert!(matches!(indicator.standing().bubbles, Support::By(_)));

    let click = |wish: Wish| post_message(window, WM_COMMAND, wish.id().into(), 0);
    // Nothing is paused, so there is nothing to resume: the click before the next one is not heard.
    click(Wish::Resume);
    click(Wish::PauseHour);
    assert_eq!(wishes.recv_timeout(PATIENCE), Ok(Wish::PauseHour));
    indicator.show(Shown::new(Sign::Paused, "paused, until resumed"));
    indicator.tell(Bubble::new("Recording paused until resumed."));
    until("the pause can be ended", || {
        click(Wish::Resume);
        wishes.recv_timeout(Duration::from_millis(200)).ok()
    });
    assert!(shell::change(window, Change::Look));

    // Explorer crashed: its successor knows of no icon, and says that it is there.
    assert!(shell::change(window, Change::Delete));
    assert!(!shell::change(window, Change::Look));
    post_message(window, taskbar_created(), 0, 0);
    until("it comes again", || {
        shell::change(window, Change::Look).then_some(())
    });

    indicator.close(PATIENCE);
    assert!(!shell::change(window, Change::Look), "it is gone");
    assert_eq!(find(CLASS), None);
}

#[test]
fn an_icon_is_a_resource_of_the_right_length() {
    for size in [16, 20, 24, 32, 48] {
        let side = usize::from(size);
        for sign in Sign::ALL {
            let bytes = resource(sign, size);
            assert_eq!(
                bytes.len(),
                40 + 4 * side * side + side * side.div_ceil(32) * 4
            );
        }
    }
}
