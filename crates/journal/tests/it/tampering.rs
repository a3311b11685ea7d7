//! Somebody changes files on the disk: each change is found and named, hides nothing else, stops nothing, and nothing
//! panics.

use crate::kit::*;
use journal::{Commit, Journal, JournalError};
use rusqlite::params;
use std::fs;
use std::path::PathBuf;

/// Records 1 to 3 and screenshot 4 on one day, 5 to 7 and screenshot 8 on the next under another key; a frozen segment of each, an
/// open span, two roll-ups.
fn desk() -> Desk {
    let desk = Desk::new();
    let mut journal = desk.journal();
    for day in 0..2 {
        let n = day * 1440;
        let slot = journal::QuarterHour::of(NOW + day * DAY);
        journal
            .commit(Commit {
                records: &spans(n..n + 3),
                rollups: &[(slot, b"sums")],
                provisional_put: &[(1, span(n + 9))],
                at: NOW + day * DAY,
                ..Commit::default()
            })
            .unwrap();
        add_shot(&mut journal, NOW + day * DAY, 3000);
    }
    journal.freeze(NOW + DAY, &few(4)).unwrap();
    desk
}

/// What can be seen of it all: the numbers that do not read, the screenshots that do not open, whether the next
/// segment is whole, open spans and roll-ups that open.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    damaged: Vec<u64>,
    lost: Vec<u64>,
    segment: bool,
    pending: usize,
    rollups: usize,
}

fn look(desk: &Desk) -> Seen {
    let reader = desk.reader();
    let found = reader.read_after(0, 100).unwrap();
    assert!(
        found
            .lines
            .iter()
            .all(|l| l.seq <= 8 && l.device_id == desk.device)
    );
    for line in &found.lines {
        let n = u32::try_from(line.seq).unwrap();
        if let model::Record::Span(s) = &line.record {
            let expected = if n < 5 {
                span(n - 1)
            } else {
                span(1440 + n - 5)
            };
            assert_eq!(*s, expected, "nothing false is ever shown");
        }
    }
    let lost = [4, 8]
        .into_iter()
        .filter(|seq| match reader.open_screenshot(*seq) {
            Ok(picture) => {
                assert_eq!(picture, shot(NOW + u32::from(*seq == 8) * DAY, 3000).1);
                false
            }
            Err(JournalError::ScreenshotLost { seq: named, .. }) => named == *seq,
            Err(e) => panic!("{e}"),
        });
    let lost = lost.collect();
    Seen {
        damaged: found.damaged.iter().map(|d| d.seq).collect(),
        lost,
        segment: desk
            .outbox()
            .next_segment()
            .unwrap()
            .unwrap()
            .body
            .is_some(),
        pending: reader.provisional_spans().unwrap().len(),
        rollups: reader
            .read_rollups(ALL_ROLLUPS)
            .unwrap()
            .iter()
            .filter(|r| r.content.is_some())
            .count(),
    }
}

fn good() -> Seen {
    Seen {
        damaged: vec![],
        lost: vec![],
        segment: true,
        pending: 1,
        rollups: 2,
    }
}

/// Whatever was done, a start, a freeze and the delivery of every number follow.
fn goes_on(desk: &Desk, what: &str) {
    let (mut journal, recovery) = Journal::open(&desk.at(), desk.keys(), NOW + DAY).unwrap();
    assert_eq!(recovery.quarantined, None, "{what}");
    let spans: Vec<_> = recovery
        .pending
        .into_iter()
        .map(model::Record::Span)
        .collect();
    journal.commit_recovered(&spans, NOW + DAY).unwrap();
    let mut outbox = desk.outbox();
    let mut next = 1;
    for _ in 0..20 {
        journal.freeze(NOW + DAY, &few(100)).unwrap();
        for shot in outbox.next_screenshots(9).unwrap() {
            match outbox.open_screenshot_file(shot.seq) {
                Ok(_) => outbox
                    .acknowledge_screenshot(shot.seq, shot.encoding, NOW)
                    .unwrap(),
                Err(JournalError::ScreenshotLost { .. }) => {}
                Err(e) => panic!("{what}: {e}"),
            }
        }
        let Some(segment) = outbox.next_segment().unwrap() else {
            break;
        };
        let (first, last) = (segment.first_seq, segment.last_seq);
        assert_eq!(first, next, "{what}");
        if segment.body.is_none() {
            outbox.rebuild_segment(first, last).unwrap();
            continue;
        }
        outbox
            .acknowledge_segment(first, last, segment.encoding, NOW)
            .unwrap();
        next = last + 1;
    }
    assert_eq!(next, 10, "{what}: the open span is the ninth record");
    assert_eq!(
        desk.reader().depth().unwrap(),
        journal::OutboxDepth::default(),
        "{what}"
    );
}

