//! Databases that something else broke.

use crate::kit::*;
use journal::{Journal, RecoveryReport};
use model::Record;
use std::fs;
use std::path::Path;

/// A journal with `n` spans, a few screenshots, and its first 100 records acknowledged; closed.
fn filled(n: u32) -> Desk {
    let desk = Desk::new();
    let mut journal = desk.journal();
    for from in (0..n).step_by(100) {
        put(&mut journal, &spans(from..from + 100));
    }
    for at in 0..3 {
        add_shot(&mut journal, NOW + micros(at), 500);
    }
    journal.freeze(NOW, &few(100)).unwrap();
    let mut outbox = desk.outbox();
    outbox
        .acknowledge_segment(1, 100, journal::ObjectEncoding::Age, NOW)
        .unwrap();
    // The others are not frozen yet.
    desk.sql()
        .execute("DELETE FROM segment WHERE acked = 0", [])
        .unwrap();
    drop(outbox);
    journal.close(NOW).unwrap();
    desk
}

fn reopen(desk: &Desk) -> (Journal, RecoveryReport) {
    let (journal, recovery) = Journal::open(&desk.at(), desk.keys(), NOW + DAY).unwrap();
    (journal, recovery)
}

fn good_copy(desk: &Desk, to: &Path) {
    fs::copy(desk.db(), to).unwrap();
}

#[test]
fn a_file_that_is_no_database_is_set_aside_and_recording_goes_on() {
    let desk = filled(300);
    fs::write(
        desk.db(),
        b"this was a database once, and then it was not".repeat(100),
    )
    .unwrap();
    let broken = fs::read(desk.db()).unwrap();
    let (mut journal, recovery) = reopen(&desk);
    let quarantined = recovery.quarantined.unwrap();
    assert_eq!(quarantined.salvaged, 0);
    let name = quarantined.path.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("journal-damaged-2026-09-22T"), "{name}");
    assert_eq!(
        fs::read(&quarantined.path).unwrap(),
        broken,
        "kept as it was"
    );
    assert_eq!(
        recovery.swept.set_aside, 3,
        "pictures are kept for a person to look at"
    );
    // The screenshots' numbers were seen, so they are not given again.
    assert_eq!(put(&mut journal, &spans(0..1)), [304]);
    drop(journal);
    assert_eq!(desk.open().1.quarantined, None);
}

#[test]
fn a_broken_page_costs_its_rows_and_no_others() {
    let desk = filled(2000);
    let mut bytes = fs::read(desk.db()).unwrap();
    let pages = bytes.len() / 4096;
    let middle = pages / 2;
    bytes[middle * 4096..middle * 4096 + 4096].fill(0xa5);
    fs::write(desk.db(), &bytes).unwrap();
    let (mut journal, recovery) = reopen(&desk);
    let quarantined = recovery.quarantined.unwrap();
    assert_eq!(
        quarantined.salvaged + quarantined.lost,
        2003,
        "{quarantined:?}"
    );
    assert!((1..=40).contains(&quarantined.lost), "{quarantined:?}");
    assert_eq!(fs::read(&quarantined.path).unwrap(), bytes);
    assert_eq!(put(&mut journal, &spans(0..1)), [2004]);
    // The saved records equal the written ones.
    let found = desk.reader().read_after(0, 5000).unwrap();
    assert_eq!(found.damaged, []);
    for line in &found.lines {
        if let Record::Span(found) = &line.record
            && line.seq <= 2000
        {
            assert_eq!(*found, span(u32::try_from(line.seq).unwrap() - 1));
        }
    }
    // Uploading goes on where it stood, in pieces without holes.
    journal.freeze(NOW + DAY, &few(10_000)).unwrap();
    let (mut sent, mut last) = (0, 100);
    for segment in desk.deliver() {
        assert!(segment.first_seq > last);
        assert_eq!(segment.count, segment.last_seq - segment.first_seq + 1);
        sent += segment.count;
        last = segment.last_seq;
    }
    assert_eq!(sent + 100, quarantined.salvaged + 1);
    assert_eq!(last, 2004);
    assert_eq!(
        desk.outbox().depth().unwrap(),
        journal::OutboxDepth::default()
    );
}

