use crate::kit::{Listening, open, options};
use lab::desktop::{DesktopSpec, Typist, VirtualDesktop};
use model::{SensorEvent, SensorKind, SensorSupport, TimedEvent};
use sense::DesktopOptions;
use std::time::Duration;

fn words(seen: &[TimedEvent]) -> Vec<&'static str> {
    seen.iter()
        .filter_map(|s| match s.event {
            SensorEvent::Idle { .. } => Some("idle"),
            SensorEvent::Present => Some("present"),
            SensorEvent::Input { .. } => Some("input"),
            _ => None,
        })
        .collect()
}

fn short(desktop: &VirtualDesktop) -> DesktopOptions {
    DesktopOptions {
        idle_limit: Duration::from_millis(700),
        ..options(desktop)
    }
}

fn idles(seen: &[TimedEvent]) -> usize {
    words(seen).iter().filter(|word| **word == "idle").count()
}

fn rounds(desktop: &VirtualDesktop) {
    let listening = Listening::with(&short(desktop));
    let typist = Typist::new(&desktop.display()).unwrap();
    typist.point_at(5, 5).unwrap();
    listening.until("idle", |seen| idles(seen) > 0);
    listening.forget();
    for n in 0..3 {
        // A mouse move is presence, though it is not counted.
        typist.point_at(10 + n, 20).unwrap();
        listening.until("idle again", |seen| idles(seen) > 0);
        assert_eq!(words(&listening.seen()), ["present", "idle"]);
        listening.forget();
    }
    typist.keys(1, 10).unwrap();
    listening.until("idle after a key", |seen| idles(seen) > 0);
    let seen = listening.finish();
    assert_eq!(words(&seen), ["present", "input", "idle"]);
    let input = seen
        .iter()
        .find(|s| matches!(s.event, SensorEvent::Input { .. }))
        .unwrap();
    let (at, idle) = seen
        .iter()
        .find_map(|s| match s.event {
            SensorEvent::Idle { idle } => Some((s.at, idle)),
            _ => None,
        })
        .unwrap();
    assert!(idle >= Duration::from_millis(700), "{idle:?}");
    // Counted back from the alarm, the last input is where the key was.
    let last_input = (at - idle).boot;
    assert!(last_input.abs_diff(input.at.boot) < Duration::from_millis(100));
}

#[test]
fn idleness_and_return_are_told_by_alarms() {
    let desktop = VirtualDesktop::start(400, 300).unwrap();
    rounds(&desktop);
}

#[test]
fn somebody_long_gone_at_the_start_is_told_at_once() {
    let desktop = VirtualDesktop::start(400, 300).unwrap();
    let typist = Typist::new(&desktop.display()).unwrap();
    typist.point_at(5, 5).unwrap();
    std::thread::sleep(Duration::from_millis(900));
    let listening = Listening::with(&short(&desktop));
    listening.until("idle", |seen| idles(seen) > 0);
    typist.keys(1, 10).unwrap();
    listening.until("the return", |seen| words(seen).contains(&"present"));
}

#[test]
fn the_means_are_named() {
    let desktop = VirtualDesktop::start_with(&DesktopSpec::new(400, 300)).unwrap();
    let opened = open(&options(&desktop));
    let idle = opened
        .capabilities()
        .iter()
        .find(|c| c.concern == SensorKind::Idle)
        .unwrap();
    assert_eq!(
        idle.support,
        SensorSupport::By("XSync alarms on IDLETIME".to_owned())
    );
}
