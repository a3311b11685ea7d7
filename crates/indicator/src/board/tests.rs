#![allow(clippy::unwrap_used)]

use super::*;
use crate::Fresh;
use std::sync::mpsc::{Receiver, channel};

/// Nothing here takes longer than this on any machine that is not broken.
const PATIENCE: Duration = Duration::from_secs(30);

fn board(bubbles: bool) -> (Arc<Board>, Receiver<()>) {
    let options = Options {
        tray: true,
        bubbles,
        bus: None,
    };
    let board = Arc::new(Board::new(&options));
    let (tx, rx) = channel();
    board.on_change(move || {
        let _ = tx.send(());
    });
    rx.recv_timeout(PATIENCE).unwrap();
    (board, rx)
}

fn recording() -> Shown {
    Shown::new(Sign::Active, "recording · active")
}

fn fresh_until(until: Instant) -> Fresh {
    Fresh {
        until,
        then: "NOT RECORDING: nothing reached the disk since 12:00:00".to_owned(),
    }
}

fn texts(news: &News) -> Vec<&str> {
    news.bubbles.iter().map(|b| b.text.as_str()).collect()
}

#[test]
fn the_newest_is_shown_and_the_desktop_is_woken_for_what_looks_different_only() {
    let (board, woken) = board(true);
    let far = Instant::now() + PATIENCE * 100;
    board.show(recording().fresh(fresh_until(far)));
    woken.try_recv().unwrap();
    for n in 0..3 {
        board.show(recording().fresh(fresh_until(far + PATIENCE * n)));
    }
    assert!(woken.try_recv().is_err(), "it looks the same");
    board.show(Shown::new(Sign::Paused, "paused"));
    board.show(Shown::new(Sign::Idle, "recording · idle"));
    assert_eq!(board.news().shown.unwrap().sign, Sign::Idle);
    assert_eq!(woken.try_iter().count(), 2);
}

#[test]
fn at_most_so_many_bubbles_wait_and_the_oldest_gives_way() {
    let (board, _woken) = board(true);
    for n in 0..MOST_BUBBLES + 3 {
        board.tell(Bubble::new(&n.to_string()));
    }
    let news = board.news();
    assert_eq!(texts(&news).len(), MOST_BUBBLES);
    assert_eq!(texts(&news)[0], "3");
    assert!(board.news().bubbles.is_empty(), "each is given out once");
}

#[test]
fn without_bubbles_there_are_none() {
    let (board, _woken) = board(false);
    board.tell(Bubble::new("started"));
    board.show(Shown::new(Sign::NotRecording, "NOT RECORDING").alarming());
    assert!(board.news().bubbles.is_empty());
}

#[test]
fn what_is_no_longer_fresh_is_not_shown_as_recording() {
    let (board, woken) = board(true);
    let ageing = Arc::clone(&board);
    let thread = std::thread::spawn(move || ageing.grow_old());
    board.show(recording().fresh(fresh_until(Instant::now())));
    let stale = std::iter::from_fn(|| woken.recv_timeout(PATIENCE).ok())
        .take(1_000)
        .find_map(|()| board.news().shown.filter(|s| s.sign == Sign::NotRecording));
    let stale = stale.unwrap();
    assert!(stale.headline.starts_with("NOT RECORDING"), "{stale:?}");
    // A sign of life makes it a recording again.
    board.show(recording().fresh(fresh_until(Instant::now() + PATIENCE * 100)));
    assert_eq!(board.news().shown.unwrap().sign, Sign::Active);
    board.end();
    thread.join().unwrap();
    board.show(recording());
    assert!(board.news().ended);
}

#[test]
fn an_alarm_is_told_once() {
    let (board, _woken) = board(true);
    let alarm = |text: &str| Shown::new(Sign::NotRecording, text).alarming();
    board.show(alarm("NOT RECORDING: 20 s"));
    board.show(alarm("NOT RECORDING: 25 s"));
    assert_eq!(texts(&board.news()), ["NOT RECORDING: 20 s"]);
    board.show(recording());
    board.show(alarm("NOT RECORDING: 15 s"));
    assert_eq!(texts(&board.news()), ["NOT RECORDING: 15 s"]);
}

#[test]
fn what_is_switched_off_stays_so_whatever_the_desktop_says() {
    let options = Options {
        tray: false,
        bubbles: true,
        bus: None,
    };
    let board = Board::new(&options);
    board.refuse("no session bus", "");
    let standing = board.standing();
    let reason = |support: &SensorSupport| match support {
        SensorSupport::Unsupported(why) => why.reason.clone(),
        SensorSupport::By(how) => how.clone(),
    };
    assert_eq!(reason(&standing.tray), "switched off (indicator.tray)");
    assert_eq!(reason(&standing.bubbles), "no session bus");
}
