//! `erased`: numbers whose records were erased on request.

use crate::utc_day::UtcDay;
use model::Timestamp;
use rusqlite::{Connection, params};

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
    /// When.
    pub at: Timestamp,
}

/// Notes that the records `from` to `to` were erased, when these days were asked for.
pub(crate) fn insert_range(
    conn: &Connection,
    (from, to): (u64, u64),
    (first, last): (UtcDay, UtcDay),
    at: Timestamp,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO erased (first_seq, last_seq, first_day, last_day, at_us)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![from, to, first.0, last.0, at.as_micros()])?;
    Ok(())
}

/// True when the record of this number was erased.
pub(crate) fn has_number(conn: &Connection, seq: u64) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM erased WHERE first_seq <= ?1 AND last_seq >= ?1")?
        .exists([seq])
}

/// How many of the numbers above `after`, up to `last`, were erased.
pub(crate) fn count_between(conn: &Connection, after: u64, last: u64) -> rusqlite::Result<u64> {
    conn.prepare_cached(
        "SELECT coalesce(sum(min(last_seq, ?2) - max(first_seq, ?1 + 1) + 1), 0) FROM erased
         WHERE last_seq > ?1 AND first_seq <= ?2",
    )?
    .query_row([after, last], |row| row.get(0))
}

/// Every range that was erased so far, by rising number.
pub(crate) fn ranges(conn: &Connection) -> rusqlite::Result<Vec<ErasedRange>> {
    conn.prepare_cached(
        "SELECT first_seq, last_seq, first_day, last_day, at_us FROM erased ORDER BY first_seq",
    )?
    .query_map([], |row| {
        Ok(ErasedRange {
            first_seq: row.get(0)?,
            last_seq: row.get(1)?,
            first_day: UtcDay(row.get(2)?),
            last_day: UtcDay(row.get(3)?),
            at: Timestamp::from_micros(row.get(4)?),
        })
    })?
    .collect()
}