#[test]
fn records_of_a_dead_lease_are_saved_too() {
    let mut desk = filled(2000);
    desk.new_lease();
    let mut bytes = fs::read(desk.db()).unwrap();
    let middle = bytes.len() / 4096 / 2;
    bytes[middle * 4096..middle * 4096 + 4096].fill(0xa5);
    fs::write(desk.db(), &bytes).unwrap();
    let (mut journal, recovery) = reopen(&desk);
    let quarantined = recovery.quarantined.unwrap();
    assert_eq!(quarantined.salvaged + quarantined.lost, 2003);
    assert!((1..=40).contains(&quarantined.lost), "{quarantined:?}");
    let found = desk.reader().read_after(0, 5000).unwrap();
    assert_eq!(found.damaged, []);
    assert_eq!(found.lines.len() as u64, quarantined.salvaged);
    let frozen = journal.freeze(NOW + DAY, &few(10_000)).unwrap();
    assert_eq!(frozen.sealed_rows + 100, quarantined.salvaged);
    assert_eq!(desk.deliver().len() as u64, frozen.segments);
}

#[test]
fn a_salvage_keeps_what_is_frozen_so_the_sink_gets_no_second_object() {
    for broken in [
        "",
        "DELETE FROM segment WHERE first_seq = 201",
        "DELETE FROM segment",
    ] {
        let mut desk = filled(1000);
        let mut journal = desk.journal();
        journal.freeze(NOW, &few(100)).unwrap();
        let mut outbox = desk.outbox();
        // Put, and the answer lost.
        let before = outbox.next_segment().unwrap().unwrap();
        assert!(outbox.begin_segment_put(&before, before.encoding).unwrap());
        drop(outbox);
        journal.close(NOW).unwrap();
        // As if the rows of segments had lain on broken pages.
        desk.sql().execute_batch(broken).unwrap();
        desk.new_lease();
        let mut bytes = fs::read(desk.db()).unwrap();
        bytes[..100].fill(0xa5);
        fs::write(desk.db(), &bytes).unwrap();
        let (mut journal, recovery) = reopen(&desk);
        assert_eq!(recovery.quarantined.unwrap().salvaged, 1003, "{broken}");
        let after = desk.outbox().next_segment().unwrap();
        if broken.ends_with("segment") {
            assert_eq!(after, None);
        } else {
            let mut expected = before.clone();
            expected.tried.stored = true;
            assert_eq!(after, Some(expected), "{broken}");
        }
        journal.freeze(NOW + DAY, &few(100)).unwrap();
        let mut next = 101;
        for segment in desk.deliver() {
            assert_eq!(
                segment.first_seq, next,
                "{broken}: in order, each number once"
            );
            next = segment.last_seq + 1;
        }
        assert_eq!(next, 1004, "{broken}");
    }
}

#[test]
fn a_broken_first_page_costs_nothing() {
    for to in [16, 100, 4096] {
        let desk = filled(300);
        let mut bytes = fs::read(desk.db()).unwrap();
        bytes[..to].fill(0xa5);
        fs::write(desk.db(), &bytes).unwrap();
        let (mut journal, recovery) = reopen(&desk);
        let quarantined = recovery.quarantined.unwrap();
        assert_eq!((quarantined.salvaged, quarantined.lost), (303, 0), "{to}");
        assert_eq!(
            fs::read(&quarantined.path).unwrap(),
            bytes,
            "kept as it was"
        );
        assert!(!desk.at().join("journal.db.copy").exists());
        assert_eq!(recovery.swept, journal::ReconcileReport::default());
        assert_eq!(put(&mut journal, &spans(0..1)), [304]);
        let (acked, waiting) = (100, desk.reader().depth().unwrap().records);
        assert_eq!(acked + waiting, 304, "what the sink has is known");
    }
}

#[test]
fn a_table_described_wrongly_is_damage_like_any_other() {
    let desk = filled(300);
    let mut bytes = fs::read(desk.db()).unwrap();
    let word = b"length(id)";
    let at = bytes.windows(word.len()).position(|w| w == word).unwrap();
    bytes[at] = b'n';
    fs::write(desk.db(), &bytes).unwrap();
    let (mut journal, recovery) = reopen(&desk);
    let quarantined = recovery.quarantined.unwrap();
    assert_eq!((quarantined.salvaged, quarantined.lost), (303, 0));
    assert_eq!(put(&mut journal, &spans(0..1)), [304]);
}

