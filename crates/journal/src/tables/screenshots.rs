//! `blob` and `doomed`: the files of screenshots, and those still to be deleted.

use crate::object::{
    ObjectEncoding, PutAttempts, ScreenshotLocation, UnsealedDigest, WaitingScreenshot,
};
use crate::retention::StoredScreenshot;
use crate::sealed_row::{RECORD_COLUMNS, SealedRow};
use crate::tables::segments::{SegmentRow, read_time_column};
use crate::utc_day::UtcDay;
use data_encoding::HEXLOWER;
use model::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::ops::RangeInclusive;

/// A row with its record.
pub(crate) struct ScreenshotRow {
    pub(crate) record: SealedRow,
    pub(crate) path: String,
    pub(crate) sha256: [u8; 32],
    pub(crate) place: ScreenshotLocation,
    pub(crate) encoding: i64,
}

/// A row to add.
pub(crate) struct NewScreenshotRow<'a> {
    pub(crate) seq: u64,
    pub(crate) path: &'a str,
    /// Of the sealed file.
    pub(crate) sha256: [u8; 32],
    /// Of the sealed file.
    pub(crate) bytes: usize,
    pub(crate) media: &'a str,
    pub(crate) day: UtcDay,
}

/// A row as it is shown.
pub(crate) struct ShownScreenshotRow {
    pub(crate) record: SealedRow,
    pub(crate) path: String,
    pub(crate) place: ScreenshotLocation,
    pub(crate) acked: bool,
    /// Of its segment; none while it is in no segment.
    pub(crate) not_before: Option<Timestamp>,
}

/// Which rows are shown.
pub(crate) enum ShownScreenshots<'a> {
    /// The newest below a number, at most so many.
    Below(u64, usize),
    /// Those of whole days.
    OfDays(&'a RangeInclusive<UtcDay>),
}

/// The puts of a screenshot's file.
pub(crate) struct ScreenshotPutRow {
    pub(crate) day: UtcDay,
    pub(crate) media: String,
    pub(crate) encoding: i64,
    pub(crate) sha256: [u8; 32],
    pub(crate) plain: Option<[u8; 32]>,
    pub(crate) tried: i64,
    pub(crate) acked: i64,
}

/// Adds a row.
pub(crate) fn insert_row(conn: &Connection, row: &NewScreenshotRow<'_>) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO blob (seq, path, sha256, size, stored, media, day, form)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, 1)",
    )?
    .execute(params![
        row.seq, row.path, row.sha256, row.bytes, row.media, row.day.0
    ])?;
    Ok(())
}

/// The row of a number.
pub(crate) fn find_row(conn: &Connection, seq: u64) -> rusqlite::Result<Option<ScreenshotRow>> {
    let sql = format!(
        "SELECT {RECORD_COLUMNS}, b.path, b.sha256, b.place, b.form
         FROM blob b JOIN record r ON r.seq = b.seq JOIN session s ON s.no = r.session
         WHERE b.seq = ?1"
    );
    conn.prepare_cached(&sql)?
        .query_row([seq], |row| {
            Ok(ScreenshotRow {
                record: SealedRow::from_row(row)?,
                path: row.get(6)?,
                sha256: row.get(7)?,
                place: ScreenshotLocation::of(row.get(8)?),
                encoding: row.get(9)?,
            })
        })
        .optional()
}

