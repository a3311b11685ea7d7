//! Failures beside the program or under it: the X server, the database, the disk, the uploader.

use crate::harness::{Home, assert_bucket_equals_journal, send, until};
use lab::desktop::{DesktopSpec, TestWindow, Typist, VirtualDesktop, WindowSpec};
use lab::s3::{FaultPlan, S3Fault, S3Server, S3ServerOptions};
use model::{Coverage, NoticeCode, Record};
use platform::clock::current_time;
use rustix::process::Signal;
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const QUIET: &str = "[shots]\ncapture = false\n[upload]\nevery_seconds = 3600\n";

/// The texts of the notices of one kind.
fn texts(home: &Home, code: NoticeCode) -> Vec<String> {
    home.lines()
        .into_iter()
        .filter_map(|(_, l)| match l.record {
            Record::Notice(n) if n.code == code => Some(n.text),
            _ => None,
        })
        .collect()
}

/// Types, and waits until it is counted and durable.
fn type_and_wait(home: &Home, desktop: &VirtualDesktop, keys: u32, total: u64) {
    Typist::new(&desktop.display())
        .unwrap()
        .keys(keys, 100)
        .unwrap();
    let counted = until("the keys are counted", || {
        Some(home.status()).filter(|s| s.today_counts.keys() == total)
    });
    until("and durable", || {
        Some(home.status()).filter(|s| s.last_durable > counted.last_durable)
    });
}

/// The parts of today sum to the time since the journal began.
fn assert_parts_sum(home: &Home) {
    let reader = home.reader();
    let now = current_time();
    let day = report::local_date(now, "Europe/Berlin");
    let report = report::query::read_day(
        &reader,
        report::ViewOptions::default(),
        day,
        now,
        "Europe/Berlin",
    )
    .unwrap();
    let sum: Duration = report.states.iter().map(|s| s.duration).sum();
    assert_eq!(sum, report.length);
}

#[test]
fn an_x_server_that_dies_leaves_a_blind_gap_and_its_successor_is_counted() {
    let mut desktop = VirtualDesktop::start(1024, 700).unwrap();
    let number = desktop.number();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let running = home.start(&[]);
    type_and_wait(&home, &desktop, 20, 20);
    desktop.kill_server();
    let status = until("it is said to be blind", || {
        Some(home.status()).filter(|s| s.state == Coverage::NotRecorded)
    });
    let missing = status.format_lines(current_time()).join("\n");
    assert!(
        missing.contains("unavailable") && missing.contains("uam tries to restart it"),
        "{missing}"
    );
    assert!(!status.is_recording(current_time()));
    drop(desktop);
    let desktop = until("the display number is free again", || {
        VirtualDesktop::start_with(&DesktopSpec::new(1024, 700).on_display(number)).ok()
    });
    // Keys typed within the very second in which it sees again is not counted, as after every pause.
    until("it sees again", || {
        let status = home.status();
        (status.state == Coverage::Active
            && current_time() - Duration::from_millis(1_500) > status.since)
            .then_some(())
    });
    type_and_wait(&home, &desktop, 30, 50);
    running.stop();
    let spans = home.spans();
    assert_eq!(spans.iter().map(|s| s.counts.keys()).sum::<u64>(), 50);
    let blind: u64 = spans
        .iter()
        .filter(|s| s.state == Coverage::NotRecorded)
        .map(|s| model::micros::to_micros(s.duration))
        .sum();
    assert!(blind > 0, "{spans:#?}");
    for pair in spans.windows(2) {
        assert_eq!(
            pair[0].end().as_micros(),
            pair[1].start.as_micros(),
            "no second is missing"
        );
    }
    assert_eq!(texts(&home, NoticeCode::SensorLost).len(), 3);
    assert_eq!(texts(&home, NoticeCode::SensorBack).len(), 3);
    assert_parts_sum(&home);
}

/// Overwrites all of the database but its first page, after everything lies in it and the writer has to read it again.
fn ruin(db: &Path) {
    // Another process, as a broken disk or program is: a lock of this one's would end with the file's first close.
    let sql = "PRAGMA wal_checkpoint(TRUNCATE); UPDATE meta SET value = value; PRAGMA wal_checkpoint(TRUNCATE);";
    let conn = journal_sql(db);
    until("nobody is in the way", || conn.execute_batch(sql).ok());
    drop(conn);
    let length = fs::metadata(db).unwrap().len();
    let mut file = OpenOptions::new().write(true).open(db).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    let rest = usize::try_from(length).unwrap() - 4096;
    file.write_all(&vec![0xa5; rest]).unwrap();
}

fn journal_sql(db: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(db).unwrap()
}

