//! Numbers: the last one, the next one, and how far the segments reach.

use crate::tables::meta::{self, key};
use rusqlite::Connection;

/// The highest number of a record that is there; 0 when there is none.
pub(crate) fn last_seq(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT coalesce(max(seq), 0) FROM record")?
        .query_row([], |row| row.get(0))
}

/// The number up to which every record is in a segment, or its segment is to be made again.
pub(crate) fn frozen_through(conn: &Connection) -> rusqlite::Result<u64> {
    let frozen: u64 = conn
        .prepare_cached("SELECT coalesce(max(last_seq), 0) FROM segment")?
        .query_row([], |row| row.get(0))?;
    Ok(frozen.max(meta::acked_through(conn)?))
}

/// The number the next record gets: above every row, every segment and every number used up and erased, or lost.
pub(crate) fn next_seq(conn: &Connection) -> rusqlite::Result<u64> {
    let floor: u64 = meta::read_value(conn, key::SEQ_FLOOR)?.unwrap_or(0);
    Ok(last_seq(conn)?.max(floor).max(frozen_through(conn)?) + 1)
}

/// Bytes of all sealed records so far.
pub(crate) fn total_bytes(conn: &Connection) -> rusqlite::Result<u64> {
    conn.query_row(
        "SELECT coalesce((SELECT total FROM record ORDER BY seq DESC LIMIT 1), 0)",
        [],
        |row| row.get(0),
    )
}

/// Notes that the numbers up to `seq` are used up.
pub(crate) fn raise_floor(conn: &Connection, seq: u64) -> rusqlite::Result<()> {
    let floor: u64 = meta::read_value(conn, key::SEQ_FLOOR)
        .ok()
        .flatten()
        .unwrap_or(0);
    meta::set_value(conn, key::SEQ_FLOOR, &floor.max(seq))
}
