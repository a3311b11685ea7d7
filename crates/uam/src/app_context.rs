//! The installation that a command works on.

use anyhow::Context;
use platform::process::self_command;
use settings::AppPaths;
use std::path::PathBuf;
use std::process::Command;

/// The paths of an installation, and `--home` as it was given.
pub(crate) struct AppContext {
    pub(crate) paths: AppPaths,
    /// `--home` as given, to pass on.
    pub(crate) given: Option<PathBuf>,
}

impl AppContext {
    /// Finds the paths of the installation under `home`, or of the user's own.
    pub(crate) fn locate(home: Option<PathBuf>) -> anyhow::Result<Self> {
        Ok(Self {
            paths: AppPaths::locate(home.as_deref())?,
            given: home,
        })
    }

    /// A command that starts this very program for the same installation.
    pub(crate) fn uam(&self) -> anyhow::Result<Command> {
        self_command(self.given.as_deref()).context("cannot find uam itself")
    }

    /// A copy for another thread.
    pub(crate) fn again(&self) -> Self {
        Self {
            paths: self.paths.clone(),
            given: self.given.clone(),
        }
    }
}
