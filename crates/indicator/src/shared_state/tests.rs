#![allow(clippy::unwrap_used)]

use super::*;
use crate::status::Expiry;
use std::sync::mpsc::{Receiver, channel};

/// A generous limit: nothing here takes this long.
const TIMEOUT: Duration = Duration::from_secs(30);

fn start_state(notifications: bool) -> (Arc<SharedState>, Receiver<()>) {
    let options = IndicatorOptions {
        tray: true,
        notifications,
        bus: None,
    };
    let state = Arc::new(SharedState::new(&options));
    let (tx, rx) = channel();
    state.set_waker(move || {
        let _ = tx.send(());
    });
    rx.recv_timeout(TIMEOUT).unwrap();
    (state, rx)
}

fn recording() -> IndicatorStatus {
    IndicatorStatus::new(IconState::Active, "recording · active")
}

fn expiry_at(until: Instant) -> Expiry {
    Expiry {
        until,
        then: "NOT RECORDING: nothing reached the disk since 12:00:00".to_owned(),
    }
}

fn texts(changes: &PendingChanges) -> Vec<&str> {
    changes
        .notifications
        .iter()
        .map(|b| b.text.as_str())
        .collect()
}

#[test]
fn the_newest_is_shown_and_only_a_different_look_wakes_the_desktop() {
    let (state, woken) = start_state(true);
    let far = Instant::now() + TIMEOUT * 100;
    state.set_status(recording().with_expiry(expiry_at(far)));
    woken.try_recv().unwrap();
    for n in 0..3 {
        state.set_status(recording().with_expiry(expiry_at(far + TIMEOUT * n)));
    }
    assert!(woken.try_recv().is_err(), "it looks the same");
    state.set_status(IndicatorStatus::new(IconState::Paused, "paused"));
    state.set_status(IndicatorStatus::new(IconState::Idle, "recording · idle"));
    assert_eq!(
        state.take_changes().status.unwrap().icon_state,
        IconState::Idle
    );
    assert_eq!(woken.try_iter().count(), 2);
}

#[test]
fn a_bounded_number_of_notifications_waits_and_the_oldest_gives_way() {
    let (state, _woken) = start_state(true);
    for n in 0..MAX_NOTIFICATIONS + 3 {
        state.add_notification(Notification::new(&n.to_string()));
    }
    let changes = state.take_changes();
    assert_eq!(texts(&changes).len(), MAX_NOTIFICATIONS);
    assert_eq!(texts(&changes)[0], "3");
    assert!(
        state.take_changes().notifications.is_empty(),
        "each is given out once"
    );
}

#[test]
fn switched_off_notifications_are_dropped() {
    let (state, _woken) = start_state(false);
    state.add_notification(Notification::new("started"));
    state.set_status(IndicatorStatus::new(IconState::NotRecording, "NOT RECORDING").with_alarm());
    assert!(state.take_changes().notifications.is_empty());
}

#[test]
fn an_expired_status_is_not_shown_as_recording() {
    let (state, woken) = start_state(true);
    let expiring = Arc::clone(&state);
    let thread = std::thread::spawn(move || expiring.run_expiry());
    state.set_status(recording().with_expiry(expiry_at(Instant::now())));
    let stale = std::iter::from_fn(|| woken.recv_timeout(TIMEOUT).ok())
        .take(1_000)
        .find_map(|()| {
            state
                .take_changes()
                .status
                .filter(|s| s.icon_state == IconState::NotRecording)
        });
    let stale = stale.unwrap();
    assert!(stale.headline.starts_with("NOT RECORDING"), "{stale:?}");
    // A sign of life makes it a recording again.
    state.set_status(recording().with_expiry(expiry_at(Instant::now() + TIMEOUT * 100)));
    assert_eq!(
        state.take_changes().status.unwrap().icon_state,
        IconState::Active
    );
    state.request_end();
    thread.join().unwrap();
    state.set_status(recording());
    assert!(state.take_changes().ended);
}

#[test]
fn an_alarm_notifies_once() {
    let (state, _woken) = start_state(true);
    let alarm = |text: &str| IndicatorStatus::new(IconState::NotRecording, text).with_alarm();
    state.set_status(alarm("NOT RECORDING: 20 s"));
    state.set_status(alarm("NOT RECORDING: 25 s"));
    assert_eq!(texts(&state.take_changes()), ["NOT RECORDING: 20 s"]);
    state.set_status(recording());
    state.set_status(alarm("NOT RECORDING: 15 s"));
    assert_eq!(texts(&state.take_changes()), ["NOT RECORDING: 15 s"]);
}

#[test]
fn a_part_that_is_switched_off_stays_so_whatever_the_desktop_says() {
    let options = IndicatorOptions {
        tray: false,
        notifications: true,
        bus: None,
    };
    let state = SharedState::new(&options);
    state.set_unsupported("no session bus", "");
    let availability = state.availability();
    let reason = |support: &SensorSupport| match support {
        SensorSupport::Unsupported(why) => why.reason.clone(),
        SensorSupport::By(how) => how.clone(),
    };
    assert_eq!(reason(&availability.tray), "switched off (indicator.tray)");
    assert_eq!(reason(&availability.notifications), "no session bus");
}
