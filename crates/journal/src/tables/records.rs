//! `record`: the sealed records.

use crate::sealed_row::{RECORD_COLUMNS, SealedRow};
use crate::utc_day::UtcDay;
use rusqlite::{Connection, OptionalExtension, Params, params};
use std::ops::{ControlFlow, RangeInclusive};

/// A row to append.
pub(crate) struct NewRecordRow<'a> {
    pub(crate) seq: u64,
    pub(crate) session_no: i64,
    pub(crate) day: UtcDay,
    /// Bytes of all sealed records up to this one.
    pub(crate) total: u64,
    pub(crate) sealed: &'a [u8],
    /// Set when it is a provisional span as it was.
    pub(crate) open_id: Option<u64>,
}

/// A row with the number of its session.
pub(crate) struct RecordRow {
    pub(crate) seq: u64,
    pub(crate) sealed: Vec<u8>,
    pub(crate) open_id: Option<u64>,
    pub(crate) session_no: i64,
    pub(crate) day: UtcDay,
}

/// Appends a row.
pub(crate) fn insert_row(conn: &Connection, row: &NewRecordRow<'_>) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO record (seq, session, day, total, sealed, open_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        row.seq,
        row.session_no,
        row.day.0,
        row.total,
        row.sealed,
        row.open_id
    ])?;
    Ok(())
}

/// Replaces the sealed content of a row.
pub(crate) fn replace_content(
    conn: &Connection,
    seq: u64,
    session_no: i64,
    sealed: &[u8],
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE record SET session = ?2, sealed = ?3, open_id = NULL WHERE seq = ?1",
    )?
    .execute(params![seq, session_no, sealed])?;
    Ok(())
}

/// Deletes a row.
pub(crate) fn delete_row(conn: &Connection, seq: u64) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM record WHERE seq = ?1")?
        .execute([seq])?;
    Ok(())
}

/// Deletes the rows above `seq`, but those that were provisional spans.
pub(crate) fn delete_after(conn: &Connection, seq: u64) -> rusqlite::Result<()> {
    conn.execute(
        "DELETE FROM record WHERE seq > ?1 AND open_id IS NULL",
        [seq],
    )?;
    Ok(())
}

/// The number of a row's session.
pub(crate) fn session_of(conn: &Connection, seq: u64) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT session FROM record WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))
}

/// Bytes of all sealed records up to this one; none when it is missing.
pub(crate) fn total_at(conn: &Connection, seq: u64) -> rusqlite::Result<Option<u64>> {
    conn.query_row("SELECT total FROM record WHERE seq = ?1", [seq], |row| {
        row.get(0)
    })
    .optional()
}

