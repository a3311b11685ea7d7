//! Leases that die: nothing they sealed opens here any more, and nothing of it is lost or stands in the way.

use crate::kit::*;
use journal::{Commit, FreezeOptions, FreezeReport, Journal, ObjectEncoding, OutboxDepth, Reader};
use model::{Record, Span};
use vault::Opener;

fn provisional(journal: &mut Journal, spans: &[(u64, Span)]) {
    journal
        .commit(Commit {
            provisional_put: spans,
            at: NOW,
            ..Commit::default()
        })
        .unwrap();
}

/// Every record the viewer finds.
fn records(desk: &Desk) -> Vec<Record> {
    let found = desk.reader().read_after(0, 1000).unwrap();
    assert_eq!(found.damaged, []);
    assert!(
        found
            .lines
            .iter()
            .map(|l| l.seq)
            .eq(1..=found.lines.len() as u64)
    );
    found.lines.into_iter().map(|l| l.record).collect()
}

#[test]
fn a_worker_restarted_under_its_lease_gets_its_open_spans_back() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    provisional(&mut journal, &[(1, span(1)), (2, span(2))]);
    drop(journal);
    let (_journal, recovery) = desk.open();
    assert_eq!(recovery.pending, [span(1), span(2)]);
    assert_eq!((recovery.pending_sealed, recovery.pending_damaged), (0, 0));
}

#[test]
fn open_spans_of_a_dead_lease_become_records_that_the_viewer_reads_and_the_sink_gets() {
    let mut desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..2));
    provisional(&mut journal, &[(7, span(7)), (8, span(8))]);
    drop(journal);
    desk.new_lease();
    // A crash of the next worker in between leaves spans that open beside them.
    let (mut journal, recovery) = desk.open();
    assert_eq!(recovery.pending, []);
    assert_eq!((recovery.pending_sealed, recovery.pending_damaged), (2, 0));
    provisional(&mut journal, &[(1, span(11))]);
    drop(journal);
    let (mut journal, recovery) = desk.open();
    assert_eq!(recovery.pending, [span(11)]);
    assert_eq!(recovery.pending_sealed, 2);
    let opened: Vec<Record> = recovery.pending.into_iter().map(Record::Span).collect();
    assert_eq!(journal.commit_recovered(&opened, NOW).unwrap(), [5]);
    put(&mut journal, &spans(12..13));
    let expected: Vec<Record> = [0, 1, 7, 8, 11, 12].map(|n| Record::Span(span(n))).into();
    assert_eq!(records(&desk), expected);
    assert_eq!(desk.reader().provisional_spans().unwrap(), []);
    // Found by its time, whatever day its row says.
    let found = desk
        .reader()
        .read_records(NOW + 7 * MINUTE..NOW + 8 * MINUTE)
        .unwrap();
    assert_eq!(found.lines[0].record, Record::Span(span(7)));
    assert_eq!(found.damaged, []);
    // A second time there is nothing left to do.
    drop(journal);
    let (mut journal, recovery) = desk.open();
    assert_eq!((recovery.pending_sealed, recovery.pending.len()), (0, 0));
    let frozen = journal.freeze(NOW + DAY, &few(100)).unwrap();
    assert_eq!((frozen.records, frozen.sealed_rows), (6, 4));
    assert_eq!(
        waiting(&desk),
        [
            (1, 4, ObjectEncoding::SealedRows),
            (5, 6, ObjectEncoding::Age)
        ]
    );
    let sent = desk.deliver();
    let lines: Vec<u8> = sent.iter().flat_map(|s| desk.lines(s)).collect();
    assert_eq!(lines, desk.raw(1, 6));
    // Without a key, uploads show nothing.
    let closed = journal::open_segment(
        sent[0].encoding,
        sent[0].body.as_ref().unwrap(),
        &Opener::locked(),
    )
    .unwrap();
    assert_eq!((closed.lines.len(), closed.damaged.len()), (0, 4));
    assert_eq!(desk.reader().depth().unwrap(), OutboxDepth::default());
}

#[test]
fn records_of_a_dead_lease_hide_nothing_and_are_named() {
    let mut desk = Desk::new();
    put(&mut desk.journal(), &spans(0..3));
    desk.new_lease();
    put(&mut desk.journal(), &spans(3..5));
    let reader = Reader::open(&desk.at(), desk.keys().opener).unwrap();
    let found = reader.read_after(0, 10).unwrap();
    let closed: Vec<u64> = found.damaged.iter().map(|d| d.seq).collect();
    assert_eq!((closed.as_slice(), found.lines.len()), (&[1, 2, 3][..], 2));
    assert!(found.damaged[0].why.contains("other keys"), "{found:?}");
    let nobody = Reader::open(&desk.at(), Opener::locked()).unwrap();
    assert_eq!(nobody.read_after(0, 10).unwrap().damaged.len(), 5);
    assert_eq!(nobody.last_seq().unwrap(), 5);
}

fn hold(minutes: u32) -> FreezeOptions {
    FreezeOptions {
        hold: minutes * MINUTE,
        ..FreezeOptions::default()
    }
}

