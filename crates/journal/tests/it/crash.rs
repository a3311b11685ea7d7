//! Ends that nobody planned: kill -9 at any moment, a disk that takes no more.

use crate::kit::*;
use journal::{Commit, Journal};
use model::Record;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Not a test of its own: the recorder's process in the test below. Says each number once it is durable.
#[test]
#[ignore = "started by another test"]
fn writer_child() {
    let Ok(dir) = std::env::var("UAM_TEST_DIR") else {
        return;
    };
    let dir = std::path::Path::new(&dir);
    let (mut journal, recovery) =
        Journal::open(&dir.join("journal"), keys_of_child(dir), NOW).unwrap();
    let recovered: Vec<Record> = recovery.pending.into_iter().map(Record::Span).collect();
    for seq in journal.commit_recovered(&recovered, NOW).unwrap() {
        println!("ack {seq}");
    }
    println!("ready");
    for n in 0.. {
        let id = u64::from(n);
        let seqs = if n % 5 == 4 {
            let (shot, picture) = shot(NOW + micros(n), 3000);
            vec![
                journal
                    .add_screenshot(&shot, &picture, NOW + micros(n))
                    .unwrap(),
            ]
        } else {
            let step = Commit {
                records: &spans(n..n + 2),
                provisional_put: &[(id, span(n))],
                provisional_drop_below: id,
                at: NOW + micros(n),
                ..Commit::default()
            };
            journal.commit(step).unwrap()
        };
        for seq in seqs {
            println!("ack {seq}");
        }
    }
}

#[test]
fn kill_9_at_any_moment_loses_nothing_acknowledged() {
    let mut desk = Desk::new();
    desk.journal().close(NOW).unwrap();
    let (mut acked, mut closed) = (0u64, 0);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..25 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::writer_child", "--ignored", "--nocapture"])
            .env("UAM_TEST_DIR", desk.dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // Killed after so many acknowledgements, in the middle of the step that follows; some while still starting.
        let after = if round % 5 == 0 { 0 } else { random % 60 };
        for _ in 0..after {
            if let Some(seq) = lines.next().unwrap().unwrap().strip_prefix("ack ") {
                acked = seq.parse().unwrap();
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            if let Some(seq) = line.strip_prefix("ack ").and_then(|s| s.parse().ok()) {
                acked = seq;
            }
        }
        // Every fourth time the supervisor dies too, and with it the lease.
        if round % 4 == 3 {
            desk.new_lease();
            fs::write(desk.dir.path().join("lease"), &*desk.lease.reveal()).unwrap();
        }
        let (journal, recovery) = desk.open();
        assert_eq!(recovery.quarantined, None);
        assert_eq!(recovery.swept.lost, 0);
        assert_eq!(recovery.swept.set_aside, 0);
        assert_eq!(recovery.pending_damaged, 0);
        closed += recovery.pending_sealed;
        drop(journal);
        let found = desk.reader().read_after(0, usize::MAX >> 1).unwrap();
        assert_eq!(found.damaged, []);
        let last = found.lines.len() as u64;
        assert!(
            last >= acked,
            "round {round}: {acked} acknowledged, {last} there"
        );
        assert!(
            found.lines.iter().map(|l| l.seq).eq(1..=last),
            "round {round}"
        );
    }
    let reader = desk.reader();
    for shot in reader.newest_screenshots(10_000).unwrap() {
        reader.open_screenshot(shot.seq).unwrap();
    }
    assert!(acked > 100, "the test did something: {acked}");
    assert!(closed > 0, "open spans of dead leases were found");
    // Whatever state it is in, all of it is delivered, by whoever is there.
    let mut journal = desk.journal();
    journal.commit_recovered(&[], NOW).unwrap();
    journal.freeze(NOW, &few(500)).unwrap();
    let last = desk.reader().last_seq().unwrap();
    let lines: Vec<u8> = desk.deliver().iter().flat_map(|s| desk.lines(s)).collect();
    assert!(lines == desk.raw(1, last), "what was sent is what is here");
}

/// Not a test of its own: runs under a limit on the size of files, so that the disk refuses to take more.
#[cfg(unix)]
#[test]
#[ignore = "started by another test"]
fn failing_disk_child() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Ok(dir) = std::env::var("UAM_TEST_DIR") else {
        return;
    };
    let dir = std::path::Path::new(&dir);
    let limit = getrlimit(Resource::Fsize);
    let (mut journal, _) = Journal::open(&dir.join("journal"), keys_of_child(dir), NOW).unwrap();
    let mut acked = Vec::new();
    let error = loop {
        assert!(acked.len() < 100_000, "the limit was not reached");
        match journal.commit(Commit {
            records: &spans(0..20),
            at: NOW,
            ..Commit::default()
        }) {
            Ok(seqs) => acked.extend(seqs),
            Err(e) => break e,
        }
    };
    // SQLite calls this limit an input/output error, which leaves the disk's content uncertain.
    assert!(
        matches!(error, journal::JournalError::Io { .. }),
        "{error:?}"
    );
    assert!(error.is_temporary());
    // A screenshot larger than the limit.
    let (big, picture) = shot(NOW, 3 << 20);
    let error = journal.add_screenshot(&big, &picture, NOW).unwrap_err();
    assert!(
        matches!(error, journal::JournalError::DiskFull { .. }),
        "{error:?}"
    );
    assert!(
        files(&dir.join("journal/shots")).is_empty(),
        "no half picture stays"
    );
    // Still full, still alive.
    assert!(
        journal
            .commit(Commit {
                records: &spans(0..8000),
                at: NOW,
                ..Commit::default()
            })
            .is_err()
    );
    setrlimit(
        Resource::Fsize,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )
    .unwrap();
    let next = acked.last().unwrap() + 1;
    let seqs = journal
        .commit(Commit {
            records: &spans(0..1),
            at: NOW,
            ..Commit::default()
        })
        .unwrap();
    assert_eq!(seqs, [next]);
    assert_eq!(
        journal.add_screenshot(&big, &picture, NOW).unwrap(),
        next + 1
    );
    println!("room again at {next}");
}

#[cfg(unix)]
#[test]
fn a_disk_that_refuses_is_said_and_survived() {
    let desk = Desk::new();
    // `ulimit -f` counts blocks of 512 or 1024 bytes; the ignored signal is inherited, so writes fail instead.
    let out = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -S -f 1500; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "crash::failing_disk_child",
            "--ignored",
            "--nocapture",
        ])
        .env("UAM_TEST_DIR", desk.dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(
        out.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let next: u64 = text
        .split("room again at ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let (_journal, recovery) = desk.open();
    assert_eq!(recovery.quarantined, None);
    let found = desk.reader().read_after(0, usize::MAX >> 1).unwrap();
    assert_eq!(found.damaged, []);
    assert!(found.lines.iter().map(|l| l.seq).eq(1..=next + 1));
}
