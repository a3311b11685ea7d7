//! How much waits for the sink. No key is needed to say it.

use crate::database::Database;
use crate::error::JournalError;
use crate::tables::{erased, meta, records, screenshots, segments, sequence};
use model::Timestamp;
use rusqlite::Connection;

/// The objects that wait for the sink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxDepth {
    /// Records the sink does not have.
    pub records: u64,
    /// How many of them are in no segment yet: held back, or newer than the last freeze.
    pub held: u64,
    /// Screenshots.
    pub shots: u64,
    /// Bytes on the disk of records and screenshots.
    pub bytes: u64,
    /// When the oldest waiting segment was frozen.
    pub oldest_frozen: Option<Timestamp>,
}

/// Measures the outbox: a few rows and the index of waiting screenshots are read, whatever the number of records.
pub(crate) fn measure_depth(db: &Database) -> Result<OutboxDepth, JournalError> {
    db.query("measure the outbox", |conn| {
        let acked = meta::acked_through(conn)?;
        let done = records::newest_up_to(conn, acked)?;
        let (shots, bytes) = screenshots::waiting_totals(conn)?;
        let mut depth = OutboxDepth {
            shots,
            bytes,
            ..OutboxDepth::default()
        };
        let Some((last_seq, total)) = records::newest_above(conn, acked)? else {
            return Ok(depth);
        };
        let frozen = sequence::frozen_through(conn)?.max(acked);
        depth.records = count_present(conn, acked, last_seq)?;
        depth.held = count_present(conn, frozen, last_seq)?;
        depth.bytes += total.saturating_sub(done.map_or(0, |(_, total)| total));
        depth.oldest_frozen = segments::oldest_frozen(conn)?;
        Ok(depth)
    })
}

/// How many of the numbers above `after`, up to `last`, were not erased.
fn count_present(conn: &Connection, after: u64, last: u64) -> rusqlite::Result<u64> {
    let erased = erased::count_between(conn, after, last)?;
    Ok(last.saturating_sub(after).saturating_sub(erased))
}