/// Changed contents of the same column: bits flipped, cut, emptied, exchanged for another row's.
fn changes(bytes: &[u8], other: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut out = vec![
        ("emptied".to_owned(), vec![]),
        ("cut by one".to_owned(), bytes[..bytes.len() - 1].to_vec()),
        ("cut in half".to_owned(), bytes[..bytes.len() / 2].to_vec()),
        ("longer".to_owned(), [bytes, b"x"].concat()),
        ("exchanged".to_owned(), other.to_vec()),
    ];
    for part in 0..6 {
        let at = part * (bytes.len() - 1) / 5;
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        out.push((format!("byte {at} flipped"), changed));
    }
    out
}

/// A column, how to find a row of it and another, and what is to be seen when the row was changed.
type Target = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    fn() -> Seen,
);

const TARGETS: &[Target] = &[
    ("record", "sealed", "seq = 2", "seq = 3", || Seen {
        damaged: vec![2],
        ..good()
    }),
    ("record", "sealed", "seq = 4", "seq = 8", || Seen {
        damaged: vec![4],
        lost: vec![4],
        ..good()
    }),
    ("session", "wrapped_key", "no = 1", "no = 2", || Seen {
        damaged: vec![1, 2, 3, 4],
        lost: vec![4],
        rollups: 1,
        ..good()
    }),
    ("segment", "body", "first_seq = 1", "first_seq = 5", || {
        Seen {
            segment: false,
            ..good()
        }
    }),
    (
        "segment",
        "sha256",
        "first_seq = 1",
        "first_seq = 5",
        || Seen {
            segment: false,
            ..good()
        },
    ),
    ("pending", "sealed", "id = 1", "0", || Seen {
        pending: 0,
        ..good()
    }),
    (
        "rollup",
        "sealed",
        "session = 1 AND sealed <> x''",
        "session = 2 AND sealed <> x''",
        || Seen {
            rollups: 1,
            ..good()
        },
    ),
    ("blob", "sha256", "seq = 4", "seq = 8", || Seen {
        lost: vec![4],
        ..good()
    }),
];

#[test]
fn every_sealed_column() {
    assert_eq!(look(&desk()), good());
    goes_on(&desk(), "nothing");
    let mut tried = 0;
    for (table, column, row, other, expected) in TARGETS {
        let read = |desk: &Desk, row: &str| -> Vec<u8> {
            let sql = format!("SELECT {column} FROM {table} WHERE {row}");
            desk.sql()
                .query_row(&sql, [], |r| r.get(0))
                .unwrap_or_default()
        };
        let count = {
            let desk = desk();
            changes(&read(&desk, row), &read(&desk, other)).len()
        };
        for n in 0..count {
            let desk = desk();
            let (how, changed) = changes(&read(&desk, row), &read(&desk, other)).swap_remove(n);
            let what = format!("{table}.{column} where {row}: {how}");
            let sql = format!("UPDATE {table} SET {column} = ?1 WHERE {row}");
            if desk.sql().execute(&sql, params![changed]).is_err() {
                // The table itself refuses a hash of another length.
                assert_eq!(*column, "sha256", "{what}");
                continue;
            }
            assert_eq!(look(&desk), expected(), "{what}");
            goes_on(&desk, &what);
            tried += 1;
        }
    }
    assert!(tried > 70, "{tried}");
}

