use crate::kit::*;
use journal::{
    Commit, DB_NAME, IntegrityCheck, Journal, JournalError, QuarterHour, Reader, UtcDay,
};
use model::{RECORD_SCHEMA, Record, RecordLineRef, Timestamp};
use std::fs;

#[test]
fn committed_records_are_read_back_in_order_after_reopening() {
    let desk = Desk::new();
    let (mut journal, recovery) = desk.open();
    assert!(recovery.first && recovery.clean);
    assert_eq!(put(&mut journal, &spans(0..3)), [1, 2, 3]);
    assert_eq!(put(&mut journal, &[notice("hello")]), [4]);
    journal.close(NOW + micros(7)).unwrap();
    let (mut journal, recovery) = desk.open();
    assert!(recovery.clean && !recovery.first);
    assert_eq!(recovery.last_durable, Some(NOW + micros(7)));
    assert_eq!(put(&mut journal, &spans(3..5)), [5, 6]);
    let lines = desk.reader().read_after(0, 100).unwrap();
    assert_eq!(lines.damaged, []);
    let records: Vec<Record> = lines.lines.iter().map(|l| l.record.clone()).collect();
    let mut expected = spans(0..3);
    expected.push(notice("hello"));
    expected.extend(spans(3..5));
    assert_eq!(records, expected);
    assert!(lines.lines.iter().map(|l| l.seq).eq(1..=6));
    assert_eq!(desk.reader().last_seq().unwrap(), 6);
    assert_eq!(desk.reader().read_after(4, 1).unwrap().lines[0].seq, 5);
}

#[test]
fn a_line_is_the_bytes_of_the_record_and_nothing_else() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let records = spans(0..4);
    put(&mut journal, &records);
    let raw = desk.reader().read_raw_lines(0, 10).unwrap();
    assert_eq!(raw.len(), 4);
    for ((seq, bytes), record) in raw.iter().zip(&records) {
        let line = RecordLineRef {
            schema: RECORD_SCHEMA,
            device_id: journal.device(),
            seq: *seq,
            record,
        };
        assert_eq!(bytes, &serde_json::to_vec(&line).unwrap());
    }
}

#[test]
fn a_range_is_of_starts() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    // Nine days, a record every six hours.
    let records: Vec<Record> = (0..36)
        .map(|n| spans(n * 360..n * 360 + 1).remove(0))
        .collect();
    put(&mut journal, &records);
    let reader = desk.reader();
    for (from, to) in [(0, 36), (3, 4), (5, 17), (35, 40), (7, 7), (9, 2)] {
        let found = reader
            .read_records(NOW + from * 360 * MINUTE..NOW + to * 360 * MINUTE)
            .unwrap();
        let expected: Vec<Record> = records
            .iter()
            .filter(|r| (NOW + from * 360 * MINUTE..NOW + to * 360 * MINUTE).contains(&r.start()))
            .cloned()
            .collect();
        let records: Vec<Record> = found.lines.into_iter().map(|l| l.record).collect();
        assert_eq!(records, expected, "{from}..{to}");
    }
    assert_eq!(
        reader
            .read_records(Timestamp::MIN..Timestamp::MAX)
            .unwrap()
            .lines
            .len(),
        36
    );
}

/// A hash as text and as bytes.
fn forms(hex: &str) -> (Vec<u8>, Vec<u8>) {
    let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
    (hex.as_bytes()[..16].to_vec(), bytes)
}

#[test]
fn nothing_personal_lies_in_clear() {
    let mut desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..50));
    journal
        .commit(Commit {
            provisional_put: &[(1, span(99))],
            at: NOW,
            ..Commit::default()
        })
        .unwrap();
    add_shot(&mut journal, NOW, 3000);
    let rollup = (QuarterHour(7), &b"canary of a quarter hour"[..]);
    journal
        .commit(Commit {
            rollups: &[rollup],
            at: NOW,
            ..Commit::default()
        })
        .unwrap();
    journal.freeze(NOW, &few(100)).unwrap();
    put(&mut journal, &spans(50..60));
    // Nor the hash of a screenshot: it would let somebody confirm a guess.
    let hash = forms(&shot(NOW, 3000).0.sha256);
    let words = [
        &b"canary"[..],
        b"Editor",
        b"Berlin",
        b"\"kind\"",
        hash.0.as_slice(),
        hash.1.as_slice(),
    ];
    assert_in_no_file(desk.dir.path(), &words);
    let looked_at: usize = files(desk.dir.path())
        .iter()
        .map(|file| fs::read(file).unwrap().len())
        .sum();
    assert!(looked_at > 30_000, "the files were looked at");
    drop(journal);
    desk.new_lease();
    desk.journal().freeze(NOW, &few(100)).unwrap();
    assert_in_no_file(desk.dir.path(), &words);
}

