//! How much waits for the sink.

use crate::JournalError;
use crate::db::Db;
use crate::lines::{SESSION_COLUMNS, Sealed};
use rusqlite::OptionalExtension;
use vault::Opener;

/// What waits for the sink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Records: the distance between the last number and the last acknowledged one.
    pub records: u64,
    /// Pictures.
    pub shots: u64,
    /// Bytes on the disk of both.
    pub bytes: u64,
    /// Start of the oldest waiting record, in microseconds since the Unix epoch (UTC).
    pub oldest_us: Option<i64>,
}

/// What waits: two rows of records and the index of waiting pictures are read, whatever their number.
pub(crate) fn measure(db: &Db, opener: &Opener) -> Result<Depth, JournalError> {
    let failed = || db.failed("measure the outbox");
    let acked = db.acked_through()?;
    let row_total = |sql: &str| -> Result<Option<(u64, u64)>, JournalError> {
        db.conn
            .prepare_cached(sql)
            .and_then(|mut s| {
                s.query_row([acked], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()
            })
            .map_err(failed())
    };
    let done =
        row_total("SELECT seq, total FROM record WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1")?;
    let last = row_total("SELECT seq, total FROM record WHERE seq > ?1 ORDER BY seq DESC LIMIT 1")?;
    let (shots, shot_bytes): (u64, u64) = db
        .conn
        .prepare_cached(
            "SELECT count(*), coalesce(sum(stored), 0) FROM blob WHERE acked = 0 AND place = 0",
        )
        .and_then(|mut s| s.query_row([], |row| Ok((row.get(0)?, row.get(1)?))))
        .map_err(failed())?;
    let mut depth = Depth {
        shots,
        bytes: shot_bytes,
        ..Depth::default()
    };
    let Some((last_seq, total)) = last else {
        return Ok(depth);
    };
    depth.records = last_seq - acked;
    depth.bytes += total.saturating_sub(done.map_or(0, |(_, total)| total));
    let sql = format!(
        "SELECT r.seq, r.sealed, {SESSION_COLUMNS}
         FROM record r JOIN session s ON s.no = r.session WHERE r.seq > ?1 ORDER BY r.seq LIMIT 1"
    );
    let oldest = db
        .conn
        .prepare_cached(&sql)
        .and_then(|mut s| s.query_row([acked], Sealed::from_row))
        .map_err(failed())?;
    depth.oldest_us = oldest
        .line(db, opener)
        .ok()
        .map(|line| line.record.start_us());
    Ok(depth)
}
