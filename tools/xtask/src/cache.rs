//! The cache of built and downloaded files.

use anyhow::{Context, Result};
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
