use crate::kit::*;
use journal::{
    Commit, FreezeOptions, FreezeReport, Journal, JournalError, ObjectEncoding, Outbox,
    OutboxDepth, SegmentLimits,
};
use std::process::{Command, Stdio};

#[test]
fn the_same_segment_comes_back_until_it_is_acknowledged() {
    let mut desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..5));
    let frozen = journal.freeze(NOW, &few(3)).unwrap();
    assert_eq!(
        (frozen.segments, frozen.records, frozen.sealed_rows),
        (2, 5, 0)
    );
    let first = desk.outbox().next_segment().unwrap().unwrap();
    assert_eq!((first.first_seq, first.last_seq, first.count), (1, 3, 3));
    assert_eq!(
        (first.day.to_string().as_str(), first.encoding),
        ("2026-09-21", ObjectEncoding::Age)
    );
    assert_eq!(desk.lines(&first), desk.raw(1, 3));
    // More records, another day, another process, another lease, other limits: the same bytes.
    put(&mut journal, &spans(5..9));
    drop(journal);
    desk.new_lease();
    let mut journal = desk.journal();
    journal.freeze(NOW + 2 * DAY, &few(100)).unwrap();
    let mut outbox = desk.outbox();
    assert_eq!(outbox.next_segment().unwrap().unwrap(), first);
    let wrong = outbox
        .acknowledge_segment(1, 2, ObjectEncoding::Age, NOW)
        .unwrap_err();
    assert!(matches!(wrong, JournalError::NoSegment { .. }), "{wrong}");
    outbox
        .acknowledge_segment(1, 3, ObjectEncoding::Age, NOW + micros(3))
        .unwrap();
    outbox
        .acknowledge_segment(1, 3, ObjectEncoding::Age, NOW + micros(3))
        .unwrap();
    let second = outbox.next_segment().unwrap().unwrap();
    assert_eq!((second.first_seq, second.last_seq), (4, 5));
    assert_eq!(second.day.to_string(), "2026-09-21");
    outbox
        .acknowledge_segment(4, 5, ObjectEncoding::Age, NOW + micros(4))
        .unwrap();
    // Written by a lease that is gone.
    let third = outbox.next_segment().unwrap().unwrap();
    assert_eq!(
        (third.first_seq, third.last_seq, third.encoding),
        (6, 9, ObjectEncoding::SealedRows)
    );
    assert_eq!(third.day.to_string(), "2026-09-23");
    assert_eq!(desk.lines(&third), desk.raw(6, 9));
    outbox
        .acknowledge_segment(6, 9, ObjectEncoding::SealedRows, NOW + micros(5))
        .unwrap();
    assert_eq!(outbox.next_segment().unwrap(), None);
    assert_eq!(desk.reader().last_ack().unwrap(), Some(NOW + micros(5)));
    // No body stays behind.
    let left: i64 = desk
        .sql()
        .query_row(
            "SELECT count(*) FROM segment WHERE body IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn a_segment_keeps_to_its_limits_and_takes_at_least_one() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..10));
    let three = desk.raw(1, 3).len();
    let limits = |limits| FreezeOptions {
        limits,
        ..FreezeOptions::default()
    };
    let bytes = SegmentLimits {
        bytes: three + 20,
        ..SegmentLimits::default()
    };
    let frozen = journal.freeze(NOW, &limits(bytes)).unwrap();
    assert_eq!(frozen.records, 10);
    assert!(frozen.segments > 3, "{frozen:?}");
    assert_eq!(waiting(&desk)[0], (1, 3, ObjectEncoding::Age));
    put(&mut journal, &spans(10..12));
    let nothing = SegmentLimits {
        bytes: 1,
        records: 0,
    };
    assert_eq!(journal.freeze(NOW, &limits(nothing)).unwrap().segments, 2);
    assert_eq!(
        journal.freeze(NOW, &limits(nothing)).unwrap(),
        FreezeReport::default()
    );
}

