//! A journal of format 1 goes on: read, frozen, sent; nothing twice.

use crate::kit::*;
use journal::{DB_NAME, Depth, Form, Journal, JournalError, Keys, Reader};
use model::{RECORD_SCHEMA, Record, RecordLineRef};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::fs;
use vault::{Aad, Session};

struct Old<'a> {
    desk: &'a Desk,
    conn: Connection,
    session: Session,
}

impl Old<'_> {
    fn seal(&self, what: &'static str, seq: u64, plain: &[u8]) -> Vec<u8> {
        let aad = Aad {
            device: self.desk.device.as_str(),
            session: &self.session.id,
            seq,
            schema: RECORD_SCHEMA,
            what,
        };
        self.session.sealer().seal(&aad, plain).unwrap()
    }

    fn record(&self, seq: u64, record: &Record) {
        let line = RecordLineRef {
            schema: RECORD_SCHEMA,
            device_id: &self.desk.device,
            seq,
            record,
        };
        let sealed = self.seal("record", seq, &serde_json::to_vec(&line).unwrap());
        let day = journal::Day::of_us(NOW).0;
        self.conn
            .execute(
                "INSERT INTO record VALUES (?1, 1, ?2, ?3, ?4)",
                params![seq as i64, day, (seq * 400) as i64, sealed],
            )
            .unwrap();
    }

    fn shot(&self, seq: u64, acked: bool) {
        let (facts, picture) = shot(NOW, 500 + usize::try_from(seq).unwrap());
        self.record(seq, &Record::Shot(facts.clone()));
        let sealed = self.seal("shot", seq, &picture);
        let path = format!("shots/2026-09-21/{seq}-{}.uam", &facts.sha256[..16]);
        let file = self.desk.at().join(&path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, &sealed).unwrap();
        let hash: [u8; 32] = Sha256::digest(&picture).into();
        let day = journal::Day::of_us(NOW).0;
        self.conn
            .execute(
                "INSERT INTO blob VALUES (?1, ?2, ?3, ?4, ?5, 'image/webp', ?6, 0, ?7)",
                params![
                    seq as i64,
                    path,
                    hash,
                    picture.len() as i64,
                    sealed.len() as i64,
                    day,
                    acked
                ],
            )
            .unwrap();
    }
}

/// Records 1 to 3, shots 4 (sent) and 5, records 6 and 7; 1 to 4 sent, 5 and 6 frozen, 7 new.
fn old_journal(desk: &Desk) -> [u8; 32] {
    fs::create_dir_all(desk.at()).unwrap();
    let conn = Connection::open(desk.at().join(DB_NAME)).unwrap();
    conn.execute_batch(include_str!("format_1.sql")).unwrap();
    conn.pragma_update(None, "user_version", 1).unwrap();
    let session = desk.keys().maker.new_session().unwrap();
    conn.execute(
        "INSERT INTO session VALUES (1, ?1, ?2, 1, 0), (2, zeroblob(16), ?2, 1, 0)",
        params![session.id, session.wrapped_key],
    )
    .unwrap();
    let meta = [("device", desk.device.as_str())];
    for (key, value) in meta {
        conn.execute("INSERT INTO meta VALUES (?1, ?2)", [key, value])
            .unwrap();
    }
    conn.execute("INSERT INTO meta VALUES ('epoch', 7), ('clean', 1)", [])
        .unwrap();
    let old = Old {
        desk,
        conn,
        session,
    };
    for n in 1..=3u64 {
        old.record(n, &spans(n as i64..n as i64 + 1)[0]);
    }
    old.shot(4, true);
    old.shot(5, false);
    for n in 6..=7u64 {
        old.record(n, &spans(n as i64..n as i64 + 1)[0]);
    }
    let hash: [u8; 32] = Sha256::digest(b"what format 1 froze").into();
    old.conn
        .execute(
            "INSERT INTO segment VALUES (1, 4, 5, 4, 10, ?1, NULL, NULL, 1), (5, 6, 5, 2, 19, ?1, 2, x'00', 0)",
            [hash],
        )
        .unwrap();
    hash
}

#[test]
fn an_older_journal_waits_for_its_writer() {
    let desk = Desk::new();
    old_journal(&desk);
    let older = Reader::open(&desk.at(), desk.opener()).unwrap_err();
    assert!(
        matches!(older, JournalError::Older { found: 1, .. }),
        "{older}"
    );
}