/// Rows to show, newest first. A record knows its day; the index of screenshots only while the file is here.
pub(crate) fn for_each_shown(
    conn: &Connection,
    which: &ShownScreenshots<'_>,
    visit: &mut dyn FnMut(ShownScreenshotRow),
) -> rusqlite::Result<()> {
    // SQLite counts up to `i64::MAX`; no journal has more.
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let (condition, one, other) = match which {
        ShownScreenshots::Below(seq, limit) => (
            "b.seq < ?1 ORDER BY b.seq DESC LIMIT ?2",
            number(*seq),
            i64::try_from(*limit).unwrap_or(i64::MAX),
        ),
        ShownScreenshots::OfDays(days) => (
            "b.seq IN (SELECT seq FROM record WHERE day BETWEEN ?1 AND ?2) ORDER BY b.seq DESC",
            i64::from(days.start().0),
            i64::from(days.end().0),
        ),
    };
    let sql = format!(
        "SELECT {RECORD_COLUMNS}, b.path, b.place, b.acked <> 0,
                (SELECT not_before_us FROM segment g WHERE g.first_seq <= b.seq
                 ORDER BY g.first_seq DESC LIMIT 1)
         FROM blob b JOIN record r ON r.seq = b.seq JOIN session s ON s.no = r.session
         WHERE {condition}"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let mut rows = query.query([one, other])?;
    while let Some(row) = rows.next()? {
        visit(ShownScreenshotRow {
            record: SealedRow::from_row(row)?,
            path: row.get(6)?,
            place: ScreenshotLocation::of(row.get(7)?),
            acked: row.get(8)?,
            not_before: read_time_column(row, 9)?,
        });
    }
    Ok(())
}

/// The oldest screenshots the sink does not have, up to the record `up_to`.
pub(crate) fn waiting_rows(
    conn: &Connection,
    up_to: u64,
    limit: usize,
) -> rusqlite::Result<Vec<WaitingScreenshot>> {
    let read = |row: &Row<'_>| {
        let sha256: Option<[u8; 32]> = row.get(4)?;
        let size: Option<u64> = row.get(5)?;
        Ok(WaitingScreenshot {
            seq: row.get(0)?,
            day: UtcDay(row.get(1)?),
            media: row.get(2)?,
            // Every file has this encoding; a row that says otherwise is found out when its file is handed out.
            encoding: ObjectEncoding::Age,
            bytes: row.get(3)?,
            readable: sha256.zip(size).map(|(sha256, bytes)| UnsealedDigest {
                sha256: HEXLOWER.encode(&sha256),
                bytes,
            }),
            tried: PutAttempts::of(row.get(6)?),
        })
    };
    conn.prepare_cached(
        "SELECT seq, day, media, stored, plain_sha256, plain_size, tried FROM blob
         WHERE acked = 0 AND place = 0 AND seq <= ?1 ORDER BY seq LIMIT ?2",
    )?
    .query_map(params![up_to, limit], read)?
    .collect()
}

/// How many wait for the sink, and the bytes of their files.
pub(crate) fn waiting_totals(conn: &Connection) -> rusqlite::Result<(u64, u64)> {
    conn.prepare_cached(
        "SELECT count(*), coalesce(sum(stored), 0) FROM blob WHERE acked = 0 AND place = 0",
    )?
    .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The screenshots whose files are here, for the retention rule.
pub(crate) fn local_rows(conn: &Connection) -> rusqlite::Result<Vec<StoredScreenshot>> {
    conn.prepare_cached("SELECT seq, day, stored, acked <> 0 FROM blob WHERE place = 0")?
        .query_map([], |row| {
            Ok(StoredScreenshot {
                seq: row.get(0)?,
                day: UtcDay(row.get(1)?),
                bytes: row.get(2)?,
                acked: row.get(3)?,
            })
        })?
        .collect()
}

/// The numbers and paths of the screenshots whose files are here.
pub(crate) fn local_paths(conn: &Connection) -> rusqlite::Result<Vec<(u64, String)>> {
    conn.prepare("SELECT seq, path FROM blob WHERE place = 0")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Path and day of a screenshot that is here and that the sink has.
pub(crate) fn find_removable(
    conn: &Connection,
    seq: u64,
) -> rusqlite::Result<Option<(String, UtcDay)>> {
    conn.prepare_cached("SELECT path, day FROM blob WHERE seq = ?1 AND acked <> 0 AND place = 0")?
        .query_row([seq], |row| Ok((row.get(0)?, UtcDay(row.get(1)?))))
        .optional()
}

/// Path and location of a screenshot.
pub(crate) fn find_location(
    conn: &Connection,
    seq: u64,
) -> rusqlite::Result<Option<(String, ScreenshotLocation)>> {
    conn.prepare_cached("SELECT path, place FROM blob WHERE seq = ?1")?
        .query_row([seq], |row| {
            Ok((row.get(0)?, ScreenshotLocation::of(row.get(1)?)))
        })
        .optional()
}

/// Notes where a screenshot's file is.
pub(crate) fn set_location(
    conn: &Connection,
    seq: u64,
    place: ScreenshotLocation,
) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE blob SET place = ?2 WHERE seq = ?1",
        params![seq, place.number()],
    )?;
    Ok(())
}

/// The same with its new path.
pub(crate) fn move_to(
    conn: &Connection,
    seq: u64,
    place: ScreenshotLocation,
    path: &str,
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE blob SET place = ?2, path = ?3 WHERE seq = ?1")?
        .execute(params![seq, place.number(), path])?;
    Ok(())
}

/// Marks a screenshot lost, so that nothing waits for it any more.
pub(crate) fn mark_lost(conn: &Connection, seq: u64) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE blob SET place = ?2 WHERE seq = ?1 AND place IN (0, 1)",
        params![seq, ScreenshotLocation::Lost.number()],
    )?;
    Ok(())
}

