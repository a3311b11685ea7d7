//! `segment`: frozen batches of records.

use crate::object::{
    ListedObject, ObjectEncoding, PutAttempts, UnsealedDigest, UploadedObject, UploadedObjectInfo,
};
use crate::utc_day::UtcDay;
use data_encoding::HEXLOWER;
use model::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A segment's row, without its body. A screenshot's row has the same shape, with one number and a count of 1.
pub(crate) struct SegmentRow {
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
    pub(crate) day: UtcDay,
    pub(crate) count: u64,
    pub(crate) bytes: u64,
    pub(crate) sha256: [u8; 32],
    pub(crate) encoding: i64,
    pub(crate) plain: Option<([u8; 32], u64)>,
    pub(crate) tried: PutAttempts,
    pub(crate) acked: i64,
}

/// The columns of [`SegmentRow`].
const COLUMNS: &str =
    "first_seq, last_seq, day, count, size, sha256, form, plain_sha256, plain_size,
    tried, acked";

/// A segment to store.
pub(crate) struct NewSegmentRow<'a> {
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
    pub(crate) day: UtcDay,
    pub(crate) count: u64,
    pub(crate) body: &'a [u8],
    pub(crate) sha256: [u8; 32],
    pub(crate) encoding: ObjectEncoding,
    /// Hash and size of the unsealed object, when it is to be sent so.
    pub(crate) plain: Option<([u8; 32], usize)>,
    pub(crate) frozen_at: Timestamp,
    pub(crate) not_before: Timestamp,
}

/// The oldest segment that waits, and the reason.
pub(crate) struct WaitingSegmentRow {
    pub(crate) row: SegmentRow,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) frozen_at: Option<Timestamp>,
    pub(crate) not_before: Timestamp,
}

impl SegmentRow {
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let sha256: Option<[u8; 32]> = row.get(7)?;
        let size: Option<u64> = row.get(8)?;
        Ok(Self {
            first_seq: row.get(0)?,
            last_seq: row.get(1)?,
            day: UtcDay(row.get(2)?),
            count: row.get(3)?,
            bytes: row.get(4)?,
            sha256: row.get(5)?,
            encoding: row.get(6)?,
            plain: sha256.zip(size),
            tried: PutAttempts::of(row.get(9)?),
            acked: row.get(10)?,
        })
    }

    /// Bytes of the object in this encoding.
    pub(crate) fn bytes_of(&self, encoding: ObjectEncoding) -> u64 {
        match (encoding, self.plain) {
            (ObjectEncoding::Unsealed, Some((_, size))) => size,
            _ => self.bytes,
        }
    }

    /// Size and hash of the unsealed object, when it is to be sent so.
    pub(crate) fn unsealed_digest(&self) -> Option<UnsealedDigest> {
        self.plain.map(|(sha256, bytes)| UnsealedDigest {
            sha256: HEXLOWER.encode(&sha256),
            bytes,
        })
    }

    /// Its objects that the sink has, or may have.
    pub(crate) fn uploaded_objects(&self) -> rusqlite::Result<Vec<UploadedObject>> {
        let mut out = Vec::new();
        let certain = self.acked != 0;
        let (stored, readable) = if certain {
            (self.acked == 1, self.acked == 2)
        } else {
            (self.tried.stored, self.tried.readable)
        };
        let mut push = |sha256: [u8; 32], encoding| {
            out.push(UploadedObject {
                first_seq: self.first_seq,
                last_seq: self.last_seq,
                day: self.day,
                sha256: HEXLOWER.encode(&sha256),
                encoding,
                media: None,
                certain,
            });
        };
        if stored {
            push(self.sha256, ObjectEncoding::of(self.encoding)?);
        }
        if let Some((sha256, _)) = self.plain.filter(|_| readable) {
            push(sha256, ObjectEncoding::Unsealed);
        }
        Ok(out)
    }

    /// Its objects that the sink has, to be listed.
    pub(crate) fn listed_objects(&self) -> rusqlite::Result<Vec<ListedObject>> {
        let objects = self.uploaded_objects()?;
        let certain = objects.into_iter().filter(|object| object.certain);
        Ok(certain
            .map(|object| ListedObject {
                bytes: self.bytes_of(object.encoding),
                object,
            })
            .collect())
    }
}

