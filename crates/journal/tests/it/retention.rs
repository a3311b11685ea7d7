use crate::kit::*;
use journal::retention::{
    NOTICE_PERIOD, RetentionAction, RetentionNotice, RetentionRule, RetentionStep,
    StoredScreenshot, notice_due, outlook, plan_retention, plan_space,
};
use journal::{JournalError, ObjectEncoding, ScreenshotLocation, UtcDay};
use model::Timestamp;
use proptest::prelude::*;
use std::collections::HashSet;
use std::fs;

fn policy(max_age_days: u32, max_bytes: u64, action: RetentionAction) -> RetentionRule {
    RetentionRule {
        max_age_days,
        max_bytes,
        action,
    }
}

proptest! {
    #[test]
    fn a_plan_takes_only_what_is_acknowledged_oldest_first_and_ends_under_the_limits(
        facts in proptest::collection::vec((0i32..60, 0u64..1000, any::<bool>()), 0..60),
        max_age_days in 0u32..40,
        max_bytes in 0u64..20_000,
    ) {
        let today = UtcDay::of(NOW).0;
        let items: Vec<StoredScreenshot> = (1u64..)
            .zip(&facts)
            .map(|(seq, (age, bytes, acked))| StoredScreenshot { seq, day: UtcDay(today - age), bytes: *bytes, acked: *acked })
            .collect();
        let steps = plan_retention(&items, NOW, &policy(max_age_days, max_bytes, RetentionAction::Delete));
        let leaving: HashSet<u64> = steps.iter().map(|s| s.seq).collect();
        prop_assert_eq!(leaving.len(), steps.len(), "none twice");
        let of = |seq: u64| items.iter().find(|i| i.seq == seq).unwrap();
        prop_assert!(steps.iter().all(|s| of(s.seq).acked));
        prop_assert!(steps.iter().map(|s| (of(s.seq).day, s.seq)).is_sorted());
        let stay: Vec<&StoredScreenshot> = items.iter().filter(|i| !leaving.contains(&i.seq)).collect();
        let oldest_kept = today - i32::try_from(max_age_days).unwrap();
        prop_assert!(stay.iter().all(|i| !i.acked || i.day.0 >= oldest_kept));
        let bytes: u64 = stay.iter().map(|i| i.bytes).sum();
        prop_assert!(bytes <= max_bytes || stay.iter().all(|i| !i.acked));
        // Nothing leaves without need: with the last one back, a limit would be broken.
        if let Some(last) = steps.last() {
            let back = of(last.seq);
            prop_assert!(back.day.0 < oldest_kept || bytes + back.bytes > max_bytes);
        }
        // The numbers are those of the plan, and nothing is left out of them.
        let told = outlook(&items, &steps);
        prop_assert_eq!(told.leave.pictures, steps.len() as u64);
        prop_assert_eq!(told.leave.bytes, steps.iter().map(|s| s.bytes).sum::<u64>());
        prop_assert_eq!(told.leave.pictures + told.stay.pictures, items.len() as u64);
        prop_assert_eq!(told.stay.bytes, bytes);
        prop_assert_eq!(told.unsent.pictures, items.iter().filter(|i| !i.acked).count() as u64);
        let days = |of: &[&StoredScreenshot]| Some((of.iter().map(|i| i.day).min()?, of.iter().map(|i| i.day).max()?));
        prop_assert_eq!(told.stay.days, days(&stay));
        // executed, it is done: a second plan is empty.
        let stay: Vec<StoredScreenshot> = stay.into_iter().copied().collect();
        prop_assert_eq!(plan_retention(&stay, NOW, &policy(max_age_days, max_bytes, RetentionAction::Delete)), vec![]);
    }
}

proptest! {
    #[test]
    fn a_full_disk_takes_the_oldest_acknowledged_pictures_and_no_more_than_it_needs(
        facts in proptest::collection::vec((0i32..60, 0u64..1000, any::<bool>()), 0..60),
        wanted in 0u64..40_000,
    ) {
        let items: Vec<StoredScreenshot> = (1u64..)
            .zip(&facts)
            .map(|(seq, (day, bytes, acked))| StoredScreenshot { seq, day: UtcDay(*day), bytes: *bytes, acked: *acked })
            .collect();
        let steps = plan_space(&items, wanted, &RetentionAction::Delete);
        prop_assert!(plan_space(&items, 0, &RetentionAction::Delete).is_empty(), "nothing is needed");
        let of = |seq: u64| items.iter().find(|i| i.seq == seq).unwrap();
        prop_assert!(steps.iter().all(|s| of(s.seq).acked));
        prop_assert!(steps.iter().map(|s| (of(s.seq).day, s.seq)).is_sorted());
        let given: u64 = steps.iter().map(|s| s.bytes).sum();
        let acked = items.iter().filter(|i| i.acked).count();
        prop_assert!(given >= wanted || steps.len() == acked);
        if let Some(last) = steps.last() {
            prop_assert!(given - last.bytes < wanted, "the last one was needed");
            let newest = (of(last.seq).day, last.seq);
            let older = items.iter().filter(|i| i.acked && (i.day, i.seq) <= newest).count();
            prop_assert_eq!(older, steps.len(), "none is left out");
        }
    }
}

