//! `statvfs(3)`.

use super::Room;
use std::io;
use std::path::Path;

pub(super) fn room(path: &Path) -> io::Result<Room> {
    let found = rustix::fs::statvfs(path)?;
    Ok(Room {
        // What is kept back for the system's own programs is not ours.
        free: found.f_bavail.saturating_mul(found.f_frsize),
        total: found.f_blocks.saturating_mul(found.f_frsize),
    })
}
