//! Private and durable files, in one place.
//!
//! Always true:
//! * A directory made here has mode 0700 and a file 0600 from its first moment (on systems that have modes).
//! * After [`write_file_durably`] returns `Ok`, the whole new content survives a power cut; before that, the old one does.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod imp;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Creates `dir` and its parents. The new ones, and `dir` itself even if it existed, belong to this user alone.
///
/// # Errors
/// The error of the file system.
pub fn create_private_dir(dir: &Path) -> io::Result<()> {
    imp::create_dir_all(dir)?;
    imp::restrict_to_owner(dir, 0o700)
}

/// Creates an empty file that only this user can read and write, opened for both.
///
/// # Errors
/// `AlreadyExists` when there is a file of this name, or another error of the file system.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    imp::create_file(path)
}

/// Removes the permissions that other users have for a file, if there are any.
///
/// # Errors
/// The error of the file system.
pub fn restrict_to_owner(path: &Path) -> io::Result<()> {
    imp::restrict_to_owner(path, 0o600)
}

/// Makes renames and new names in `dir` durable.
///
/// # Errors
/// The error of the file system.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    imp::sync_dir(dir)
}

/// The file in which [`write_file_durably`] prepares `path`; one left behind by a crash may be deleted.
#[must_use]
pub fn temporary_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

/// Replaces `path` by `bytes` as one step: temporary file, fsync, rename, fsync of the directory.
///
/// # Errors
/// The error of the file system; the temporary file is removed, the old content stays. After a failed fsync the state of
/// the new content is unknown, so the error is returned and never swallowed.
pub fn write_file_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let tmp = temporary_path(path);
    match fs::remove_file(&tmp) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let written = (|| {
        let mut file = create_private_file(&tmp)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        imp::replace_file(&tmp, path)
    })();
    if let Err(e) = written {
        // Best effort: the first error is the one to report.
        let _ = fs::remove_file(&tmp);
        return Err(e);
    }
    match path.parent() {
        Some(dir) => sync_dir(dir),
        None => Ok(()),
    }
}
