//! The content of manifests.

use crate::kit::*;
use journal::{GapReason, ManifestDraft, ObjectEncoding, Outbox, SequenceGap, UtcDay};
use std::fs;

/// A journal whose sink has `n` spans in segments of ten, and a screenshot.
fn sent(n: u32) -> Desk {
    let desk = Desk::new();
    let mut journal = desk.journal();
    add_shot(&mut journal, NOW, 500);
    put(&mut journal, &spans(0..n));
    journal.freeze(NOW, &few(10)).unwrap();
    journal.close(NOW).unwrap();
    desk.deliver();
    desk
}

/// Keeps the next manifest as if it had been signed, and acknowledges it.
fn next(outbox: &mut Outbox) -> ManifestDraft {
    let draft = outbox.draft_manifest().unwrap();
    let bytes = format!("manifest {}", draft.no).into_bytes();
    outbox.store_manifest(&draft, &bytes, NOW).unwrap();
    let kept = outbox.next_manifest().unwrap().unwrap();
    assert_eq!((kept.no, &kept.bytes), (draft.no, &bytes));
    outbox.acknowledge_manifest(draft.no, NOW).unwrap();
    assert!(outbox.next_manifest().unwrap().is_none());
    draft
}

#[test]
fn each_object_is_listed_once_and_the_numbers_go_on() {
    let desk = sent(25);
    let mut outbox = desk.outbox();
    let first = next(&mut outbox);
    assert_eq!((first.no, first.after, first.through), (1, 0, 26));
    assert_eq!(first.objects.len(), 4, "three segments and a picture");
    assert_eq!((first.before, first.waiting), (None, 0));
    assert!(outbox.draft_manifest().unwrap().is_empty());
    let mut journal = desk.journal();
    put(&mut journal, &spans(25..30));
    journal.freeze(NOW, &few(10)).unwrap();
    assert_eq!(outbox.draft_manifest().unwrap().waiting, 5);
    assert!(
        outbox.draft_manifest().unwrap().is_empty(),
        "the sink does not have it yet"
    );
    desk.deliver();
    let second = next(&mut outbox);
    assert_eq!((second.no, second.after, second.through), (2, 26, 31));
    assert_eq!(second.objects.len(), 1);
    assert_eq!(second.before.unwrap().no, 1);
    let mut listed = Vec::new();
    desk.reader()
        .for_each_manifest(&mut |m| listed.push((m.no, m.acked)))
        .unwrap();
    assert_eq!(listed, [(1, true), (2, true)]);
}

#[test]
fn two_of_one_number_cannot_be_kept() {
    let desk = sent(5);
    let mut outbox = desk.outbox();
    let draft = outbox.draft_manifest().unwrap();
    outbox.store_manifest(&draft, b"one", NOW).unwrap();
    assert!(outbox.store_manifest(&draft, b"other", NOW).is_err());
    assert_eq!(outbox.next_manifest().unwrap().unwrap().bytes, b"one");
}

#[test]
fn records_in_no_object_are_explained() {
    let desk = sent(15);
    let mut outbox = desk.outbox();
    next(&mut outbox);
    // Three days: the second is erased before it was sent.
    let mut journal = desk.journal();
    for day in 0..3 {
        let mut records = spans(0..4);
        for record in &mut records {
            if let model::Record::Span(span) = record {
                span.start += day * DAY;
            }
        }
        put(&mut journal, &records);
    }
    let second = UtcDay::of(NOW + DAY);
    journal.erase(second..=second, NOW).unwrap();
    // And a row that is lost, as by damage.
    desk.sql()
        .execute("DELETE FROM record WHERE seq = 26", [])
        .unwrap();
    journal.freeze(NOW, &few(10)).unwrap();
    desk.deliver();
    let draft = next(&mut outbox);
    assert_eq!((draft.after, draft.through), (16, 28));
    assert_eq!(
        draft.skipped,
        [
            SequenceGap {
                first: 21,
                last: 24,
                why: GapReason::Erased
            },
            SequenceGap {
                first: 26,
                last: 26,
                why: GapReason::Lost
            },
        ]
    );
}

#[test]
fn a_damaged_database_does_not_begin_the_count_anew() {
    let desk = sent(40);
    let mut outbox = desk.outbox();
    next(&mut outbox);
    drop(outbox);
    let mut journal = desk.journal();
    put(&mut journal, &spans(40..60));
    journal.freeze(NOW, &few(10)).unwrap();
    journal.close(NOW).unwrap();
    desk.deliver();
    // The header of the first page: only rows that are copied one by one are left.
    let mut bytes = fs::read(desk.db()).unwrap();
    bytes[..200].fill(0xff);
    fs::write(desk.db(), bytes).unwrap();
    let (journal, recovery) = desk.open();
    assert!(recovery.quarantined.is_some());
    journal.close(NOW).unwrap();
    let mut outbox = desk.outbox();
    let draft = next(&mut outbox);
    assert_eq!((draft.no, draft.after, draft.through), (2, 41, 61));
    assert_eq!(draft.objects.len(), 2);
    assert!(draft.skipped.is_empty());
    drop(outbox);
    // Even when its own rows are gone.
    desk.sql().execute("DELETE FROM manifest", []).unwrap();
    let draft = desk.outbox().draft_manifest().unwrap();
    assert_eq!((draft.no, draft.after), (3, 61));
    // A file that says something else is as good as none.
    fs::write(desk.at().join("manifest.head"), "hello").unwrap();
    assert_eq!(desk.outbox().draft_manifest().unwrap().no, 1);
}

#[test]
fn another_journal_begins_another_chain() {
    let desk = sent(10);
    next(&mut desk.outbox());
    fs::write(desk.db(), b"no database at all".repeat(500)).unwrap();
    let (mut journal, recovery) =
        journal::Journal::open(&desk.at(), desk.keys(), NOW + 2 * DAY).unwrap();
    assert!(recovery.quarantined.is_some());
    put(&mut journal, &spans(10..15));
    journal.freeze(NOW + 2 * DAY, &few(10)).unwrap();
    drop(journal);
    desk.deliver();
    let draft = desk.outbox().draft_manifest().unwrap();
    assert_eq!((draft.no, draft.before), (1, None));
    assert_eq!(draft.objects.len(), 1);
    assert!(matches!(
        draft.objects[0].object.encoding,
        ObjectEncoding::Age
    ));
}
