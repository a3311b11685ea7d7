//! Roll-ups: sealed sums of a quarter hour, so that a year is shown without opening a year of records. What is inside
//! is the business of whoever asks questions; here they are only kept, and forgotten when their records change.
//!
//! Always true of every slot from [`crate::Reader::rollups_complete_since`] on, outside days that were erased:
//! * A slot that a span touches (closed or open) has one row, and the other way round: **a slot without a row holds no
//!   time**. The row is a *mark* (nothing is in it) until a roll-up comes in its place.
//! * A span that is put, and one that is removed, turns the roll-ups of its slots into marks, in the same step. So
//!   **a roll-up that opens was made after every record of its slot**, and no crash parts it from them.
//! * No roll-up is taken while an open span touches its slot, nor after something was removed that its maker may have
//!   counted already: such a slot stays a mark, and is read from its records.

use crate::db::{Database, key};
use crate::keys::KeyRing;
use crate::lines::{ROLLUP_COLUMNS, SealedRow};
use crate::writer::{TxnResult, WriteTxn};
use crate::{Journal, JournalError, UtcDay};
use model::Span;
use rusqlite::{Connection, Transaction, params};
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

/// Length of a slot in microseconds.
pub const SLOT_US: i64 = 900_000_000;

/// Slots in a day of UTC.
const SLOTS_A_DAY: i64 = 96;

/// The most slots that a span may touch, more than a year; one that claims more is a fault of the clock, and everything
/// up to its end is read from the records.
const LONGEST: i64 = 40_000;

/// The roll-up of one quarter hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRollup {
    /// Quarter hours since the Unix epoch (UTC).
    pub slot: i64,
    /// What was kept; `None` when nothing was, or it does not open: the slot is to be read from its records.
    pub content: Option<Vec<u8>>,
}

/// The slot that holds `us`, microseconds since the Unix epoch (UTC).
#[must_use]
pub fn slot_of(us: i64) -> i64 {
    us.div_euclid(SLOT_US)
}

/// The UTC day a slot lies in.
pub(crate) fn day_of(slot: i64) -> UtcDay {
    UtcDay(i32::try_from(slot.div_euclid(SLOTS_A_DAY)).unwrap_or(i32::MAX))
}

/// The slots that `start_us..end_us` touches; an instant touches its own.
fn slots_of(start_us: i64, end_us: i64) -> RangeInclusive<i64> {
    let last = end_us.max(start_us.saturating_add(1)) - 1;
    slot_of(start_us)..=slot_of(last)
}

pub(crate) fn read(
    db: &Database,
    ring: &KeyRing,
    slots: Range<i64>,
    visit: &mut dyn FnMut(StoredRollup),
) -> Result<(), JournalError> {
    let sql = format!(
        "SELECT {ROLLUP_COLUMNS} FROM rollup u JOIN session s ON s.no = u.session
         WHERE u.slot >= ?1 AND u.slot < ?2 ORDER BY u.slot"
    );
    let failed = || db.failed("read the roll-ups");
    let mut query = db.conn.prepare_cached(&sql).map_err(failed())?;
    let mut rows = query
        .query([slots.start.max(0), slots.end])
        .map_err(failed())?;
    while let Some(row) = rows.next().map_err(failed())? {
        let row = SealedRow::from_row(row).map_err(failed())?;
        visit(StoredRollup {
            slot: row.seq.cast_signed(),
            content: match row.sealed.is_empty() {
                true => None,
                false => row.rollup(db, ring).ok(),
            },
        });
    }
    Ok(())
}

/// The first slot of which [`read`] tells everything.
pub(crate) fn complete_since(db: &Database) -> Result<i64, JournalError> {
    Ok(db.meta(key::ROLLED_SINCE)?.unwrap_or(i64::MAX))
}

/// Notes, once, from when on every slot that a span touches has a row: after everything that is there already.
pub(crate) fn note_complete_since(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT OR IGNORE INTO meta
         SELECT ?1, coalesce(max(day) + 2, 0) * ?2 FROM
            (SELECT max(day) AS day FROM record UNION ALL SELECT max(day) FROM session
             UNION ALL SELECT value / 86400000000 FROM meta WHERE key = ?3)",
        params![key::ROLLED_SINCE, SLOTS_A_DAY, key::LAST_DURABLE],
    )?;
    Ok(())
}

/// Turns the roll-ups that hold anything of `us` (microseconds since the Unix epoch, UTC; its end is exclusive) into
/// marks.
pub(crate) fn invalidate(conn: &Connection, us: Range<i64>) -> rusqlite::Result<()> {
    let slots = slots_of(us.start, us.end);
    conn.prepare_cached("UPDATE rollup SET sealed = x'' WHERE slot BETWEEN ?1 AND ?2")?
        .execute([slots.start(), slots.end()])?;
    Ok(())
}

