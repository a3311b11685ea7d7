//! Starting, ending, crashing, and the system's messages: the session's end, a lock, a battery.

use crate::harness::{Home, Running, until};
use crate::wine::{Stage, Wine};
use lab::desktop::Typist;
use model::{Coverage, NoticeCode, Record};
use std::fs;
use std::path::Path;

const QUIET: &str = "[shots]\ncapture = false\n[upload]\nevery_seconds = 3600\n";

/// A recording with 50 keys, all of them durable.
fn fifty_durable_keys(wine: &Wine) -> (Home, Running, Stage) {
    let mut home = wine.home().config(QUIET);
    let running = home.start(&[]);
    let mut stage = wine.stage();
    stage.shows(&home, "one 100 100 400 300 2060a0", "Work");
    type_keys(wine, 50);
    let counted = until("the keys are counted", || {
        Some(home.status()).filter(|s| s.today_counts.keys() == 50)
    });
    until("and durable", || {
        home.status()
            .last_durable
            .filter(|at| *at > counted.last_durable.unwrap_or_default())
    });
    (home, running, stage)
}

fn type_keys(wine: &Wine, keys: u32) {
    let typist = Typist::new(&wine.desktop.display()).unwrap();
    typist.keys(keys, 100).unwrap();
    typist.sync().unwrap();
}

