//! `rollup`: one row a quarter hour; an empty one is a mark.

use crate::quarter_hour::QuarterHour;
use crate::sealed_row::{ROLLUP_COLUMNS, SealedRow};
use rusqlite::{Connection, params};
use std::ops::{Range, RangeInclusive};

/// The rows of these quarter hours, by rising number, which is their `seq`.
pub(crate) fn for_each_of(
    conn: &Connection,
    quarter_hours: &Range<QuarterHour>,
    visit: &mut dyn FnMut(SealedRow),
) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT {ROLLUP_COLUMNS} FROM rollup u JOIN session s ON s.no = u.session
         WHERE u.slot >= ?1 AND u.slot < ?2 ORDER BY u.slot"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let mut rows = query.query([quarter_hours.start.0.max(0), quarter_hours.end.0])?;
    while let Some(row) = rows.next()? {
        visit(SealedRow::from_row(row)?);
    }
    Ok(())
}

/// The first quarter hour above every row.
pub(crate) fn first_free(conn: &Connection) -> rusqlite::Result<QuarterHour> {
    conn.query_row("SELECT coalesce(max(slot) + 1, 0) FROM rollup", [], |row| {
        row.get(0).map(QuarterHour)
    })
}

/// Puts the one row of a quarter hour.
pub(crate) fn replace_row(
    conn: &Connection,
    QuarterHour(slot): QuarterHour,
    session_no: i64,
    sealed: &[u8],
) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM rollup WHERE slot = ?1")?
        .execute([slot])?;
    conn.prepare_cached("INSERT INTO rollup (slot, session, sealed) VALUES (?1, ?2, ?3)")?
        .execute(params![slot, session_no, sealed])?;
    Ok(())
}

/// Turns the roll-ups of these quarter hours into marks.
pub(crate) fn invalidate(
    conn: &Connection,
    touched: &RangeInclusive<QuarterHour>,
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE rollup SET sealed = x'' WHERE slot BETWEEN ?1 AND ?2")?
        .execute([touched.start().0, touched.end().0])?;
    Ok(())
}

/// Deletes the roll-ups and marks of these quarter hours: a reader must know otherwise that they may hold time.
pub(crate) fn delete(
    conn: &Connection,
    touched: &RangeInclusive<QuarterHour>,
) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM rollup WHERE slot BETWEEN ?1 AND ?2")?
        .execute([touched.start().0, touched.end().0])?;
    Ok(())
}

/// Gives the marks of one session to another: a mark is sealed with nothing, it only needs some session.
pub(crate) fn move_marks(conn: &Connection, from: i64, to: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE rollup SET session = ?2 WHERE session = ?1")?
        .execute([from, to])?;
    Ok(())
}
