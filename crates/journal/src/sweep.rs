//! Picture files and their rows, compared once at every start.
//!
//! Always true: a file that anything acknowledged may need is never removed. Removed are unfinished files, the one file
//! a crash can leave without a row (its number is the next to be given), and files whose row, or erased number, says they
//! are gone. Whatever
//! else has no row is moved into `set-aside`, for a person to look at.

use crate::blobs::{self, SHOTS_DIR, ScreenshotLocation};
use crate::db::Database;
use crate::{JournalError, ReconcileReport, erase, recover, salvage};
use platform::files;
use rusqlite::{OptionalExtension, TransactionBehavior, params};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where files go that no row explains.
const SET_ASIDE: &str = "set-aside";

/// Compares and mends. After a salvage (`salvaged`) rows may be missing, so no file without one is removed.
pub(crate) fn reconcile(
    db: &mut Database,
    salvaged: bool,
) -> Result<ReconcileReport, JournalError> {
    let mut swept = ReconcileReport::default();
    erase::finish(db)?;
    let next_seq = recover::next_seq(db)?;
    for day in entries(&db.dir.join(SHOTS_DIR))? {
        if !day.is_dir() {
            continue;
        }
        for file in entries(&day)? {
            sweep_file(db, &file, next_seq, salvaged, &mut swept)?;
        }
        // Fails, as it should, while pictures lie in it.
        let _ = fs::remove_dir(&day);
    }
    mark_missing(db, &mut swept)?;
    Ok(swept)
}

fn sweep_file(
    db: &Database,
    file: &Path,
    next_seq: u64,
    salvaged: bool,
    swept: &mut ReconcileReport,
) -> Result<(), JournalError> {
    let Some(name) = file.file_name().and_then(|n| n.to_str()) else {
        return Ok(());
    };
    if name.ends_with(".age.tmp") {
        swept.unfinished += 1;
        return blobs::remove(file);
    }
    // Not one of ours: leave it alone.
    let Some(seq) = blobs::seq_of(name) else {
        return Ok(());
    };
    let row: Option<(String, i64)> = db
        .conn
        .prepare_cached("SELECT path, place FROM blob WHERE seq = ?1")
        .and_then(|mut s| {
            s.query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
        .map_err(db.failed("read a shot"))?;
    match row {
        Some((path, place)) if db.dir.join(&path) == file => match ScreenshotLocation::of(place) {
            ScreenshotLocation::Here => Ok(()),
            ScreenshotLocation::Lost => {
                // It is back, as after a copy from a backup.
                db.conn
                    .execute(
                        "UPDATE blob SET place = ?2 WHERE seq = ?1",
                        params![seq, ScreenshotLocation::Here.number()],
                    )
                    .map_err(db.failed("note a picture"))?;
                Ok(())
            }
            ScreenshotLocation::Archived | ScreenshotLocation::Deleted => {
                swept.leftovers += 1;
                blobs::remove(file)
            }
        },
        Some((_, place)) if ScreenshotLocation::of(place) == ScreenshotLocation::Archived => {
            swept.leftovers += 1;
            blobs::remove(file)
        }
        None if erase::is_erased(db, seq)? => {
            swept.leftovers += 1;
            blobs::remove(file)
        }
        None if seq == next_seq && !salvaged => {
            swept.orphans += 1;
            blobs::remove(file)
        }
        _ => {
            swept.set_aside += 1;
            set_aside(db, file, name)
        }
    }
}

fn set_aside(db: &Database, file: &Path, name: &str) -> Result<(), JournalError> {
    let dir = db.dir.join(SET_ASIDE);
    files::create_private_dir(&dir).map_err(JournalError::io("create", &dir))?;
    let to = dir.join(name);
    fs::rename(file, &to).map_err(JournalError::io("set aside", file))?;
    files::sync_dir(&dir).map_err(JournalError::io("sync", &dir))
}

fn mark_missing(db: &mut Database, swept: &mut ReconcileReport) -> Result<(), JournalError> {
    let rows: Vec<(u64, String)> = db
        .conn
        .prepare("SELECT seq, path FROM blob WHERE place = 0")
        .and_then(|mut s| {
            s.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .map_err(db.failed("list the pictures"))?;
    let missing: Vec<u64> = rows
        .into_iter()
        .filter(|(_, path)| !db.dir.join(path).exists())
        .map(|(seq, _)| seq)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let failed = || JournalError::sqlite("mark pictures lost", &db.path);
    let tx = db
        .conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed())?;
    for seq in &missing {
        tx.execute(
            "UPDATE blob SET place = ?2 WHERE seq = ?1",
            params![seq, ScreenshotLocation::Lost.number()],
        )
        .map_err(failed())?;
    }
    tx.commit().map_err(failed())?;
    swept.lost = missing.len() as u64;
    Ok(())
}

/// Everything that was ever set aside and still lies there: pictures without rows, and damaged databases. As much as can
/// be listed.
pub(crate) fn list_set_aside(db: &Database) -> Vec<PathBuf> {
    let mut out = entries(&db.dir.join(SET_ASIDE)).unwrap_or_default();
    let damaged = |path: &PathBuf| {
        path.file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with(salvage::DAMAGED))
    };
    out.extend(
        entries(&db.dir)
            .unwrap_or_default()
            .into_iter()
            .filter(damaged),
    );
    out.sort();
    out
}

/// The entries of a directory; none when it is missing.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, JournalError> {
    let read = match fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(JournalError::io("list", dir))?,
    };
    read.map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<_>>()
        .map_err(JournalError::io("list", dir))
}
