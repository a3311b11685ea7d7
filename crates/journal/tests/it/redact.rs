//! Redacted content is gone, and the rows that stay say so.

use crate::kit::*;
use journal::{
    Commit, JournalError, ObjectEncoding, QuarterHour, RedactionReport, RedactionTarget,
    ScreenshotLocation,
};
use model::{Coverage, Record, Screenshot, Span, Timestamp};
use std::fs;
use std::ops::Range;

fn at(minutes: u32) -> Timestamp {
    NOW + minutes * MINUTE
}

fn time(range: Range<u32>) -> RedactionTarget {
    RedactionTarget::Time(at(range.start)..at(range.end))
}

fn emptied(n: u32) -> Record {
    Record::Span(Span {
        window: None,
        counts: model::Counts::default(),
        redacted: true,
        ..span(n)
    })
}

fn records(desk: &Desk) -> Vec<Record> {
    let found = desk.reader().read_after(0, 1000).unwrap();
    assert_eq!(found.damaged, []);
    found.lines.into_iter().map(|l| l.record).collect()
}

/// The sealed bytes of a row, to be looked for.
fn sealed(desk: &Desk, sql: &str) -> Vec<u8> {
    desk.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn window_counts_and_picture_go_and_the_time_stays() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..4));
    let kept = add_shot(&mut journal, at(1) - micros(1), 400);
    let gone = add_shot(&mut journal, at(1), 400);
    put(&mut journal, &[notice("a notice stays")]);
    let file = desk.reader().newest_screenshots(1).unwrap()[0]
        .file
        .clone()
        .unwrap();
    let rows = [2, 3, 6].map(|seq| {
        let sql = format!("SELECT sealed FROM record WHERE seq = {seq}");
        sealed(&desk, &sql)
    });
    let picture = fs::read(&file).unwrap();
    let words: Vec<&[u8]> = rows
        .iter()
        .map(|r| &r[25..60])
        .chain([&picture[400..440]])
        .collect();
    assert!(
        files(&desk.at())
            .iter()
            .any(|f| contains(&fs::read(f).unwrap(), words[0]))
    );

    let redacted = journal.redact(&time(1..3), at(9)).unwrap();
    assert_eq!(
        redacted,
        RedactionReport {
            spans: 2,
            shots: 1,
            counted: [1, 2].map(|n| (at(n), span(n).counts)).into(),
            first: Some(at(1)),
            folded: true,
            ..RedactionReport::default()
        }
    );
    let found = records(&desk);
    assert_eq!(
        found[..4],
        [
            Record::Span(span(0)),
            emptied(1),
            emptied(2),
            Record::Span(span(3))
        ]
    );
    let Record::Shot(shot) = &found[5] else {
        panic!("{found:?}")
    };
    let expected = Screenshot {
        at: at(1),
        zone: "UTC".into(),
        sha256: String::new(),
        bytes: 0,
        media: "image/webp".into(),
        width: 0,
        height: 0,
        screen_width: 0,
        screen_height: 0,
        blurred: false,
        redacted: true,
        window: None,
    };
    assert_eq!(*shot, expected);
    assert_eq!(found[6], notice("a notice stays"));
    // Not in the database, not in its log, not in a file.
    assert!(!file.exists());
    assert_in_no_file(&desk.at(), &words);
    let reader = desk.reader();
    assert!(matches!(
        reader.open_screenshot(gone),
        Err(JournalError::ScreenshotDeleted { .. })
    ));
    reader.open_screenshot(kept).unwrap();
    assert_eq!(
        reader.newest_screenshots(1).unwrap()[0].place,
        ScreenshotLocation::Deleted
    );
    // Again does nothing; the rest is delivered as it is now.
    assert_eq!(journal.redact(&time(1..3), at(9)).unwrap().spans, 0);
    journal.freeze(at(9), &few(100)).unwrap();
    let sent = desk.deliver();
    assert_eq!(desk.lines(&sent[0]), desk.raw(1, 7));
}