/// Deletes the roll-ups and marks of `us`: who reads must know otherwise that there may be time.
pub(crate) fn delete(conn: &Connection, us: Range<i64>) -> rusqlite::Result<()> {
    let slots = slots_of(us.start, us.end);
    conn.prepare_cached("DELETE FROM rollup WHERE slot BETWEEN ?1 AND ?2")?
        .execute([slots.start(), slots.end()])?;
    Ok(())
}

/// What the writer knows of the slots.
#[derive(Debug, Default)]
pub(crate) struct RollupMarks {
    /// Known to be marks.
    marked: Range<i64>,
    /// The slots of each provisional span of this run.
    open: BTreeMap<u64, RangeInclusive<i64>>,
    /// Something before this one was removed: whoever counted it may count it still.
    changed_below: i64,
    /// Roll-ups of the step that is being written.
    put: Vec<i64>,
}

impl RollupMarks {
    /// The provisional spans below `id` are dropped.
    pub(crate) fn dropped(&mut self, id: u64) {
        self.open = self.open.split_off(&id);
    }

    /// A step was written, or failed.
    pub(crate) fn written(&mut self, whole: bool) {
        if whole {
            self.put.clear();
        } else {
            self.marked = 0..0;
        }
    }

    /// Takes back the roll-ups of a step that failed and may be there all the same.
    pub(crate) fn settle(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        for slot in self.put.drain(..) {
            tx.prepare_cached("UPDATE rollup SET sealed = x'' WHERE slot = ?1")?
                .execute([slot])?;
        }
        Ok(())
    }

    /// Records of a time that ends at `end_us` were changed.
    pub(crate) fn changed(&mut self, end_us: i64) {
        self.changed_below = self.changed_below.max(slot_of(end_us).saturating_add(1));
        self.marked = 0..0;
    }
}

impl WriteTxn<'_> {
    /// Marks the slots of a span.
    pub(crate) fn touch(&mut self, span: &Span) -> TxnResult<()> {
        let slots = slots_of(span.start_us, span.end_us());
        let (first, last) = ((*slots.start()).max(0), *slots.end());
        if last.saturating_sub(first) > LONGEST {
            self.tx
                .prepare_cached("UPDATE meta SET value = max(value, ?2) WHERE key = ?1")?
                .execute(params![key::ROLLED_SINCE, last.saturating_add(1)])?;
            return Ok(());
        }
        let mut marked = self.slots.marked.clone();
        for slot in (first..=last).filter(|slot| !marked.contains(slot)) {
            self.replace(slot, &[])?;
        }
        if first <= last {
            let beside = first <= marked.end && last + 1 >= marked.start;
            if beside && !marked.is_empty() {
                marked = marked.start.min(first)..marked.end.max(last + 1);
            } else {
                marked = first..last + 1;
            }
            self.slots.marked = marked;
        }
        Ok(())
    }

    /// The same of a provisional span.
    pub(crate) fn touch_open(&mut self, id: u64, span: &Span) -> TxnResult<()> {
        self.touch(span)?;
        let slots = slots_of(span.start_us, span.end_us());
        self.slots.open.insert(id, slots);
        Ok(())
    }

    /// Puts the roll-ups that may be put while the provisional spans from `open_from` on are open.
    pub(crate) fn put_rollups(
        &mut self,
        rollups: &[(i64, &[u8])],
        open_from: u64,
    ) -> TxnResult<()> {
        for (slot, content) in rollups {
            let place =
                u64::try_from(*slot).map_err(|_| JournalError::Range(slot.cast_unsigned()))?;
            let mut open = self.slots.open.range(open_from..);
            if *slot < self.slots.changed_below || open.any(|(_, slots)| slots.contains(slot)) {
                continue;
            }
            let sealed = self.seal("rollup", place, content)?;
            self.replace(*slot, &sealed)?;
            self.slots.put.push(*slot);
            self.slots.marked = 0..0;
        }
        Ok(())
    }

    fn replace(&self, slot: i64, sealed: &[u8]) -> TxnResult<()> {
        self.tx
            .prepare_cached("DELETE FROM rollup WHERE slot = ?1")?
            .execute([slot])?;
        self.tx
            .prepare_cached("INSERT INTO rollup (slot, session, sealed) VALUES (?1, ?2, ?3)")?
            .execute(params![slot, self.session_no, sealed])?;
        Ok(())
    }
}

impl Journal {
    /// The first quarter hour (counted from the Unix epoch, UTC) that holds nothing yet, and neither does any after it.
    /// Whoever sums up what is recorded from now on knows all of these.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn first_free_quarter_hour(&self) -> Result<i64, JournalError> {
        let next: i64 = self
            .db
            .conn
            .query_row("SELECT coalesce(max(slot) + 1, 0) FROM rollup", [], |row| {
                row.get(0)
            })
            .map_err(self.db.failed("read the roll-ups"))?;
        Ok(next.max(complete_since(&self.db)?))
    }
}
