//! Files of screenshots beside the database: `shots/YYYY-MM-DD/<seq>-<first 16 of the file's sha256>.age`.
//!
//! Always true:
//! * Written in this order: temporary file, fsync, rename, fsync of the directory; the row follows.
//! * In clear lies only the hash of the sealed file: that of the screenshot would let somebody confirm a guess.
//! * A file that no row explains is moved into `set-aside`, never deleted.

use crate::error::JournalError;
use crate::object::{ScreenshotFile, hash_bytes};
use crate::sealing;
use crate::utc_day::UtcDay;
use data_encoding::HEXLOWER;
use platform::files;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use vault::Sealer;

/// The screenshots' directory within the journal's.
pub(crate) const SHOTS_DIR: &str = "shots";

/// The folder for files that no row explains.
const SET_ASIDE: &str = "set-aside";

/// How the name of a damaged database that was set aside begins.
pub(crate) const DAMAGED: &str = "journal-damaged-";

/// A screenshot written to its place; its row is still to come.
pub(crate) struct WrittenScreenshot {
    /// Its path within the journal's directory.
    pub(crate) path: String,
    pub(crate) file: PathBuf,
    /// SHA-256 of the sealed file.
    pub(crate) sha256: [u8; 32],
    pub(crate) bytes: usize,
}

/// Why a screenshot's file does not serve.
pub(crate) fn lost(seq: u64, why: impl ToString) -> JournalError {
    JournalError::ScreenshotLost {
        seq,
        why: why.to_string(),
    }
}

/// The path of a screenshot within the journal's directory; `sha256` is of its sealed file.
pub(crate) fn relative_path(day: UtcDay, seq: u64, sha256: &[u8; 32]) -> String {
    let short = HEXLOWER.encode(sha256.get(..8).unwrap_or_default());
    format!("{SHOTS_DIR}/{day}/{seq}-{short}.age")
}

/// The number in the name of a screenshot's file; `None` when it is no such name.
pub(crate) fn seq_of_file(name: &str) -> Option<u64> {
    let (seq, rest) = name.split_once('-')?;
    let short = rest.strip_suffix(".age")?;
    (short.len() == 16 && short.bytes().all(|b| b.is_ascii_hexdigit()))
        .then(|| seq.parse().ok())
        .flatten()
}

/// Creates the directory of `path` and makes its name durable.
pub(crate) fn create_parent(path: &Path) -> Result<(), JournalError> {
    let Some(parent) = path.parent() else {
        return Ok(());
    };
    if parent.is_dir() {
        return Ok(());
    }
    files::create_private_dir(parent).map_err(JournalError::io("create", parent))?;
    // The new directory's own name, and that of `shots` the first time.
    for dir in parent.ancestors().skip(1).take(2) {
        if let Err(e) = files::sync_dir(dir) {
            // Left there, it would pass for durable at the next try.
            let _ = fs::remove_dir(parent);
            return Err(JournalError::io("sync", dir)(e));
        }
    }
    Ok(())
}

/// Seals a screenshot and makes its file durable.
pub(crate) fn write_file(
    dir: &Path,
    sealer: &Sealer,
    day: UtcDay,
    seq: u64,
    encoded: &[u8],
) -> Result<WrittenScreenshot, JournalError> {
    let sealed = sealing::seal_file(sealer, encoded)?;
    let sha256 = hash_bytes(&sealed);
    let path = relative_path(day, seq, &sha256);
    let file = dir.join(&path);
    create_parent(&file)?;
    if let Err(e) = files::write_file_durably(&file, &sealed) {
        // It may have its name, and only that name be uncertain; the next try makes another one.
        let _ = remove_file(&file);
        return Err(JournalError::io("write", &file)(e));
    }
    Ok(WrittenScreenshot {
        path,
        file,
        sha256,
        bytes: sealed.len(),
    })
}

/// The sealed file of the screenshot `seq`, checked against the hash in its row.
pub(crate) fn read_file(
    file: &Path,
    seq: u64,
    sha256: &[u8; 32],
) -> Result<ScreenshotFile, JournalError> {
    let bytes = fs::read(file).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => lost(seq, format!("{} is missing", file.display())),
        _ => JournalError::io("read", file)(e),
    })?;
    let hash = hash_bytes(&bytes);
    if hash != *sha256 {
        return Err(lost(seq, "its file was changed"));
    }
    Ok(ScreenshotFile {
        bytes,
        sha256: HEXLOWER.encode(&hash),
    })
}

/// Removes a screenshot's file, and its day's directory when it was the last.
pub(crate) fn remove_file(path: &Path) -> Result<(), JournalError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            return Err(JournalError::io("remove", path)(e));
        }
        _ => {}
    }
    if let Some(day) = path.parent() {
        // Fails, as it should, while others lie in it.
        let _ = fs::remove_dir(day);
    }
    Ok(())
}

/// Moves a file into `set-aside`.
pub(crate) fn set_aside(dir: &Path, file: &Path, name: &str) -> Result<(), JournalError> {
    let aside = dir.join(SET_ASIDE);
    files::create_private_dir(&aside).map_err(JournalError::io("create", &aside))?;
    let to = aside.join(name);
    fs::rename(file, &to).map_err(JournalError::io("set aside", file))?;
    files::sync_dir(&aside).map_err(JournalError::io("sync", &aside))
}

/// Everything that was ever set aside and is still there: screenshots without rows, and damaged databases. As much as can
/// be listed.
pub(crate) fn list_set_aside(dir: &Path) -> Vec<PathBuf> {
    let mut out = list_entries(&dir.join(SET_ASIDE)).unwrap_or_default();
    let is_damaged = |path: &PathBuf| {
        path.file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with(DAMAGED))
    };
    out.extend(
        list_entries(dir)
            .unwrap_or_default()
            .into_iter()
            .filter(is_damaged),
    );
    out.sort();
    out
}

/// The entries of a directory; none when it is missing.
pub(crate) fn list_entries(dir: &Path) -> Result<Vec<PathBuf>, JournalError> {
    let read = match fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(JournalError::io("list", dir))?,
    };
    read.map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<_>>()
        .map_err(JournalError::io("list", dir))
}

/// The highest number in the names of the screenshots' files.
pub(crate) fn last_seq_of_files(dir: &Path) -> u64 {
    let entries = |dir: &Path| {
        fs::read_dir(dir)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect::<Vec<_>>()
    };
    entries(&dir.join(SHOTS_DIR))
        .iter()
        .flat_map(|day| entries(day))
        .filter_map(|file| seq_of_file(file.file_name()?.to_str()?))
        .max()
        .unwrap_or(0)
}
