//! Erasing whole days for good.
//!
//! Always true:
//! * The records' rows, their pictures, their roll-ups and every data key that sealed nothing else are gone: what is left
//!   of them anywhere does not open.
//! * Their numbers are never given again, and it is written down which they were.
//! * Picture files are named in the same step that deletes their rows, and deleted after it; a crash in between is made
//!   good at the next start.

use crate::blobs;
use crate::day::DAY_US;
use crate::db::{self, Database, key};
use crate::form::UploadedObject;
use crate::freeze;
use crate::remove;
use crate::rollup;
use crate::writer::TxnResult;
use crate::{Journal, JournalError, UtcDay, chain, sweep};
use rusqlite::{Transaction, params};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// What was erased.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EraseReport {
    /// Records, shots included.
    pub records: u64,
    /// Shots.
    pub shots: u64,
    /// Data keys.
    pub keys: u64,
    /// The numbers, as first and last of each unbroken range.
    pub ranges: Vec<(u64, u64)>,
    /// Objects that hold what was erased and that the sink has, or may have.
    pub sent: Vec<UploadedObject>,
    /// Files that were set aside earlier (damaged databases, pictures without rows). They may hold what was erased, and
    /// are left to their owner.
    pub aside: Vec<PathBuf>,
    /// False when somebody who was looking kept the old content in the write-ahead log: call [`Journal::checkpoint`] later.
    pub folded: bool,
}

/// Numbers that are missing because their records were erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasedRange {
    /// The first.
    pub first_seq: u64,
    /// The last.
    pub last_seq: u64,
    /// First UTC day that was asked for.
    pub first_day: UtcDay,
    /// Last UTC day that was asked for.
    pub last_day: UtcDay,
    /// When, in microseconds since the Unix epoch (UTC).
    pub at_us: i64,
}

/// Sessions that may have lost their last row.
#[derive(Default)]
pub(crate) struct UnusedKeys(BTreeSet<i64>);

impl UnusedKeys {
    pub(crate) fn of(&mut self, session: i64) {
        self.0.insert(session);
    }

    /// The session of a record's row, before that changes.
    pub(crate) fn of_record(&mut self, tx: &Transaction<'_>, seq: u64) -> rusqlite::Result<()> {
        let session = tx
            .prepare_cached("SELECT session FROM record WHERE seq = ?1")?
            .query_row([seq], |row| row.get(0))?;
        self.of(session);
        Ok(())
    }

    /// Forgets the keys of those that seal nothing any more; `but` is in use. Returns how many.
    pub(crate) fn forget(&self, tx: &Transaction<'_>, but: i64) -> rusqlite::Result<u64> {
        // One look through all records, however many sessions there are.
        let used: BTreeSet<i64> = tx
            .prepare_cached(
                "SELECT DISTINCT session FROM record UNION SELECT session FROM pending
                 UNION SELECT session FROM rollup WHERE sealed <> x''",
            )?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut gone = 0;
        for session in self.0.iter().filter(|s| **s != but && !used.contains(s)) {
            // A mark is sealed with nothing; it only needs some session.
            tx.prepare_cached("UPDATE rollup SET session = ?2 WHERE session = ?1")?
                .execute([*session, but])?;
            gone += tx
                .prepare_cached("DELETE FROM session WHERE no = ?1")?
                .execute([session])? as u64;
        }
        Ok(gone)
    }
}

