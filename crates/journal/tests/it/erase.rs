//! Whole days, erased for good.

use crate::kit::*;
use journal::{Commit, ErasedRange, Journal, ObjectEncoding, OutboxDepth, QuarterHour, UtcDay};
use std::fs;
use std::ops::RangeInclusive;

fn day(n: u32) -> UtcDay {
    UtcDay::of(NOW + n * DAY)
}

fn days(range: RangeInclusive<u32>) -> RangeInclusive<UtcDay> {
    day(*range.start())..=day(*range.end())
}

/// Three records, a screenshot and a roll-up on each of four days, each under its own key.
fn four_days(desk: &Desk) -> Journal {
    let mut journal = desk.journal();
    for n in 0..4 {
        journal
            .commit(Commit {
                records: &spans(n * 1440..n * 1440 + 3),
                rollups: &[(QuarterHour::of(NOW + n * DAY), b"sums")],
                at: NOW + n * DAY,
                ..Commit::default()
            })
            .unwrap();
        add_shot(&mut journal, NOW + n * DAY, 300);
    }
    journal
}

fn seqs(desk: &Desk) -> Vec<u64> {
    let found = desk.reader().read_after(0, 1000).unwrap();
    assert_eq!(found.damaged, []);
    found.lines.iter().map(|l| l.seq).collect()
}

/// Each quarter hour with a row, and whether it is summed up.
fn rolled_up(desk: &Desk) -> Vec<(QuarterHour, bool)> {
    let rows = desk.reader().read_rollups(ALL_ROLLUPS).unwrap();
    rows.iter()
        .map(|r| (r.quarter_hour, r.content.is_some()))
        .collect()
}

#[test]
fn rows_keys_pictures_and_roll_ups_are_gone_and_the_gap_is_explained() {
    let desk = Desk::new();
    let mut journal = four_days(&desk);
    let rows: Vec<Vec<u8>> = desk
        .sql()
        .prepare("SELECT sealed FROM record WHERE seq BETWEEN 5 AND 12 UNION ALL SELECT wrapped_key FROM session WHERE no IN (2, 3)")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(rows.len(), 10);
    let would = journal.erase_dry_run(days(1..=2)).unwrap();
    let erased = journal.erase(days(1..=2), NOW + 4 * DAY).unwrap();
    assert_eq!((erased.records, erased.shots, erased.keys), (8, 2, 2));
    assert_eq!(
        (would.records, would.shots, &would.ranges),
        (8, 2, &erased.ranges)
    );
    assert_eq!(
        (erased.ranges.as_slice(), erased.folded),
        (&[(5, 12)][..], true)
    );
    assert_eq!(erased.sent, []);
    assert_eq!(seqs(&desk), [1, 2, 3, 4, 13, 14, 15, 16]);
    assert_eq!(files(&desk.at().join("shots")).len(), 2);
    let words: Vec<&[u8]> = rows.iter().map(|r| &r[r.len() - 40..]).collect();
    assert_in_no_file(&desk.at(), &words);
    // Of the days themselves nothing is left; what their spans might have reached into is read from the records.
    let first = QuarterHour::of(NOW);
    let expected = [
        (first, true),
        (first + 1, false),
        (first + 288, false),
        (first + 289, false),
    ];
    assert_eq!(rolled_up(&desk), expected);
    assert_eq!(
        desk.reader().erased_ranges().unwrap(),
        [ErasedRange {
            first_seq: 5,
            last_seq: 12,
            first_day: day(1),
            last_day: day(2),
            at: NOW + 4 * DAY,
        }]
    );
    // Delivery leaves them out, without holes and without a double.
    assert_eq!(desk.reader().depth().unwrap().records, 8);
    let frozen = journal.freeze(NOW + 4 * DAY, &few(100)).unwrap();
    assert_eq!((frozen.segments, frozen.records), (2, 8));
    assert_eq!(
        waiting(&desk),
        [(1, 4, ObjectEncoding::Age), (13, 16, ObjectEncoding::Age)]
    );
    desk.deliver();
    assert_eq!(desk.reader().depth().unwrap(), OutboxDepth::default());
}