#[test]
fn a_crash_during_the_salvage_goes_on_where_it_stopped() {
    // The marks a crash can leave: written down only; database renamed; new one half filled; all but the mark removed.
    for stop in 0..4 {
        let desk = filled(300);
        let mut bytes = fs::read(desk.db()).unwrap();
        let page = bytes.len() / 4096 / 2;
        bytes[page * 4096..page * 4096 + 4096].fill(0xa5);
        fs::write(desk.db(), &bytes).unwrap();
        let at = |name: &str| desk.at().join(name);
        let stem = "journal-damaged-2026-09-22T000000Z";
        let damaged = at(&format!("{stem}.db"));
        let salvaged = if stop == 3 {
            let (journal, recovery) = reopen(&desk);
            journal.close(NOW).unwrap();
            fs::rename(
                recovery.quarantined.as_ref().unwrap().path.clone(),
                &damaged,
            )
            .unwrap();
            Some(recovery.quarantined.unwrap().salvaged)
        } else {
            None
        };
        fs::write(at("journal.salvage"), format!("{stem}\nbecause\n")).unwrap();
        if stop == 1 || stop == 2 {
            fs::rename(desk.db(), &damaged).unwrap();
        }
        if stop == 2 {
            fs::write(at("journal.db.new"), b"half a file").unwrap();
        }
        let (mut journal, recovery) = reopen(&desk);
        let quarantined = recovery.quarantined.unwrap();
        assert_eq!(quarantined.path, damaged, "stop {stop}");
        assert_eq!(quarantined.why, "because");
        assert_eq!(fs::read(&damaged).unwrap(), bytes, "stop {stop}");
        assert!(quarantined.salvaged > 200, "stop {stop}: {quarantined:?}");
        assert!(salvaged.is_none_or(|n| n == quarantined.salvaged));
        assert_eq!(put(&mut journal, &spans(0..1)), [304], "stop {stop}");
        assert!(!at("journal.salvage").exists());
    }
}

#[test]
fn random_damage_never_panics_and_never_yields_a_false_record() {
    let desk = filled(600);
    let good = desk.dir.path().join("good.db");
    good_copy(&desk, &good);
    let clean = fs::read(&good).unwrap();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    };
    let (mut quarantined, mut kept, mut rounds) = (0, 0u64, 0u64);
    for round in 0..60 {
        for file in files(&desk.at()) {
            if file.extension().is_none_or(|e| e != "age") {
                fs::remove_file(file).unwrap();
            }
        }
        let mut bytes = clean.clone();
        match round % 3 {
            0 => {
                let at = next(bytes.len());
                bytes[at] ^= 1 << next(8);
            }
            1 => bytes.truncate(next(clean.len())),
            _ => {
                for _ in 0..20 {
                    let at = next(bytes.len());
                    bytes[at] = 0xff;
                }
            }
        }
        fs::write(desk.db(), &bytes).unwrap();
        let (mut journal, recovery) = match Journal::open(&desk.at(), desk.keys(), NOW) {
            Ok(opened) => opened,
            // The damage hit the version or the device: reported, and nothing is touched.
            Err(
                journal::JournalError::Newer { .. } | journal::JournalError::OtherDevice { .. },
            ) => {
                assert_eq!(fs::read(desk.db()).unwrap(), bytes);
                continue;
            }
            Err(e) => panic!("round {round}: {e}"),
        };
        if recovery.quarantined.is_some() {
            quarantined += 1;
        }
        put(&mut journal, &spans(0..1));
        let found = desk.reader().read_after(0, 5000).unwrap();
        for line in found.lines.iter().filter(|l| l.seq <= 600) {
            // A truncated file may have lost the highest numbers with everything that knew them.
            if let Record::Span(found) = &line.record
                && *found != span(0)
            {
                assert_eq!(
                    *found,
                    span(u32::try_from(line.seq).unwrap() - 1),
                    "round {round}"
                );
            }
        }
        if round % 3 == 0 {
            rounds += 1;
            kept += found.lines.iter().filter(|l| l.seq <= 603).count() as u64;
        }
        // Screenshots stay in the journal or were set aside; put them back for the next round.
        drop(journal);
        let aside = desk.at().join("set-aside");
        for file in files(&aside) {
            let to = desk
                .at()
                .join("shots/2026-09-21")
                .join(file.file_name().unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::rename(file, to).unwrap();
        }
        assert_eq!(files(&desk.at().join("shots")).len(), 3, "round {round}");
    }
    assert!(quarantined > 10, "{quarantined} of 60 were found out");
    assert!(
        kept * 100 >= rounds * 603 * 95,
        "a flipped bit cost too much: {kept} of {}",
        rounds * 603
    );
}
