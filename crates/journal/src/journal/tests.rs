//! The records that the writer keeps and withdraws when the disk is full, or failed.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::object::hash_bytes;
use crate::ops::open_screenshot::list_entries;
use crate::ops::reconcile::ReconcileReport;
use crate::tables::screenshots::ShownScreenshots;
use crate::tables::sequence;
use data_encoding::HEXLOWER;
use model::{Notice, NoticeCode, Timestamp};
use rusqlite::Connection;
use std::fs;
use vault::Sealer;

fn records(n: usize) -> Vec<Record> {
    let notice = Notice {
        at: Timestamp::from_micros(1),
        zone: "UTC".into(),
        code: NoticeCode::Started,
        text: "x".repeat(500),
    };
    vec![Record::Notice(notice); n]
}

fn commit(journal: &mut Journal, n: usize) -> Result<Vec<u64>, JournalError> {
    journal.commit(Commit {
        records: &records(n),
        at: Timestamp::from_micros(1),
        ..Commit::default()
    })
}

/// The facts of a screenshot and its encoded bytes.
fn shot() -> (Screenshot, Vec<u8>) {
    let picture = b"a picture".to_vec();
    let shot = Screenshot {
        at: Timestamp::from_micros(1),
        zone: "UTC".into(),
        sha256: HEXLOWER.encode(&hash_bytes(&picture)),
        bytes: picture.len() as u64,
        media: "image/webp".into(),
        width: 1,
        height: 1,
        screen_width: 1,
        screen_height: 1,
        blurred: false,
        redacted: false,
        window: None,
    };
    (shot, picture)
}

fn keys(lease: &vault::Identity) -> JournalKeys {
    JournalKeys {
        device: DeviceId::from_bytes([7; 16]),
        sealer: Sealer::new([lease.recipient()]).unwrap(),
        opener: vault::Opener::new([lease.clone()]),
    }
}

fn journal() -> (tempfile::TempDir, Journal) {
    let dir = tempfile::TempDir::new().unwrap();
    let lease = vault::Identity::generate();
    let (journal, _) = Journal::open(dir.path(), keys(&lease), Timestamp::from_micros(1)).unwrap();
    (dir, journal)
}

#[test]
fn without_room_nothing_of_a_step_counts_and_with_room_it_goes_on() {
    let (_dir, mut journal) = journal();
    assert_eq!(commit(&mut journal, 2).unwrap(), [1, 2]);
    let conn = &journal.writer.db.conn;
    let pages: i64 = conn
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    conn.pragma_update(None, "max_page_count", pages).unwrap();
    let error = commit(&mut journal, 100).unwrap_err();
    assert!(matches!(error, JournalError::DiskFull { .. }), "{error}");
    assert!(error.is_temporary());
    let conn = &journal.writer.db.conn;
    conn.pragma_update(None, "max_page_count", 1 << 20).unwrap();
    assert_eq!(commit(&mut journal, 1).unwrap(), [3]);
}

/// Records in a copy of the database file alone, without its log: those are durable for certain.
fn in_the_file_alone(dir: &Path) -> i64 {
    let copy = tempfile::TempDir::new().unwrap();
    let to = copy.path().join(DB_NAME);
    fs::copy(dir.join(DB_NAME), &to).unwrap();
    let conn = Connection::open(to).unwrap();
    // Not even its tables may be there.
    conn.query_row("SELECT count(*) FROM record", [], |row| row.get(0))
        .unwrap_or(0)
}

#[test]
fn the_log_is_copied_before_anything_is_acknowledged_again() {
    let (dir, mut journal) = journal();
    commit(&mut journal, 3).unwrap();
    assert_eq!(in_the_file_alone(dir.path()), 0);
    journal.writer.suspect = true;
    commit(&mut journal, 1).unwrap();
    assert_eq!(in_the_file_alone(dir.path()), 3);
}

#[test]
fn the_start_copies_the_log_too() {
    let (dir, mut journal) = journal();
    commit(&mut journal, 3).unwrap();
    // As after a crash: the log lies there.
    let crashed = tempfile::TempDir::new().unwrap();
    for name in [DB_NAME.to_owned(), format!("{DB_NAME}-wal")] {
        fs::copy(dir.path().join(&name), crashed.path().join(&name)).unwrap();
    }
    assert_eq!(in_the_file_alone(crashed.path()), 0);
    let lease = vault::Identity::generate();
    let keys = keys(&lease);
    let (_next, recovery) = Journal::open(crashed.path(), keys, Timestamp::from_micros(1)).unwrap();
    assert_eq!(recovery.quarantined, None);
    assert_eq!(in_the_file_alone(crashed.path()), 3);
}