impl Journal {
    /// Erases every record that began on one of these UTC days, whether it opens here or not; of a span that nobody here
    /// could open after a crash, the day of its session counts. The write-ahead log is emptied afterwards. A recorder
    /// that runs closes its open span first.
    ///
    /// # Errors
    /// See [`JournalError`]. After an error nothing was erased, or all of it; it may be repeated.
    pub fn erase(
        &mut self,
        days: RangeInclusive<UtcDay>,
        now_us: i64,
    ) -> Result<EraseReport, JournalError> {
        self.reverify()?;
        let (first, last) = (*days.start(), *days.end());
        // What is recorded later than now is of a wrong clock, and may be summed up all the same.
        self.slots
            .changed(now_us.min(last.start_us().saturating_add(2 * DAY_US)));
        let mut erased = self.write(now_us, |fill| {
            let mut erased = EraseReport::default();
            let mut orphans = UnusedKeys::default();
            let seqs: Vec<u64> = fill
                .tx
                .prepare_cached("SELECT seq FROM record WHERE day BETWEEN ?1 AND ?2 ORDER BY seq")?
                .query_map([first.0, last.0], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for &seq in &seqs {
                orphans.of_record(fill.tx, seq)?;
                erase_row(fill.tx, seq, &mut erased)?;
            }
            erased.records = seqs.len() as u64;
            for range in seqs.chunk_by(|a, b| a + 1 == *b) {
                if let (Some(&from), Some(&to)) = (range.first(), range.last()) {
                    note_range(fill.tx, (from, to), (first, last), now_us)?;
                    freeze::clear_bodies(fill.tx, from, to)?;
                    erased.ranges.push((from, to));
                }
            }
            let sessions: Vec<i64> = fill
                .tx
                .prepare_cached("SELECT no FROM session WHERE day BETWEEN ?1 AND ?2")?
                .query_map([first.0, last.0], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for session in sessions {
                orphans.of(session);
                fill.tx
                    .prepare_cached("DELETE FROM pending WHERE session = ?1")?
                    .execute([session])?;
            }
            // What began before these days and reaches into them is found through the days in `erased`.
            let end = last.start_us().saturating_add(DAY_US);
            if !seqs.is_empty() {
                rollup::delete(fill.tx, first.start_us()..end)?;
            }
            // A span that names a window ends within a minute; what is left of longer ones is only their state.
            rollup::invalidate(fill.tx, end..end.saturating_add(DAY_US))?;
            erased.keys = orphans.forget(fill.tx, fill.session_no)?;
            let mut whole = Vec::new();
            for object in &erased.sent {
                if object.media.is_some() || is_empty(fill.tx, object)? {
                    whole.push(object);
                }
            }
            chain::insert(fill.tx, whole, now_us)?;
            Ok(erased)
        })?;
        finish(&self.db)?;
        erased.aside = sweep::list_set_aside(&self.db);
        erased.folded = self.checkpoint()?;
        Ok(erased)
    }
}

impl Journal {
    /// What [`Self::delete`] would erase. Nothing is changed; [`EraseReport::keys`] and [`EraseReport::folded`] say nothing.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn erase_dry_run(&self, days: RangeInclusive<UtcDay>) -> Result<EraseReport, JournalError> {
        let (first, last) = (*days.start(), *days.end());
        let conn = &self.db.conn;
        let look = || -> rusqlite::Result<EraseReport> {
            let mut erased = EraseReport::default();
            let mut query = conn.prepare_cached(
                "SELECT r.seq, b.seq IS NOT NULL FROM record r LEFT JOIN blob b ON b.seq = r.seq
                 WHERE r.day BETWEEN ?1 AND ?2 ORDER BY r.seq",
            )?;
            let mut rows = query.query([first.0, last.0])?;
            while let Some(row) = rows.next()? {
                let seq: u64 = row.get(0)?;
                erased.records += 1;
                if row.get(1)? {
                    erased.shots += 1;
                    erased
                        .sent
                        .extend(remove::objects_of_screenshot(conn, seq)?);
                }
                remove::add_segment_objects(conn, seq, &mut erased.sent)?;
                match erased.ranges.last_mut() {
                    Some((_, end)) if *end + 1 == seq => *end = seq,
                    _ => erased.ranges.push((seq, seq)),
                }
            }
            Ok(erased)
        };
        look().map_err(self.db.failed("look at the days to erase"))
    }

    /// True when a record with one of the numbers `first_seq` to `last_seq` is of none of these days.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn segment_has_other_days(
        &self,
        (first_seq, last_seq): (u64, u64),
        days: RangeInclusive<UtcDay>,
    ) -> Result<bool, JournalError> {
        self.db
            .conn
            .prepare_cached(
                "SELECT 1 FROM record WHERE seq BETWEEN ?1 AND ?2 AND NOT day BETWEEN ?3 AND ?4",
            )
            .and_then(|mut s| s.exists(params![first_seq, last_seq, days.start().0, days.end().0]))
            .map_err(self.db.failed("look at the days to erase"))
    }
}