/// An instant that may be missing.
pub(crate) fn read_time_column(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<Timestamp>> {
    let micros: Option<i64> = row.get(column)?;
    Ok(micros.map(Timestamp::from_micros))
}

/// Stores a segment.
pub(crate) fn insert_row(conn: &Connection, row: &NewSegmentRow<'_>) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO segment (first_seq, last_seq, day, count, size, sha256, body, form,
                              plain_sha256, plain_size, frozen_us, not_before_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        row.first_seq,
        row.last_seq,
        row.day.0,
        row.count,
        row.body.len(),
        row.sha256,
        row.body,
        row.encoding.number(),
        row.plain.map(|(sha256, _)| sha256),
        row.plain.map(|(_, size)| size),
        row.frozen_at.as_micros(),
        row.not_before.as_micros()
    ])?;
    Ok(())
}

/// The ranges whose segments are to be made again: their bodies are gone, and no put of them was begun.
pub(crate) fn unbuilt_ranges(conn: &Connection) -> rusqlite::Result<Vec<(u64, u64)>> {
    conn.prepare_cached(
        "SELECT first_seq, last_seq FROM segment
         WHERE acked = 0 AND body IS NULL AND tried = 0 ORDER BY first_seq",
    )?
    .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// Notes a range as one to be made again.
pub(crate) fn insert_unbuilt(
    conn: &Connection,
    first: u64,
    last: u64,
    day: UtcDay,
    not_before: Timestamp,
) -> rusqlite::Result<usize> {
    conn.execute(
        "INSERT INTO segment (first_seq, last_seq, day, count, size, sha256, not_before_us)
         VALUES (?1, ?2, ?3, 0, 0, zeroblob(32), ?4)",
        params![first, last, day.0, not_before.as_micros()],
    )
}

/// Deletes the row of a segment that is to be made again.
pub(crate) fn delete_unbuilt(conn: &Connection, first_seq: u64) -> rusqlite::Result<usize> {
    conn.execute(
        "DELETE FROM segment WHERE first_seq = ?1 AND acked = 0 AND body IS NULL AND tried = 0",
        [first_seq],
    )
}

/// Before which moment a segment is not to be put; the Unix epoch when nothing holds it.
pub(crate) fn not_before(conn: &Connection, first: u64) -> rusqlite::Result<Timestamp> {
    conn.query_row(
        "SELECT coalesce(max(not_before_us), 0) FROM segment WHERE first_seq = ?1",
        [first],
        |row| row.get(0).map(Timestamp::from_micros),
    )
}

/// Takes the body from every segment that waits and holds one of the numbers `first` to `last`.
pub(crate) fn clear_bodies(conn: &Connection, first: u64, last: u64) -> rusqlite::Result<usize> {
    conn.prepare_cached(
        "UPDATE segment SET body = NULL WHERE acked = 0 AND first_seq <= ?2 AND last_seq >= ?1",
    )?
    .execute([first, last])
}

/// The segment that holds a number, if there is one.
pub(crate) fn find_of_record(conn: &Connection, seq: u64) -> rusqlite::Result<Option<SegmentRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM segment WHERE first_seq <= ?1 ORDER BY first_seq DESC LIMIT 1"
    );
    let row = conn
        .prepare_cached(&sql)?
        .query_row([seq], SegmentRow::from_row)
        .optional()?;
    Ok(row.filter(|row| row.last_seq >= seq))
}

/// Last number of the oldest segment that waits, when it was frozen, and before which moment it is not to be put.
pub(crate) fn first_waiting(
    conn: &Connection,
) -> rusqlite::Result<Option<(u64, Option<Timestamp>, Timestamp)>> {
    conn.prepare_cached(
        "SELECT last_seq, frozen_us, not_before_us FROM segment WHERE acked = 0
         ORDER BY first_seq LIMIT 1",
    )?
    .query_row([], |row| {
        let not_before = Timestamp::from_micros(row.get(2)?);
        Ok((row.get(0)?, read_time_column(row, 1)?, not_before))
    })
    .optional()
}

/// The same with its body.
pub(crate) fn next_waiting(conn: &Connection) -> rusqlite::Result<Option<WaitingSegmentRow>> {
    let sql = format!(
        "SELECT {COLUMNS}, body, frozen_us, not_before_us FROM segment
         WHERE acked = 0 ORDER BY first_seq LIMIT 1"
    );
    conn.prepare_cached(&sql)?
        .query_row([], |row| {
            Ok(WaitingSegmentRow {
                row: SegmentRow::from_row(row)?,
                body: row.get(11)?,
                frozen_at: read_time_column(row, 12)?,
                not_before: Timestamp::from_micros(row.get(13)?),
            })
        })
        .optional()
}

