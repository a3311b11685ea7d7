use crate::kit::*;
use journal::{Commit, JournalError, QuarterHour, Reader, StoredRollup};
use model::Timestamp;
use std::collections::BTreeSet;

fn roll_up(journal: &mut journal::Journal, rollups: &[(QuarterHour, &[u8])], at: Timestamp) {
    journal
        .commit(Commit {
            rollups,
            at,
            ..Commit::default()
        })
        .unwrap();
}

fn rolled(quarter_hour: QuarterHour, content: &[u8]) -> StoredRollup {
    StoredRollup {
        quarter_hour,
        content: Some(content.to_vec()),
    }
}

#[test]
fn the_last_roll_up_of_a_slot_is_the_one_that_counts() {
    let mut desk = Desk::new();
    let mut journal = desk.journal();
    let slot = QuarterHour::of(NOW);
    roll_up(&mut journal, &[(slot, b"one"), (slot + 1, b"next")], NOW);
    roll_up(&mut journal, &[(slot, b"one and a half")], NOW);
    drop(journal);
    desk.new_lease();
    let mut journal = desk.journal();
    assert_eq!(
        desk.reader().read_rollups(slot..slot + 1).unwrap(),
        [rolled(slot, b"one and a half")]
    );
    roll_up(&mut journal, &[(slot, b"two")], NOW);
    let all = [rolled(slot, b"two"), rolled(slot + 1, b"next")];
    assert_eq!(desk.reader().read_rollups(ALL_ROLLUPS).unwrap(), all);
    assert_eq!(desk.reader().read_rollups(slot + 2..slot + 9).unwrap(), []);
    // One that does not open says so, and its slot is read from the records.
    let agent = Reader::open(&desk.at(), desk.keys().opener).unwrap();
    let contents: Vec<bool> = agent
        .read_rollups(slot..slot + 2)
        .unwrap()
        .iter()
        .map(|r| r.content.is_some())
        .collect();
    assert_eq!(contents, [true, false]);
    let before = journal.commit(Commit {
        rollups: &[(QuarterHour(-1), b"before 1970")],
        ..Commit::default()
    });
    assert!(matches!(before, Err(JournalError::NumberTooLarge(_))));
}

#[test]
fn a_roll_up_opens_in_its_own_slot_alone() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    roll_up(
        &mut journal,
        &[(QuarterHour(5), b"five"), (QuarterHour(6), b"six")],
        NOW,
    );
    desk.sql()
        .execute_batch("UPDATE rollup SET slot = 100 WHERE slot = 5; UPDATE rollup SET slot = 5 WHERE slot = 6;")
        .unwrap();
    let found = desk.reader().read_rollups(ALL_ROLLUPS).unwrap();
    assert!(found.iter().all(|r| r.content.is_none()), "{found:?}");
}

#[test]
fn records_of_some_quarter_hours() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    // A record every five minutes of three days.
    let records: Vec<_> = (0..3 * 288)
        .map(|n| spans(n * 5..n * 5 + 1).remove(0))
        .collect();
    put(&mut journal, &records);
    let first = QuarterHour::of(NOW);
    for wanted in [
        vec![first],
        vec![first + 1, first + 2, first + 200],
        vec![first + 95, first + 96, first + 287],
        vec![],
        vec![first + -1000, QuarterHour(i64::MAX)],
    ] {
        let slots: BTreeSet<QuarterHour> = wanted.into_iter().collect();
        let mut found = Vec::new();
        desk.reader()
            .for_each_record_of(&slots, &mut |line| found.push(line.unwrap().record))
            .unwrap();
        let expected: Vec<_> = records
            .iter()
            .filter(|r| slots.contains(&QuarterHour::of(r.start())))
            .cloned()
            .collect();
        assert_eq!(found, expected, "{slots:?}");
    }
}
