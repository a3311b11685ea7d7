//! `pending`: provisional spans.

use crate::sealed_row::{PROVISIONAL_COLUMNS, SealedRow};
use crate::utc_day::UtcDay;
use rusqlite::{Connection, params};

/// A provisional span.
pub(crate) struct ProvisionalRow {
    pub(crate) run: i64,
    pub(crate) session_no: i64,
    /// The UTC day of its session: the only one that is known without opening it.
    pub(crate) day: UtcDay,
    /// `seq` is its id.
    pub(crate) sealed: SealedRow,
}

/// The provisional spans of all runs before `run`, in the order in which they were begun.
pub(crate) fn rows_before_run(
    conn: &Connection,
    run: i64,
) -> rusqlite::Result<Vec<ProvisionalRow>> {
    let sql = format!(
        "SELECT {PROVISIONAL_COLUMNS}, s.no, s.day, p.run
         FROM pending p JOIN session s ON s.no = p.session WHERE p.run < ?1 ORDER BY p.run, p.id"
    );
    conn.prepare_cached(&sql)?
        .query_map([run], |row| {
            Ok(ProvisionalRow {
                sealed: SealedRow::from_row(row)?,
                session_no: row.get(6)?,
                day: UtcDay(row.get(7)?),
                run: row.get(8)?,
            })
        })?
        .collect()
}

/// Puts a provisional span, or replaces it.
pub(crate) fn put_row(
    conn: &Connection,
    run: i64,
    id: u64,
    session_no: i64,
    sealed: &[u8],
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO pending (run, id, session, sealed) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (run, id)
         DO UPDATE SET session = excluded.session, sealed = excluded.sealed",
    )?
    .execute(params![run, id, session_no, sealed])?;
    Ok(())
}

/// Replaces the sealed content of a provisional span.
pub(crate) fn replace_content(
    conn: &Connection,
    run: i64,
    id: u64,
    session_no: i64,
    sealed: &[u8],
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE pending SET session = ?3, sealed = ?4 WHERE run = ?1 AND id = ?2")?
        .execute(params![run, id, session_no, sealed])?;
    Ok(())
}

/// Deletes those of a run with an id below `id`.
pub(crate) fn delete_below(conn: &Connection, run: i64, id: u64) -> rusqlite::Result<()> {
    let below = i64::try_from(id).unwrap_or(i64::MAX);
    conn.prepare_cached("DELETE FROM pending WHERE run = ?1 AND id < ?2")?
        .execute(params![run, below])?;
    Ok(())
}

/// Deletes those of all runs before `run`.
pub(crate) fn delete_before_run(conn: &Connection, run: i64) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM pending WHERE run < ?1", [run])?;
    Ok(())
}

/// Deletes those that were sealed under a session.
pub(crate) fn delete_of_session(conn: &Connection, session_no: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM pending WHERE session = ?1")?
        .execute([session_no])?;
    Ok(())
}
