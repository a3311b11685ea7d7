//! Starting, ending, crashing, and talking to the running instance.

use crate::harness::{Home, send, until};
use lab::desktop::{TestWindow, Typist, VirtualDesktop, WindowSpec};
use model::{Coverage, NoticeCode, Record};
use rustix::process::Signal;

const QUIET: &str = "[shots]\ncapture = false\n[upload]\nevery_seconds = 3600\n";

#[test]
fn after_kill_9_nothing_durable_is_lost_and_the_next_run_says_so() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let window = TestWindow::open(
        &desktop.display(),
        WindowSpec::new("Work", "Work", 100, 100),
    )
    .unwrap();
    window.activate().unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let mut running = home.start(&[]);
    Typist::new(&desktop.display())
        .unwrap()
        .keys(50, 100)
        .unwrap();
    let counted = until("the keys are counted", || {
        Some(home.status()).filter(|s| s.today_counts.keys() == 50)
    });
    until("and durable", || {
        home.status()
            .last_durable
            .filter(|at| *at > counted.last_durable.unwrap_or_default())
    });
    let before = home.export();
    running.kill_both(&home);
    // The socket is still there, and so is the lock file; neither keeps the next run out.
    assert!(home.path("run/uam.sock").exists());
    home.start(&[]).stop();
    let after = home.export();
    assert!(after.starts_with(&before), "what was durable is unchanged");
    let spans = home.spans();
    assert_eq!(spans.iter().map(|s| s.counts.keys()).sum::<u64>(), 50);
    let codes = home.notices();
    assert_eq!(
        codes
            .iter()
            .filter(|c| **c == NoticeCode::Recovered)
            .count(),
        1,
        "{codes:?}"
    );
    let seqs: Vec<u64> = home.lines().iter().map(|(_, l)| l.seq).collect();
    assert_eq!(
        seqs,
        (1..=seqs.len() as u64).collect::<Vec<_>>(),
        "no gap in the sequence"
    );
}

#[test]
fn a_crashed_worker_goes_on_under_the_same_start_without_a_code() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let window = TestWindow::open(
        &desktop.display(),
        WindowSpec::new("Work", "Work", 100, 100),
    )
    .unwrap();
    window.activate().unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let mut running = home.start(&[]);
    let typist = Typist::new(&desktop.display()).unwrap();
    let mut typed = 0;
    for crash in 1..=3 {
        typist.keys(20, 100).unwrap();
        typed += 20;
        let counted = until("the keys are counted", || {
            Some(home.status()).filter(|s| s.today_counts.keys() == typed)
        });
        let durable = until("and durable", || {
            Some(home.status()).filter(|s| s.last_durable > counted.last_durable)
        });
        send(durable.pid, Signal::KILL);
        running.line_with("goes on under the same start");
        let again = until("another worker answers", || {
            let out = home.output(&["status", "--json"]);
            serde_json::from_slice::<report::AgentStatus>(&out.stdout).ok()
        });
        assert_ne!(again.pid, durable.pid, "crash {crash}");
        assert_eq!(
            again.today_counts.keys(),
            typed,
            "what was durable is still known"
        );
    }
    running.stop();
    let spans = home.spans();
    assert_eq!(spans.iter().map(|s| s.counts.keys()).sum::<u64>(), typed);
    let codes = home.notices();
    let count = |code| codes.iter().filter(|c| **c == code).count();
    assert_eq!(count(NoticeCode::CodeAccepted), 1, "{codes:?}");
    assert_eq!(count(NoticeCode::Recovered), 3, "{codes:?}");
    assert_eq!(count(NoticeCode::Stopped), 1, "{codes:?}");
}

#[test]
fn without_its_supervisor_a_worker_ends_cleanly_and_the_next_start_needs_a_code() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let mut running = home.start(&[]);
    let worker = home.status().pid;
    assert_ne!(worker, running.pid());
    running.signal(Signal::KILL);
    running.wait();
    until("the worker ends too", || {
        (!std::path::Path::new(&format!("/proc/{worker}")).exists()).then_some(())
    });
    let said: Vec<_> = home
        .lines()
        .into_iter()
        .filter_map(|(_, l)| match l.record {
            Record::Notice(n) if n.code == NoticeCode::Stopped => Some(n.text),
            _ => None,
        })
        .collect();
    assert_eq!(said, ["Stopped by the end of its supervisor."]);
    // Nobody records without signing in.
    let by_hand = home.output(&["worker"]);
    assert_eq!(by_hand.status.code(), Some(42), "{by_hand:?}");
    let mut again = home.spawn(&[]);
    again.prompt("Passphrase");
    again.hang_up();
    assert_eq!(again.wait().code(), Some(3));
}