#[test]
fn a_rule_is_told_a_day_before_anything_leaves_by_it() {
    assert_eq!(notice_due(None, NOW), RetentionNotice::Announce);
    for (told, then) in [
        (NOW + micros(1), RetentionNotice::Announce),
        (NOW, RetentionNotice::Wait),
        (NOW - NOTICE_PERIOD + micros(1), RetentionNotice::Wait),
        (NOW - NOTICE_PERIOD, RetentionNotice::Execute),
        (Timestamp::MIN, RetentionNotice::Execute),
    ] {
        assert_eq!(notice_due(Some(told), NOW), then, "{told}");
    }
}

#[test]
fn old_pictures_are_deleted_and_their_facts_stay() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let old = add_shot(&mut journal, NOW - 40 * DAY, 100);
    let old_unsent = add_shot(&mut journal, NOW - 39 * DAY, 100);
    let new = add_shot(&mut journal, NOW, 100);
    let mut outbox = desk.outbox();
    outbox
        .acknowledge_screenshot(old, ObjectEncoding::Age, NOW)
        .unwrap();
    outbox
        .acknowledge_screenshot(new, ObjectEncoding::Age, NOW)
        .unwrap();
    let rule = policy(30, u64::MAX, RetentionAction::Delete);
    let steps = plan_retention(&journal.list_local_screenshots().unwrap(), NOW, &rule);
    assert_eq!(steps.iter().map(|s| s.seq).collect::<Vec<_>>(), [old]);
    let done = journal.apply_retention(&steps).unwrap();
    assert_eq!((done.deleted, done.archived, done.skipped), (1, 0, 0));
    assert!(done.bytes > 100);
    let again = outbox.apply_retention(&steps).unwrap();
    assert_eq!((again.deleted, again.skipped), (0, 1));
    let reader = desk.reader();
    assert!(matches!(
        reader.open_screenshot(old),
        Err(JournalError::ScreenshotDeleted { .. })
    ));
    reader.open_screenshot(old_unsent).unwrap();
    reader.open_screenshot(new).unwrap();
    assert_eq!(reader.newest_screenshots(9).unwrap().len(), 3);
    assert_eq!(files(&desk.at().join("shots")).len(), 2);
}

#[test]
fn a_step_for_what_is_not_acknowledged_is_refused() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let seq = add_shot(&mut journal, NOW, 100);
    let step = RetentionStep {
        seq,
        bytes: 100,
        action: RetentionAction::Delete,
    };
    assert_eq!(journal.apply_retention(&[step]).unwrap().skipped, 1);
    desk.reader().open_screenshot(seq).unwrap();
}

#[test]
fn old_pictures_move_into_an_archive_and_still_open() {
    for archive in ["journal/archive", "elsewhere"] {
        let desk = Desk::new();
        let mut journal = desk.journal();
        let seq = add_shot(&mut journal, NOW, 100);
        desk.outbox()
            .acknowledge_screenshot(seq, ObjectEncoding::Age, NOW)
            .unwrap();
        let archive = desk.dir.path().join(archive);
        let rule = policy(30, 0, RetentionAction::Archive(archive.clone()));
        let steps = plan_retention(&journal.list_local_screenshots().unwrap(), NOW, &rule);
        let done = journal.apply_retention(&steps).unwrap();
        assert_eq!((done.archived, done.deleted), (1, 0));
        assert_eq!(
            desk.reader().open_screenshot(seq).unwrap(),
            shot(NOW, 100).1
        );
        let row = desk.reader().newest_screenshots(1).unwrap().remove(0);
        assert_eq!(row.place, ScreenshotLocation::Archived);
        assert!(row.file.unwrap().starts_with(&archive));
        assert!(files(&desk.at().join("shots")).is_empty());
        drop(journal);
        let (journal, recovery) = desk.open();
        assert_eq!(recovery.swept, journal::ReconcileReport::default());
        assert!(journal.list_local_screenshots().unwrap().is_empty());
    }
}

#[test]
fn a_crash_between_row_and_file_is_mended() {
    for action in [
        RetentionAction::Delete,
        RetentionAction::Archive("archive".into()),
    ] {
        let desk = Desk::new();
        let mut journal = desk.journal();
        let seq = add_shot(&mut journal, NOW, 100);
        desk.outbox()
            .acknowledge_screenshot(seq, ObjectEncoding::Age, NOW)
            .unwrap();
        let file = desk.reader().newest_screenshots(1).unwrap()[0]
            .file
            .clone()
            .unwrap();
        let sealed = fs::read(&file).unwrap();
        let rule = policy(30, 0, action.clone());
        let steps = plan_retention(&journal.list_local_screenshots().unwrap(), NOW, &rule);
        journal.apply_retention(&steps).unwrap();
        drop(journal);
        // As if the crash had come before the file was removed.
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, sealed).unwrap();
        let (_journal, recovery) = desk.open();
        assert_eq!(recovery.swept.leftovers, 1, "{action:?}");
        assert!(!file.exists());
        assert_eq!(
            desk.reader().open_screenshot(seq).is_ok(),
            action != RetentionAction::Delete
        );
    }
}
