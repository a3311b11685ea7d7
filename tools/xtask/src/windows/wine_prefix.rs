//! The folder of an empty Windows: its files, and copies of it.

use crate::windows::atomic_dir::COMPLETE;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Of a prefix: where its server listens. Debian's Wine picks a name for each and notes it here.
pub(crate) const SERVER: &str = "wineserver";

/// Replaces the links to the person's own folders (Documents, Desktop and the like) by folders, so that nothing a
/// Windows program writes there leaves the prefix.
///
/// # Errors
/// When the disk refuses; names the link.
pub(super) fn keep_inside(dir: &Path) -> Result<()> {
    for entry in list_entries(dir)? {
        if entry.is_symlink() {
            std::fs::remove_file(&entry)
                .and_then(|()| std::fs::create_dir(&entry))
                .with_context(|| format!("replacing the link {}", entry.display()))?;
        } else if entry.is_dir() {
            keep_inside(&entry)?;
        }
    }
    Ok(())
}

/// Copies a prefix that is not in use to `to`, which must not be there yet.
///
/// # Errors
/// When the disk refuses; names the file.
pub(crate) fn copy_prefix(from: &Path, to: &Path) -> Result<()> {
    let without = [from.join(SERVER), from.join(COMPLETE)];
    // Six hundred megabytes that only Wine itself replaces, and replaces as a whole.
    let shared = from.join("drive_c/windows/system32");
    copy_folder(from, to, &|file| {
        if without.iter().any(|f| f == file) {
            CopyMode::Not
        } else if file.starts_with(&shared) {
            CopyMode::Shared
        } else {
            CopyMode::Apart
        }
    })
}

/// How a file gets into the copy of its folder.
enum CopyMode {
    Not,
    /// As another name of the same file, where both are on one disk.
    Shared,
    Apart,
}

fn copy_folder(from: &Path, to: &Path, how: &impl Fn(&Path) -> CopyMode) -> Result<()> {
    fs_err::create_dir(to)?;
    for entry in list_entries(from)? {
        let target = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() && !entry.is_symlink() {
            copy_folder(&entry, &target, how)?;
            continue;
        }
        let done = match how(&entry) {
            CopyMode::Not => Ok(()),
            _ if entry.is_symlink() => std::fs::read_link(&entry)
                .and_then(|points_to| std::os::unix::fs::symlink(points_to, &target)),
            CopyMode::Shared => std::fs::hard_link(&entry, &target)
                .or_else(|_| std::fs::copy(&entry, &target).map(drop)),
            CopyMode::Apart => std::fs::copy(&entry, &target).map(drop),
        };
        done.with_context(|| format!("copying {} to {}", entry.display(), target.display()))?;
    }
    Ok(())
}

fn list_entries(dir: &Path) -> Result<Vec<PathBuf>> {
    std::fs::read_dir(dir)
        .and_then(|entries| entries.map(|entry| entry.map(|e| e.path())).collect())
        .with_context(|| format!("reading {}", dir.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn links_out_of_the_prefix_become_folders() {
        let dir = std::env::temp_dir().join(format!("uam-prefix-{}", std::process::id()));
        let user = dir.join("users/somebody");
        std::fs::create_dir_all(user.join("Temp")).unwrap();
        std::os::unix::fs::symlink("/tmp", user.join("Documents")).unwrap();
        std::os::unix::fs::symlink("/nowhere", user.join("Temp/Deep")).unwrap();
        keep_inside(&dir).unwrap();
        let folder = |name: &str| user.join(name).symlink_metadata().unwrap().is_dir();
        let all = ["Documents", "Temp", "Temp/Deep"].map(folder);
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(all, [true; 3]);
    }

    #[test]
    fn a_copy_has_its_own_registry_and_server() {
        let dir = std::env::temp_dir().join(format!("uam-copy-{}", std::process::id()));
        let (from, to) = (dir.join("from"), dir.join("to"));
        let system = "drive_c/windows/system32";
        std::fs::create_dir_all(from.join(system)).unwrap();
        std::fs::create_dir_all(from.join("dosdevices")).unwrap();
        std::os::unix::fs::symlink("../drive_c", from.join("dosdevices/c:")).unwrap();
        for name in ["system.reg", SERVER, COMPLETE] {
            std::fs::write(from.join(name), name).unwrap();
        }
        std::fs::write(from.join(system).join("a.dll"), "dll").unwrap();
        copy_prefix(&from, &to).unwrap();
        std::fs::write(to.join("system.reg"), "changed").unwrap();
        let read = |file: PathBuf| std::fs::read_to_string(file).ok();
        let found = [
            read(from.join("system.reg")),
            read(to.join("dosdevices/c:/windows/system32/a.dll")),
            read(to.join(SERVER)),
            read(to.join(COMPLETE)),
        ];
        std::fs::remove_dir_all(&dir).unwrap();
        let expected = [Some("system.reg"), Some("dll"), None, None];
        assert_eq!(found, expected.map(|text| text.map(str::to_owned)));
    }
}