#[test]
fn what_opens_is_read_and_sent_as_everything_else() {
    let desk = Desk::new();
    let hash = old_journal(&desk);
    let (mut journal, recovery) = desk.open();
    assert_eq!((recovery.first, recovery.quarantined), (false, None));
    let found = desk.reader().tail_after(0, 10).unwrap();
    assert_eq!((found.lines.len(), found.damaged.len()), (7, 0));
    for seq in [4, 5] {
        let bytes = 500 + usize::try_from(seq).unwrap();
        assert_eq!(desk.reader().picture(seq).unwrap(), shot(NOW, bytes).1);
    }
    // What format 1 had put, perhaps, is looked for under its old name first.
    let mut outbox = desk.outbox();
    assert_eq!(outbox.depth().unwrap().records, 3);
    let segment = outbox.next_segment().unwrap().unwrap();
    assert_eq!(
        (segment.first_seq, segment.last_seq, &segment.body),
        (5, 6, &None)
    );
    assert!(segment.tried.readable && !segment.tried.stored);
    let plain = segment.readable.unwrap();
    assert_eq!(
        (plain.sha256, plain.bytes),
        (data_encoding::HEXLOWER.encode(&hash), 19)
    );
    let shots = outbox.next_shots(9).unwrap();
    assert!(shots[0].seq == 5 && shots[0].tried.readable);
    assert_eq!(
        shots[0].readable.as_ref().unwrap().sha256,
        shot(NOW, 505).0.sha256
    );
    // It is not there: made again, and the waiting picture becomes an age file.
    outbox.withdraw_segment(5, 6).unwrap();
    journal.freeze(NOW, &few(100)).unwrap();
    assert_eq!(waiting(&desk), [(5, 6, Form::Age), (7, 7, Form::Age)]);
    let shots = outbox.next_shots(9).unwrap();
    assert_eq!((shots[0].seq, shots[0].form), (5, Form::Age));
    let file = outbox.picture(5).unwrap();
    assert_eq!(
        **desk.opener().open_file(&file.bytes).unwrap(),
        shot(NOW, 505).1
    );
    assert_eq!(desk.reader().picture(5).unwrap(), shot(NOW, 505).1);
    let names: Vec<String> = files(&desk.at().join("shots"))
        .iter()
        .map(|f| f.extension().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["uam", "age"]);
    desk.deliver();
    assert_eq!(desk.reader().depth().unwrap(), Depth::default());
    drop(journal);
    assert_eq!(desk.open().1.swept, journal::Swept::default());
}

#[test]
fn what_does_not_open_goes_out_as_it_is() {
    let mut desk = Desk::new();
    old_journal(&desk);
    desk.new_lease();
    let mut journal = desk.journal();
    desk.outbox().withdraw_segment(5, 6).unwrap();
    journal.freeze(NOW, &few(100)).unwrap();
    assert_eq!(waiting(&desk), [(5, 6, Form::Rows), (7, 7, Form::Rows)]);
    let outbox = desk.outbox();
    let shots = outbox.next_shots(9).unwrap();
    assert_eq!((shots[0].seq, shots[0].form), (5, Form::Session));
    let file = outbox.picture(5).unwrap();
    assert_eq!(file.bytes.len() as u64, shots[0].bytes);
    let lines: Vec<u8> = desk.deliver().iter().flat_map(|s| desk.lines(s)).collect();
    assert_eq!(lines, desk.raw(5, 7));
}

#[test]
fn a_damaged_journal_of_format_1_is_saved_into_the_new_one() {
    let desk = Desk::new();
    old_journal(&desk);
    let mut bytes = fs::read(desk.db()).unwrap();
    bytes[..100].fill(0xa5);
    fs::write(desk.db(), &bytes).unwrap();
    let keys: Keys = desk.keys();
    let (_journal, recovery) = Journal::open(&desk.at(), keys, NOW).unwrap();
    let quarantined = recovery.quarantined.unwrap();
    assert_eq!((quarantined.salvaged, quarantined.lost), (7, 0));
    assert_eq!(desk.reader().tail_after(0, 10).unwrap().damaged, []);
    assert_eq!(desk.reader().depth().unwrap().records, 3);
    let segment = desk.outbox().next_segment().unwrap().unwrap();
    assert!((segment.first_seq, segment.tried.readable) == (5, true));
    for seq in [4, 5] {
        desk.reader().picture(seq).unwrap();
    }
    assert_eq!(desk.reader().erased().unwrap(), []);
}
