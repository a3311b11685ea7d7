//! Windows has no modes: what lies in the user's profile is closed to other users by the access list it inherits. A
//! rename is made durable by NTFS's own log; a directory cannot be flushed.

use std::fs::{File, OpenOptions, create_dir_all as create};
use std::io;
use std::path::Path;

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
