use crate::kit::{Listening, counts, open, options};
use lab::desktop::{DesktopSpec, TestWindow, Typist, VirtualDesktop, WindowSpec, wait_until};
use model::{Clock, SensorEvent, SensorKind, SensorSupport, TimedEvent, WindowHandle};
use platform::clock::SystemClock;
use sense::{CaptureError, DesktopOptions};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

fn lost(seen: &[TimedEvent]) -> Vec<SensorKind> {
    seen.iter()
        .filter_map(|s| match s.event {
            SensorEvent::Lost { concern, .. } => Some(concern),
            _ => None,
        })
        .collect()
}

fn back(seen: &[TimedEvent]) -> Vec<SensorKind> {
    seen.iter()
        .filter_map(|s| match s.event {
            SensorEvent::Back { concern } => Some(concern),
            _ => None,
        })
        .collect()
}

#[test]
fn a_server_that_dies_is_lost_and_its_successor_is_found() {
    let mut desktop = VirtualDesktop::start(640, 480).unwrap();
    let number = desktop.number();
    let mut listening = Listening::to(&desktop);
    let typist = Typist::new(&desktop.display()).unwrap();
    typist.keys(20, 1_000).unwrap();
    listening.until("some keys", |seen| counts(seen).keys() == 20);
    desktop.kill_server();
    let all = [SensorKind::Window, SensorKind::Input, SensorKind::Idle];
    listening.until("loss", |seen| lost(seen).len() >= all.len());
    assert_eq!(lost(&listening.seen()), all);
    let mut screen = listening.screen.take().unwrap();
    let refused = screen.capture_window(WindowHandle(1), &mut |_| panic!("lent"));
    assert!(
        matches!(refused, Err(CaptureError::Backend(_))),
        "{refused:?}"
    );
    drop(desktop);
    let next = wait_until("the display number is free again", || {
        Ok(VirtualDesktop::start_with(&DesktopSpec::new(640, 480).on_display(number)).ok())
    });
    let next = next.unwrap();
    listening.until("return", |seen| back(seen).len() >= all.len());
    let window = TestWindow::open(&next.display(), WindowSpec::new("new life", "A", 5, 5));
    let window = window.unwrap();
    window.activate().unwrap();
    listening.until_title("new life");
    let typist = Typist::new(&next.display()).unwrap();
    typist.keys(30, 1_000).unwrap();
    listening.until("keys again", |seen| counts(seen).keys() == 50);
    let handle = WindowHandle(u64::from(window.id()));
    let mut lent = false;
    screen.capture_window(handle, &mut |_| lent = true).unwrap();
    assert!(lent);
    let seen = listening.finish();
    assert_eq!(back(&seen), all);
}

#[test]
fn without_a_server_everything_is_refused_with_a_reason() {
    let mut desktop = open(&DesktopOptions {
        display: Some(":4242".into()),
        bus: platform::bus::BusAddress::Unused,
        power_root: "/nonexistent".into(),
        ..DesktopOptions::default()
    });
    assert!(desktop.take_capture().is_none());
    assert_eq!(desktop.capabilities().len(), SensorKind::ALL.len());
    for capability in desktop.capabilities() {
        match &capability.support {
            SensorSupport::Unsupported(why) => assert!(!why.reason.is_empty(), "{capability:?}"),
            SensorSupport::By(by) => panic!("{} by {by}", capability.concern),
        }
    }
    assert!(!desktop.notes().is_empty());
    let (tx, rx) = sync_channel(1);
    let running = desktop.start(tx);
    assert!(rx.recv().is_err(), "no sensor runs");
    running.stop();
}

#[test]
fn everything_that_the_server_offers_is_served() {
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let opened = open(&options(&desktop));
    for capability in opened.capabilities() {
        let expected = !matches!(capability.concern, SensorKind::Session | SensorKind::Power);
        let served = matches!(capability.support, SensorSupport::By(_));
        assert_eq!(served, expected, "{capability:?}");
    }
}

#[test]
fn a_receiver_that_goes_away_ends_the_sensors() {
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let (tx, rx) = sync_channel(1);
    let running = open(&options(&desktop)).start(tx);
    drop(rx);
    running.stop();
}

#[test]
fn stopping_hands_over_what_was_counted() {
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let listening = Listening::to(&desktop);
    let typist = Typist::new(&desktop.display()).unwrap();
    typist.keys(3, 1_000).unwrap();
    assert_eq!(counts(&listening.finish()).keys(), 3);
}

#[test]
fn a_server_that_does_not_answer_is_lost_until_it_does_and_nothing_counts_twice() {
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let window = TestWindow::open(&desktop.display(), WindowSpec::new("mine", "A", 5, 5)).unwrap();
    window.activate().unwrap();
    let (tx, rx) = sync_channel(1024);
    let mut running = open(&options(&desktop)).start(tx);
    let next = || rx.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(matches!(next().event, SensorEvent::Window { .. }));
    window.grab_server().unwrap();
    // As if minutes had passed: it is asked, and does not answer.
    let later = |s: u64| SystemClock.now() + Duration::from_secs(s);
    assert_eq!(running.check_sensors(later(100)), []);
    let told = running.check_sensors(later(200));
    assert_eq!(
        lost(&told),
        [SensorKind::Window, SensorKind::Input, SensorKind::Idle]
    );
    let meanwhile: Vec<TimedEvent> = rx.try_iter().collect();
    assert_eq!(back(&meanwhile), [], "nobody answered yet");
    // It lets go.
    drop(window);
    let mut seen = Vec::new();
    while back(&seen).len() < 3 {
        seen.push(next());
    }
    let typist = Typist::new(&desktop.display()).unwrap();
    typist.keys(20, 1_000).unwrap();
    while counts(&seen).keys() < 20 {
        seen.push(next());
    }
    running.stop();
    seen.extend(rx.iter());
    assert_eq!(counts(&seen).keys(), 20, "by one of the two threads");
}

#[test]
fn a_server_that_answers_nobody_does_not_hold_up_the_end() {
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let window = TestWindow::open(&desktop.display(), WindowSpec::new("mine", "A", 5, 5)).unwrap();
    window.activate().unwrap();
    let (tx, rx) = sync_channel(64);
    let running = open(&options(&desktop)).start(tx);
    assert!(matches!(
        rx.recv().unwrap().event,
        SensorEvent::Window { .. }
    ));
    // The window's own connection takes the server for itself; its new title makes the sensor ask in vain.
    window.grab_server().unwrap();
    window.set_title("asked in vain").unwrap();
    std::thread::sleep(Duration::from_millis(600));
    running.stop();
    drop(window);
    // Let go, the thread ends by itself and closes the queue.
    while rx.recv().is_ok() {}
}