#[test]
fn the_newest_numbers_are_not_given_again() {
    let desk = Desk::new();
    let mut journal = four_days(&desk);
    journal.erase(days(0..=9), NOW + 4 * DAY).unwrap();
    assert_eq!(put(&mut journal, &spans(0..1)), [17]);
    drop(journal);
    let mut journal = desk.journal();
    assert_eq!(put(&mut journal, &spans(0..1)), [18]);
    journal.erase(days(0..=9), NOW + 4 * DAY).unwrap();
    drop(journal);
    let mut journal = desk.journal();
    assert_eq!(desk.reader().depth().unwrap().records, 0);
    assert_eq!(put(&mut journal, &spans(0..1)), [19]);
    assert_eq!(journal.freeze(NOW, &few(9)).unwrap().records, 1);
    assert_eq!(waiting(&desk), [(19, 19, ObjectEncoding::Age)]);
}

#[test]
fn a_segment_over_the_edge_is_made_again_without_them() {
    let desk = Desk::new();
    let mut journal = four_days(&desk);
    journal.freeze(NOW + 4 * DAY, &few(6)).unwrap();
    let frozen = [
        (1, 6, ObjectEncoding::Age),
        (7, 12, ObjectEncoding::Age),
        (13, 16, ObjectEncoding::Age),
    ];
    assert_eq!(waiting(&desk), frozen);
    // Day 1 holds the records 5 to 8.
    let erased = journal.erase(days(1..=1), NOW + 4 * DAY).unwrap();
    assert_eq!((erased.records, erased.sent.len()), (4, 0));
    assert_eq!(desk.outbox().next_segment().unwrap(), None);
    journal.freeze(NOW + 4 * DAY, &few(6)).unwrap();
    let frozen = [
        (1, 4, ObjectEncoding::Age),
        (9, 12, ObjectEncoding::Age),
        (13, 16, ObjectEncoding::Age),
    ];
    assert_eq!(waiting(&desk), frozen);
    let lines: Vec<u8> = desk.deliver().iter().flat_map(|s| desk.lines(s)).collect();
    assert_eq!(lines, [desk.raw(1, 4), desk.raw(9, 16)].concat());
    // A whole segment, erased before it was sent.
    put(&mut journal, &spans(10 * 1440..10 * 1440 + 3));
    journal.freeze(NOW + 11 * DAY, &few(6)).unwrap();
    journal.erase(days(10..=10), NOW + 11 * DAY).unwrap();
    assert_eq!(journal.freeze(NOW + 11 * DAY, &few(6)).unwrap().segments, 0);
    assert_eq!(waiting(&desk), []);
    assert_eq!(desk.reader().depth().unwrap(), OutboxDepth::default());
}

#[test]
fn objects_the_sink_has_or_may_have_are_named() {
    let desk = Desk::new();
    let mut journal = four_days(&desk);
    journal.freeze(NOW + 4 * DAY, &few(4)).unwrap();
    let mut outbox = desk.outbox();
    let first = outbox.next_segment().unwrap().unwrap();
    let picture = outbox.next_screenshots(1).unwrap().remove(0);
    outbox
        .begin_screenshot_puts(&[(picture.seq, ObjectEncoding::Age)])
        .unwrap();
    outbox
        .acknowledge_screenshot(picture.seq, ObjectEncoding::Age, NOW)
        .unwrap();
    outbox.begin_segment_put(&first, first.encoding).unwrap();
    outbox
        .acknowledge_segment(1, 4, first.encoding, NOW)
        .unwrap();
    let second = outbox.next_segment().unwrap().unwrap();
    outbox.begin_segment_put(&second, second.encoding).unwrap();
    let would = journal.erase_dry_run(days(0..=2)).unwrap();
    assert!(journal.segment_has_other_days((1, 4), days(1..=2)).unwrap());
    assert!(!journal.segment_has_other_days((1, 4), days(0..=2)).unwrap());
    let mut listed = Vec::new();
    desk.reader()
        .for_each_uploaded(&mut |sent| listed.push(sent.object))
        .unwrap();
    let erased = journal.erase(days(0..=2), NOW + 4 * DAY).unwrap();
    let sorted = |mut objects: Vec<journal::UploadedObject>| {
        objects.sort_by_key(|o| (o.first_seq, o.media.is_some()));
        objects
    };
    assert_eq!(sorted(would.sent), sorted(erased.sent.clone()));
    assert_eq!(sorted(listed), sorted(erased.sent.clone()));
    let mut named: Vec<_> = erased
        .sent
        .iter()
        .map(|s| (s.first_seq, s.last_seq, s.certain, s.media.is_some()))
        .collect();
    named.sort_unstable();
    assert_eq!(
        named,
        [
            (1, 4, true, false),
            (4, 4, true, true),
            (5, 8, false, false)
        ]
    );
    // The one uncertain stays until the uploader has looked; both answers end well.
    let doubtful = outbox.next_segment().unwrap().unwrap();
    assert_eq!((doubtful.first_seq, doubtful.body), (5, None));
    outbox.rebuild_segment(5, 8).unwrap();
    journal.freeze(NOW + 4 * DAY, &few(4)).unwrap();
    assert_eq!(waiting(&desk), [(13, 16, ObjectEncoding::Age)]);
}