fn assert_fifty_keys_without_a_gap(home: &Home) {
    let keys: u64 = home.spans().iter().map(|s| s.counts.keys()).sum();
    assert_eq!(keys, 50);
    let seqs: Vec<u64> = home.lines().iter().map(|(_, l)| l.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
}

#[test]
#[ignore = "needs Wine and uam.exe: cargo xtask windows"]
fn after_kill_9_nothing_durable_is_lost_and_the_next_run_says_so() {
    let wine = Wine::start();
    let (mut home, mut running, _stage) = fifty_durable_keys(&wine);
    // While a Windows program writes the journal, only another one may read it.
    home.unlock();
    let before = home.ok(&["export"]);
    running.kill_both(&home);
    home.start(&[]).stop();
    assert!(home.export().starts_with(&before));
    assert_fifty_keys_without_a_gap(&home);
    let recovered = home.notices();
    assert_eq!(
        recovered
            .iter()
            .filter(|c| **c == NoticeCode::Recovered)
            .count(),
        1,
        "{recovered:?}"
    );
}

#[test]
#[ignore = "needs Wine and uam.exe: cargo xtask windows"]
fn the_end_of_the_session_is_a_clean_end_with_everything_in_it() {
    let mut wine = Wine::start();
    let mut home = wine.home().config(QUIET);
    let mut running = home.start(&[]);
    let mut stage = wine.stage();
    stage.shows(&home, "one 100 100 400 300 2060a0", "Work");
    type_keys(&wine, 50);
    until("the keys are counted", || {
        (home.status().today_counts.keys() == 50).then_some(())
    });
    wine.log_off();
    running.wait();
    wine.log_on();
    assert_fifty_keys_without_a_gap(&home);
    let last = home.lines().into_iter().next_back().map(|(_, l)| l.record);
    let Some(Record::Notice(last)) = last else {
        panic!("the last record is the end: {last:?}");
    };
    assert_eq!(last.code, NoticeCode::Stopped);
    assert!(
        last.text.contains("the end of the session"),
        "{}",
        last.text
    );
    home.start(&[]).stop();
    assert!(!home.notices().contains(&NoticeCode::Recovered));
}

#[test]
#[ignore = "needs Wine and uam.exe: cargo xtask windows"]
fn the_second_instance_talks_to_the_first() {
    let wine = Wine::start();
    let mut home = wine.home().config(QUIET);
    let mut running = home.start(&[]);
    let second = home.output(&["run", "--yes", "--plain"]);
    assert_eq!(second.status.code(), Some(4), "{second:?}");
    home.ok(&["pause"]);
    assert_eq!(home.status().state, Coverage::Paused);
    home.ok(&["resume"]);
    assert_eq!(home.status().state, Coverage::Active);
    let said = home.ok(&["stop"]);
    assert!(said.contains("Stopped."), "{said}");
    assert!(running.wait().success());
    let gone = home.output(&["status"]);
    assert_eq!(gone.status.code(), Some(4), "{gone:?}");
    assert!(
        String::from_utf8_lossy(&gone.stderr).contains("not running"),
        "{gone:?}"
    );
}

#[test]
#[ignore = "needs Wine and uam.exe: cargo xtask windows"]
fn while_locked_nothing_is_counted() {
    let wine = Wine::start();
    let mut home = wine.home().config(QUIET);
    let running = home.start(&[]);
    let mut stage = wine.stage();
    stage.shows(&home, "one 100 100 400 300 2060a0", "Secret");
    let is = |state| {
        until("the lock is told", || {
            (home.status().state == state).then_some(())
        })
    };
    // WM_WTSSESSION_CHANGE with WTS_SESSION_LOCK and WTS_SESSION_UNLOCK.
    stage.does("tell uam-sensors 689 7");
    is(Coverage::Locked);
    type_keys(&wine, 30);
    stage.does("tell uam-sensors 689 8");
    is(Coverage::Active);
    running.stop();
    let spans = home.spans();
    assert_eq!(spans.iter().map(|s| s.counts.keys()).sum::<u64>(), 0);
    let locked: Vec<_> = spans
        .iter()
        .filter(|s| s.state == Coverage::Locked)
        .collect();
    assert!(!locked.is_empty());
    assert!(locked.iter().all(|s| s.window.is_none()));
}

#[test]
#[ignore = "needs Wine and uam.exe: cargo xtask windows"]
fn a_low_battery_suspends_and_a_fuller_one_resumes() {
    let supply = tempfile::tempdir().unwrap();
    charge(supply.path(), 15);
    let mut wine = Wine::start();
    wine.power_from(supply.path());
    let mut home = wine.home().config(QUIET);
    let running = home.start(&[]);
    let mut stage = wine.stage();
    let is = |state| {
        until("the battery is told", || {
            (home.status().state == state).then_some(())
        })
    };
    is(Coverage::LowBattery);
    charge(supply.path(), 30);
    // WM_POWERBROADCAST with PBT_APMPOWERSTATUSCHANGE.
    stage.does("tell uam-sensors 536 10");
    is(Coverage::Active);
    running.stop();
    let states: Vec<Coverage> = home.spans().iter().map(|s| s.state).collect();
    assert!(states.contains(&Coverage::LowBattery), "{states:?}");
}

/// A battery that discharges, in the kernel's files, from which Wine reads it.
fn charge(root: &Path, percent: u32) {
    let write = |name: &str, text: &str| {
        let file = root.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, format!("{text}\n")).unwrap();
    };
    let now = (percent * 50_000).to_string();
    for (name, text) in [
        ("BAT0/type", "Battery"),
        ("BAT0/present", "1"),
        ("BAT0/status", "Discharging"),
        ("BAT0/capacity", percent.to_string().as_str()),
        ("BAT0/charge_now", &now),
        ("BAT0/charge_full", "5000000"),
        ("BAT0/energy_now", &now),
        ("BAT0/energy_full", "5000000"),
        ("BAT0/voltage_now", "12000000"),
        ("BAT0/current_now", "1000000"),
        ("BAT0/power_now", "1000000"),
        ("AC/type", "Mains"),
        ("AC/online", "0"),
    ] {
        write(name, text);
    }
}

#[test]
#[ignore = "needs Wine and uam.exe: cargo xtask windows"]
fn a_run_in_the_background_is_looked_at_from_elsewhere() {
    let wine = Wine::start();
    let mut home = wine.home().config(QUIET);
    let mut run = home.interactive(&[
        "run",
        "--yes",
        "--background",
        "--recovery-kit",
        "../kit.txt",
    ]);
    home.answer_vault(&mut run);
    run.prompt("Code from your authenticator app");
    let code = home.code();
    run.say(&code);
    run.line_with("goes on in the background");
    assert!(run.wait().success());
    let mut stage = wine.stage();
    stage.shows(&home, "one 100 100 400 300 2060a0", "Work");
    stage.shows(&home, "two 120 120 400 300 a06020", "Rest");
    home.unlock();
    let mut view = home.interactive(&["attach", "--plain"]);
    view.line_with("recording");
    view.line_with("Work");
    home.ok(&["stop"]);
    view.line_with("uam has ended.");
    assert!(view.wait().success());
    let log = fs::read_to_string(home.path("data/background.log")).unwrap();
    assert!(!log.contains("Work"), "{log}");
}
