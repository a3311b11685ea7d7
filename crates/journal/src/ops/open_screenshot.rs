//! Reading screenshots: their facts, their files, and the encoded bytes, checked against the hash in the record.

use crate::database::Database;
use crate::error::JournalError;
use crate::object::{
    ObjectEncoding, ScreenshotEntry, ScreenshotFile, ScreenshotLocation, hash_bytes,
};
use crate::screenshot_files::{self, lost};
use crate::sealing::KeyRing;
use crate::tables::screenshots::{self, ScreenshotRow, ShownScreenshots};
use crate::tables::sequence;
use data_encoding::HEXLOWER;
use model::Record;

fn find_row(db: &Database, seq: u64) -> Result<ScreenshotRow, JournalError> {
    db.query("read a screenshot", |conn| screenshots::find_row(conn, seq))?
        .ok_or(JournalError::NoScreenshot { seq })
}

fn read_file(db: &Database, row: &ScreenshotRow) -> Result<ScreenshotFile, JournalError> {
    let seq = row.record.seq;
    if row.place == ScreenshotLocation::Deleted {
        return Err(JournalError::ScreenshotDeleted { seq });
    }
    if row.encoding != ObjectEncoding::Age.number() {
        return Err(lost(
            seq,
            format!("its row names encoding {}", row.encoding),
        ));
    }
    screenshot_files::read_file(&db.dir.join(&row.path), seq, &row.sha256)
}

/// A screenshot's file, sealed as it is here.
pub(crate) fn open_file(db: &Database, seq: u64) -> Result<ScreenshotFile, JournalError> {
    read_file(db, &find_row(db, seq)?)
}

/// The encoded bytes of a screenshot, checked against the hash in its record.
pub(crate) fn open_screenshot(
    db: &Database,
    ring: &KeyRing,
    seq: u64,
) -> Result<Vec<u8>, JournalError> {
    let row = find_row(db, seq)?;
    let file = read_file(db, &row)?;
    let line = row.record.open_line(&db.device, ring);
    let Record::Shot(shot) = line.map_err(|d| lost(seq, d.why))?.record else {
        return Err(lost(seq, "its record is of something else"));
    };
    let encoded = ring.open_file(&file.bytes).map_err(|e| lost(seq, e))?;
    if HEXLOWER.encode(&hash_bytes(&encoded)) != shot.sha256 {
        return Err(lost(seq, "its hash is not the one recorded"));
    }
    Ok(encoded)
}

/// Screenshots to show, newest first; those whose facts cannot be read are left out.
pub(crate) fn list_entries(
    db: &Database,
    ring: &KeyRing,
    which: &ShownScreenshots<'_>,
) -> Result<Vec<ScreenshotEntry>, JournalError> {
    let mut out = Vec::new();
    db.query("read the screenshots", |conn| {
        let frozen = sequence::frozen_through(conn)?;
        screenshots::for_each_shown(conn, which, &mut |row| {
            let seq = row.record.seq;
            let Ok(line) = row.record.open_line(&db.device, ring) else {
                return;
            };
            let Record::Shot(shot) = line.record else {
                return;
            };
            let is_here = row.place == ScreenshotLocation::Local;
            let has_file = is_here || row.place == ScreenshotLocation::Archived;
            out.push(ScreenshotEntry {
                seq,
                shot,
                place: row.place,
                file: has_file.then(|| db.dir.join(&row.path)),
                acked: row.acked,
                not_before: row.not_before.unwrap_or_default(),
                held: !row.acked && is_here && seq > frozen,
            });
        })
    })?;
    Ok(out)
}
