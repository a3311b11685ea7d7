use crate::kit::{Listening, counts, titles};
use lab::desktop::{Button, TestWindow, Typist, VirtualDesktop, WindowSpec};
use model::{Counts, InputCounts, SensorEvent};
use std::time::Duration;

#[test]
fn two_hundred_keys_and_a_hundred_clicks_are_counted_exactly() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let window = TestWindow::open(
        &desktop.display(),
        WindowSpec::new("text", "Text", 100, 100),
    );
    let window = window.unwrap();
    window.activate().unwrap();
    let listening = Listening::to(&desktop);
    let typist = Typist::new(&desktop.display()).unwrap();
    typist.point_at(200, 200).unwrap();
    typist.keys(200, 100).unwrap();
    typist.clicks(Button::Left, 60, 100).unwrap();
    typist.clicks(Button::Middle, 10, 100).unwrap();
    typist.clicks(Button::Right, 25, 100).unwrap();
    typist.clicks(Button::Back, 5, 100).unwrap();
    typist.clicks(Button::ScrollUp, 7, 100).unwrap();
    typist.clicks(Button::ScrollDown, 8, 100).unwrap();
    typist.clicks(Button::ScrollLeft, 1, 100).unwrap();
    typist.clicks(Button::ScrollRight, 2, 100).unwrap();
    let seen = listening.finish();
    let expected = Counts {
        hardware: InputCounts::default(),
        injected: InputCounts {
            keys: 200,
            left: 60,
            middle: 10,
            right: 25,
            other: 5,
            scroll: 18,
            seconds: 0,
        },
    };
    assert_eq!(counts(&seen), expected, "XTEST input is injected input");
    assert_eq!(counts(&seen).clicks(), 100);
}

#[test]
fn a_key_held_for_three_seconds_is_one_press() {
    let desktop = VirtualDesktop::start(400, 300).unwrap();
    let listening = Listening::to(&desktop);
    let typist = Typist::new(&desktop.display()).unwrap();
    typist.hold_key(Duration::from_secs(3)).unwrap();
    // The same key again is a new press.
    typist.keys(1, 10).unwrap();
    assert_eq!(counts(&listening.finish()).injected.keys, 2);
}

#[test]
fn a_keyboard_that_repeats_by_itself_is_one_press() {
    let desktop = VirtualDesktop::start(400, 300).unwrap();
    let listening = Listening::to(&desktop);
    let typist = Typist::new(&desktop.display()).unwrap();
    typist.repeat_key(30, 100).unwrap();
    typist.keys(1, 10).unwrap();
    assert_eq!(counts(&listening.finish()).injected.keys, 2);
}

#[test]
fn a_burst_of_five_thousand_events_a_second_is_counted_to_the_last() {
    let desktop = VirtualDesktop::start(400, 300).unwrap();
    let listening = Listening::to(&desktop);
    let typist = Typist::new(&desktop.display()).unwrap();
    // A press and a release each.
    typist.keys(7_500, 2_500).unwrap();
    let seen = listening.finish();
    assert_eq!(counts(&seen).injected.keys, 7_500);
    let batches = seen
        .iter()
        .filter(|s| matches!(s.event, SensorEvent::Input { .. }));
    assert!(batches.count() <= 20, "input comes in batches of a second");
}

#[test]
fn input_belongs_to_the_window_it_was_typed_into() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let open = |title: &str, x| {
        TestWindow::open(&desktop.display(), WindowSpec::new(title, "Text", x, 50)).unwrap()
    };
    let (first, second) = (open("first", 0), open("second", 300));
    first.activate().unwrap();
    let listening = Listening::to(&desktop);
    let typist = Typist::new(&desktop.display()).unwrap();
    for n in 1..=6 {
        typist.keys(n, 1_000).unwrap();
        second.activate().unwrap();
        listening.until_title("second");
        typist.keys(10 * n, 1_000).unwrap();
        first.activate().unwrap();
        listening.until_title("first");
    }
    let seen = listening.finish();
    let mut active = String::new();
    let (mut in_first, mut in_second) = (0, 0);
    for item in &seen {
        match &item.event {
            SensorEvent::Window { active: Some(a) } => active.clone_from(&a.window.title),
            SensorEvent::Input { counts } if active == "first" => in_first += counts.keys(),
            SensorEvent::Input { counts } if active == "second" => in_second += counts.keys(),
            other => panic!("{other:?} while {active:?}"),
        }
    }
    assert_eq!((in_first, in_second), (21, 210));
    // A fact of a window that is read late, its program for instance, tells the same title once more.
    let mut switches = titles(&seen);
    switches.dedup();
    assert_eq!(switches.len(), 13, "{seen:?}");
}

#[test]
fn a_batch_stays_within_a_second_and_arrives_soon_after_it() {
    let desktop = VirtualDesktop::start(400, 300).unwrap();
    let listening = Listening::to(&desktop);
    let typist = Typist::new(&desktop.display()).unwrap();
    typist.keys(90, 30).unwrap();
    // Without any further event the last batch comes by itself.
    listening.until("all keys", |seen| counts(seen).keys() == 90);
    let seen = listening.finish();
    let mut seconds: Vec<u64> = seen
        .iter()
        .filter(|s| matches!(s.event, SensorEvent::Input { .. }))
        .map(|s| s.at.whole_second())
        .collect();
    let batches = seconds.len();
    seconds.dedup();
    assert_eq!(seconds.len(), batches, "one batch a second");
    assert!((3..=5).contains(&batches), "{seconds:?}");
}
