//! One instance per user: a lock file that the operating system gives back however its holder ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The lock, held as long as this lives.
#[derive(Debug)]
pub struct InstanceLock {
    _file: File,
}

/// The process that holds the lock instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockHolder {
    /// Its process number, if it could be read.
    pub pid: Option<u32>,
}

/// The lock file cannot be used.
#[derive(Debug, Error)]
#[error("cannot {action} {}", path.display())]
pub struct LockFileError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl InstanceLock {
    /// Takes the lock at `path`, or returns who has it (`Ok(Err(_))`).
    ///
    /// # Errors
    /// The lock file cannot be opened, locked or written.
    pub fn acquire(path: &Path) -> Result<Result<Self, LockHolder>, LockFileError> {
        let failed = |action| {
            move |source| LockFileError {
                action,
                path: path.to_owned(),
                source,
            }
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed("open the lock file"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The number is a courtesy; the lock alone decides.
                let _ = file.read_to_string(&mut text);
                return Ok(Err(LockHolder {
                    pid: text.trim().parse().ok(),
                }));
            }
            Err(TryLockError::Error(e)) => return Err(failed("lock")(e)),
        }
        write_process_number(&mut file).map_err(failed("write"))?;
        Ok(Ok(Self { _file: file }))
    }
}

fn write_process_number(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_has_one_holder_until_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("uam.lock");
        let lock = InstanceLock::acquire(&path).unwrap().unwrap();
        // Windows lets nobody else read a locked file, so the number may be missing there.
        let holder = InstanceLock::acquire(&path).unwrap().unwrap_err();
        assert!(holder.pid.is_none_or(|pid| pid == std::process::id()));
        drop(lock);
        assert!(InstanceLock::acquire(&path).unwrap().is_ok());
    }

    #[test]
    fn a_folder_cannot_be_locked() {
        let dir = tempfile::tempdir().unwrap();
        let error = InstanceLock::acquire(dir.path()).unwrap_err();
        let text = format!("cannot open the lock file {}", dir.path().display());
        assert_eq!(error.to_string(), text);
    }
}
