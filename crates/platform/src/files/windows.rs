//! Windows has no modes: the access list that files inherit in the user's profile closes them to other users. A
//! rename is made durable by the log of NTFS; a directory cannot be flushed.

use std::fs::{File, OpenOptions, create_dir_all as create};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

pub(super) fn create_dir_all(dir: &Path) -> io::Result<()> {
    create(dir)
}

pub(super) fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
}

pub(super) fn restrict_to_owner(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

pub(super) fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}

/// How long another program may keep a file open before the replacement fails.
const REPLACE_TIMEOUT: Duration = Duration::from_secs(2);

/// Replaces `to` by `from` in one step. A file that another program (a second uam, a virus scanner)
/// is reading cannot be replaced; it is closed again in a moment.
pub(super) fn replace_file(from: &Path, to: &Path) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match std::fs::rename(from, to) {
            Err(e)
                if e.kind() == io::ErrorKind::PermissionDenied
                    && begun.elapsed() < REPLACE_TIMEOUT =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}