#[test]
fn provisional_spans_are_replaced_dropped_and_survive_a_crash() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let commit = |journal: &mut Journal, put: &[(u64, model::Span)], below| {
        journal
            .commit(Commit {
                provisional_put: put,
                provisional_drop_below: below,
                at: NOW + micros(5),
                ..Commit::default()
            })
            .unwrap();
    };
    commit(&mut journal, &[(1, span(1)), (2, span(2))], 0);
    commit(&mut journal, &[(2, span(22)), (3, span(3))], 2);
    assert_eq!(
        desk.reader().provisional_spans().unwrap(),
        [span(22), span(3)]
    );
    // Without `close`, as after a crash.
    drop(journal);
    let (mut journal, recovery) = desk.open();
    assert!(!recovery.clean);
    assert_eq!(recovery.pending, [span(22), span(3)]);
    assert_eq!(recovery.last_durable, Some(NOW + micros(5)));
    // The new run uses the same ids; the old spans are still there until they are recorded.
    commit(&mut journal, &[(2, span(7))], 2);
    drop(journal);
    let (mut journal, recovery) = desk.open();
    assert_eq!(recovery.pending, [span(22), span(3), span(7)]);
    commit(&mut journal, &[(1, span(8))], 0);
    let seqs = journal
        .commit_recovered(&spans(1..3), NOW + micros(9))
        .unwrap();
    assert_eq!(seqs, [1, 2]);
    assert_eq!(desk.reader().provisional_spans().unwrap(), [span(8)]);
    commit(&mut journal, &[], u64::MAX);
    assert_eq!(desk.reader().provisional_spans().unwrap(), []);
    let too_big = journal.commit(Commit {
        records: &spans(0..1),
        provisional_put: &[(u64::MAX, span(1))],
        ..Commit::default()
    });
    assert!(matches!(
        too_big,
        Err(JournalError::NumberTooLarge(u64::MAX))
    ));
    assert_eq!(
        desk.reader().last_seq().unwrap(),
        2,
        "nothing of a refused step counts"
    );
    assert_eq!(put(&mut journal, &spans(5..6)), [3]);
}

#[test]
fn a_new_utc_day_has_a_new_key() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    for day in 0..3 {
        for at in 0..2 {
            journal
                .commit(Commit {
                    records: &spans(day * 1440 + at..day * 1440 + at + 1),
                    at: NOW + day * DAY + at * MINUTE,
                    ..Commit::default()
                })
                .unwrap();
        }
    }
    assert_eq!(desk.reader().read_after(0, 100).unwrap().lines.len(), 6);
    let conn = rusqlite::Connection::open(desk.db()).unwrap();
    let sessions: i64 = conn
        .query_row("SELECT count(DISTINCT session) FROM record", [], |r| {
            r.get(0)
        })
        .unwrap();
    assert_eq!(sessions, 3);
}

#[test]
fn one_writer_at_a_time() {
    let desk = Desk::new();
    let journal = desk.journal();
    let second = Journal::open(&desk.at(), desk.keys(), NOW);
    assert!(matches!(second, Err(JournalError::InUse { .. })));
    drop(journal);
    desk.journal();
}

#[test]
fn a_newer_journal_is_refused_and_left_alone() {
    let desk = Desk::new();
    desk.journal().close(NOW).unwrap();
    let conn = rusqlite::Connection::open(desk.db()).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    drop(conn);
    let before = fs::read(desk.db()).unwrap();
    let writer = Journal::open(&desk.at(), desk.keys(), NOW).unwrap_err();
    assert!(
        matches!(writer, JournalError::Newer { found: 99, .. }),
        "{writer}"
    );
    assert!(writer.to_string().contains("update uam"), "{writer}");
    let reader = Reader::open(&desk.at(), desk.opener()).unwrap_err();
    assert!(matches!(reader, JournalError::Newer { .. }), "{reader}");
    assert_eq!(fs::read(desk.db()).unwrap(), before);
}

#[test]
fn a_journal_from_before_the_first_release_is_refused_and_left_alone() {
    for version in [1, 2] {
        let desk = Desk::new();
        fs::create_dir_all(desk.at()).unwrap();
        let conn = rusqlite::Connection::open(desk.db()).unwrap();
        conn.execute_batch("CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL)")
            .unwrap();
        conn.pragma_update(None, "user_version", version).unwrap();
        drop(conn);
        let before = fs::read(desk.db()).unwrap();
        for error in [
            Journal::open(&desk.at(), desk.keys(), NOW).unwrap_err(),
            Reader::open(&desk.at(), desk.opener()).unwrap_err(),
        ] {
            assert!(
                matches!(error, JournalError::Older { found, .. } if found == version),
                "{error}"
            );
            assert!(error.to_string().contains("move it away"), "{error}");
        }
        assert_eq!(fs::read(desk.db()).unwrap(), before);
    }
}

#[test]
fn a_wrong_version_of_a_whole_journal_is_damage() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..3));
    journal.close(NOW).unwrap();
    let conn = rusqlite::Connection::open(desk.db()).unwrap();
    conn.pragma_update(None, "user_version", 2).unwrap();
    drop(conn);
    let (_journal, recovery) = desk.open();
    assert_eq!(recovery.quarantined.unwrap().salvaged, 3);
}

