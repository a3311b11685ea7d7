//! The counts equal the input and the windows of the test.

use crate::harness::{Home, until};
use crate::wine::{Wine, sees};
use lab::desktop::{Button, Typist};
use model::{Counts, Span};
use std::time::Duration;

const QUIET: &str = "[shots]\ncapture = false\n[upload]\nevery_seconds = 3600\n";

fn total(spans: &[Span]) -> Counts {
    let mut all = Counts::default();
    for span in spans {
        all += span.counts;
    }
    all
}

fn counted(home: &Home, what: &str, enough: impl Fn(Counts) -> bool) {
    until(what, || enough(home.status().today_counts).then_some(()));
}

#[test]
#[ignore = "needs Wine and uam.exe: cargo xtask windows"]
fn keys_clicks_and_notches_are_counted_once_and_those_of_programs_apart() {
    let wine = Wine::start();
    let mut home = wine.home().config(QUIET);
    let running = home.start(&[]);
    let mut stage = wine.stage();
    stage.shows(&home, "one 100 100 400 300 2060a0", "Counting");
    let typist = Typist::new(&wine.desktop.display()).unwrap();
    typist.point_at(300, 250).unwrap();
    typist.keys(200, 100).unwrap();
    typist.clicks(Button::Left, 60, 50).unwrap();
    typist.clicks(Button::Right, 25, 50).unwrap();
    typist.clicks(Button::Middle, 15, 50).unwrap();
    typist.clicks(Button::ScrollDown, 30, 50).unwrap();
    counted(&home, "everything is counted", |c| {
        c.keys() >= 200 && c.clicks() >= 100 && c.scroll() >= 30
    });
    typist.hold_key(Duration::from_secs(3)).unwrap();
    counted(&home, "the held key is counted", |c| c.keys() > 200);
    stage.does("keys 20");
    stage.does("hold 40");
    stage.does("clicks 10");
    stage.does("notches 5");
    counted(&home, "what the program made is counted", |c| {
        c.keys() >= 222 && c.clicks() >= 110 && c.scroll() >= 35
    });
    running.stop();

    let Counts { hardware, injected } = total(&home.spans());
    assert_eq!((hardware.keys, injected.keys), (201, 21));
    // Windows gives a program's clicks no device; Wine gives them the one of the real mouse.
    assert_eq!(
        (hardware.left, hardware.right, hardware.middle),
        (60 + 10, 25, 15)
    );
    assert_eq!(hardware.scroll, 30 + 5);
    sees_nothing_else(&home);
}

/// Every second of the run lies in a span, and the stage's window has the time it was shown.
fn sees_nothing_else(home: &Home) {
    let spans = home.spans();
    for pair in spans.windows(2) {
        assert_eq!(
            pair[0].end().as_micros(),
            pair[1].start.as_micros(),
            "a gap or an overlap"
        );
    }
    let stage = spans
        .iter()
        .filter_map(|s| s.window.as_ref())
        .find(|w| w.title == "Counting")
        .unwrap();
    assert_eq!(stage.app, "stage");
    assert!(stage.exe.ends_with("stage.exe"), "{}", stage.exe);
}

#[test]
#[ignore = "needs Wine and uam.exe: cargo xtask windows"]
fn keys_belong_to_the_window_they_were_typed_into() {
    let wine = Wine::start();
    let mut home = wine.home().config(QUIET);
    let running = home.start(&[]);
    let mut stage = wine.stage();
    stage.shows(&home, "left 50 100 300 300 a02020", "Left");
    stage.shows(&home, "right 500 100 300 300 20a020", "Right");
    let typist = Typist::new(&wine.desktop.display()).unwrap();
    let mut expected = [0, 0];
    for turn in 0..12 {
        let side = turn % 2;
        stage.does(["activate left", "activate right"][side]);
        // Wine stamps the event when it arrives and not when it happened.
        sees(&home, ["Left", "Right"][side]);
        typist.keys(5 + turn as u32, 200).unwrap();
        typist.sync().unwrap();
        expected[side] += 5 + turn as u64;
        // The stage answers once its own window has every key.
        let so_far: u64 = expected.iter().sum();
        counted(&home, "the keys of a turn are counted", |c| {
            c.keys() >= so_far
        });
    }
    stage.does("title right Written – “π”");
    sees(&home, "Written – “π”");
    running.stop();
    let keys = |title: &str| -> u64 {
        home.spans()
            .iter()
            .filter(|s| s.window.as_ref().is_some_and(|w| w.title == title))
            .map(|s| s.counts.keys())
            .sum()
    };
    assert_eq!([keys("Left"), keys("Right")], expected);
}
