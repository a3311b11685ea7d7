//! Making a folder in one step: it is there whole, or not at all.

use crate::files::remove_dir;
use crate::process::wait_until;
use anyhow::{Context, Result};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long another chore may hold a lock: as long as a cold run on a slow machine takes.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// The file that says a folder was finished.
pub(crate) const COMPLETE: &str = ".complete";

/// An unfinished folder on the same disk as its final place. Dropped unfinished, it takes its contents along.
#[derive(Debug)]
pub(crate) struct AtomicDir(PathBuf);

impl AtomicDir {
    /// Begins afresh: what an earlier, killed attempt left is removed. The caller holds the lock over `cache`.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub(crate) fn new(cache: &Path) -> Result<Self> {
        let dir = cache.join(".unfinished");
        remove_dir(&dir)?;
        fs_err::create_dir_all(&dir)?;
        Ok(Self(dir))
    }

    /// Where to work.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Moves `made`, a folder within, to its final place, with `mark` in the folder `mark_in` within.
    ///
    /// # Errors
    /// When the disk refuses; names the folder.
    pub(crate) fn finish_at(
        self,
        made: &Path,
        place: &Path,
        mark_in: &Path,
        mark: &str,
    ) -> Result<()> {
        let file = mark_in.join(COMPLETE);
        fs_err::write(&file, mark)?;
        remove_dir(place)?;
        Ok(fs_err::rename(made, place)?)
    }
}

impl Drop for AtomicDir {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next attempt, which would say why it cannot.
        let _ = remove_dir(&self.0);
    }
}

/// What the folder's marker says; `None` without one.
pub(crate) fn read_mark(folder: &Path) -> Option<String> {
    std::fs::read_to_string(folder.join(COMPLETE)).ok()
}

/// Holds `file` locked until dropped, so that two chores do not work on the same thing; prints the reason of a wait.
///
/// # Errors
/// On Ctrl-C, after an hour, or when the file cannot be made.
pub(crate) fn lock_file(file: &Path, what: &str) -> Result<File> {
    let lock = File::options()
        .create(true)
        .append(true)
        .open(file)
        .with_context(|| format!("opening {}", file.display()))?;
    let mut told = false;
    wait_until(&format!("another chore to leave {what}"), PATIENCE, || {
        match lock.try_lock() {
            Ok(()) => return Ok(Some(())),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", file.display()));
            }
        }
        if !told {
            told = true;
            eprintln!("Waiting for another chore to leave {what}.");
        }
        Ok(None)
    })?;
    Ok(lock)
}
