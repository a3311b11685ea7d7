use crate::kit::*;
use journal::{Commit, Journal, JournalError, Limits, Outbox, Segment};
use std::process::{Command, Stdio};

fn lines(segment: &Segment) -> Vec<u8> {
    zstd::bulk::decompress(&segment.body, 64 << 20).unwrap()
}

fn raw(desk: &Desk, first: u64, last: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for (_, line) in desk
        .reader()
        .raw_lines(first - 1, (last - first + 1) as usize)
        .unwrap()
    {
        out.extend_from_slice(&line);
        out.push(b'\n');
    }
    out
}

fn few(records: usize) -> Limits {
    Limits {
        records,
        ..Limits::default()
    }
}

#[test]
fn the_same_segment_comes_back_until_it_is_acknowledged() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..5));
    let first = desk.outbox().freeze(NOW, few(3)).unwrap().unwrap();
    assert_eq!((first.first_seq, first.last_seq, first.count), (1, 3, 3));
    assert_eq!(first.day.to_string(), "2026-09-21");
    assert_eq!(lines(&first), raw(&desk, 1, 3));
    // More records, another day, another process, other limits: the same bytes.
    put(&mut journal, &spans(5..9));
    drop(journal);
    let journal = desk.journal();
    let mut outbox = desk.outbox();
    assert_eq!(
        outbox.freeze(NOW + 2 * DAY, few(100)).unwrap().unwrap(),
        first
    );
    let wrong = outbox.ack_segment(1, 2, NOW).unwrap_err();
    assert!(matches!(wrong, JournalError::NoSegment { .. }), "{wrong}");
    outbox.ack_segment(1, 3, NOW + 3).unwrap();
    outbox.ack_segment(1, 3, NOW + 3).unwrap();
    let second = outbox.freeze(NOW + 2 * DAY, few(100)).unwrap().unwrap();
    assert_eq!((second.first_seq, second.last_seq), (4, 9));
    assert_eq!(second.day.to_string(), "2026-09-23");
    assert_eq!(lines(&second), raw(&desk, 4, 9));
    outbox.ack_segment(4, 9, NOW + 4).unwrap();
    assert_eq!(outbox.freeze(NOW, few(100)).unwrap(), None);
    assert_eq!(desk.reader().last_ack_us().unwrap(), Some(NOW + 4));
    // No body and no key of a body stays behind.
    let conn = rusqlite::Connection::open(desk.db()).unwrap();
    let left: (i64, i64) = conn
        .query_row(
            "SELECT (SELECT count(*) FROM segment WHERE body IS NOT NULL OR session IS NOT NULL),
                    (SELECT count(*) FROM session WHERE no NOT IN (SELECT session FROM record))",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(left, (0, 0));
    drop(journal);
}

#[test]
fn a_segment_keeps_to_its_limits_and_takes_at_least_one() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..10));
    let three = raw(&desk, 1, 3).len();
    let mut outbox = desk.outbox();
    let bytes = Limits {
        bytes: three + 20,
        ..Limits::default()
    };
    let segment = outbox.freeze(NOW, bytes).unwrap().unwrap();
    assert_eq!(segment.count, 3);
    outbox.ack_segment(1, 3, NOW).unwrap();
    let segment = outbox
        .freeze(
            NOW,
            Limits {
                bytes: 1,
                records: 0,
            },
        )
        .unwrap()
        .unwrap();
    assert_eq!(segment.count, 1);
}

#[test]
fn no_segment_passes_a_picture_that_waits() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..2));
    let seq = add_shot(&mut journal, NOW, 500);
    put(&mut journal, &spans(2..4));
    let mut outbox = desk.outbox();
    let segment = outbox.freeze(NOW, Limits::default()).unwrap().unwrap();
    assert_eq!((segment.first_seq, segment.last_seq), (1, 2));
    outbox.ack_segment(1, 2, NOW).unwrap();
    assert_eq!(outbox.freeze(NOW, Limits::default()).unwrap(), None);
    let waiting = outbox.next_shots(5).unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (waiting[0].seq, waiting[0].bytes, waiting[0].media.as_str()),
        (seq, 500, "image/webp")
    );
    assert_eq!(waiting[0].day.to_string(), "2026-09-21");
    assert_eq!(outbox.picture(seq).unwrap(), shot(NOW, 500).1);
    outbox.ack_shot(seq, NOW).unwrap();
    assert!(outbox.next_shots(5).unwrap().is_empty());
    let segment = outbox.freeze(NOW, Limits::default()).unwrap().unwrap();
    assert_eq!((segment.first_seq, segment.last_seq), (3, 5));
    assert!(matches!(
        outbox.ack_shot(99, NOW),
        Err(JournalError::NoShot { seq: 99 })
    ));
}