#[test]
fn young_records_are_held_back_with_all_that_follow() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..2));
    let seq = add_shot(&mut journal, NOW + 2 * MINUTE, 100);
    put(&mut journal, &spans(2..3));
    // Record 1 ends at minute 1, record 2 at 2; the screenshot is of minute 2, record 4 ends at 3.
    let at = |minutes| NOW + minutes * MINUTE;
    let held = FreezeReport {
        held: true,
        ..FreezeReport::default()
    };
    assert_eq!(journal.freeze(at(11) - micros(1), &hold(10)).unwrap(), held);
    assert_eq!(journal.freeze(at(11), &hold(10)).unwrap().records, 1);
    let frozen = journal.freeze(at(12), &hold(10)).unwrap();
    assert_eq!((frozen.records, frozen.held), (2, true));
    assert_eq!(desk.reader().depth().unwrap().held, 1);
    let shots = desk.outbox().next_screenshots(9).unwrap();
    assert_eq!(shots.len(), 0, "the first segment does not name it");
    desk.outbox()
        .acknowledge_segment(1, 1, ObjectEncoding::Age, NOW)
        .unwrap();
    assert_eq!(desk.outbox().next_screenshots(9).unwrap()[0].seq, seq);
    let frozen = journal.freeze(at(13), &hold(10)).unwrap();
    assert_eq!((frozen.records, frozen.held), (1, false));
}

#[test]
fn a_clock_that_was_set_back_delays_and_does_not_stop() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    // Recorded while the clock was a year ahead.
    put(&mut journal, &spans(365 * 1440..365 * 1440 + 2));
    assert!(journal.freeze(NOW, &hold(10)).unwrap().held);
    put(&mut journal, &spans(0..1));
    assert_eq!(
        journal.freeze(NOW + 9 * MINUTE, &hold(10)).unwrap().records,
        0
    );
    let frozen = journal.freeze(NOW + 10 * MINUTE, &hold(10)).unwrap();
    assert_eq!((frozen.records, frozen.held), (2, true));
    assert_eq!(
        journal
            .freeze(NOW + 11 * MINUTE, &hold(10))
            .unwrap()
            .records,
        1
    );
    // Set back once more while something waits: it is seen again.
    put(&mut journal, &spans(365 * 1440..365 * 1440 + 1));
    assert!(journal.freeze(NOW + 12 * MINUTE, &hold(10)).unwrap().held);
    assert!(journal.freeze(NOW - 60 * MINUTE, &hold(10)).unwrap().held);
    assert!(journal.freeze(NOW - 51 * MINUTE, &hold(10)).unwrap().held);
    assert!(!journal.freeze(NOW - 50 * MINUTE, &hold(10)).unwrap().held);
}

#[test]
fn rows_of_a_dead_lease_are_held_as_if_they_ended_with_its_last_durable_moment() {
    let mut desk = Desk::new();
    let mut journal = desk.journal();
    journal
        .commit(Commit {
            records: &spans(0..3),
            at: NOW + 3 * MINUTE,
            ..Commit::default()
        })
        .unwrap();
    drop(journal);
    desk.new_lease();
    let mut journal = desk.journal();
    let before = NOW + 13 * MINUTE - micros(1);
    assert_eq!(journal.freeze(before, &hold(10)).unwrap().records, 0);
    assert_eq!(
        journal
            .freeze(before + micros(1), &hold(10))
            .unwrap()
            .records,
        3
    );
}

#[test]
fn segments_of_the_end_of_a_run_are_held_back_by_the_uploader() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..2));
    add_shot(&mut journal, NOW + MINUTE, 100);
    let last = FreezeOptions {
        last: true,
        ..hold(10)
    };
    let frozen = journal.freeze(NOW + 2 * MINUTE, &last).unwrap();
    assert_eq!((frozen.records, frozen.held), (3, false));
    let due = |now| desk.outbox().hold_back_until_due(now);
    let at = |minutes: u32| due(NOW + minutes * MINUTE);
    for minutes in [2, 11] {
        assert_eq!(at(minutes).next_segment().unwrap(), None);
        assert_eq!(at(minutes).next_screenshots(9).unwrap(), []);
        assert_eq!(at(minutes).held_until().unwrap(), Some(NOW + 12 * MINUTE));
    }
    assert!(at(12).next_segment().unwrap().is_some());
    assert_eq!(at(12).next_screenshots(9).unwrap().len(), 1);
    assert_eq!(at(12).held_until().unwrap(), None);
    // A clock that was set back by a day does not hold it back for a day.
    assert!(due(NOW - DAY).next_segment().unwrap().is_some());
    assert_eq!(due(NOW - DAY).held_until().unwrap(), None);
    // Something removed meanwhile: packed again, and held back as before; also over a salvage.
    let range = NOW..NOW + MINUTE;
    journal
        .redact(&journal::RedactionTarget::Time(range), NOW + 3 * MINUTE)
        .unwrap();
    assert_eq!(
        journal.freeze(NOW + 4 * MINUTE, &hold(10)).unwrap().records,
        3
    );
    assert_eq!(at(11).next_segment().unwrap(), None);
    journal.close(NOW + 4 * MINUTE).unwrap();
    let mut bytes = std::fs::read(desk.db()).unwrap();
    bytes[..100].fill(0xa5);
    std::fs::write(desk.db(), &bytes).unwrap();
    assert!(desk.open().1.quarantined.is_some());
    assert_eq!(at(11).next_segment().unwrap(), None);
    assert!(at(12).next_segment().unwrap().is_some());
}
