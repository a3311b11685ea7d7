//! Folders to pack from: made afresh, with every file from the same moment, and gone afterwards.

use anyhow::{Context, Result};
use std::fs::{File, FileTimes};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A folder that is removed with all it holds when dropped.
#[derive(Debug)]
pub(crate) struct StagingDir(PathBuf);

impl StagingDir {
    /// Creates it; leftovers of an earlier, killed run are removed.
    ///
    /// # Errors
    /// When the disk refuses; names the folder.
    pub(crate) fn new(dir: &Path) -> Result<Self> {
        match std::fs::remove_dir_all(dir) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", dir.display()));
            }
            _ => {}
        }
        std::fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
        Ok(Self(dir.to_owned()))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for StagingDir {
    fn drop(&mut self) {
        // Files that cannot be removed now are removed by the next run, which would report the reason.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes `text` to the file `name` (a relative path) of `dir`, with the folders it needs.
///
/// # Errors
/// When the disk refuses; names the file.
pub(crate) fn write_file(dir: &Path, name: &str, text: impl AsRef<[u8]>) -> Result<()> {
    let file = dir.join(name);
    folder_of(&file)?;
    std::fs::write(&file, text).with_context(|| format!("writing {}", file.display()))
}

/// Copies `from` to the file `name` (a relative path) of `dir`, with the folders it needs.
///
/// # Errors
/// When the disk refuses; names both files.
pub(crate) fn copy_file(from: &Path, dir: &Path, name: &str) -> Result<()> {
    let file = dir.join(name);
    folder_of(&file)?;
    std::fs::copy(from, &file)
        .with_context(|| format!("copying {} to {}", from.display(), file.display()))?;
    Ok(())
}

fn folder_of(file: &Path) -> Result<()> {
    match file.parent() {
        Some(dir) => {
            std::fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))
        }
        None => Ok(()),
    }
}

/// Gives everything below `dir` (and `dir`) the moment `epoch` and the usual rights: folders and what lies in `programs`
/// (relative paths) can be entered or run by everybody, the rest can be read.
///
/// # Errors
/// When the disk refuses; names the file.
pub(crate) fn settle_files(dir: &Path, programs: &[&str], epoch: u64) -> Result<()> {
    let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(epoch);
    let mut paths = vec![dir.to_owned()];
    paths.extend(list_files(dir)?.into_iter().map(|file| dir.join(file)));
    for path in &paths {
        let runs = path.is_dir() || programs.iter().any(|name| dir.join(name) == *path);
        let mode = if runs { 0o755 } else { 0o644 };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
            .and_then(|()| File::open(path))
            .and_then(|file| file.set_times(FileTimes::new().set_modified(moment)))
            .with_context(|| format!("setting the time of {}", path.display()))?;
    }
    Ok(())
}

/// Lets everybody run the file.
///
/// # Errors
/// When the disk refuses; names the file.
pub(crate) fn make_program(file: &Path) -> Result<()> {
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("making {} a program", file.display()))
}

/// Everything below `dir`, folders too, as relative paths in order.
///
/// # Errors
/// When a folder cannot be read; names it.
pub(crate) fn list_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("reading the folder {}", folder.display()))?;
        for entry in entries {
            let entry =
                entry.with_context(|| format!("reading the folder {}", folder.display()))?;
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path.clone());
            }
            found.push(path.strip_prefix(dir).unwrap_or(&path).to_owned());
        }
    }
    found.sort();
    Ok(found)
}

/// The same text with the line ends of Windows.
pub(crate) fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_settled_folder_is_from_one_moment_and_gone_when_dropped() {
        let dir = std::env::temp_dir().join(format!("uam-stage-{}", std::process::id()));
        let folder = StagingDir::new(&dir).unwrap();
        write_file(&dir, "usr/bin/uam", "program").unwrap();
        write_file(&dir, "usr/share/text", "text").unwrap();
        settle_files(&dir, &["usr/bin/uam"], 1_700_000_000).unwrap();
        let facts = |name: &str| {
            let facts = std::fs::metadata(dir.join(name)).unwrap();
            let moment = facts.modified().unwrap();
            let moment = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap();
            (facts.permissions().mode() & 0o777, moment.as_secs())
        };
        assert_eq!(facts("usr/bin/uam"), (0o755, 1_700_000_000));
        assert_eq!(facts("usr/share/text"), (0o644, 1_700_000_000));
        assert_eq!(facts("usr/share"), (0o755, 1_700_000_000));
        let names: Vec<String> = list_files(&dir)
            .unwrap()
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        assert_eq!(
            names,
            [
                "usr",
                "usr/bin",
                "usr/bin/uam",
                "usr/share",
                "usr/share/text"
            ]
        );
        drop(folder);
        assert!(!dir.exists());
    }

    #[test]
    fn line_ends_are_changed_once() {
        assert_eq!(with_crlf("a\nb\r\n"), "a\r\nb\r\n");
    }
}