#[test]
fn every_way_to_ask_for_an_end_is_a_clean_end() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut running = home.start(&[]);
        running.signal(signal);
        assert!(running.wait().success(), "{signal:?}: {}", running.said());
        assert!(!home.path("run/uam.sock").exists(), "{signal:?}");
    }
    let last: Vec<_> = home.lines().into_iter().map(|(_, l)| l.record).collect();
    let stopped = last
        .iter()
        .filter(|r| matches!(r, Record::Notice(n) if n.code == NoticeCode::Stopped))
        .count();
    assert_eq!(stopped, 3);
    assert!(
        !last
            .iter()
            .any(|r| matches!(r, Record::Notice(n) if n.code == NoticeCode::Recovered))
    );
}

#[test]
fn there_is_one_instance_and_the_second_can_talk_to_it() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    assert_eq!(
        home.output(&["status"]).status.code(),
        Some(4),
        "nobody to talk to"
    );
    let mut running = home.start(&[]);
    let second = home.output(&["run", "--yes"]);
    assert_eq!(second.status.code(), Some(4));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        said.contains(&running.pid().to_string()) && said.contains("data"),
        "{said}"
    );

    home.ok(&["pause", "--for", "15m"]);
    let status = home.status();
    assert!(status.state == Coverage::Paused && status.paused_until.is_some());
    assert_eq!(
        home.output(&["shot"]).status.code(),
        Some(1),
        "no screenshots while paused"
    );
    home.ok(&["resume"]);
    assert_eq!(home.status().state, Coverage::Active);
    let plain = home.ok(&["status"]);
    assert!(plain.starts_with("recording"), "{plain}");

    home.ok(&["stop"]);
    assert!(running.wait().success());
    assert_eq!(home.output(&["pause"]).status.code(), Some(4));
}

#[test]
fn a_low_battery_suspends_from_the_start_and_that_is_shown() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let supply = tempfile::tempdir().unwrap();
    let battery = supply.path().join("BAT0");
    std::fs::create_dir(&battery).unwrap();
    for (name, value) in [
        ("type", "Battery"),
        ("present", "1"),
        ("status", "Discharging"),
        ("capacity", "15"),
    ] {
        std::fs::write(battery.join(name), format!("{value}\n")).unwrap();
    }
    let mut home = Home::new()
        .on(&desktop.display())
        .config(QUIET)
        .env("UAM_POWER_ROOT", supply.path().to_str().unwrap());
    let running = home.start(&[]);
    until("recording is suspended", || {
        (home.status().state == Coverage::LowBattery).then_some(())
    });
    running.stop();
    assert!(home.spans().iter().any(|s| s.state == Coverage::LowBattery));
}

#[test]
fn a_trace_replays_what_it_recorded() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let window = TestWindow::open(
        &desktop.display(),
        WindowSpec::new("Traced", "Traced", 100, 100),
    )
    .unwrap();
    window.activate().unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let trace = home.path("trace.jsonl");
    let running = home.start(&["--record-trace", trace.to_str().unwrap()]);
    Typist::new(&desktop.display())
        .unwrap()
        .keys(20, 50)
        .unwrap();
    until("the keys are counted", || {
        (home.status().today_counts.keys() == 20).then_some(())
    });
    running.stop();

    let mut second = Home::new().config(QUIET);
    let mut replaying = second.start(&["--replay", trace.to_str().unwrap()]);
    assert!(replaying.wait().success(), "{}", replaying.said());
    let spans = second.spans();
    assert_eq!(spans.iter().map(|s| s.counts.keys()).sum::<u64>(), 20);
    assert!(
        spans
            .iter()
            .any(|s| s.window.as_ref().is_some_and(|w| w.title == "Traced"))
    );
}
