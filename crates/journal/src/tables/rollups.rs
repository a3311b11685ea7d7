//! `rollup`: one row a quarter hour; an empty one is a mark.

use crate::quarter_hour::slots_of;
use crate::sealed_row::{ROLLUP_COLUMNS, SealedRow};
use rusqlite::{Connection, params};
use std::ops::Range;

/// The rows of these slots, by rising slot, which is their `seq`.
pub(crate) fn for_each_of(
    conn: &Connection,
    slots: &Range<i64>,
    visit: &mut dyn FnMut(SealedRow),
) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT {ROLLUP_COLUMNS} FROM rollup u JOIN session s ON s.no = u.session
         WHERE u.slot >= ?1 AND u.slot < ?2 ORDER BY u.slot"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let mut rows = query.query([slots.start.max(0), slots.end])?;
    while let Some(row) = rows.next()? {
        visit(SealedRow::from_row(row)?);
    }
    Ok(())
}

/// The first slot above every row.
pub(crate) fn first_free_slot(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("SELECT coalesce(max(slot) + 1, 0) FROM rollup", [], |row| {
        row.get(0)
    })
}

/// Puts the one row of a slot.
pub(crate) fn replace_row(
    conn: &Connection,
    slot: i64,
    session_no: i64,
    sealed: &[u8],
) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM rollup WHERE slot = ?1")?
        .execute([slot])?;
    conn.prepare_cached("INSERT INTO rollup (slot, session, sealed) VALUES (?1, ?2, ?3)")?
        .execute(params![slot, session_no, sealed])?;
    Ok(())
}

/// Turns the roll-ups that hold anything of `us` (microseconds since the Unix epoch, UTC; its end is exclusive) into
/// marks.
pub(crate) fn invalidate_time(conn: &Connection, us: Range<i64>) -> rusqlite::Result<()> {
    let slots = slots_of(us.start, us.end);
    conn.prepare_cached("UPDATE rollup SET sealed = x'' WHERE slot BETWEEN ?1 AND ?2")?
        .execute([slots.start(), slots.end()])?;
    Ok(())
}

/// Turns the roll-up of one slot into a mark.
pub(crate) fn invalidate_slot(conn: &Connection, slot: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE rollup SET sealed = x'' WHERE slot = ?1")?
        .execute([slot])?;
    Ok(())
}

/// Deletes the roll-ups and marks of `us`: a reader must know otherwise that there may be time.
pub(crate) fn delete_time(conn: &Connection, us: Range<i64>) -> rusqlite::Result<()> {
    let slots = slots_of(us.start, us.end);
    conn.prepare_cached("DELETE FROM rollup WHERE slot BETWEEN ?1 AND ?2")?
        .execute([slots.start(), slots.end()])?;
    Ok(())
}

/// Gives the marks of one session to another: a mark is sealed with nothing, it only needs some session.
pub(crate) fn move_marks(conn: &Connection, from: i64, to: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE rollup SET session = ?2 WHERE session = ?1")?
        .execute([from, to])?;
    Ok(())
}
