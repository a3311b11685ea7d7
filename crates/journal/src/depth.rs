//! How much waits for the sink. No key is needed to say it.

use crate::JournalError;
use crate::db::Database;
use rusqlite::OptionalExtension;

/// What waits for the sink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxDepth {
    /// Records the sink does not have.
    pub records: u64,
    /// How many of them are in no segment yet: held back, or newer than the last look of the writer.
    pub held: u64,
    /// Pictures.
    pub shots: u64,
    /// Bytes on the disk of records and pictures.
    pub bytes: u64,
    /// When the oldest waiting segment was frozen, in microseconds since the Unix epoch (UTC).
    pub oldest_frozen_us: Option<i64>,
}

/// What waits: a few rows and the index of waiting pictures are read, whatever the number of records.
pub(crate) fn measure(db: &Database) -> Result<OutboxDepth, JournalError> {
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
    let mut depth = OutboxDepth {
        shots,
        bytes: shot_bytes,
        ..OutboxDepth::default()
    };
    let Some((last_seq, total)) = last else {
        return Ok(depth);
    };
    depth.records = present(db, acked, last_seq)?;
    depth.held = present(db, db.frozen_through()?.max(acked), last_seq)?;
    depth.bytes += total.saturating_sub(done.map_or(0, |(_, total)| total));
    depth.oldest_frozen_us = db
        .conn
        .prepare_cached("SELECT frozen_us FROM segment WHERE acked = 0 ORDER BY first_seq LIMIT 1")
        .and_then(|mut s| s.query_row([], |row| row.get(0)).optional())
        .map_err(failed())?
        .flatten();
    Ok(depth)
}

/// How many of the numbers above `after`, up to `last`, were not erased.
fn present(db: &Database, after: u64, last: u64) -> Result<u64, JournalError> {
    let erased: u64 = db
        .conn
        .prepare_cached(
            "SELECT coalesce(sum(min(last_seq, ?2) - max(first_seq, ?1 + 1) + 1), 0) FROM erased
             WHERE last_seq > ?1 AND first_seq <= ?2",
        )
        .and_then(|mut s| s.query_row([after, last], |row| row.get(0)))
        .map_err(db.failed("read what was erased"))?;
    Ok(last.saturating_sub(after).saturating_sub(erased))
}
