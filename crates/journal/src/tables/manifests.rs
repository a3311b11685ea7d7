//! `manifest`: the signed lists of uploaded objects.

use crate::utc_day::UtcDay;
use data_encoding::HEXLOWER;
use model::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// The newest manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestHead {
    /// Its number.
    pub no: u64,
    /// SHA-256 of it, 64 lower-case hex digits.
    pub sha256: String,
    /// Every record up to this number is in an object that it or an earlier one lists, or explained in them.
    pub through: u64,
    /// When it was made.
    pub at: Timestamp,
    /// True when the sink acknowledged it.
    pub acked: bool,
}

/// A manifest the sink does not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsentManifest {
    /// Its number.
    pub no: u64,
    /// UTC day on which it was made.
    pub day: UtcDay,
    /// Its bytes, the same at every try.
    pub bytes: Vec<u8>,
}

/// A stored manifest, for listings of uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestInfo {
    /// Its number.
    pub no: u64,
    /// UTC day on which it was made.
    pub day: UtcDay,
    /// SHA-256 of it, 64 lower-case hex digits.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was made.
    pub at: Timestamp,
    /// True when the sink acknowledged it.
    pub acked: bool,
}

/// A manifest to keep.
pub(crate) struct NewManifestRow<'a> {
    pub(crate) no: u64,
    pub(crate) through: u64,
    pub(crate) sha256: [u8; 32],
    pub(crate) bytes: &'a [u8],
    pub(crate) at: Timestamp,
}

/// Keeps a manifest; fails when there is one of that number.
pub(crate) fn insert_row(conn: &Connection, row: &NewManifestRow<'_>) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT INTO manifest (no, day, through, sha256, size, body, at_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            row.no,
            UtcDay::of(row.at).0,
            row.through,
            row.sha256,
            row.bytes.len(),
            row.bytes,
            row.at.as_micros()
        ],
    )?;
    Ok(())
}

/// The oldest manifest the sink does not have yet.
pub(crate) fn next_unsent(conn: &Connection) -> rusqlite::Result<Option<UnsentManifest>> {
    conn.prepare_cached(
        "SELECT no, day, body FROM manifest
         WHERE acked = 0 AND body IS NOT NULL ORDER BY no LIMIT 1",
    )?
    .query_row([], |row| {
        Ok(UnsentManifest {
            no: row.get(0)?,
            day: UtcDay(row.get(1)?),
            bytes: row.get(2)?,
        })
    })
    .optional()
}

/// Notes that the sink has a manifest, and drops its bytes.
pub(crate) fn acknowledge(conn: &Connection, no: u64) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE manifest SET acked = 1, body = NULL WHERE no = ?1",
        [no],
    )?;
    Ok(())
}

/// The newest manifest.
pub(crate) fn head(conn: &Connection) -> rusqlite::Result<Option<ManifestHead>> {
    conn.prepare_cached(
        "SELECT no, sha256, through, at_us, acked FROM manifest ORDER BY no DESC LIMIT 1",
    )?
    .query_row([], |row| {
        Ok(ManifestHead {
            no: row.get(0)?,
            sha256: HEXLOWER.encode(&row.get::<_, [u8; 32]>(1)?),
            through: row.get(2)?,
            at: Timestamp::from_micros(row.get(3)?),
            acked: row.get(4)?,
        })
    })
    .optional()
}

/// The manifests made so far, oldest first.
pub(crate) fn for_each(
    conn: &Connection,
    visit: &mut dyn FnMut(ManifestInfo),
) -> rusqlite::Result<()> {
    let mut query = conn
        .prepare_cached("SELECT no, day, sha256, size, at_us, acked FROM manifest ORDER BY no")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        visit(ManifestInfo {
            no: row.get(0)?,
            day: UtcDay(row.get(1)?),
            sha256: HEXLOWER.encode(&row.get::<_, [u8; 32]>(2)?),
            bytes: row.get(3)?,
            at: Timestamp::from_micros(row.get(4)?),
            acked: row.get(5)?,
        });
    }
    Ok(())
}