#[test]
fn a_database_that_breaks_while_it_is_written_is_set_aside_and_recording_goes_on() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let mut running = home.start(&[]);
    type_and_wait(&home, &desktop, 20, 20);
    let worker = home.status().pid;
    ruin(&home.path("data/journal/journal.db"));
    running.line_with("goes on under the same start");
    let again = until("another worker answers", || {
        let out = home.output(&["status", "--json"]);
        serde_json::from_slice::<report::AgentStatus>(&out.stdout).ok()
    });
    assert_ne!(again.pid, worker);
    let before = again.today_counts.keys();
    type_and_wait(&home, &desktop, 30, before + 30);
    running.stop();
    let aside = texts(&home, NoticeCode::Quarantined);
    assert_eq!(aside.len(), 1, "{aside:?}");
    let kept = fs::read_dir(home.path("data/journal")).unwrap();
    let damaged = kept.flatten().filter(|e| {
        e.file_name()
            .to_string_lossy()
            .starts_with("journal-damaged")
    });
    assert!(damaged.count() >= 1, "kept for a person to look at");
    let keys: u64 = home.spans().iter().map(|s| s.counts.keys()).sum();
    assert!(keys >= 30, "{keys}");
    assert_parts_sum(&home);
}

#[test]
fn a_database_that_is_found_broken_at_the_start_is_set_aside() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    home.start(&[]).stop();
    let db = home.path("data/journal/journal.db");
    let length = fs::metadata(&db).unwrap().len();
    fs::write(&db, vec![0xa5; usize::try_from(length).unwrap()]).unwrap();
    let running = home.start(&[]);
    type_and_wait(&home, &desktop, 10, 10);
    running.stop();
    assert_eq!(texts(&home, NoticeCode::Quarantined).len(), 1);
}

#[test]
fn a_journal_of_a_newer_uam_is_refused_in_words_and_left_alone() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    home.start(&[]).stop();
    let db = home.path("data/journal/journal.db");
    journal_sql(&db)
        .pragma_update(None, "user_version", 999)
        .unwrap();
    let before = fs::read(&db).unwrap();
    let mut running = home.spawn(&[]);
    home.answer_vault(&mut running);
    running.prompt("Code from your authenticator app");
    let code = home.code();
    running.say(&code);
    running.line_with("was written by a newer uam (format 999");
    assert_eq!(running.wait().code(), Some(1));
    let said = running.said();
    assert!(
        !said.contains("goes on under the same start"),
        "not tried again: {said}"
    );
    assert_eq!(fs::read(&db).unwrap(), before, "nothing was changed");
}