#[test]
fn a_journal_that_is_not_there_is_not_made_by_looking() {
    let desk = Desk::new();
    let error = Reader::open(&desk.at(), desk.opener()).unwrap_err();
    assert!(matches!(error, JournalError::Missing { .. }), "{error}");
    assert!(!desk.at().exists());
}

#[test]
fn another_device_is_refused() {
    let mut desk = Desk::new();
    desk.journal().close(NOW).unwrap();
    desk.device = model::DeviceId::from_bytes([8; 16]);
    let error = Journal::open(&desk.at(), desk.keys(), NOW).unwrap_err();
    assert!(matches!(error, JournalError::OtherDevice { .. }), "{error}");
    let error = desk.maintenance(desk.keys()).unwrap_err();
    assert!(matches!(error, JournalError::OtherDevice { .. }), "{error}");
}

#[test]
fn maintenance_is_no_run() {
    let desk = Desk::new();
    let missing = desk.maintenance(desk.viewer_keys()).unwrap_err();
    assert!(matches!(missing, JournalError::Missing { .. }), "{missing}");
    let mut journal = desk.journal();
    journal
        .commit(Commit {
            records: &spans(0..1),
            provisional_put: &[(5, span(5))],
            at: NOW + micros(3),
            ..Commit::default()
        })
        .unwrap();
    let busy = desk.maintenance(desk.viewer_keys()).unwrap_err();
    assert!(matches!(busy, JournalError::InUse { .. }), "{busy}");
    drop(journal);
    let mut first = desk.maintenance(desk.viewer_keys()).unwrap();
    let note = |journal: &mut Journal, text| {
        let step = Commit {
            records: &[notice(text)],
            at: NOW + micros(99),
            ..Commit::default()
        };
        journal.commit(step).unwrap()
    };
    assert_eq!(note(&mut first, "somebody looked"), [2]);
    drop(first);
    let skip = IntegrityCheck::Skip;
    let mut again =
        Journal::open_for_maintenance(&desk.at(), desk.viewer_keys(), NOW, skip).unwrap();
    assert_eq!(note(&mut again, "and again"), [3]);
    // Closing it is no clean end either.
    again.close(NOW + micros(99)).unwrap();
    // The traces of the crash are still to be repaired, and the last durable moment is the recorder's.
    let (_journal, recovery) = desk.open();
    assert!(!recovery.clean);
    assert_eq!(recovery.pending, [span(5)]);
    assert_eq!(recovery.last_durable, Some(NOW + micros(3)));
    assert_eq!(
        desk.reader().read_after(1, 9).unwrap().lines[0].record,
        notice("somebody looked")
    );
}

#[test]
fn looking_works_beside_a_writer_and_after_it_is_gone() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let reader = desk.reader();
    assert_eq!(reader.read_after(0, 9).unwrap().lines.len(), 0);
    put(&mut journal, &spans(0..2));
    assert_eq!(reader.read_after(0, 9).unwrap().lines.len(), 2);
    assert_eq!(reader.last_durable().unwrap(), Some(NOW));
    // A crash leaves a write-ahead log behind; a clean end does not.
    drop(journal);
    assert_eq!(desk.reader().read_after(0, 9).unwrap().lines.len(), 2);
    drop(reader);
    desk.journal().close(NOW).unwrap();
    let wal = desk.at().join(format!("{DB_NAME}-wal"));
    assert!(fs::metadata(&wal).map_or(0, |m| m.len()) == 0);
    assert_eq!(desk.reader().read_after(0, 9).unwrap().lines.len(), 2);
}

#[test]
fn the_log_stays_small() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    for n in 0..3000 {
        journal
            .commit(Commit {
                records: &spans(n..n + 1),
                provisional_put: &[(n.into(), span(n))],
                provisional_drop_below: n.into(),
                at: NOW + micros(n),
                ..Commit::default()
            })
            .unwrap();
    }
    let wal = fs::metadata(desk.at().join(format!("{DB_NAME}-wal")))
        .unwrap()
        .len();
    assert!(wal < 4 << 20, "{wal} bytes");
}

#[cfg(unix)]
#[test]
fn files_belong_to_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..1));
    add_shot(&mut journal, NOW, 100);
    let found = files(&desk.at());
    assert!(found.iter().any(|f| f.ends_with(format!("{DB_NAME}-wal"))));
    for file in found {
        let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
        let dir = file.parent().unwrap();
        let mode = fs::metadata(dir).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "{}", dir.display());
    }
}

#[test]
fn a_day_in_clear_is_all_the_time_there_is() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..1));
    let conn = rusqlite::Connection::open(desk.db()).unwrap();
    let day: i32 = conn
        .query_row("SELECT day FROM record", [], |r| r.get(0))
        .unwrap();
    assert_eq!(UtcDay(day).to_string(), "2026-09-21");
}
