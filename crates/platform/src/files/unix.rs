//! Modes, and a rename that replaces.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, metadata, set_permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

pub(super) fn create_dir_all(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

pub(super) fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

pub(super) fn restrict_to_owner(path: &Path, mode: u32) -> io::Result<()> {
    if metadata(path)?.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    set_permissions(path, Permissions::from_mode(mode))
}

pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    let dir = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    File::open(dir)?.sync_all()
}

/// Replaces `to` by `from` in one step.
pub(super) fn replace_file(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}