#[test]
fn a_span_over_an_edge_is_taken_out_whole_and_what_says_nothing_is_left_alone() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let asleep = Span {
        state: Coverage::Asleep,
        window: None,
        counts: model::Counts::default(),
        ..span(2)
    };
    let nameless = Span {
        protected: true,
        window: None,
        counts: model::Counts::default(),
        ..span(3)
    };
    let mut all = spans(0..2);
    all.extend([Record::Span(asleep.clone()), Record::Span(nameless)]);
    put(&mut journal, &all);
    let from = at(0) + MINUTE / 2;
    let redacted = journal
        .redact(&RedactionTarget::Time(from..at(4)), at(9))
        .unwrap();
    assert_eq!(redacted.spans, 3);
    let found = records(&desk);
    assert_eq!(
        found,
        [emptied(0), emptied(1), Record::Span(asleep), emptied(3)]
    );
    // Only touching is not being in it.
    put(&mut journal, &spans(10..13));
    assert_eq!(journal.redact(&time(11..12), at(19)).unwrap().spans, 1);
    assert_eq!(journal.redact(&time(5..5), at(19)).unwrap().spans, 0);
    assert_eq!(
        journal
            .redact(&time(Range { start: 7, end: 5 }), at(19))
            .unwrap()
            .spans,
        0
    );
}

#[test]
fn one_shot_alone() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..1));
    let seq = add_shot(&mut journal, NOW, 100);
    let other = add_shot(&mut journal, NOW, 101);
    let wrong = journal.redact(&RedactionTarget::Shot(1), NOW).unwrap_err();
    assert!(
        matches!(wrong, JournalError::NoScreenshot { seq: 1 }),
        "{wrong}"
    );
    let redacted = journal.redact(&RedactionTarget::Shot(seq), NOW).unwrap();
    assert_eq!((redacted.shots, redacted.spans), (1, 0));
    assert_eq!(files(&desk.at().join("shots")).len(), 1);
    desk.reader().open_screenshot(other).unwrap();
    assert_eq!(records(&desk)[0], Record::Span(span(0)));
    // A crash between row and file is made good at the next start.
    drop(journal);
    let file = files(&desk.at().join("shots")).remove(0);
    let name = file
        .strip_prefix(desk.at())
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    desk.sql()
        .execute("INSERT INTO doomed VALUES (?1)", [name])
        .unwrap();
    desk.sql().execute("UPDATE blob SET place = 2", []).unwrap();
    desk.sql()
        .execute("INSERT INTO doomed VALUES ('journal.lock')", [])
        .unwrap();
    desk.journal();
    assert!(!file.exists());
    assert!(
        desk.at().join("journal.lock").exists(),
        "nothing but pictures is deleted"
    );
}

#[test]
fn a_waiting_segment_is_withdrawn_and_uploaded_without_it() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..9));
    let seq = add_shot(&mut journal, at(4), 100);
    journal.freeze(at(9), &few(5)).unwrap();
    let frozen: Vec<u8> = sealed(&desk, "SELECT body FROM segment WHERE first_seq = 1");
    let redacted = journal.redact(&time(4..5), at(9)).unwrap();
    // Nothing was put, so nothing can be in the sink.
    assert_eq!(
        (redacted.spans, redacted.shots, redacted.sent.len()),
        (1, 1, 0)
    );
    assert_in_no_file(&desk.at(), &[&frozen[200..260]]);
    assert_eq!(desk.outbox().next_segment().unwrap(), None);
    journal.freeze(at(9), &few(100)).unwrap();
    assert_eq!(
        waiting(&desk),
        [(1, 5, ObjectEncoding::Age), (6, 10, ObjectEncoding::Age)]
    );
    assert_eq!(desk.outbox().next_screenshots(9).unwrap(), []);
    let lines: Vec<u8> = desk.deliver().iter().flat_map(|s| desk.lines(s)).collect();
    assert_eq!(lines, desk.raw(1, 10));
    assert!(!contains(&lines, b"canary-4") && contains(&lines, b"canary-5"));
    assert!(seq == 10);
}