/// A small file system of its own, as far as this user may mount one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let size = format!("size={size}");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(at)
            .output();
        match done {
            Ok(out) if out.status.success() => Some(Self(at.to_owned())),
            _ => {
                eprintln!("not run: this user may not mount a file system");
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_costs_pictures_first_then_old_ones_then_recording_and_all_comes_back() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let window =
        TestWindow::open(&desktop.display(), WindowSpec::new("Work", "Work", 9, 9)).unwrap();
    window.activate().unwrap();
    let mut home = Home::new().on(&desktop.display()).config(
        "[shots]\nblur = false\nevery_seconds = 5\n[upload]\nevery_seconds = 5\n[disk]\nfloor_mb = 40\nfloor_percent = 90\n",
    );
    let Some(_disk) = SmallDisk::mount(&home.path("data"), "100m") else {
        return;
    };
    let running = home.start(&[]);
    until("a picture is kept and sent", || {
        let status = home.status();
        (status.last_screenshot.is_some()
            && status
                .last_upload
                .is_some_and(|u| u.text.contains("screenshot")))
        .then_some(())
    });
    let fill = home.path("data/other-things");
    // Somebody else fills the disk up to so many megabytes.
    let fill_up_to = |mb: u64| {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&fill)
            .unwrap();
        let room = rustix::fs::statvfs(&fill).unwrap();
        let too_much = (room.f_bavail * room.f_frsize).saturating_sub(mb * 1_000_000);
        file.write_all(&vec![7; usize::try_from(too_much).unwrap()])
            .unwrap();
    };

    // Below the disk reserve of 40 MB, above a tenth of it.
    fill_up_to(25);
    let low = until("pictures stop", || {
        Some(home.status()).filter(|s| s.disk.is_some_and(|d| !d.stopped))
    });
    assert_eq!(low.next_screenshot, None);
    assert!(low.is_recording(current_time()), "windows and counts go on");
    let refused = home.output(&["shot"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(said.contains("the disk is full"), "{said}");
    assert!(
        home.ok(&["status"])
            .contains("no screenshots until there is space")
    );

    // Below the last reserve of 4 MB.
    fill_up_to(2);
    let full = until("recording stops", || {
        Some(home.status()).filter(|s| s.state == Coverage::NotRecorded)
    });
    let head = full.headline(current_time());
    assert!(
        head.starts_with("NOT RECORDING: the disk is full"),
        "{head}"
    );

    fs::remove_file(&fill).unwrap();
    until("all comes back", || {
        Some(home.status()).filter(|s| s.disk.is_none() && s.state == Coverage::Active)
    });
    let before = home.status().last_screenshot;
    // A screenshot that shows nothing new would not be kept.
    let other = WindowSpec::new("Other", "Other", 200, 90).sized(500, 400);
    let other = TestWindow::open(&desktop.display(), other).unwrap();
    other.activate().unwrap();
    until("pictures are taken again", || {
        home.output(&["shot"]);
        (home.status().last_screenshot > before).then_some(())
    });
    running.stop();
    assert_eq!(texts(&home, NoticeCode::DiskLow).len(), 2);
    assert!(!texts(&home, NoticeCode::DiskBack).is_empty());
    let went = texts(&home, NoticeCode::Retention);
    assert!(
        !went.is_empty() && went[0].starts_with("To make room on the disk: "),
        "{went:?}"
    );
    assert!(
        home.spans()
            .iter()
            .any(|s| s.state == Coverage::NotRecorded)
    );
    assert_parts_sum(&home);
}

const BUSY: &str = "[shots]\nblur = false\nevery_seconds = 5\n[upload]\nevery_seconds = 5\n";

#[test]
fn an_uploader_that_hangs_or_is_killed_again_and_again_costs_nothing() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    server.set_faults(FaultPlan::each(|seen| match seen.put {
        0 => S3Fault::None,
        _ => S3Fault::Stall,
    }));
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let window =
        TestWindow::open(&desktop.display(), WindowSpec::new("Work", "Work", 9, 9)).unwrap();
    window.activate().unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .envs(server.env())
        .config(BUSY);
    let running = home.start(&[]);
    let mut typed = 0;
    for kill in 0..4 {
        let uploader = until("an uploader hangs in a put", || {
            let hanging = server.totals().requests > 0;
            home.process("upload\0--json").filter(|_| hanging)
        });
        typed += 10;
        type_and_wait(&home, &desktop, 10, typed);
        assert!(home.status().is_recording(current_time()), "kill {kill}");
        send(uploader, Signal::KILL);
        until("it is gone", || {
            (!Path::new(&format!("/proc/{uploader}")).exists()).then_some(())
        });
    }
    until("a picture is kept", || {
        home.output(&["shot"]);
        home.status().last_screenshot
    });
    server.set_faults(FaultPlan::none());
    running.stop();
    home.ok(&["upload"]);
    let keys: u64 = home.spans().iter().map(|s| s.counts.keys()).sum();
    assert_eq!(keys, typed);
    for pair in home.spans().windows(2) {
        assert_eq!(
            pair[0].end().as_micros(),
            pair[1].start.as_micros(),
            "no second is missing"
        );
    }
    assert_bucket_equals_journal(&home, &server);
}

#[test]
fn what_leaves_is_said_before_it_goes() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let window =
        TestWindow::open(&desktop.display(), WindowSpec::new("Work", "Work", 9, 9)).unwrap();
    window.activate().unwrap();
    let mut home = Home::new().on(&desktop.display()).config(BUSY);
    let running = home.start(&[]);
    until("pictures are kept and sent", || {
        let look: serde_json::Value =
            serde_json::from_str(&home.ok(&["retention", "--json"])).unwrap();
        let sent = look["stay"]["pictures"].as_u64() > look["unsent"]["pictures"].as_u64();
        sent.then_some(())
    });
    let told = until("no upload is under way", || {
        let out = home.output(&["retention", "--apply"]);
        out.status
            .success()
            .then(|| String::from_utf8(out.stdout).unwrap())
    });
    assert!(
        told.starts_with("There is nothing to delete or archive."),
        "{told}"
    );
    running.stop();
    // As if the screenshots were old.
    let sql = journal_sql(&home.path("data/journal/journal.db"));
    sql.execute("UPDATE blob SET day = day - 40", []).unwrap();
    let here = |sql: &rusqlite::Connection| -> u64 {
        sql.query_row("SELECT count(*) FROM blob WHERE place = 0", [], |r| {
            r.get(0)
        })
        .unwrap()
    };
    let pictures = here(&sql);
    let shown = home.ok(&["retention"]);
    assert!(
        shown.contains(&format!("Leaving     {pictures} screenshot"))
            && shown.contains("announces it"),
        "{shown}"
    );
    let mut shorter = home.with_factors(&["config", "set", "shots.keep_days", "20"]);
    shorter.line_with(&format!(
        "By this rule these are deleted here (they are uploaded): {pictures} screenshot"
    ));
    assert!(shorter.wait().success());
    let told = home.ok(&["upload"]);
    assert!(told.contains(" on, these are deleted here"), "{told}");
    assert_eq!(here(&sql), pictures, "told, and nothing else");
    assert!(!home.ok(&["upload"]).contains("screenshot"), "told once");
    assert!(home.ok(&["retention"]).contains(" on; "));
    let done = home.ok(&["retention", "--apply"]);
    assert!(
        done.contains("were deleted here; they are uploaded"),
        "{done}"
    );
    assert_eq!(here(&sql), 0);
    let noted = texts(&home, NoticeCode::Retention);
    assert!(noted[0].starts_with("On request: "), "{noted:?}");
}
