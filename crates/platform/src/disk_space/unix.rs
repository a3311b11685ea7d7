//! `statvfs(3)`.

use super::types::DiskSpace;
use std::io;
use std::path::Path;

pub(super) fn query_disk_space(path: &Path) -> io::Result<DiskSpace> {
    let found = rustix::fs::statvfs(path)?;
    Ok(DiskSpace {
        // `f_bfree` would include the blocks that are reserved for the system's own programs.
        free: found.f_bavail.saturating_mul(found.f_frsize),
        total: found.f_blocks.saturating_mul(found.f_frsize),
    })
}
