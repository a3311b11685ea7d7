//! Files of screenshots and their rows, compared once at every start.
//!
//! Always true: a file that anything acknowledged may need is never removed. Removed are unfinished files, the one file
//! a crash can leave without a row (its number is the next to be given), and files whose row, or erased number, says they
//! are gone. Any other file without a row is moved into `set-aside`, for a person to look at.

use crate::database::Database;
use crate::error::JournalError;
use crate::object::ScreenshotLocation;
use crate::ops::doomed_files::delete_doomed_files;
use crate::screenshot_files::{SHOTS_DIR, list_entries, remove_file, seq_of_file, set_aside};
use crate::tables::{erased, screenshots, sequence};
use std::fs;
use std::path::Path;

/// Numbers of files and rows that did not match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReconcileReport {
    /// Unfinished files, removed.
    pub unfinished: u64,
    /// Whole files whose row was never written (a crash in between; never acknowledged), removed.
    pub orphans: u64,
    /// Files that no row explains, moved into `set-aside`.
    pub set_aside: u64,
    /// Files whose row says deleted or archived already, removed.
    pub leftovers: u64,
    /// Rows whose file is missing, marked lost.
    pub lost: u64,
}

/// Compares and mends. After a salvage (`salvaged`) rows may be missing, so no file without one is removed.
pub(crate) fn reconcile(
    db: &mut Database,
    salvaged: bool,
) -> Result<ReconcileReport, JournalError> {
    let mut report = ReconcileReport::default();
    delete_doomed_files(db)?;
    let next_seq = db.query("read the records", sequence::next_seq)?;
    for day in list_entries(&db.dir.join(SHOTS_DIR))? {
        if !day.is_dir() {
            continue;
        }
        for file in list_entries(&day)? {
            reconcile_file(db, &file, next_seq, salvaged, &mut report)?;
        }
        // Fails, as it should, while screenshots lie in it.
        let _ = fs::remove_dir(&day);
    }
    mark_missing(db, &mut report)?;
    Ok(report)
}

fn reconcile_file(
    db: &Database,
    file: &Path,
    next_seq: u64,
    salvaged: bool,
    report: &mut ReconcileReport,
) -> Result<(), JournalError> {
    let Some(name) = file.file_name().and_then(|n| n.to_str()) else {
        return Ok(());
    };
    if name.ends_with(".age.tmp") {
        report.unfinished += 1;
        return remove_file(file);
    }
    // Not one of ours: leave it alone.
    let Some(seq) = seq_of_file(name) else {
        return Ok(());
    };
    let (row, is_erased) = db.query("read a screenshot", |conn| {
        let row = screenshots::find_location(conn, seq)?;
        let is_erased = row.is_none() && erased::has_number(conn, seq)?;
        Ok((row, is_erased))
    })?;
    match row {
        Some((path, place)) if db.dir.join(&path) == file => match place {
            ScreenshotLocation::Local => Ok(()),
            // It is back, as after a copy from a backup.
            ScreenshotLocation::Lost => db.query("note a screenshot", |conn| {
                screenshots::set_location(conn, seq, ScreenshotLocation::Local)
            }),
            ScreenshotLocation::Archived | ScreenshotLocation::Deleted => {
                report.leftovers += 1;
                remove_file(file)
            }
        },
        Some((_, ScreenshotLocation::Archived)) => {
            report.leftovers += 1;
            remove_file(file)
        }
        None if is_erased => {
            report.leftovers += 1;
            remove_file(file)
        }
        None if seq == next_seq && !salvaged => {
            report.orphans += 1;
            remove_file(file)
        }
        _ => {
            report.set_aside += 1;
            set_aside(&db.dir, file, name)
        }
    }
}

/// Marks the screenshots lost whose files are missing.
fn mark_missing(db: &mut Database, report: &mut ReconcileReport) -> Result<(), JournalError> {
    let rows = db.query("list the screenshots", screenshots::local_paths)?;
    let missing: Vec<u64> = rows
        .into_iter()
        .filter(|(_, path)| !db.dir.join(path).exists())
        .map(|(seq, _)| seq)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    db.change("mark screenshots lost", |tx| {
        missing
            .iter()
            .try_for_each(|seq| screenshots::set_location(tx, *seq, ScreenshotLocation::Lost))
    })?;
    report.lost = missing.len() as u64;
    Ok(())
}
