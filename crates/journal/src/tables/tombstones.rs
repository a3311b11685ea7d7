//! `tombstone`: objects at the sink that hold only records redacted or erased here.

use crate::object::{ObjectEncoding, UploadedObject, parse_hash};
use crate::utc_day::UtcDay;
use data_encoding::HEXLOWER;
use model::Timestamp;
use rusqlite::{Connection, Row, params};

/// An object that holds nothing but redacted or erased records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// Which.
    pub object: UploadedObject,
    /// When.
    pub at: Timestamp,
}

/// The columns [`read_object`] reads.
const OBJECT_COLUMNS: &str = "first_seq, last_seq, day, sha256, form, media";

fn read_object(row: &Row<'_>) -> rusqlite::Result<UploadedObject> {
    Ok(UploadedObject {
        first_seq: row.get(0)?,
        last_seq: row.get(1)?,
        day: UtcDay(row.get(2)?),
        sha256: HEXLOWER.encode(&row.get::<_, [u8; 32]>(3)?),
        encoding: ObjectEncoding::of(row.get(4)?)?,
        media: row.get(5)?,
        certain: true,
    })
}

/// Notes objects that hold only records redacted or erased in this very step; the next manifest says so.
pub(crate) fn insert_objects<'a>(
    conn: &Connection,
    objects: impl IntoIterator<Item = &'a UploadedObject>,
    at: Timestamp,
) -> rusqlite::Result<()> {
    for object in objects {
        conn.prepare_cached(
            "INSERT OR IGNORE INTO tombstone (first_seq, last_seq, day, sha256, form, media, at_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            object.first_seq,
            object.last_seq,
            object.day.0,
            parse_hash(&object.sha256),
            object.encoding.number(),
            object.media,
            at.as_micros()
        ])?;
    }
    Ok(())
}

/// Up to `limit` of those that no manifest names yet.
pub(crate) fn unlisted(conn: &Connection, limit: usize) -> rusqlite::Result<Vec<Tombstone>> {
    let sql = format!(
        "SELECT {OBJECT_COLUMNS}, at_us FROM tombstone WHERE manifest IS NULL ORDER BY first_seq LIMIT ?1"
    );
    conn.prepare_cached(&sql)?
        .query_map([limit], |row| {
            Ok(Tombstone {
                object: read_object(row)?,
                at: Timestamp::from_micros(row.get(6)?),
            })
        })?
        .collect()
}

/// Notes the manifest that names a tombstone.
pub(crate) fn set_manifest(
    conn: &Connection,
    object: &UploadedObject,
    manifest: u64,
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE tombstone SET manifest = ?3 WHERE first_seq = ?1 AND sha256 = ?2")?
        .execute(params![
            object.first_seq,
            parse_hash(&object.sha256),
            manifest
        ])?;
    Ok(())
}

/// All of them.
pub(crate) fn objects(conn: &Connection) -> rusqlite::Result<Vec<UploadedObject>> {
    conn.prepare_cached(&format!("SELECT {OBJECT_COLUMNS} FROM tombstone"))?
        .query_map([], read_object)?
        .collect()
}