/// The change, and the expected findings.
type Case = (&'static str, fn() -> Seen);

#[test]
fn every_place() {
    let cases: &[Case] = &[
        ("UPDATE record SET session = 2 WHERE seq = 1", || Seen {
            damaged: vec![1],
            ..good()
        }),
        ("UPDATE record SET open_id = 1 WHERE seq = 1", || Seen {
            damaged: vec![1],
            ..good()
        }),
        (
            "UPDATE record SET sealed = (SELECT sealed FROM pending), session = 2, open_id = 2 WHERE seq = 1",
            || Seen {
                damaged: vec![1],
                ..good()
            },
        ),
        ("UPDATE session SET id = zeroblob(16) WHERE no = 1", || {
            Seen {
                damaged: vec![1, 2, 3, 4],
                lost: vec![4],
                rollups: 1,
                ..good()
            }
        }),
        ("UPDATE session SET schema = 0 WHERE no = 1", || Seen {
            damaged: vec![1, 2, 3, 4],
            lost: vec![4],
            rollups: 1,
            ..good()
        }),
        ("UPDATE pending SET id = 2", || Seen {
            pending: 0,
            ..good()
        }),
        (
            "UPDATE rollup SET slot = slot + 1000 WHERE session = 1 AND sealed <> x''",
            || Seen {
                rollups: 1,
                ..good()
            },
        ),
        (
            "UPDATE blob SET path = (SELECT path FROM blob WHERE seq = 8) WHERE seq = 4",
            || Seen {
                lost: vec![4],
                ..good()
            },
        ),
        ("UPDATE blob SET form = 0 WHERE seq = 4", || Seen {
            lost: vec![4],
            ..good()
        }),
    ];
    for (sql, expected) in cases {
        let desk = desk();
        desk.sql().execute_batch(sql).unwrap();
        assert_eq!(look(&desk), expected(), "{sql}");
        if !sql.contains("path") {
            goes_on(&desk, sql);
        }
    }
}

#[test]
fn every_picture_file() {
    let file =
        |desk: &Desk, n: usize| -> PathBuf { files(&desk.at().join("shots")).swap_remove(n) };
    let count = {
        let desk = desk();
        let read = |n| fs::read(file(&desk, n)).unwrap();
        changes(&read(0), &read(1)).len()
    };
    for n in 0..=count {
        let desk = desk();
        let (first, second) = (file(&desk, 0), file(&desk, 1));
        let (good_bytes, other) = (fs::read(&first).unwrap(), fs::read(second).unwrap());
        let how = if n == count {
            fs::remove_file(&first).unwrap();
            "removed".to_owned()
        } else {
            let (how, changed) = changes(&good_bytes, &other).swap_remove(n);
            fs::write(&first, changed).unwrap();
            how
        };
        let expected = Seen {
            lost: vec![4],
            ..good()
        };
        assert_eq!(look(&desk), expected, "{how}");
        goes_on(&desk, &how);
    }
}

#[test]
fn a_segment_on_its_way() {
    let mut desk = desk();
    let opener = desk.opener();
    let sent = desk.outbox().next_segment().unwrap().unwrap();
    let body = sent.body.unwrap();
    for (how, changed) in changes(&body, b"age-encryption.org/v1\n") {
        let opened = journal::open_segment(sent.encoding, &changed, &opener);
        assert!(opened.is_err(), "{how}");
    }
    // Sealed rows are no secret and no whole; each line stands for itself.
    desk.new_lease();
    desk.sql().execute_batch("DELETE FROM segment").unwrap();
    desk.journal().freeze(NOW + DAY, &few(4)).unwrap();
    let sent = desk.outbox().next_segment().unwrap().unwrap();
    let text = zstd::decode_all(sent.body.unwrap().as_slice()).unwrap();
    let text = String::from_utf8(text).unwrap();
    let swapped = text.replacen("\"seq\":1,", "\"seq\":2,", 1);
    let cases = [
        (text.replacen("\"seq\":2,", "\"seq\":1,", 1), 1),
        (swapped, 1),
        (text.replacen("\"schema\":1", "\"schema\":0", 1), 1),
        (text.replace(desk.device.as_str(), &"0".repeat(32)), 4),
        (text.replacen("\"sealed\":\"A", "\"sealed\":\"!", 1), 1),
        (
            text.replacen("\"wrapped_key\":\"YWdl", "\"wrapped_key\":\"YWdm", 1),
            1,
        ),
        (text.replacen("\"session\":\"", "\"session\":\"0", 1), 1),
    ];
    for (n, (changed, damaged)) in cases.iter().enumerate() {
        assert_ne!(*changed, text, "case {n} changes something");
        let packed = zstd::encode_all(changed.as_bytes(), 3).unwrap();
        let opened = journal::open_segment(sent.encoding, &packed, &opener).unwrap();
        assert_eq!(opened.damaged.len(), *damaged, "case {n}");
    }
    for broken in ["{", "[]", "{\"kind\":\"span\"}"] {
        let packed = zstd::encode_all(broken.as_bytes(), 3).unwrap();
        assert!(journal::open_segment(sent.encoding, &packed, &opener).is_err());
    }
}