#[test]
fn while_somebody_looks_nothing_in_doubt_is_acknowledged() {
    let (dir, mut journal) = journal();
    commit(&mut journal, 1).unwrap();
    let looker = Connection::open(dir.path().join(DB_NAME)).unwrap();
    looker.execute_batch("BEGIN").unwrap();
    let count = "SELECT count(*) FROM record";
    let seen: i64 = looker.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(seen, 1);
    commit(&mut journal, 1).unwrap();
    journal.writer.suspect = true;
    let error = commit(&mut journal, 1).unwrap_err();
    assert!(matches!(error, JournalError::Busy { .. }), "{error}");
    assert!(error.is_temporary());
    looker.execute_batch("COMMIT").unwrap();
    assert_eq!(commit(&mut journal, 1).unwrap(), [3]);
}

#[test]
fn a_picture_that_the_disk_refuses_leaves_everything_in_doubt() {
    let (dir, mut journal) = journal();
    // A file where the folder of screenshots is to be.
    fs::write(dir.path().join("shots"), b"").unwrap();
    let (shot, picture) = shot();
    let error = journal
        .add_screenshot(&shot, &picture, Timestamp::from_micros(1))
        .unwrap_err();
    assert!(matches!(error, JournalError::Io { .. }), "{error}");
    assert!(journal.writer.suspect);
    fs::remove_file(dir.path().join("shots")).unwrap();
    assert_eq!(
        journal
            .add_screenshot(&shot, &picture, Timestamp::from_micros(1))
            .unwrap(),
        1
    );
    assert!(!journal.writer.suspect);
}

#[test]
fn a_picture_in_doubt_keeps_its_file_until_its_row_is_taken_back() {
    let (dir, mut journal) = journal();
    commit(&mut journal, 1).unwrap();
    let (shot, picture) = shot();
    // As if the fsync after the screenshot's row had failed: row and file are there, the caller believes they are not.
    let counters = journal.writer.counters;
    let seq = journal
        .add_screenshot(&shot, &picture, Timestamp::from_micros(1))
        .unwrap();
    let file = list_entries(
        &journal.writer.db,
        &journal.writer.ring,
        &ShownScreenshots::Below(u64::MAX, 1),
    )
    .unwrap()[0]
        .file
        .clone()
        .unwrap();
    journal.writer.counters = counters;
    journal.writer.suspect = true;
    journal.writer.uncertain_files.push(file.clone());
    // The end comes before it is settled: the start has the screenshot.
    let ended = tempfile::TempDir::new().unwrap();
    copy_all(dir.path(), ended.path());
    let keys = keys(&vault::Identity::generate());
    let (_next, recovery) = Journal::open(ended.path(), keys, Timestamp::from_micros(1)).unwrap();
    assert_eq!(recovery.swept, ReconcileReport::default());
    // It goes on: the screenshot is withdrawn with its row, and may come again.
    commit(&mut journal, 1).unwrap();
    assert!(!file.exists() && journal.writer.uncertain_files.is_empty());
    assert_eq!(
        journal
            .add_screenshot(&shot, &picture, Timestamp::from_micros(1))
            .unwrap(),
        seq + 1
    );
}

fn copy_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&to).unwrap();
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_record_that_no_longer_opens_is_reported() {
    let (_dir, mut journal) = journal();
    commit(&mut journal, 2).unwrap();
    journal
        .writer
        .db
        .conn
        .execute(
            "UPDATE record SET sealed = zeroblob(length(sealed)) WHERE seq = 1",
            [],
        )
        .unwrap();
    journal.writer.suspect = true;
    let error = journal.commit(Commit::default()).unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
}

#[test]
fn a_write_reported_as_failed_is_taken_back() {
    let (_dir, mut journal) = journal();
    commit(&mut journal, 2).unwrap();
    let counters = journal.writer.counters;
    commit(&mut journal, 1).unwrap();
    // As if the fsync of that last commit had failed: the rows are there, the caller believes they are not.
    journal.writer.counters = counters;
    journal.writer.suspect = true;
    assert_eq!(commit(&mut journal, 1).unwrap(), [3]);
    assert_eq!(sequence::last_seq(&journal.writer.db.conn).unwrap(), 3);
}

#[test]
fn a_lost_acknowledged_record_is_reported() {
    let (_dir, mut journal) = journal();
    commit(&mut journal, 2).unwrap();
    journal
        .writer
        .db
        .conn
        .execute("DELETE FROM record WHERE seq = 2", [])
        .unwrap();
    journal.writer.suspect = true;
    let error = commit(&mut journal, 1).unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
}