#[test]
fn pictures_go_before_the_segment_that_names_them_and_not_before_it_is_frozen() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..2));
    let first = add_shot(&mut journal, NOW, 500);
    put(&mut journal, &spans(2..4));
    let second = add_shot(&mut journal, NOW + micros(1), 500);
    let mut outbox = desk.outbox();
    assert_eq!(outbox.next_screenshots(5).unwrap(), []);
    journal.freeze(NOW, &few(4)).unwrap();
    let shots = outbox.next_screenshots(5).unwrap();
    assert_eq!(
        shots.len(),
        1,
        "the second one goes with the second segment"
    );
    let shot_row = &shots[0];
    assert_eq!(
        (shot_row.seq, shot_row.media.as_str()),
        (first, "image/webp")
    );
    assert_eq!(
        (shot_row.encoding, &shot_row.readable),
        (ObjectEncoding::Age, &None)
    );
    assert_eq!(shot_row.day.to_string(), "2026-09-21");
    let file = outbox.open_screenshot_file(first).unwrap();
    assert_eq!(file.bytes.len() as u64, shot_row.bytes);
    let opened = desk.opener().open_file(&file.bytes).unwrap();
    assert_eq!(**opened, shot(NOW, 500).1);
    outbox
        .acknowledge_screenshot(first, ObjectEncoding::Age, NOW)
        .unwrap();
    assert_eq!(outbox.next_screenshots(5).unwrap(), []);
    outbox
        .acknowledge_segment(1, 4, ObjectEncoding::Age, NOW)
        .unwrap();
    assert_eq!(outbox.next_screenshots(5).unwrap()[0].seq, second);
    assert!(matches!(
        outbox.acknowledge_screenshot(99, ObjectEncoding::Age, NOW),
        Err(JournalError::NoScreenshot { seq: 99 })
    ));
}

#[test]
fn depth_counts_what_waits_without_a_key() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    assert_eq!(desk.outbox().depth().unwrap(), OutboxDepth::default());
    put(&mut journal, &spans(0..4));
    let depth = desk.outbox().depth().unwrap();
    assert_eq!((depth.records, depth.held, depth.shots), (4, 4, 0));
    assert_eq!(depth.oldest_frozen, None);
    let scanned: i64 = desk
        .sql()
        .query_row("SELECT sum(length(sealed)) FROM record", [], |r| r.get(0))
        .unwrap();
    assert_eq!(depth.bytes, scanned.unsigned_abs());
    add_shot(&mut journal, NOW, 1000);
    journal.freeze(NOW + micros(7), &few(2)).unwrap();
    put(&mut journal, &spans(4..5));
    let mut outbox = desk.outbox();
    outbox
        .acknowledge_segment(1, 2, ObjectEncoding::Age, NOW)
        .unwrap();
    let depth = desk.reader().depth().unwrap();
    assert_eq!((depth.records, depth.held, depth.shots), (4, 1, 1));
    assert_eq!(depth.oldest_frozen, Some(NOW + micros(7)));
    assert!(
        depth.bytes > 1000 && depth.bytes < 2500 + scanned.unsigned_abs(),
        "{depth:?}"
    );
    outbox.set_upload_note("the bucket is away").unwrap();
    assert_eq!(
        desk.reader().upload_note().unwrap().as_deref(),
        Some("the bucket is away")
    );
}

#[test]
fn a_damaged_row_is_reported_and_goes_out_as_it_is() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..6));
    // One row changed, and one moved into another's place.
    let sql = desk.sql();
    sql.execute("UPDATE record SET sealed = zeroblob(90) WHERE seq = 1", [])
        .unwrap();
    sql.execute(
        "UPDATE record SET sealed = (SELECT sealed FROM record WHERE seq = 5) WHERE seq = 4",
        [],
    )
    .unwrap();
    let found = desk.reader().read_after(0, 10).unwrap();
    assert_eq!(
        found.damaged.iter().map(|d| d.seq).collect::<Vec<_>>(),
        [1, 4]
    );
    assert_eq!(found.lines.len(), 4);
    let frozen = journal.freeze(NOW, &few(100)).unwrap();
    assert_eq!((frozen.records, frozen.sealed_rows), (6, 2));
    let encodings = [
        (1, 1, ObjectEncoding::SealedRows),
        (2, 3, ObjectEncoding::Age),
        (4, 4, ObjectEncoding::SealedRows),
        (5, 6, ObjectEncoding::Age),
    ];
    assert_eq!(waiting(&desk), encodings);
    let sent = desk.deliver();
    let moved = journal::open_segment(
        sent[2].encoding,
        sent[2].body.as_ref().unwrap(),
        &desk.opener(),
    )
    .unwrap();
    assert_eq!((moved.lines.len(), moved.damaged[0].seq), (0, 4));
    assert_eq!(desk.lines(&sent[3]), desk.raw(5, 6));
    assert_eq!(desk.reader().depth().unwrap(), OutboxDepth::default());
}

