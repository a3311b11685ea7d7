use crate::kit::*;
use journal::{JournalError, ScreenshotLocation, UtcDay};
use sha2::{Digest, Sha256};
use std::fs;

#[test]
fn a_picture_comes_back_as_it_went_in() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..1));
    let (shot, picture) = shot(NOW, 5000);
    assert_eq!(journal.add_screenshot(&shot, &picture, NOW).unwrap(), 2);
    let later = add_shot(&mut journal, NOW + MINUTE, 600);
    let reader = desk.reader();
    assert_eq!(reader.open_screenshot(2).unwrap(), picture);
    let shots = reader.newest_screenshots(10).unwrap();
    assert_eq!(shots.iter().map(|s| s.seq).collect::<Vec<_>>(), [later, 2]);
    assert_eq!(shots[1].shot, shot);
    assert_eq!(shots[1].place, ScreenshotLocation::Local);
    let file = shots[1].file.clone().unwrap();
    // Named by the hash of the sealed file, and opened by any age program with the right key.
    let sealed = fs::read(&file).unwrap();
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&sealed));
    let name = format!("shots/2026-09-21/2-{}.age", &hash[..16]);
    assert!(file.ends_with(&name), "{file:?}");
    assert!(sealed.starts_with(b"age-encryption.org/v1"));
    assert_eq!(**desk.opener().open_file(&sealed).unwrap(), picture);
    assert_eq!(reader.newest_screenshots(1).unwrap().len(), 1);
    assert!(matches!(
        reader.open_screenshot(1),
        Err(JournalError::NoScreenshot { seq: 1 })
    ));
}

#[test]
fn shots_are_listed_from_any_number_down_and_by_their_days() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    put(&mut journal, &spans(0..3));
    let day = 24 * 60 * MINUTE;
    let made: Vec<u64> = (0..4)
        .map(|n| add_shot(&mut journal, NOW + n * day / 2, 60))
        .collect();
    let reader = desk.reader();
    let seqs =
        |shots: Vec<journal::ScreenshotEntry>| shots.iter().map(|s| s.seq).collect::<Vec<_>>();
    let down: Vec<u64> = made.iter().rev().copied().collect();
    // As many as there are, however many are asked for.
    assert_eq!(seqs(reader.newest_screenshots(usize::MAX).unwrap()), down);
    assert_eq!(
        seqs(reader.screenshots_below(u64::MAX, usize::MAX).unwrap()),
        down
    );
    assert_eq!(
        seqs(reader.screenshots_below(made[2], 9).unwrap()),
        [made[1], made[0]]
    );
    assert_eq!(
        seqs(reader.screenshots_below(made[2], 1).unwrap()),
        [made[1]]
    );
    assert_eq!(seqs(reader.screenshots_below(0, 9).unwrap()), [0; 0]);
    for n in 0..3 {
        let of = UtcDay::of(NOW + n * day);
        let expected: Vec<u64> = (0..4)
            .rev()
            .filter(|&k| UtcDay::of(NOW + k * day / 2) == of)
            .map(|k| made[usize::try_from(k).unwrap()])
            .collect();
        assert_eq!(
            seqs(reader.screenshots_of(&(of..=of)).unwrap()),
            expected,
            "{of}"
        );
    }
}

#[test]
fn a_picture_that_is_not_the_one_named_is_refused() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let (shot, picture) = shot(NOW, 50);
    let error = journal
        .add_screenshot(&shot, &picture[1..], NOW)
        .unwrap_err();
    assert!(
        matches!(error, JournalError::ScreenshotMismatch { what: "sha256" }),
        "{error}"
    );
    let shot = model::Screenshot { bytes: 1, ..shot };
    let error = journal.add_screenshot(&shot, &picture, NOW).unwrap_err();
    assert!(
        matches!(error, JournalError::ScreenshotMismatch { what: "size" }),
        "{error}"
    );
    assert_eq!(desk.reader().last_seq().unwrap(), 0);
}