/// Number and total of the newest record up to `seq`.
pub(crate) fn newest_up_to(conn: &Connection, seq: u64) -> rusqlite::Result<Option<(u64, u64)>> {
    conn.prepare_cached("SELECT seq, total FROM record WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Number and total of the newest record, if it is above `seq`.
pub(crate) fn newest_above(conn: &Connection, seq: u64) -> rusqlite::Result<Option<(u64, u64)>> {
    conn.prepare_cached("SELECT seq, total FROM record WHERE seq > ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// The numbers of the records of these days, rising.
pub(crate) fn numbers_of_days(
    conn: &Connection,
    days: &RangeInclusive<UtcDay>,
) -> rusqlite::Result<Vec<u64>> {
    conn.prepare_cached("SELECT seq FROM record WHERE day BETWEEN ?1 AND ?2 ORDER BY seq")?
        .query_map([days.start().0, days.end().0], |row| row.get(0))?
        .collect()
}

/// The same, and whether each is of a screenshot.
pub(crate) fn numbers_and_kinds_of_days(
    conn: &Connection,
    days: &RangeInclusive<UtcDay>,
) -> rusqlite::Result<Vec<(u64, bool)>> {
    conn.prepare_cached(
        "SELECT r.seq, b.seq IS NOT NULL FROM record r LEFT JOIN blob b ON b.seq = r.seq
         WHERE r.day BETWEEN ?1 AND ?2 ORDER BY r.seq",
    )?
    .query_map([days.start().0, days.end().0], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?
    .collect()
}

/// True when a record has one of the numbers `first` to `last`.
pub(crate) fn any_between(conn: &Connection, first: u64, last: u64) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM record WHERE seq BETWEEN ?1 AND ?2")?
        .exists([first, last])
}

/// True when one of them is of none of these days.
pub(crate) fn any_of_other_days(
    conn: &Connection,
    (first, last): (u64, u64),
    days: &RangeInclusive<UtcDay>,
) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM record WHERE seq BETWEEN ?1 AND ?2 AND NOT day BETWEEN ?3 AND ?4",
    )?
    .exists(params![first, last, days.start().0, days.end().0])
}

/// The rows of the numbers `first` to `last`, until the visitor breaks off.
pub(crate) fn for_each_between<E: From<rusqlite::Error>>(
    conn: &Connection,
    first: u64,
    last: u64,
    visit: &mut dyn FnMut(SealedRow) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let sql = format!(
        "SELECT {RECORD_COLUMNS} FROM record r JOIN session s ON s.no = r.session
         WHERE r.seq BETWEEN ?1 AND ?2 ORDER BY r.seq"
    );
    // SQLite counts up to `i64::MAX`; no journal has more.
    let last = i64::try_from(last).unwrap_or(i64::MAX);
    for_each_sealed(conn, &sql, params![first, last], visit)
}

/// Up to `limit` rows above `seq`.
pub(crate) fn for_each_after<E: From<rusqlite::Error>>(
    conn: &Connection,
    seq: u64,
    limit: usize,
    visit: &mut dyn FnMut(SealedRow) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let sql = format!(
        "SELECT {RECORD_COLUMNS} FROM record r JOIN session s ON s.no = r.session
         WHERE r.seq > ?1 ORDER BY r.seq LIMIT ?2"
    );
    for_each_sealed(conn, &sql, (seq, limit), visit)
}

/// The rows of these days, and of the day after them those that were provisional spans: their day is that of their
/// session.
pub(crate) fn for_each_that_may_touch<E: From<rusqlite::Error>>(
    conn: &Connection,
    days: &RangeInclusive<UtcDay>,
    visit: &mut dyn FnMut(SealedRow) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let sql = format!(
        "SELECT {RECORD_COLUMNS} FROM record r JOIN session s ON s.no = r.session
         WHERE r.seq IN (SELECT seq FROM record WHERE day BETWEEN ?1 AND ?2
                         UNION SELECT seq FROM record
                               WHERE open_id IS NOT NULL AND day = ?2 + 1)
         ORDER BY r.seq"
    );
    for_each_sealed(conn, &sql, [days.start().0, days.end().0], visit)
}

/// The record of a screenshot.
pub(crate) fn find_of_screenshot(
    conn: &Connection,
    seq: u64,
) -> rusqlite::Result<Option<SealedRow>> {
    let sql = format!(
        "SELECT {RECORD_COLUMNS} FROM blob b JOIN record r ON r.seq = b.seq
         JOIN session s ON s.no = r.session WHERE b.seq = ?1"
    );
    conn.prepare_cached(&sql)?
        .query_row([seq], SealedRow::from_row)
        .optional()
}

/// The rows of these days and every row that was a provisional span, whatever its day, with the numbers of their
/// sessions.
pub(crate) fn for_each_of_days<E: From<rusqlite::Error>>(
    conn: &Connection,
    days: &RangeInclusive<UtcDay>,
    visit: &mut dyn FnMut(RecordRow) -> Result<(), E>,
) -> Result<(), E> {
    let mut query = conn.prepare_cached(
        "SELECT r.seq, r.sealed, r.open_id, r.session, r.day FROM record r
         WHERE r.seq IN (SELECT seq FROM record WHERE day BETWEEN ?1 AND ?2
                         UNION SELECT seq FROM record WHERE open_id IS NOT NULL) ORDER BY r.seq",
    )?;
    let mut rows = query.query([days.start().0, days.end().0])?;
    while let Some(row) = rows.next()? {
        visit(RecordRow {
            seq: row.get(0)?,
            sealed: row.get(1)?,
            open_id: row.get(2)?,
            session_no: row.get(3)?,
            day: UtcDay(row.get(4)?),
        })?;
    }
    Ok(())
}

fn for_each_sealed<E: From<rusqlite::Error>>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    visit: &mut dyn FnMut(SealedRow) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query(params)?;
    while let Some(row) = rows.next()? {
        if visit(SealedRow::from_row(row)?)?.is_break() {
            break;
        }
    }
    Ok(())
}