/// True when no record of this segment is left.
fn is_empty(tx: &Transaction<'_>, object: &UploadedObject) -> rusqlite::Result<bool> {
    let left = tx
        .prepare_cached("SELECT 1 FROM record WHERE seq BETWEEN ?1 AND ?2")?
        .exists([object.first_seq, object.last_seq])?;
    Ok(!left)
}

/// Deletes one record and its picture's row.
fn erase_row(tx: &Transaction<'_>, seq: u64, erased: &mut EraseReport) -> TxnResult<()> {
    let is_shot = tx
        .prepare_cached("SELECT 1 FROM blob WHERE seq = ?1")?
        .exists([seq])?;
    if is_shot {
        let sent = remove::delete_screenshot(tx, seq)?;
        erased.sent.extend(sent);
        tx.prepare_cached("DELETE FROM blob WHERE seq = ?1")?
            .execute([seq])?;
        erased.shots += 1;
    }
    remove::add_segment_objects(tx, seq, &mut erased.sent)?;
    tx.prepare_cached("DELETE FROM record WHERE seq = ?1")?
        .execute([seq])?;
    Ok(())
}

/// Writes down which numbers are missing, and that they are used up.
fn note_range(
    tx: &Transaction<'_>,
    (from, to): (u64, u64),
    (first, last): (UtcDay, UtcDay),
    at_us: i64,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO erased (first_seq, last_seq, first_day, last_day, at_us)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![from, to, first.0, last.0, at_us])?;
    let floor: u64 = db::meta(tx, Path::new(crate::DB_NAME), key::SEQ_FLOOR)
        .ok()
        .flatten()
        .unwrap_or(0);
    db::set_meta(tx, key::SEQ_FLOOR, &floor.max(to))
}

/// Deletes the picture files whose rows are gone.
pub(crate) fn finish(db: &Database) -> Result<(), JournalError> {
    let doomed: Vec<String> = db
        .conn
        .prepare_cached("SELECT path FROM doomed")
        .and_then(|mut s| s.query_map([], |row| row.get(0))?.collect())
        .map_err(db.failed("list the pictures to delete"))?;
    for path in doomed {
        let file = db.dir.join(&path);
        // Only ever a picture: the name is looked at, whatever a damaged row may say.
        let name = file.file_name().and_then(|name| name.to_str());
        if name.and_then(blobs::seq_of).is_some() {
            blobs::remove(&file)?;
        }
        db.conn
            .execute("DELETE FROM doomed WHERE path = ?1", [&path])
            .map_err(db.failed("note a deleted picture"))?;
    }
    Ok(())
}

/// True when the record of this number was erased.
pub(crate) fn is_erased(db: &Database, seq: u64) -> Result<bool, JournalError> {
    db.conn
        .prepare_cached("SELECT 1 FROM erased WHERE first_seq <= ?1 AND last_seq >= ?1")
        .and_then(|mut s| s.exists([seq]))
        .map_err(db.failed("read what was erased"))
}

/// What was erased so far.
pub(crate) fn ranges(db: &Database) -> Result<Vec<ErasedRange>, JournalError> {
    db.conn
        .prepare_cached(
            "SELECT first_seq, last_seq, first_day, last_day, at_us FROM erased ORDER BY first_seq",
        )
        .and_then(|mut s| {
            s.query_map([], |row| {
                Ok(ErasedRange {
                    first_seq: row.get(0)?,
                    last_seq: row.get(1)?,
                    first_day: UtcDay(row.get(2)?),
                    last_day: UtcDay(row.get(3)?),
                    at_us: row.get(4)?,
                })
            })?
            .collect()
        })
        .map_err(db.failed("read what was erased"))
}
