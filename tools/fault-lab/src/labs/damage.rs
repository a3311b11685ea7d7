//! Databases that something else broke: flipped bits, overwritten and lost pages, a lost log.

use crate::book::{is_shot, record};
use crate::chance::Chance;
use crate::desk::{self, Desk};
use crate::form::{Form, Verdict, two_at_once};
use anyhow::{Context, Result, ensure};
use journal::{Commit, DB_NAME, FreezeOptions, Journal, JournalError, Outbox, SegmentLimits};
use model::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// SQLite's page size in every journal.
const PAGE: usize = 4096;
/// Records of the good journal.
const RECORDS: u64 = 800;

/// A good journal's files, and where its records lie.
struct Good {
    db: Vec<u8>,
    wal: Option<Vec<u8>>,
    pages: BTreeMap<usize, Vec<u64>>,
    /// Pages with the wrapped keys, without which no record opens.
    keys: BTreeSet<usize>,
    last: u64,
}

#[derive(Default)]
struct Count {
    set_aside: u64,
    as_it_was: u64,
    /// Of another device, or newer, as far as anybody can tell.
    refused: u64,
    untouched: u64,
    saved: u64,
    worst: Option<(f64, String)>,
}

pub(crate) fn run(form: Form) -> Result<Verdict> {
    let databases = form.pick(100, 1_000);
    let dir = desk::quick_dir()?;
    let desk = Desk::new(dir.path())?;
    let (open, closed) = fill(&desk)?;
    let count = Mutex::new(Count::default());
    two_at_once(databases, form, &|n| {
        let good = if n % 4 == 3 { &open } else { &closed };
        let mut chance = Chance::new(0x9e37_79b9_7f4a_7c15 + n);
        one((n, good), &desk, &mut chance, &count).with_context(|| format!("database {n}"))
    })?;
    let count = count.into_inner().unwrap_or_else(PoisonError::into_inner);
    let share = count.saved as f64 / count.untouched.max(1) as f64 * 100.0;
    let worst = count.worst.map_or_else(String::new, |(share, what)| {
        format!("; the worst one kept {share:.1} % ({what})")
    });
    let line = format!(
        "{databases} damaged databases of {RECORDS} records: {} set aside and salvaged, {} usable as they were, \
         {} refused as another device's or version's; {} of {} records on untouched pages saved ({share:.2} %){worst}",
        count.set_aside, count.as_it_was, count.refused, count.saved, count.untouched
    );
    ensure!(share >= 99.0, "too much is lost: {line}");
    Ok(Verdict::Passed(line))
}

/// A journal like those of every day: records, pictures, frozen and acknowledged segments, provisional spans. As it lies
/// there while it is written (with a log), and after its end.
fn fill(desk: &Desk) -> Result<(Good, Good)> {
    let (mut journal, _) = desk::open(&desk.dir, desk::START_US)?;
    let rules = FreezeOptions {
        limits: SegmentLimits {
            records: 150,
            ..SegmentLimits::default()
        },
        ..FreezeOptions::default()
    };
    let mut tag = 1;
    let mut last = 0;
    while last < RECORDS {
        // One picture in fifty; the numbers follow the tags.
        let step: Vec<Record> = (tag..tag + 60)
            .filter(|t| !is_shot(*t))
            .map(record)
            .collect();
        tag += 60;
        let pending = [(tag, desk::span(tag + 1_000_000))];
        let step = Commit {
            records: &step,
            pending_put: &pending,
            pending_drop_below: tag,
            at_us: desk::START_US,
            ..Commit::default()
        };
        journal.commit(step)?;
        let (shot, picture) = desk::shot(tag - 2);
        last = journal.add_shot(&shot, &picture, desk::START_US)?;
        if last > RECORDS / 2 && last < RECORDS / 2 + 60 {
            journal.freeze(desk::START_US, &rules)?;
            let mut outbox = Outbox::open(&desk.at())?;
            for _ in 0..3 {
                if let Some(s) = outbox.next_segment()? {
                    outbox.ack_segment(s.first_seq, s.last_seq, s.form, desk::START_US)?;
                }
            }
        }
    }
    let open = good(desk, last)?;
    journal.close(desk::START_US)?;
    Ok((open, good(desk, last)?))
}

