//! Deleting the files whose rows are gone.

use crate::database::Database;
use crate::error::JournalError;
use crate::screenshot_files::{remove_file, seq_of_file};
use crate::tables::screenshots;

/// Deletes the doomed files; a crash in between is made good at the next start.
pub(crate) fn delete_doomed_files(db: &Database) -> Result<(), JournalError> {
    let paths = db.query("list the screenshots to delete", screenshots::doomed_paths)?;
    for path in paths {
        let file = db.dir.join(&path);
        // Only ever a screenshot: the name is checked, whatever a damaged row may say.
        let name = file.file_name().and_then(|name| name.to_str());
        if name.and_then(seq_of_file).is_some() {
            remove_file(&file)?;
        }
        db.query("note a deleted screenshot", |conn| {
            screenshots::delete_doomed(conn, &path)
        })?;
    }
    Ok(())
}