#[test]
fn a_segment_in_the_uploaders_hand_is_not_put_after_something_was_taken_out() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..3));
    journal.freeze(at(9), &few(5)).unwrap();
    let mut outbox = desk.outbox();
    let in_hand = outbox.next_segment().unwrap().unwrap();
    journal.redact(&time(1..2), at(9)).unwrap();
    assert!(
        !outbox
            .begin_segment_put(&in_hand, ObjectEncoding::Age)
            .unwrap()
    );
    // Not even when the same numbers are packed again.
    journal.freeze(at(9), &few(5)).unwrap();
    assert!(
        !outbox
            .begin_segment_put(&in_hand, ObjectEncoding::Age)
            .unwrap()
    );
    let again = outbox.next_segment().unwrap().unwrap();
    assert_eq!((again.first_seq, again.last_seq), (1, 3));
    assert!(
        outbox
            .begin_segment_put(&again, ObjectEncoding::Age)
            .unwrap()
    );
}

#[test]
fn objects_the_sink_has_or_may_have_are_named() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..4));
    let shot = add_shot(&mut journal, at(1), 100);
    journal.freeze(at(9), &few(2)).unwrap();
    let mut outbox = desk.outbox();
    let acked = outbox.next_segment().unwrap().unwrap();
    assert!(outbox.begin_segment_put(&acked, acked.encoding).unwrap());
    outbox
        .acknowledge_segment(1, 2, ObjectEncoding::Age, NOW)
        .unwrap();
    let begun = outbox.next_segment().unwrap().unwrap();
    assert!(outbox.begin_segment_put(&begun, begun.encoding).unwrap());
    outbox
        .begin_screenshot_puts(&[(shot, ObjectEncoding::Age)])
        .unwrap();
    let picture = outbox.open_screenshot_file(shot).unwrap();
    let redacted = journal.redact(&time(0..9), at(9)).unwrap();
    assert_eq!((redacted.spans, redacted.shots), (4, 1));
    let mut named: Vec<_> = redacted
        .sent
        .iter()
        .map(|s| {
            (
                s.first_seq,
                s.last_seq,
                s.sha256.as_str(),
                s.certain,
                s.media.is_some(),
            )
        })
        .collect();
    named.sort_unstable();
    assert_eq!(
        named,
        [
            (1, 2, acked.sha256.as_str(), true, false),
            (3, 4, begun.sha256.as_str(), false, false),
            (5, 5, picture.sha256.as_str(), false, true),
        ]
    );
    // The uploader in the midst of its put: it says so, and the segment counts as sent, not twice.
    assert!(
        !outbox.begin_segment_put(&begun, begun.encoding).unwrap(),
        "no second try with it"
    );
    // The last one was never begun, so it is made again at once.
    assert_eq!(journal.freeze(at(9), &few(2)).unwrap().records, 1);
    assert_eq!(outbox.next_segment().unwrap().unwrap().body, None);
    outbox
        .acknowledge_segment(3, 4, ObjectEncoding::Age, NOW)
        .unwrap();
    assert_eq!(outbox.next_segment().unwrap().unwrap().first_seq, 5);
    assert!(
        outbox
            .begin_screenshot_puts(&[(shot, ObjectEncoding::Age)])
            .unwrap()
            .is_empty()
    );
}

#[test]
fn open_spans_and_roll_ups_go_too() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let slot = QuarterHour::of(NOW);
    // Three minutes at the end of the first slot and the beginning of the next, and an hour later.
    let mut records = spans(0..3);
    records.extend(spans(60..61));
    let far = QuarterHour::of(at(60));
    journal
        .commit(Commit {
            records: &records,
            rollups: &[(slot, b"sums"), (slot + 1, b"sums"), (far, b"sums")],
            at: NOW,
            ..Commit::default()
        })
        .unwrap();
    let summed = |desk: &Desk| -> Vec<QuarterHour> {
        let rows = desk.reader().read_rollups(ALL_ROLLUPS).unwrap();
        let summed = rows.iter().filter(|r| r.content.is_some());
        summed.map(|r| r.quarter_hour).collect()
    };
    assert_eq!(summed(&desk), [slot, slot + 1, far]);
    journal
        .commit(Commit {
            provisional_put: &[(1, span(3)), (2, span(400))],
            at: NOW,
            ..Commit::default()
        })
        .unwrap();
    let row = sealed(&desk, "SELECT sealed FROM pending WHERE id = 1");
    let would = journal.redact_dry_run(&time(0..4)).unwrap();
    let redacted = journal.redact(&time(0..4), NOW).unwrap();
    assert_eq!((redacted.spans, redacted.first), (4, Some(at(0))));
    assert_eq!(would.counted, redacted.counted);
    let keys: u64 = redacted.counted.iter().map(|(_, c)| c.hardware.keys).sum();
    assert_eq!(
        keys,
        1 + 2 + 3,
        "of the minutes 0 to 3, each of which counts its own number"
    );
    let pending = desk.reader().provisional_spans().unwrap();
    assert_eq!(Record::Span(pending[0].clone()), emptied(3));
    assert_eq!(pending[1], span(400));
    assert_in_no_file(&desk.at(), &[&row[25..60]]);
    assert_eq!(summed(&desk), [far]);
}