fn good(desk: &Desk, last: u64) -> Result<Good> {
    let db = fs::read(desk.db())?;
    let wal = fs::read(desk.at().join(format!("{DB_NAME}-wal"))).ok();
    let conn = rusqlite::Connection::open(desk.db())?;
    let leaves = |table: &str| -> Result<BTreeMap<usize, Vec<u64>>> {
        let root: i64 = conn.query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?1",
            [table],
            |row| row.get(0),
        )?;
        let mut leaves = BTreeMap::new();
        walk(&db, usize::try_from(root)?, &mut leaves);
        Ok(leaves)
    };
    let pages = leaves("record")?;
    let keys = leaves("session")?.into_keys().collect();
    Ok(Good {
        db,
        wal: wal.filter(|wal| !wal.is_empty()),
        pages,
        keys,
        last,
    })
}

fn be16(bytes: &[u8], at: usize) -> usize {
    let byte = |n: usize| usize::from(bytes.get(n).copied().unwrap_or(0));
    byte(at) << 8 | byte(at + 1)
}

/// SQLite's number of one to nine bytes, and its length.
fn varint(bytes: &[u8], at: usize) -> (u64, usize) {
    let mut value = 0u64;
    for n in 0..8 {
        let byte = bytes.get(at + n).copied().unwrap_or(0);
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return (value, n + 1);
        }
    }
    (
        value << 8 | u64::from(bytes.get(at + 8).copied().unwrap_or(0)),
        9,
    )
}

/// The numbers on each leaf of a table (sqlite.org/fileformat2.html, section 1.6).
fn walk(db: &[u8], page: usize, leaves: &mut BTreeMap<usize, Vec<u64>>) {
    let Some(bytes) = page
        .checked_sub(1)
        .and_then(|n| db.get(n * PAGE..(n + 1) * PAGE))
    else {
        return;
    };
    let cells = be16(bytes, 3);
    match bytes.first() {
        Some(5) => {
            for n in 0..cells {
                let at = be16(bytes, 12 + 2 * n);
                walk(db, be16(bytes, at) << 16 | be16(bytes, at + 2), leaves);
            }
            walk(db, be16(bytes, 8) << 16 | be16(bytes, 10), leaves);
        }
        Some(13) => {
            let mut seqs = Vec::new();
            for n in 0..cells {
                let at = be16(bytes, 8 + 2 * n);
                let (_, size) = varint(bytes, at);
                seqs.push(varint(bytes, at + size).0);
            }
            leaves.insert(page, seqs);
        }
        _ => {}
    }
}

/// Breaks a copy of the files. What was done, and the pages that were touched; everything from the log when it was.
fn break_it(
    db: &mut Vec<u8>,
    wal: &mut Option<Vec<u8>>,
    chance: &mut Chance,
) -> (String, BTreeSet<usize>) {
    let pages = db.len() / PAGE;
    let mut touched = BTreeSet::new();
    let what = match chance.below(if wal.is_some() { 7 } else { 5 }) {
        0 | 1 => {
            let n = 1 + chance.below(64);
            for _ in 0..n {
                let at = chance.index(db.len());
                if let Some(byte) = db.get_mut(at) {
                    *byte ^= 1 << chance.below(8);
                }
                touched.insert(at / PAGE + 1);
            }
            format!("{n} bits flipped")
        }
        2 => {
            let n = 1 + chance.below(4);
            for _ in 0..n {
                let page = chance.index(pages);
                if let Some(page) = db.get_mut(page * PAGE..(page + 1) * PAGE) {
                    page.fill(0);
                }
                touched.insert(page + 1);
            }
            format!("{n} pages zeroed")
        }
        3 => {
            let (from, n) = (chance.index(pages), 1 + chance.index(8));
            for page in from..(from + n).min(pages) {
                for byte in db.iter_mut().skip(page * PAGE).take(PAGE) {
                    *byte = u8::try_from(chance.below(256)).unwrap_or(0);
                }
                touched.insert(page + 1);
            }
            format!("{n} pages from {from} overwritten")
        }
        4 => {
            let to = chance.index(db.len());
            db.truncate(to);
            touched.extend(to / PAGE + 1..=pages);
            format!("cut at {to} of {} bytes", pages * PAGE)
        }
        5 => {
            *wal = None;
            "the log lost".to_owned()
        }
        _ => {
            if let Some(wal) = wal {
                let at = chance.index(wal.len());
                if let Some(byte) = wal.get_mut(at) {
                    *byte ^= 0x55;
                }
            }
            "a byte of the log changed".to_owned()
        }
    };
    (what, touched)
}

