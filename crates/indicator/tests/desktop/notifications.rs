//! The bubbles.

use crate::kit::{Desk, until};
use indicator::{Bubble, Shown, Sign};

/// How often `text` was shown.
fn times(shown: &str, text: &str) -> usize {
    shown.matches(text).count()
}

#[test]
fn one_bubble_is_written_over_and_its_text_is_no_markup() {
    let mut desk = Desk::new();
    desk.session.start_notifications().unwrap();
    desk.bubbles_are("org.freedesktop.Notifications");
    desk.indicator().tell(Bubble::new("First sentence."));
    desk.indicator()
        .tell(Bubble::new("A <b>bold</b> & \u{202e}hostile\nsentence."));
    let shown = until("both were shown", || {
        let shown = desk.session.shown_notifications().ok()?;
        shown.contains("hostile").then_some(shown)
    });
    assert!(
        shown.contains("A &lt;b&gt;bold&lt;/b&gt; &amp; ·hostile·sentence."),
        "{shown}"
    );
    assert_eq!(times(&shown, "string \"id\""), 1, "one bubble: {shown}");
}

#[test]
fn an_alarm_is_a_bubble_and_a_service_that_comes_later_gets_the_news() {
    let mut desk = Desk::new();
    desk.bubbles_are("no notification service on this desktop");
    desk.indicator()
        .tell(Bubble::new("Nobody is there to see this."));
    desk.session.start_notifications().unwrap();
    desk.bubbles_are("org.freedesktop.Notifications");
    let alarm = Shown::new(Sign::NotRecording, "NOT RECORDING: the disk is full");
    desk.show(alarm.clone().alarming());
    desk.show(alarm.alarming());
    let shown = until("the alarm is told", || {
        let shown = desk.session.shown_notifications().ok()?;
        shown.contains("the disk is full").then_some(shown)
    });
    assert_eq!(
        times(&shown, "uam|NOT RECORDING: the disk is full"),
        1,
        "{shown}"
    );
    desk.session.stop_notifications().unwrap();
    desk.bubbles_are("no notification service on this desktop");
    desk.session.start_notifications().unwrap();
    desk.bubbles_are("org.freedesktop.Notifications");
    desk.indicator().tell(Bubble::new("It is there again."));
    until("the new service shows it", || {
        let shown = desk.session.shown_notifications().ok()?;
        shown.contains("It is there again.").then_some(())
    });
}
