//! Databases damaged from outside: flipped bits, overwritten and lost pages, a lost log.

use crate::fixture::{self, JournalFixture};
use crate::fixture::{is_screenshot, make_record};
use crate::lab::{LabVerdict, RunLength, run_two_at_once};
use crate::mount::path_text;
use crate::rng::SeededRng;
use anyhow::{Context, Result, ensure};
use journal::{Commit, DB_NAME, FreezeOptions, Journal, JournalError, Outbox, SegmentLimits};
use model::Record;
use rusqlite::OpenFlags;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// SQLite's page size in every journal.
const PAGE: usize = 4096;
/// Records of the intact journal.
const RECORDS: u64 = 800;

/// An intact journal's files, and the pages of its records.
struct IntactJournal {
    db: Vec<u8>,
    wal: Option<Vec<u8>>,
    pages: BTreeMap<usize, Vec<u64>>,
    /// Pages with the wrapped keys, without which no record opens.
    keys: BTreeSet<usize>,
    last: u64,
}

#[derive(Default)]
struct DamageTally {
    set_aside: u64,
    as_it_was: u64,
    /// Of another device, or newer, as far as anybody can tell.
    refused: u64,
    untouched: u64,
    saved: u64,
    worst: Option<(f64, String)>,
}

/// What came of one damaged database.
enum DamageResult {
    /// Of another device, or newer, as far as anybody can tell; it is unchanged.
    Refused,
    Opened {
        set_aside: bool,
        /// Records on untouched pages, and how many of them were saved.
        untouched: u64,
        saved: u64,
        story: String,
    },
}

pub(crate) fn run(length: RunLength) -> Result<LabVerdict> {
    let databases = length.pick(100, 1_000);
    let dir = fixture::make_fast_dir()?;
    let fixture = JournalFixture::new(dir.path())?;
    let (open, closed) = write_journals(&fixture)?;
    let results = run_two_at_once(databases, length, &|n| {
        let good = if n % 4 == 3 { &open } else { &closed };
        let mut rng = SeededRng::new(0x9e37_79b9_7f4a_7c15 + n);
        damage_one((n, good), &fixture, &mut rng).with_context(|| format!("database {n}"))
    })?;
    let mut tally = DamageTally::default();
    for result in results {
        let DamageResult::Opened {
            set_aside,
            untouched,
            saved,
            story,
        } = result
        else {
            tally.refused += 1;
            continue;
        };
        tally.set_aside += u64::from(set_aside);
        tally.as_it_was += u64::from(!set_aside);
        tally.untouched += untouched;
        tally.saved += saved;
        let share = saved as f64 / untouched.max(1) as f64 * 100.0;
        if saved < untouched && tally.worst.as_ref().is_none_or(|(worst, _)| share < *worst) {
            tally.worst = Some((share, story));
        }
    }
    let share = tally.saved as f64 / tally.untouched.max(1) as f64 * 100.0;
    let worst = tally.worst.map_or_else(String::new, |(share, what)| {
        format!("; the worst one kept {share:.1} % ({what})")
    });
    let line = format!(
        "{databases} damaged databases of {RECORDS} records: {} set aside and salvaged, {} usable as they were, \
         {} refused as another device's or version's; {} of {} records on untouched pages saved ({share:.2} %){worst}",
        tally.set_aside, tally.as_it_was, tally.refused, tally.saved, tally.untouched
    );
    ensure!(share >= 99.0, "too much is lost: {line}");
    Ok(LabVerdict::Passed(line))
}

/// Writes an everyday journal: records, screenshots, frozen and acknowledged segments, provisional spans. Returns its
/// files while it is open (with a log), and after its end.
fn write_journals(fixture: &JournalFixture) -> Result<(IntactJournal, IntactJournal)> {
    let (mut journal, _) = fixture::open_journal(&fixture.dir, fixture::START)?;
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
        // One screenshot in fifty; the numbers follow the tags.
        let step: Vec<Record> = (tag..tag + 60)
            .filter(|t| !is_screenshot(*t))
            .map(make_record)
            .collect();
        tag += 60;
        let pending = [(tag, fixture::make_span(tag + 1_000_000))];
        let step = Commit {
            records: &step,
            provisional_put: &pending,
            provisional_drop_below: tag,
            at: fixture::START,
            ..Commit::default()
        };
        journal.commit(step)?;
        let (shot, image) = fixture::make_screenshot(tag - 2);
        last = journal.add_screenshot(&shot, &image, fixture::START)?;
        if last > RECORDS / 2 && last < RECORDS / 2 + 60 {
            journal.freeze(fixture::START, &rules)?;
            let mut outbox = Outbox::open(&fixture.journal_dir())?;
            for _ in 0..3 {
                if let Some(s) = outbox.next_segment()? {
                    outbox.acknowledge_segment(
                        s.first_seq,
                        s.last_seq,
                        s.encoding,
                        fixture::START,
                    )?;
                }
            }
        }
    }
    let open = read_intact(fixture, last)?;
    journal.close(fixture::START)?;
    Ok((open, read_intact(fixture, last)?))
}

