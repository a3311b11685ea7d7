//! Private and durable files, in one place.
//!
//! Always true:
//! * A directory made here has mode 0700 and a file 0600 from its first moment (on systems that have modes).
//! * After [`write_durably`] returns `Ok`, the whole new content survives a power cut; before that, the old one does.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod imp;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Makes `dir` and its parents; the ones that are new, and `dir` itself, belong to this user alone.
///
/// # Errors
/// What the system says.
pub fn private_dir(dir: &Path) -> io::Result<()> {
    imp::create_dir_all(dir)?;
    imp::only_mine(dir, 0o700)
}

/// A new, empty file for this user alone; an existing one is an error.
///
/// # Errors
/// `AlreadyExists`, or what the system says.
pub fn new_private_file(path: &Path) -> io::Result<File> {
    imp::new_file(path)
}

/// Takes a file away from everybody else, if it was open to them.
///
/// # Errors
/// What the system says.
pub fn only_mine(path: &Path) -> io::Result<()> {
    imp::only_mine(path, 0o600)
}

/// Makes renames and new names in `dir` durable.
///
/// # Errors
/// What the system says.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    imp::sync_dir(dir)
}

/// The name under which [`write_durably`] prepares `path`; one left behind by a crash may be deleted.
#[must_use]
pub fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

/// Replaces `path` by `bytes` as one step: temporary file, fsync, rename, fsync of the directory.
///
/// # Errors
/// What the system says; the temporary file is removed, the old content stays. After a failed fsync nothing is known
/// about the new content, so the error is returned and never swallowed.
pub fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let tmp = temporary_name(path);
    match fs::remove_file(&tmp) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let written = (|| {
        let mut file = new_private_file(&tmp)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        imp::replace(&tmp, path)
    })();
    if let Err(e) = written {
        // Best effort: the reason to report is the first one.
        let _ = fs::remove_file(&tmp);
        return Err(e);
    }
    match path.parent() {
        Some(dir) => sync_dir(dir),
        None => Ok(()),
    }
}
