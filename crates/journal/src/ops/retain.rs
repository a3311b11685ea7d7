//! Executing a retention plan.
//!
//! Always true: a copy in the archive is durable before its row says so, and the row says so before the file goes; a
//! missing file counts as removed.

use crate::database::Database;
use crate::error::JournalError;
use crate::object::ScreenshotLocation;
use crate::retention::{RetentionAction, RetentionReport, RetentionStep};
use crate::screenshot_files::{create_parent, remove_file};
use crate::tables::screenshots;
use platform::files;
use std::fs;
use std::io;
use std::path::PathBuf;

/// How many steps of a plan share one transaction.
const STEPS_AT_ONCE: usize = 64;

/// A step that still applies, ready for its row.
struct RetentionMove {
    seq: u64,
    bytes: u64,
    place: ScreenshotLocation,
    from: PathBuf,
    path: String,
}

/// Executes a plan; repeating it after a crash does no harm.
pub(crate) fn apply_retention(
    db: &mut Database,
    plan: &[RetentionStep],
) -> Result<RetentionReport, JournalError> {
    let mut done = RetentionReport::default();
    for some in plan.chunks(STEPS_AT_ONCE) {
        let mut ready = Vec::new();
        for step in some {
            match prepare_step(db, step)? {
                Some(step) => ready.push(step),
                None => done.skipped += 1,
            }
        }
        db.change("mark screenshots archived or deleted", |tx| {
            ready
                .iter()
                .try_for_each(|step| screenshots::move_to(tx, step.seq, step.place, &step.path))
        })?;
        for step in ready {
            remove_file(&step.from)?;
            done.bytes += step.bytes;
            match step.place {
                ScreenshotLocation::Archived => done.archived += 1,
                _ => done.deleted += 1,
            }
        }
    }
    Ok(done)
}

/// Checks a step against its row and, for the archive, makes the copy durable.
fn prepare_step(
    db: &Database,
    step: &RetentionStep,
) -> Result<Option<RetentionMove>, JournalError> {
    let row = db.query("read a screenshot", |conn| {
        screenshots::find_removable(conn, step.seq)
    })?;
    let Some((path, day)) = row else {
        return Ok(None);
    };
    let from = db.dir.join(&path);
    let mut ready = RetentionMove {
        seq: step.seq,
        bytes: step.bytes,
        place: ScreenshotLocation::Deleted,
        from,
        path,
    };
    let RetentionAction::Archive(archive) = &step.action else {
        return Ok(Some(ready));
    };
    let sealed = match fs::read(&ready.from) {
        Ok(sealed) => sealed,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            db.query("mark a screenshot lost", |conn| {
                screenshots::mark_lost(conn, step.seq)
            })?;
            return Ok(None);
        }
        Err(e) => return Err(JournalError::io("read", &ready.from)(e)),
    };
    // A relative archive lies within the journal's directory, and its rows move with it.
    let name = ready.from.file_name().unwrap_or_default();
    let to = archive.join(day.to_string()).join(name);
    let kept = to.strip_prefix(&db.dir).unwrap_or(&to);
    let Some(text) = kept.to_str() else {
        let why = io::Error::new(
            io::ErrorKind::InvalidFilename,
            "the archive's name is not Unicode",
        );
        return Err(JournalError::io("archive into", &to)(why));
    };
    ready.path = text.to_owned();
    ready.place = ScreenshotLocation::Archived;
    let to = db.dir.join(&to);
    create_parent(&to)?;
    files::write_file_durably(&to, &sealed).map_err(JournalError::io("archive into", &to))?;
    Ok(Some(ready))
}