/// True when there is a row of this number.
pub(crate) fn has_row(conn: &Connection, seq: u64) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM blob WHERE seq = ?1")?
        .exists([seq])
}

/// Deletes a row.
pub(crate) fn delete_row(conn: &Connection, seq: u64) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM blob WHERE seq = ?1")?
        .execute([seq])?;
    Ok(())
}

/// Deletes the rows above `seq`.
pub(crate) fn delete_after(conn: &Connection, seq: u64) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM blob WHERE seq > ?1", [seq])?;
    Ok(())
}

/// Marks a screenshot deleted and dooms its file.
pub(crate) fn doom_file(conn: &Connection, seq: u64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT OR IGNORE INTO doomed SELECT path FROM blob WHERE seq = ?1 AND place IN (0, 1, 3)",
    )?
    .execute([seq])?;
    conn.prepare_cached(
        "UPDATE blob SET place = ?2,
                plain_sha256 = CASE WHEN acked = 0 AND tried = 0 THEN NULL ELSE plain_sha256 END
         WHERE seq = ?1",
    )?
    .execute(params![seq, ScreenshotLocation::Deleted.number()])?;
    Ok(())
}

/// The paths of the files still to be deleted.
pub(crate) fn doomed_paths(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached("SELECT path FROM doomed")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Notes that a doomed file was deleted.
pub(crate) fn delete_doomed(conn: &Connection, path: &str) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM doomed WHERE path = ?1", [path])?;
    Ok(())
}

/// The puts of a screenshot's file.
pub(crate) fn find_puts(conn: &Connection, seq: u64) -> rusqlite::Result<Option<ScreenshotPutRow>> {
    conn.prepare_cached(
        "SELECT day, media, form, sha256, plain_sha256, tried, acked FROM blob WHERE seq = ?1",
    )?
    .query_row([seq], |row| {
        Ok(ScreenshotPutRow {
            day: UtcDay(row.get(0)?),
            media: row.get(1)?,
            encoding: row.get(2)?,
            sha256: row.get(3)?,
            plain: row.get(4)?,
            tried: row.get(5)?,
            acked: row.get(6)?,
        })
    })
    .optional()
}

/// Notes hash and size of the unsealed screenshot (or that it is sent sealed), unless a put of that encoding was begun.
pub(crate) fn set_unsealed_digest(
    conn: &Connection,
    seq: u64,
    digest: Option<([u8; 32], u64)>,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE blob SET plain_sha256 = ?2, plain_size = ?3
         WHERE seq = ?1 AND acked = 0 AND tried & 2 = 0",
    )?
    .execute(params![
        seq,
        digest.map(|(sha256, _)| sha256),
        digest.map(|(_, bytes)| bytes)
    ])?;
    Ok(())
}

/// Notes that a put begins; false when the screenshot does not wait any more.
pub(crate) fn note_put(
    conn: &Connection,
    seq: u64,
    encoding: ObjectEncoding,
) -> rusqlite::Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE blob SET tried = tried | ?2
             WHERE seq = ?1 AND acked = 0 AND place = 0",
        )?
        .execute(params![seq, encoding.mark()])?;
    Ok(changed > 0)
}

/// Notes, once, that the sink has a screenshot; false when there is no such row.
pub(crate) fn acknowledge(
    conn: &Connection,
    seq: u64,
    encoding: ObjectEncoding,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    let changed = conn.execute(
        "UPDATE blob SET acked_us = CASE acked WHEN 0 THEN ?3 ELSE acked_us END,
                acked = CASE acked WHEN 0 THEN ?2 ELSE acked END WHERE seq = ?1",
        params![seq, encoding.mark(), at.as_micros()],
    )?;
    Ok(changed > 0)
}

/// Up to `limit` acknowledged screenshots, up to the number `through`, that no manifest lists; and their media types.
pub(crate) fn unlisted(
    conn: &Connection,
    through: u64,
    limit: usize,
) -> rusqlite::Result<Vec<(SegmentRow, String)>> {
    conn.prepare_cached(
        "SELECT seq, seq, day, 1, stored, sha256, form, plain_sha256, plain_size, tried, acked, media FROM blob
               WHERE acked <> 0 AND manifest IS NULL AND seq <= ?1 ORDER BY seq LIMIT ?2",
    )?
    .query_map(params![through, limit], |row| {
        Ok((SegmentRow::from_row(row)?, row.get(11)?))
    })?
    .collect()
}

/// Notes the manifest that lists a screenshot.
pub(crate) fn set_manifest(conn: &Connection, seq: u64, manifest: u64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE blob SET manifest = ?2 WHERE seq = ?1")?
        .execute([seq, manifest])?;
    Ok(())
}
