//! Folders to pack from: made afresh, with every file from the same moment, and gone afterwards.

use crate::files::{list_files, remove_dir};
use anyhow::{Context, Result};
use std::fs::{File, FileTimes};
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
        remove_dir(dir)?;
        fs_err::create_dir_all(dir)?;
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
    Ok(fs_err::set_permissions(
        file,
        std::fs::Permissions::from_mode(0o755),
    )?)
}

/// The same text with the line ends of Windows.
pub(crate) fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::files::write_file;

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