fn one(
    (n, good): (u64, &Good),
    desk: &Desk,
    chance: &mut Chance,
    count: &Mutex<Count>,
) -> Result<()> {
    let dir = desk::quick_dir()?;
    for name in ["lease", "viewer"] {
        fs::copy(desk.dir.join(name), dir.path().join(name))?;
    }
    let here = Desk {
        dir: dir.path().to_owned(),
        viewer: desk.viewer.clone(),
    };
    fs::create_dir_all(here.at())?;
    copy_pictures(&desk.at().join("shots"), &here.at().join("shots"))?;
    let (mut db, mut wal) = (good.db.clone(), good.wal.clone());
    let (what, touched) = break_it(&mut db, &mut wal, chance);
    fs::write(here.db(), &db)?;
    if let Some(wal) = wal {
        fs::write(here.at().join(format!("{DB_NAME}-wal")), wal)?;
    }
    let opened = Journal::open(&here.at(), desk::keys_in(&here.dir)?, desk::START_US);
    let (mut journal, recovery) = match opened {
        Ok(opened) => opened,
        Err(e @ (JournalError::Newer { .. } | JournalError::OtherDevice { .. })) => {
            ensure!(
                fs::read(here.db())? == db,
                "{what}: refused ({e}), and changed"
            );
            lock(count).refused += 1;
            return Ok(());
        }
        Err(e) => return Err(e).context(format!("{what}: it does not start")),
    };
    // It goes on.
    let new = [record(5_000_000)];
    let step = Commit {
        records: &new,
        at_us: desk::START_US,
        ..Commit::default()
    };
    let seqs = journal.commit(step).context(what.clone())?;
    journal.close(desk::START_US).context(what.clone())?;
    let found = here.reader()?.tail_after(0, usize::MAX >> 1)?;
    let mut there = BTreeSet::new();
    for line in &found.lines {
        let tag = desk::tag_of(&line.record).context("a record without a tag")?;
        ensure!(
            line.record == record(tag),
            "{what}: record {} is a false one",
            line.seq
        );
        there.insert(line.seq);
    }
    ensure!(
        seqs.iter().all(|seq| there.contains(seq)),
        "{what}: the new record is not there"
    );
    let untouched = good
        .pages
        .iter()
        .filter(|(page, _)| !touched.contains(page) && good.keys.is_disjoint(&touched))
        .flat_map(|(_, seqs)| seqs)
        .filter(|seq| **seq <= good.last);
    let (mut all, mut saved) = (0u64, 0u64);
    for seq in untouched {
        all += 1;
        saved += u64::from(there.contains(seq));
    }
    let mut count = lock(count);
    if recovery.quarantined.is_some() {
        count.set_aside += 1;
    } else {
        count.as_it_was += 1;
    }
    count.untouched += all;
    count.saved += saved;
    let share = saved as f64 / all.max(1) as f64 * 100.0;
    if saved < all && count.worst.as_ref().is_none_or(|(worst, _)| share < *worst) {
        let why = recovery.quarantined.map_or_else(String::new, |q| q.why);
        count.worst = Some((
            share,
            format!("database {n}, {what}, pages {touched:?}: {why}"),
        ));
    }
    Ok(())
}

/// Hard links are as good as copies: a picture's file is never changed.
fn copy_pictures(from: &Path, to: &Path) -> Result<()> {
    for day in fs::read_dir(from)? {
        let day = day?;
        let into = to.join(day.file_name());
        fs::create_dir_all(&into)?;
        for file in fs::read_dir(day.path())? {
            let file = file?;
            fs::hard_link(file.path(), into.join(file.file_name()))?;
        }
    }
    Ok(())
}

fn lock(count: &Mutex<Count>) -> MutexGuard<'_, Count> {
    count.lock().unwrap_or_else(PoisonError::into_inner)
}
