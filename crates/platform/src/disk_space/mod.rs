//! Free and total bytes of a file system.

#[cfg(unix)]
#[path = "unix.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows.rs"]
mod imp;
mod types;

pub use types::DiskSpace;

use std::io;
use std::path::Path;

/// Asks for the space on the file system that holds `path`.
///
/// # Errors
/// `NotFound` when the path does not exist, or the error of a file system that does not answer.
pub fn query_disk_space(path: &Path) -> io::Result<DiskSpace> {
    imp::query_disk_space(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_disk_space_and_a_missing_path_has_none() {
        let dir = tempfile::tempdir().unwrap();
        let space = query_disk_space(dir.path()).unwrap();
        assert!(
            space.free <= space.total && space.total > 1_000_000,
            "{space:?}"
        );
        assert!(query_disk_space(&dir.path().join("nowhere")).is_err());
    }
}
