//! `session`: one data key each.

use crate::utc_day::UtcDay;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A session's row, without its number and day.
pub(crate) struct SessionRow {
    pub(crate) id: [u8; 16],
    pub(crate) wrapped_key: Arc<[u8]>,
    /// Version of the record format sealed under it.
    pub(crate) schema: u32,
}

/// Makes sure the session's row is there; its number.
pub(crate) fn ensure_row(
    conn: &Connection,
    session: &SessionRow,
    day: UtcDay,
) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "INSERT INTO session (id, wrapped_key, schema, day) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET day = day
         RETURNING no",
    )?
    .query_row(
        params![session.id, &session.wrapped_key[..], session.schema, day.0],
        |row| row.get(0),
    )
}

/// The row of a number.
pub(crate) fn find_row(conn: &Connection, no: i64) -> rusqlite::Result<Option<SessionRow>> {
    conn.prepare_cached("SELECT id, wrapped_key, schema FROM session WHERE no = ?1")?
        .query_row([no], |row| {
            Ok(SessionRow {
                id: row.get(0)?,
                wrapped_key: row.get::<_, Vec<u8>>(1)?.into(),
                schema: row.get(2)?,
            })
        })
        .optional()
}

/// The numbers of the sessions of these days.
pub(crate) fn numbers_of_days(
    conn: &Connection,
    days: &RangeInclusive<UtcDay>,
) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached("SELECT no FROM session WHERE day BETWEEN ?1 AND ?2")?
        .query_map([days.start().0, days.end().0], |row| row.get(0))?
        .collect()
}

/// The numbers of the sessions that seal anything. One look through all records, however many sessions there are.
pub(crate) fn numbers_in_use(conn: &Connection) -> rusqlite::Result<BTreeSet<i64>> {
    conn.prepare_cached(
        "SELECT DISTINCT session FROM record UNION SELECT session FROM pending
         UNION SELECT session FROM rollup WHERE sealed <> x''",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

/// Deletes a session and its key; how many rows that were.
pub(crate) fn delete_row(conn: &Connection, no: i64) -> rusqlite::Result<u64> {
    Ok(conn
        .prepare_cached("DELETE FROM session WHERE no = ?1")?
        .execute([no])? as u64)
}