/// Notes that a put of a segment with this hash begins; false when there is none that waits.
pub(crate) fn note_put(
    conn: &Connection,
    (first_seq, last_seq): (u64, u64),
    sha256: &[u8],
    encoding: ObjectEncoding,
) -> rusqlite::Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE segment SET tried = tried | ?4
             WHERE first_seq = ?1 AND last_seq = ?2 AND sha256 = ?3
               AND acked = 0 AND body IS NOT NULL",
        )?
        .execute(params![first_seq, last_seq, sha256, encoding.mark()])?;
    Ok(changed > 0)
}

/// Until when frozen segments are held back, told at `now`.
pub(crate) fn held_until(conn: &Connection, now: Timestamp) -> rusqlite::Result<Option<Timestamp>> {
    conn.query_row(
        "SELECT max(not_before_us) FROM segment
         WHERE acked = 0 AND not_before_us > ?1 AND coalesce(frozen_us, ?1) <= ?1",
        [now.as_micros()],
        |row| read_time_column(row, 0),
    )
}

/// Clears body and attempts of a segment that waits, so that it is made again.
pub(crate) fn rebuild(conn: &Connection, first_seq: u64, last_seq: u64) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE segment SET body = NULL, tried = 0
         WHERE first_seq = ?1 AND last_seq = ?2 AND acked = 0",
        [first_seq, last_seq],
    )?;
    Ok(())
}

/// Whether the sink has a segment; none when there is no such segment.
pub(crate) fn is_acknowledged(
    conn: &Connection,
    first_seq: u64,
    last_seq: u64,
) -> rusqlite::Result<Option<bool>> {
    conn.prepare_cached("SELECT acked <> 0 FROM segment WHERE first_seq = ?1 AND last_seq = ?2")?
        .query_row([first_seq, last_seq], |row| row.get(0))
        .optional()
}

/// Notes that the sink has a segment, and drops its body.
pub(crate) fn acknowledge(
    conn: &Connection,
    first_seq: u64,
    encoding: ObjectEncoding,
    at: Timestamp,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE segment SET acked = ?2, acked_us = ?3, body = NULL WHERE first_seq = ?1",
    )?
    .execute(params![first_seq, encoding.mark(), at.as_micros()])?;
    Ok(())
}

/// When the oldest segment that waits was frozen.
pub(crate) fn oldest_frozen(conn: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let found = conn
        .prepare_cached("SELECT frozen_us FROM segment WHERE acked = 0 ORDER BY first_seq LIMIT 1")?
        .query_row([], |row| read_time_column(row, 0))
        .optional()?;
    Ok(found.flatten())
}

/// Up to `limit` acknowledged segments after the number `after` that no manifest lists.
pub(crate) fn unlisted(
    conn: &Connection,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<SegmentRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM segment
         WHERE acked <> 0 AND manifest IS NULL AND last_seq > ?1 ORDER BY first_seq LIMIT ?2"
    );
    conn.prepare_cached(&sql)?
        .query_map(params![after, limit], SegmentRow::from_row)?
        .collect()
}

/// Notes the manifest that lists a segment.
pub(crate) fn set_manifest(
    conn: &Connection,
    first_seq: u64,
    manifest: u64,
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE segment SET manifest = ?2 WHERE first_seq = ?1 AND acked <> 0")?
        .execute([first_seq, manifest])?;
    Ok(())
}

/// Keeps everything uploaded so far, screenshots too, out of the manifests: it has a lost epoch in its name.
pub(crate) fn disown_uploaded(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(
        "UPDATE segment SET manifest = 0 WHERE acked <> 0;
         UPDATE blob SET manifest = 0 WHERE acked <> 0;",
    )
}

/// Every object, screenshots among the segments, that the sink has or may have, by rising number.
pub(crate) fn for_each_uploaded(
    conn: &Connection,
    visit: &mut dyn FnMut(UploadedObjectInfo),
) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT {COLUMNS}, NULL AS media, acked_us, 0 AS gone FROM segment
         WHERE acked <> 0 OR tried <> 0
         UNION ALL
         SELECT seq, seq, day, 1, stored, sha256, form, plain_sha256, plain_size, tried, acked, media,
                acked_us, place IN (2, 3)
         FROM blob WHERE acked <> 0 OR tried <> 0
         ORDER BY 1"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let found = SegmentRow::from_row(row)?;
        let media: Option<String> = row.get(11)?;
        let acked_at = read_time_column(row, 12)?;
        let gone: bool = row.get(13)?;
        for mut object in found.uploaded_objects()? {
            object.media.clone_from(&media);
            visit(UploadedObjectInfo {
                bytes: found.bytes_of(object.encoding),
                object,
                count: found.count,
                acked_at,
                gone,
            });
        }
    }
    Ok(())
}