#[test]
fn a_changed_moved_or_missing_picture_is_lost_and_waits_no_more() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let seqs: Vec<u64> = (0..4)
        .map(|n| add_shot(&mut journal, NOW + micros(n), 100))
        .collect();
    let path = |seq: u64| {
        let shots = desk.reader().newest_screenshots(10).unwrap();
        shots
            .into_iter()
            .find(|s| s.seq == seq)
            .unwrap()
            .file
            .unwrap()
    };
    let mut bytes = fs::read(path(seqs[0])).unwrap();
    bytes[50] ^= 1;
    fs::write(path(seqs[0]), &bytes).unwrap();
    fs::remove_file(path(seqs[1])).unwrap();
    // One screenshot in the place of another.
    fs::copy(path(seqs[3]), path(seqs[2])).unwrap();
    for &seq in &seqs[..3] {
        let lost = desk.reader().open_screenshot(seq);
        assert!(
            matches!(lost, Err(JournalError::ScreenshotLost { .. })),
            "{seq}"
        );
    }
    journal.freeze(NOW, &few(100)).unwrap();
    let outbox = desk.outbox();
    assert_eq!(outbox.next_screenshots(10).unwrap().len(), 4);
    for &seq in &seqs[..3] {
        let lost = outbox.open_screenshot_file(seq);
        assert!(
            matches!(lost, Err(JournalError::ScreenshotLost { .. })),
            "{seq}"
        );
    }
    outbox.open_screenshot_file(seqs[3]).unwrap();
    let waiting: Vec<u64> = outbox
        .next_screenshots(10)
        .unwrap()
        .iter()
        .map(|s| s.seq)
        .collect();
    assert_eq!(waiting, [seqs[3]]);
    assert_eq!(
        desk.reader().newest_screenshots(10).unwrap().len(),
        4,
        "the facts are kept"
    );
}

#[test]
fn a_sealed_picture_of_the_same_viewer_is_not_taken_for_another() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let seq = add_shot(&mut journal, NOW, 100);
    // Whoever can change the files can seal for the viewer too; the hash in the sealed record tells.
    let forged = journal_keys_seal(&desk, b"another picture");
    let file = desk.reader().newest_screenshots(1).unwrap()[0]
        .file
        .clone()
        .unwrap();
    fs::write(&file, &forged).unwrap();
    desk.sql()
        .execute(
            "UPDATE blob SET sha256 = ?1, stored = ?2",
            rusqlite::params![&Sha256::digest(&forged)[..], forged.len()],
        )
        .unwrap();
    let lost = desk.reader().open_screenshot(seq).unwrap_err();
    assert!(
        lost.to_string()
            .contains("its hash is not the one recorded"),
        "{lost}"
    );
    drop(journal);
}

fn journal_keys_seal(desk: &Desk, plain: &[u8]) -> Vec<u8> {
    desk.keys().sealer.seal_file(plain).unwrap()
}

#[test]
fn a_start_mends_files_and_rows_that_do_not_match() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    let kept = add_shot(&mut journal, NOW, 100);
    let missing = add_shot(&mut journal, NOW + micros(1), 100);
    let dir = desk.at().join("shots/2026-09-21");
    let file_of = |seq: u64| {
        let name = format!("{seq}-");
        files(&dir)
            .into_iter()
            .find(|f| f.file_name().unwrap().to_str().unwrap().starts_with(&name))
            .unwrap()
    };
    let gone = file_of(missing);
    let away = desk.dir.path().join("away");
    fs::rename(&gone, &away).unwrap();
    drop(journal);
    // A crash before the rename, a crash before the row, something inexplicable, and something not ours.
    fs::write(dir.join("3-0123456789abcdef.age.tmp"), b"half").unwrap();
    fs::write(dir.join("3-0123456789abcdef.age"), b"whole").unwrap();
    fs::write(dir.join("77-0123456789abcdef.age"), b"from nowhere").unwrap();
    fs::write(dir.join("notes.txt"), b"mine").unwrap();
    let (journal, recovery) = desk.open();
    let swept = recovery.swept;
    assert_eq!(
        (
            swept.unfinished,
            swept.orphans,
            swept.set_aside,
            swept.lost,
            swept.leftovers
        ),
        (1, 1, 1, 1, 0)
    );
    assert!(dir.join("notes.txt").exists());
    assert_eq!(
        fs::read(desk.at().join("set-aside/77-0123456789abcdef.age")).unwrap(),
        b"from nowhere"
    );
    let reader = desk.reader();
    reader.open_screenshot(kept).unwrap();
    assert!(matches!(
        reader.open_screenshot(missing),
        Err(JournalError::ScreenshotLost { .. })
    ));
    drop(journal);
    // Put back from a backup, it is found again.
    fs::rename(&away, &gone).unwrap();
    let (journal, recovery) = desk.open();
    assert_eq!(recovery.swept, journal::ReconcileReport::default());
    desk.reader().open_screenshot(missing).unwrap();
    drop(journal);
}