fn read_intact(fixture: &JournalFixture, last: u64) -> Result<IntactJournal> {
    let db = fs::read(fixture.database())?;
    let wal = fs::read(fixture.journal_dir().join(format!("{DB_NAME}-wal"))).ok();
    // The database alone, as if there were no log.
    let plain = fixture.dir.join("plain");
    fs::write(&plain, &db)?;
    let address = format!("file:{}?immutable=1", path_text(&plain)?);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let conn = rusqlite::Connection::open_with_flags(address, flags)?;
    let mut numbers = conn.prepare("SELECT seq FROM record ORDER BY seq")?;
    let mut numbers = numbers.query_map([], |row| row.get::<_, u64>(0))?;
    let mut pages = BTreeMap::new();
    for (page, cells) in list_leaves(&conn, "record")? {
        let seqs = numbers.by_ref().take(cells);
        pages.insert(page, seqs.collect::<rusqlite::Result<Vec<u64>>>()?);
    }
    let keys = list_leaves(&conn, "session")?.into_iter();
    Ok(IntactJournal {
        db,
        wal: wal.filter(|wal| !wal.is_empty()),
        pages,
        keys: keys.map(|(page, _)| page).collect(),
        last,
    })
}

/// The leaves of a table in the order of its rows, each with the number of them.
fn list_leaves(conn: &rusqlite::Connection, table: &str) -> Result<Vec<(usize, usize)>> {
    let mut leaves = conn.prepare(
        "SELECT pageno, ncell FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path",
    )?;
    let leaves = leaves.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(leaves.collect::<rusqlite::Result<_>>()?)
}

/// Damages a copy of the files; returns a description and the pages it touched.
fn damage_files(
    db: &mut Vec<u8>,
    wal: &mut Option<Vec<u8>>,
    rng: &mut SeededRng,
) -> (String, BTreeSet<usize>) {
    let pages = db.len() / PAGE;
    let mut touched = BTreeSet::new();
    let what = match rng.below(if wal.is_some() { 7 } else { 5 }) {
        0 | 1 => {
            let n = 1 + rng.below(64);
            for _ in 0..n {
                let at = rng.index(db.len());
                if let Some(byte) = db.get_mut(at) {
                    *byte ^= 1 << rng.below(8);
                }
                touched.insert(at / PAGE + 1);
            }
            format!("{n} bits flipped")
        }
        2 => {
            let n = 1 + rng.below(4);
            for _ in 0..n {
                let page = rng.index(pages);
                if let Some(page) = db.get_mut(page * PAGE..(page + 1) * PAGE) {
                    page.fill(0);
                }
                touched.insert(page + 1);
            }
            format!("{n} pages zeroed")
        }
        3 => {
            let (from, n) = (rng.index(pages), 1 + rng.index(8));
            for page in from..(from + n).min(pages) {
                for byte in db.iter_mut().skip(page * PAGE).take(PAGE) {
                    *byte = u8::try_from(rng.below(256)).unwrap_or(0);
                }
                touched.insert(page + 1);
            }
            format!("{n} pages from {from} overwritten")
        }
        4 => {
            let to = rng.index(db.len());
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
                let at = rng.index(wal.len());
                if let Some(byte) = wal.get_mut(at) {
                    *byte ^= 0x55;
                }
            }
            "a byte of the log changed".to_owned()
        }
    };
    (what, touched)
}

fn damage_one(
    (n, good): (u64, &IntactJournal),
    fixture: &JournalFixture,
    rng: &mut SeededRng,
) -> Result<DamageResult> {
    let dir = fixture::make_fast_dir()?;
    for name in ["lease", "viewer"] {
        fs::copy(fixture.dir.join(name), dir.path().join(name))?;
    }
    let here = JournalFixture {
        dir: dir.path().to_owned(),
        viewer: fixture.viewer.clone(),
    };
    fs::create_dir_all(here.journal_dir())?;
    link_screenshots(
        &fixture.journal_dir().join("shots"),
        &here.journal_dir().join("shots"),
    )?;
    let (mut db, mut wal) = (good.db.clone(), good.wal.clone());
    let (what, touched) = damage_files(&mut db, &mut wal, rng);
    fs::write(here.database(), &db)?;
    if let Some(wal) = wal {
        fs::write(here.journal_dir().join(format!("{DB_NAME}-wal")), wal)?;
    }
    let opened = Journal::open(
        &here.journal_dir(),
        fixture::read_keys(&here.dir)?,
        fixture::START,
    );
    let (mut journal, recovery) = match opened {
        Ok(opened) => opened,
        Err(e @ (JournalError::Newer { .. } | JournalError::OtherDevice { .. })) => {
            ensure!(
                fs::read(here.database())? == db,
                "{what}: refused ({e}), and changed"
            );
            return Ok(DamageResult::Refused);
        }
        Err(e) => return Err(e).context(format!("{what}: it does not start")),
    };
    // Recording goes on.
    let new = [make_record(5_000_000)];
    let step = Commit {
        records: &new,
        at: fixture::START,
        ..Commit::default()
    };
    let seqs = journal.commit(step).context(what.clone())?;
    journal.close(fixture::START).context(what.clone())?;
    let found = here.open_reader()?.read_after(0, usize::MAX >> 1)?;
    let mut there = BTreeSet::new();
    for line in &found.lines {
        let tag = fixture::tag_of(&line.record).context("a record without a tag")?;
        ensure!(
            line.record == make_record(tag),
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
    let set_aside = recovery.quarantined.is_some();
    let why = recovery.quarantined.map_or_else(String::new, |q| q.why);
    Ok(DamageResult::Opened {
        set_aside,
        untouched: all,
        saved,
        story: format!("database {n}, {what}, pages {touched:?}: {why}"),
    })
}

/// Hard links are as good as copies: a screenshot's file is never changed.
fn link_screenshots(from: &Path, to: &Path) -> Result<()> {
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
