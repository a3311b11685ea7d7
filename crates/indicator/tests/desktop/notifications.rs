//! The notifications.

use crate::kit::{Desk, until};
use indicator::{IconState, IndicatorStatus, Notification};

/// How often `text` was shown.
fn times(shown: &str, text: &str) -> usize {
    shown.matches(text).count()
}

#[test]
fn each_notification_replaces_the_last_and_its_text_is_no_markup() {
    let mut desk = Desk::new();
    desk.session.start_notifications().unwrap();
    desk.wait_for_notifications("org.freedesktop.Notifications");
    desk.indicator()
        .notify(Notification::new("First sentence."));
    desk.indicator().notify(Notification::new(
        "A <b>bold</b> & \u{202e}hostile\nsentence.",
    ));
    let shown = until("both were shown", || {
        let shown = desk.session.shown_notifications().ok()?;
        shown.contains("hostile").then_some(shown)
    });
    assert!(
        shown.contains("A &lt;b&gt;bold&lt;/b&gt; &amp; ·hostile·sentence."),
        "{shown}"
    );
    assert_eq!(
        times(&shown, "string \"id\""),
        1,
        "one notification: {shown}"
    );
}

#[test]
fn an_alarm_is_a_notification_and_a_service_that_comes_later_is_used() {
    let mut desk = Desk::new();
    desk.wait_for_notifications("no notification service on this desktop");
    desk.indicator()
        .notify(Notification::new("Nobody is there to see this."));
    desk.session.start_notifications().unwrap();
    desk.wait_for_notifications("org.freedesktop.Notifications");
    let alarm = IndicatorStatus::new(IconState::NotRecording, "NOT RECORDING: the disk is full");
    desk.show(alarm.clone().with_alarm());
    desk.show(alarm.with_alarm());
    let shown = until("the alarm is shown", || {
        let shown = desk.session.shown_notifications().ok()?;
        shown.contains("the disk is full").then_some(shown)
    });
    assert_eq!(
        times(&shown, "uam|NOT RECORDING: the disk is full"),
        1,
        "{shown}"
    );
    desk.session.stop_notifications().unwrap();
    desk.wait_for_notifications("no notification service on this desktop");
    desk.session.start_notifications().unwrap();
    desk.wait_for_notifications("org.freedesktop.Notifications");
    desk.indicator()
        .notify(Notification::new("It is there again."));
    until("the new service shows it", || {
        let shown = desk.session.shown_notifications().ok()?;
        shown.contains("It is there again.").then_some(())
    });
}