#[test]
fn depth_counts_what_waits() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    assert_eq!(desk.reader().depth().unwrap(), journal::Depth::default());
    put(&mut journal, &spans(0..4));
    let empty_shots = desk.reader().depth().unwrap();
    assert_eq!((empty_shots.records, empty_shots.shots), (4, 0));
    assert_eq!(empty_shots.oldest_us, Some(NOW));
    let conn = rusqlite::Connection::open(desk.db()).unwrap();
    let scanned: u64 = conn
        .query_row("SELECT sum(length(sealed)) FROM record", [], |r| {
            r.get::<_, i64>(0)
        })
        .unwrap() as u64;
    assert_eq!(empty_shots.bytes, scanned);
    add_shot(&mut journal, NOW, 1000);
    let mut outbox = desk.outbox();
    outbox.freeze(NOW, few(2)).unwrap().unwrap();
    outbox.ack_segment(1, 2, NOW).unwrap();
    let depth = outbox.depth().unwrap();
    assert_eq!((depth.records, depth.shots), (3, 1));
    assert_eq!(depth.oldest_us, Some(NOW + 2 * MINUTE));
    assert!(
        depth.bytes > 1000 && depth.bytes < 1000 + scanned + 500,
        "{depth:?}"
    );
    outbox.set_note("the bucket is away").unwrap();
    assert_eq!(
        desk.reader().note().unwrap().as_deref(),
        Some("the bucket is away")
    );
}

#[test]
fn a_damaged_row_is_reported_and_stops_nothing() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..6));
    let conn = rusqlite::Connection::open(desk.db()).unwrap();
    // One row changed, and one moved into another's place.
    conn.execute("UPDATE record SET sealed = zeroblob(90) WHERE seq = 1", [])
        .unwrap();
    conn.execute(
        "UPDATE record SET sealed = (SELECT sealed FROM record WHERE seq = 5) WHERE seq = 4",
        [],
    )
    .unwrap();
    let found = desk.reader().tail_after(0, 10).unwrap();
    assert_eq!(
        found.damaged.iter().map(|d| d.seq).collect::<Vec<_>>(),
        [1, 4]
    );
    assert_eq!(found.lines.len(), 4);
    let mut outbox = desk.outbox();
    let segment = outbox.freeze(NOW, Limits::default()).unwrap().unwrap();
    assert_eq!(
        (segment.first_seq, segment.last_seq, segment.count),
        (1, 6, 4)
    );
    outbox.ack_segment(1, 6, NOW).unwrap();
    put(&mut journal, &spans(6..7));
    conn.execute("UPDATE record SET sealed = zeroblob(90) WHERE seq = 7", [])
        .unwrap();
    assert_eq!(outbox.freeze(NOW, Limits::default()).unwrap(), None);
    put(&mut journal, &spans(7..8));
    let segment = outbox.freeze(NOW, Limits::default()).unwrap().unwrap();
    assert_eq!((segment.first_seq, segment.last_seq), (8, 8));
}

#[test]
fn a_damaged_body_is_made_again_the_same() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..6));
    let mut outbox = desk.outbox();
    let segment = outbox.freeze(NOW, few(4)).unwrap().unwrap();
    let conn = rusqlite::Connection::open(desk.db()).unwrap();
    conn.execute("UPDATE segment SET body = zeroblob(90)", [])
        .unwrap();
    assert_eq!(outbox.freeze(NOW + DAY, few(2)).unwrap().unwrap(), segment);
    drop(journal);
}

/// Not a test of its own: the uploader's process in the test below.
#[test]
#[ignore = "started by another test"]
fn uploader_child() {
    let Ok(dir) = std::env::var("UAM_TEST_DIR") else {
        return;
    };
    let dir = std::path::Path::new(&dir);
    let vault = vault::Vault::open(dir).unwrap();
    let mut outbox = Outbox::open(&dir.join("journal"), &vault).unwrap();
    let goal: u64 = std::env::var("UAM_TEST_GOAL").unwrap().parse().unwrap();
    let (mut done, mut shots) = (0, 0);
    while done < goal {
        for shot in outbox.next_shots(10).unwrap() {
            assert_eq!(outbox.picture(shot.seq).unwrap().len() as u64, shot.bytes);
            outbox.ack_shot(shot.seq, NOW).unwrap();
            shots += 1;
        }
        if let Some(segment) = outbox.freeze(NOW, few(50)).unwrap() {
            assert_eq!(segment.first_seq, done + 1);
            assert_eq!(segment.count, segment.last_seq - segment.first_seq + 1);
            outbox
                .ack_segment(segment.first_seq, segment.last_seq, NOW)
                .unwrap();
            done = segment.last_seq;
        }
    }
    println!("sent {done} {shots}");
}

#[test]
fn an_uploader_process_works_beside_the_writer() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let goal = 400u64;
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "outbox::uploader_child",
            "--ignored",
            "--nocapture",
        ])
        .env("UAM_TEST_DIR", desk.dir.path())
        .env("UAM_TEST_GOAL", goal.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seq = 0;
    while seq < goal {
        let n = i64::try_from(seq).unwrap();
        seq = if n % 10 == 9 {
            add_shot(&mut journal, NOW + n, 200)
        } else {
            journal
                .commit(Commit {
                    records: &spans(n..n + 1),
                    pending_put: &[(seq, span(n))],
                    pending_drop_below: seq,
                    at_us: NOW + n,
                })
                .unwrap()[0]
        };
    }
    let out = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text}");
    assert!(text.contains("sent 400 40"), "{text}");
    assert_eq!(desk.reader().depth().unwrap().records, 0);
    let _: &Journal = &journal;
}
