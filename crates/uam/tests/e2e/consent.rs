//! Not recording because somebody said so: pauses; and the notice that says so.

use crate::harness::{Home, until};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use lab::desktop::VirtualDesktop;
use model::{Coverage, NoticeCode, Record};
use rustix::process::Signal;

const QUIET: &str = "[shots]\ncapture = false\n[upload]\nevery_seconds = 3600\n";

/// What the clock shows where the tests live.
fn here() -> Zoned {
    Timestamp::now().to_zoned(TimeZone::get("Europe/Berlin").unwrap())
}

fn notice_texts(home: &Home, code: NoticeCode) -> Vec<String> {
    home.lines()
        .into_iter()
        .filter_map(|(_, l)| match l.record {
            Record::Notice(n) if n.code == code => Some(n.text),
            _ => None,
        })
        .collect()
}

#[test]
fn a_pause_holds_over_kill_9_and_ends_when_it_should() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let mut running = home.start(&[]);
    let midnight = || {
        let tomorrow = here().tomorrow().unwrap().start_of_day().unwrap();
        tomorrow.timestamp().as_microsecond()
    };
    // The day may end between the two looks.
    let (before, said, after) = (midnight(), home.ok(&["pause", "tomorrow"]), midnight());
    assert!(said.contains("until tomorrow 00:00:00"), "{said}");
    let paused = home.status();
    let until_us = paused.paused_until_us.unwrap();
    assert!(paused.state == Coverage::Paused && [before, after].contains(&until_us));
    running.signal(Signal::KILL);
    running.wait();

    let mut running = home.start(&[]);
    let status = home.status();
    assert_eq!(
        (status.state, status.paused_until_us),
        (Coverage::Paused, Some(until_us))
    );
    running.line_with("A pause from before holds until tomorrow 00:00:00");
    // Nor does a clean end take an end away from a pause that has one.
    running.stop();
    let running = home.start(&[]);
    assert_eq!(home.status().paused_until_us, Some(until_us));
    home.ok(&["resume"]);
    assert_eq!(home.status().state, Coverage::Active);
    assert!(!home.path("data/pause.json").exists());

    // A pause until resumed ends with the run that was ended on purpose.
    home.ok(&["pause"]);
    assert!(home.path("data/pause.json").exists());
    running.stop();
    let mut running = home.start(&[]);
    assert_eq!(home.status().state, Coverage::Active);
    // One that ends by itself leaves nothing behind.
    home.ok(&["pause", "--for", "1s"]);
    until("it is over", || {
        (!home.path("data/pause.json").exists()).then_some(())
    });
    assert_eq!(home.status().state, Coverage::Active);
    assert_eq!(home.output(&["stop"]).status.code(), Some(0));
    running.wait();

    // From the first pause to the resume nothing but pauses was recorded, whoever started and ended uam meanwhile.
    let spans = home.spans();
    let first = spans.iter().position(|s| s.state == Coverage::Paused);
    let run = &spans[first.unwrap()..];
    let resumed = run.iter().position(|s| s.state != Coverage::Paused);
    let paused_until = run[resumed.unwrap()].start_us;
    let resumes = home
        .lines()
        .into_iter()
        .filter_map(|(_, l)| match l.record {
            Record::Notice(n) if n.code == NoticeCode::Resumed => Some(n.at_us),
            _ => None,
        });
    assert_eq!(resumes.min(), Some(paused_until));
    let daily = notice_texts(&home, NoticeCode::Daily);
    assert_eq!(daily.len(), 4, "at each start: {daily:?}");
}