#[test]
fn rows_and_open_spans_of_a_dead_lease_are_erased_too() {
    let mut desk = Desk::new();
    let mut journal = four_days(&desk);
    journal
        .commit(Commit {
            provisional_put: &[(1, span(3 * 1440 + 5))],
            at: NOW + 3 * DAY,
            ..Commit::default()
        })
        .unwrap();
    drop(journal);
    desk.new_lease();
    let mut journal = desk.journal();
    let erased = journal.erase(days(3..=3), NOW + 4 * DAY).unwrap();
    assert_eq!((erased.records, erased.shots, erased.keys), (4, 1, 1));
    assert_eq!(desk.reader().provisional_spans().unwrap(), []);
    assert_eq!(seqs(&desk), (1..=12).collect::<Vec<_>>());
}

#[test]
fn an_archived_picture_is_erased_where_it_lies() {
    let desk = Desk::new();
    let mut journal = four_days(&desk);
    let archive = desk.dir.path().join("elsewhere");
    desk.outbox()
        .acknowledge_screenshot(4, ObjectEncoding::Age, NOW)
        .unwrap();
    let rule = journal::retention::RetentionRule {
        max_age_days: 0,
        max_bytes: 0,
        action: journal::retention::RetentionAction::Archive(archive.clone()),
    };
    let plan = journal::retention::plan_retention(
        &journal.list_local_screenshots().unwrap(),
        NOW + 4 * DAY,
        &rule,
    );
    journal.apply_retention(&plan).unwrap();
    assert_eq!(files(&archive).len(), 1);
    journal.erase(days(0..=0), NOW + 4 * DAY).unwrap();
    assert_eq!(files(&archive).len(), 0);
}

#[test]
fn a_salvage_knows_what_was_erased() {
    let desk = Desk::new();
    let mut journal = four_days(&desk);
    journal.erase(days(1..=2), NOW + 4 * DAY).unwrap();
    journal.close(NOW + 4 * DAY).unwrap();
    let mut bytes = fs::read(desk.db()).unwrap();
    bytes[..100].fill(0xa5);
    fs::write(desk.db(), &bytes).unwrap();
    let (_journal, recovery) = desk.open();
    let quarantined = recovery.quarantined.unwrap();
    assert_eq!((quarantined.salvaged, quarantined.lost), (8, 0));
    assert_eq!(desk.reader().erased_ranges().unwrap().len(), 1);
    // Some roll-ups may be lost, so those that are there are not believed to be all.
    let first = QuarterHour::of(NOW);
    assert_eq!(rolled_up(&desk)[0], (first, true));
    assert!(desk.reader().rollups_complete_since().unwrap() > first + 289);
}

#[test]
fn files_set_aside_are_reported_and_returning_days_erased_again() {
    let desk = Desk::new();
    let mut journal = four_days(&desk);
    let file = desk
        .reader()
        .newest_screenshots(9)
        .unwrap()
        .pop()
        .unwrap()
        .file
        .unwrap();
    let picture = fs::read(&file).unwrap();
    journal.erase(days(0..=0), NOW + 4 * DAY).unwrap();
    drop(journal);
    // From a backup, or after a crash whose list was lost with the database.
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, picture).unwrap();
    let (journal, recovery) = desk.open();
    assert_eq!(recovery.swept.leftovers, 1);
    assert!(!file.exists());
    drop(journal);
    // A damaged database keeps everything; its owner learns where it is.
    let mut bytes = fs::read(desk.db()).unwrap();
    bytes[..100].fill(0xa5);
    fs::write(desk.db(), &bytes).unwrap();
    let (mut journal, recovery) = desk.open();
    let damaged = recovery.quarantined.unwrap().path;
    let erased = journal.erase(days(1..=1), NOW + 4 * DAY).unwrap();
    assert!(erased.aside.contains(&damaged), "{:?}", erased.aside);
}
