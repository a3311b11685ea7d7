//! How much room a disk has.

#[cfg(unix)]
#[path = "unix.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows.rs"]
mod imp;

use std::io;
use std::path::Path;

/// The room on the file system that holds a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that this user may still write.
    pub free: u64,
    /// Bytes of the whole file system.
    pub total: u64,
}

/// Asks for the room where `path` lies.
///
/// # Errors
/// What the system says: the path does not exist, or its file system does not answer.
pub fn room(path: &Path) -> io::Result<Room> {
    imp::room(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_room_and_what_is_nowhere_has_none() {
        let dir = tempfile::tempdir().unwrap();
        let room = room(dir.path()).unwrap();
        assert!(
            room.free <= room.total && room.total > 1_000_000,
            "{room:?}"
        );
        assert!(super::room(&dir.path().join("nowhere")).is_err());
    }
}
