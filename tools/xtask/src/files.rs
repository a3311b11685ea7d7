//! Files and folders of the chores.

use anyhow::{Context, Result};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The folder `~/.cache/uam`, or `$XDG_CACHE_HOME/uam`; it need not be there yet.
///
/// # Errors
/// When neither variable is set.
pub(crate) fn cache_dir() -> Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .context("neither HOME nor XDG_CACHE_HOME is set")?;
    Ok(cache.join("uam"))
}

/// Writes `text` to the file `name` (a relative path) of `dir`, with the folders it needs.
///
/// # Errors
/// When the disk refuses; names the file.
pub(crate) fn write_file(dir: &Path, name: &str, text: impl AsRef<[u8]>) -> Result<()> {
    let file = dir.join(name);
    fs_err::create_dir_all(file.parent().unwrap_or(dir))?;
    Ok(fs_err::write(&file, text)?)
}

/// Copies `from` to the file `name` (a relative path) of `dir`, with the folders it needs.
///
/// # Errors
/// When the disk refuses; names both files.
pub(crate) fn copy_file(from: &Path, dir: &Path, name: &str) -> Result<()> {
    let file = dir.join(name);
    fs_err::create_dir_all(file.parent().unwrap_or(dir))?;
    fs_err::copy(from, &file)?;
    Ok(())
}

/// Removes a folder with all it holds; none is as good.
///
/// # Errors
/// When the disk refuses; names the folder.
pub(crate) fn remove_dir(dir: &Path) -> Result<()> {
    match fs_err::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Everything below `dir`, folders too, as relative paths in order.
///
/// # Errors
/// When a folder cannot be read; names it.
pub(crate) fn list_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs_err::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            found.push(path.strip_prefix(dir).unwrap_or(&path).to_owned());
            if entry.file_type()?.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The bytes of all files below `dir`.
///
/// # Errors
/// When a folder or a file cannot be read; names it.
pub(crate) fn folder_size(dir: &Path) -> Result<u64> {
    let facts = list_files(dir)?
        .into_iter()
        .map(|file| fs_err::metadata(dir.join(file)));
    facts
        .map(|facts| Ok(facts.map(|facts| if facts.is_dir() { 0 } else { facts.len() })?))
        .sum()
}
