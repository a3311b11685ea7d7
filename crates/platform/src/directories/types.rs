//! The types that the part of every system returns.

use std::path::{Path, PathBuf};
use thiserror::Error;

/// The directories of one installation, as absolute paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDirectories {
    /// Settings.
    pub config: PathBuf,
    /// Data that is kept.
    pub data: PathBuf,
    /// Locks and sockets.
    pub runtime: PathBuf,
}

impl UserDirectories {
    /// The layout in which `folder` holds everything: the settings themselves, and the folders `data` and `run`.
    #[must_use]
    pub fn under(folder: &Path) -> Self {
        Self {
            config: folder.to_owned(),
            data: folder.join("data"),
            runtime: folder.join("run"),
        }
    }
}

/// A directory of the user that the environment does not name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct UnknownDirectory {
    /// The environment variable that would name it.
    pub variable: &'static str,
    pub(super) message: String,
}
