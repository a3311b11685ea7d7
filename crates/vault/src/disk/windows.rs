//! Windows has no modes: what lies in the user's profile is closed to other users by the access list it inherits. A
//! rename is made durable by NTFS's own log; a directory cannot be flushed.

use std::fs::{File, OpenOptions, create_dir_all as create};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

pub(super) fn create_dir_all(dir: &Path) -> io::Result<()> {
    create(dir)
}

pub(super) fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
}

pub(super) fn only_mine(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

pub(super) fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}

/// How long another program may keep a file open before it counts as refused.
const PATIENCE: Duration = Duration::from_secs(2);

/// `from` takes the place of `to` in one step. A file that somebody is just reading (a second uam, a virus scanner)
/// cannot be replaced; they are done in a moment.
pub(super) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match std::fs::rename(from, to) {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied && begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}