#[test]
fn a_lent_key_takes_out_what_the_agent_cannot_open_and_is_given_back() {
    let mut desk = Desk::new();
    put(&mut desk.journal(), &spans(0..2));
    desk.new_lease();
    let mut journal = desk.journal();
    assert_eq!(journal.redact(&time(0..2), NOW).unwrap().closed, 2);
    let redacted = journal.with_opener(desk.opener(), |journal| journal.redact(&time(0..1), NOW));
    assert_eq!(redacted.unwrap().spans, 1);
    assert_eq!(records(&desk), [emptied(0), Record::Span(span(1))]);
    let redacted = journal.redact(&time(0..2), NOW).unwrap();
    assert_eq!((redacted.spans, redacted.closed), (0, 1));
}

#[test]
fn unreadable_records_are_counted_by_the_agent_and_deleted_by_the_viewer() {
    let mut desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..3));
    let shot = add_shot(&mut journal, at(1), 100);
    journal
        .commit(Commit {
            provisional_put: &[(1, span(3))],
            at: NOW,
            ..Commit::default()
        })
        .unwrap();
    drop(journal);
    desk.new_lease();
    let mut journal = desk.journal();
    journal.commit_recovered(&[], NOW).unwrap();
    put(&mut journal, &spans(4..5));
    let redacted = journal.redact(&time(0..9), at(9)).unwrap();
    assert_eq!((redacted.spans, redacted.closed), (1, 5));
    let one = journal.redact(&RedactionTarget::Shot(shot), at(9)).unwrap();
    assert_eq!((one.shots, one.closed), (0, 1));
    let key = sealed(&desk, "SELECT wrapped_key FROM session ORDER BY no LIMIT 1");
    drop(journal);
    let redacted = desk
        .maintenance(desk.viewer_keys())
        .unwrap()
        .redact(&time(0..9), at(9))
        .unwrap();
    assert_eq!((redacted.spans, redacted.shots, redacted.closed), (4, 1, 0));
    let found = records(&desk);
    assert_eq!(found[..3], [emptied(0), emptied(1), emptied(2)]);
    assert_eq!(found[4], emptied(3));
    // The key of a session that seals nothing any more is gone with it.
    assert_in_no_file(&desk.at(), &[&key[key.len() - 40..]]);
    // And the next agent goes on.
    let (mut journal, recovery) = desk.open();
    assert_eq!(recovery.quarantined, None);
    journal.freeze(at(9), &few(100)).unwrap();
    let sent = desk.deliver();
    let lines: Vec<u8> = sent.iter().flat_map(|s| desk.lines(s)).collect();
    assert_eq!(lines, desk.raw(1, 6));
    assert!(!contains(&lines, b"canary"));
}

#[test]
fn somebody_who_looks_keeps_the_log_and_it_is_said() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..1));
    let row = sealed(&desk, "SELECT sealed FROM record");
    let looking = desk.sql();
    looking
        .execute_batch("BEGIN; SELECT count(*) FROM record;")
        .unwrap();
    assert!(!journal.redact(&time(0..1), NOW).unwrap().folded);
    looking.execute_batch("COMMIT").unwrap();
    assert!(journal.checkpoint().unwrap());
    assert_in_no_file(&desk.at(), &[&row[25..60]]);
}