#[test]
fn a_damaged_body_is_withdrawn_and_made_again_from_its_records() {
    let mut desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..6));
    journal.freeze(NOW, &few(4)).unwrap();
    let mut outbox = desk.outbox();
    let segment = outbox.next_segment().unwrap().unwrap();
    assert!(
        outbox
            .begin_segment_put(&segment, ObjectEncoding::Age)
            .unwrap()
    );
    desk.sql()
        .execute(
            "UPDATE segment SET body = zeroblob(90) WHERE first_seq = 1",
            [],
        )
        .unwrap();
    let broken = outbox.next_segment().unwrap().unwrap();
    assert_eq!((&broken.body, broken.tried.stored), (&None, true));
    assert_eq!(broken.sha256, segment.sha256, "its name is still known");
    // Nothing is made again before the uploader has looked.
    assert_eq!(
        journal.freeze(NOW, &few(4)).unwrap(),
        FreezeReport::default()
    );
    outbox.rebuild_segment(1, 4).unwrap();
    assert_eq!(outbox.next_segment().unwrap(), None, "the order is kept");
    drop(journal);
    desk.new_lease();
    let mut journal = desk.journal();
    let frozen = journal.freeze(NOW + DAY, &few(2)).unwrap();
    assert_eq!((frozen.segments, frozen.records), (2, 4));
    let lines: Vec<u8> = desk.deliver().iter().flat_map(|s| desk.lines(s)).collect();
    assert_eq!(lines, desk.raw(1, 6));
}

#[test]
fn the_uploaders_side_knows_no_key() {
    let source = include_str!("../../src/outbox.rs");
    for word in [
        "Opener",
        "KeyRing",
        "Keys",
        "Sealer",
        "Identity",
        "use vault",
    ] {
        assert!(!source.contains(word), "{word}");
    }
}

#[test]
fn the_recovery_kit_is_sent_once_each_time_it_changes() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let mut outbox = desk.outbox();
    assert_eq!(outbox.unsent_vault_copy().unwrap(), None);
    journal.store_vault_copy(b"{\"slots\":1}", NOW).unwrap();
    journal
        .store_vault_copy(b"{\"slots\":1}", NOW + DAY)
        .unwrap();
    let kit = outbox.unsent_vault_copy().unwrap().unwrap();
    assert_eq!(
        (kit.seq, kit.day.to_string().as_str(), kit.bytes.as_slice()),
        (1, "2026-09-21", &b"{\"slots\":1}"[..])
    );
    assert_eq!(desk.reader().uploaded_vault_copy().unwrap(), None);
    outbox.acknowledge_vault_copy(1, NOW).unwrap();
    assert_eq!(outbox.unsent_vault_copy().unwrap(), None);
    assert_eq!(desk.reader().uploaded_vault_copy().unwrap(), Some(kit));
    journal
        .store_vault_copy(b"{\"slots\":1}", NOW + DAY)
        .unwrap();
    assert_eq!(outbox.unsent_vault_copy().unwrap(), None);
    journal
        .store_vault_copy(b"{\"slots\":2}", NOW + DAY)
        .unwrap();
    assert_eq!(outbox.unsent_vault_copy().unwrap().unwrap().seq, 2);
}

/// Not a test of its own: the uploader's process in the test below.
#[test]
#[ignore = "started by another test"]
fn uploader_child() {
    let Ok(dir) = std::env::var("UAM_TEST_DIR") else {
        return;
    };
    let mut outbox = Outbox::open(&std::path::Path::new(&dir).join("journal")).unwrap();
    let goal: u64 = std::env::var("UAM_TEST_GOAL").unwrap().parse().unwrap();
    let (mut done, mut shots) = (0, 0);
    while done < goal {
        let segment = outbox.next_segment().unwrap();
        for shot in outbox.next_screenshots(10).unwrap() {
            let file = outbox.open_screenshot_file(shot.seq).unwrap();
            assert_eq!(file.bytes.len() as u64, shot.bytes);
            outbox
                .begin_screenshot_puts(&[(shot.seq, shot.encoding)])
                .unwrap();
            outbox
                .acknowledge_screenshot(shot.seq, shot.encoding, NOW)
                .unwrap();
            shots += 1;
        }
        if let Some(segment) = segment {
            let (first, last) = (segment.first_seq, segment.last_seq);
            assert_eq!(first, done + 1);
            assert_eq!(segment.count, last - first + 1);
            assert!(
                outbox
                    .begin_segment_put(&segment, segment.encoding)
                    .unwrap()
            );
            outbox
                .acknowledge_segment(first, last, segment.encoding, NOW)
                .unwrap();
            done = last;
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
        let n = u32::try_from(seq).unwrap();
        seq = if n % 10 == 9 {
            add_shot(&mut journal, NOW + micros(n), 200)
        } else {
            journal
                .commit(Commit {
                    records: &spans(n..n + 1),
                    provisional_put: &[(seq, span(n))],
                    provisional_drop_below: seq,
                    at: NOW + micros(n),
                    ..Commit::default()
                })
                .unwrap()[0]
        };
        if n % 7 == 6 || seq == goal {
            journal.freeze(NOW + micros(n), &few(50)).unwrap();
        }
    }
    let out = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text}");
    assert!(text.contains("sent 400 40"), "{text}");
    assert_eq!(desk.reader().depth().unwrap(), OutboxDepth::default());
    let _: &Journal = &journal;
}
