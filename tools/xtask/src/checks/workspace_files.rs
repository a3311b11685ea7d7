//! The files of the workspace that a check reads.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// A text file of the workspace.
#[derive(Debug)]
pub(crate) struct TextFile {
    /// Its path from the root, with `/` between the folders.
    pub(crate) name: String,
    /// Its content.
    pub(crate) text: String,
}

/// The root of the workspace around the current folder: the nearest folder upwards that holds `Cargo.lock`.
///
/// # Errors
/// When there is none.
pub(crate) fn find_root() -> Result<PathBuf> {
    let here = std::env::current_dir().context("finding the current folder")?;
    let root = here
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file());
    root.map(Path::to_path_buf)
        .with_context(|| format!("no Cargo.lock in {} or above it", here.display()))
}

/// Reads every file under `root` that `wanted` picks by its name, in the order of the names. Build output and folders
/// that begin with a dot are passed over, `.github` aside.
///
/// # Errors
/// When a folder or a file cannot be read, or a file is not text.
pub(crate) fn read_files(root: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<TextFile>> {
    let mut names = Vec::new();
    collect(root, "", &mut names)?;
    names.retain(|name| wanted(name));
    names.sort();
    let files = names.into_iter().map(|name| {
        let text = fs_err::read_to_string(root.join(&name))?;
        Ok(TextFile { name, text })
    });
    files.collect()
}

fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let full = format!("{prefix}{name}");
        if !entry.file_type()?.is_dir() {
            names.push(full);
        } else if !is_passed_over(&name) {
            collect(&entry.path(), &format!("{full}/"), names)?;
        }
    }
    Ok(())
}

fn is_passed_over(folder: &str) -> bool {
    folder == "target" || folder == "node_modules" || folder.starts_with('.') && folder != ".github"
}
