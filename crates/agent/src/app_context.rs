//! The installation that a process works for.

use anyhow::Context;
use platform::process::self_command;
use settings::AppPaths;
use std::path::PathBuf;
use std::process::Command;

/// The installation that a process works for.
#[derive(Clone, Debug)]
pub struct AppContext {
    /// Every file and folder of it.
    pub paths: AppPaths,
    /// `--home` as given, to pass on.
    pub given: Option<PathBuf>,
}

impl AppContext {
    /// Finds the paths of the installation under `home`, or of the user's own.
    ///
    /// # Errors
    /// When this system names no folder for them.
    pub fn locate(home: Option<PathBuf>) -> anyhow::Result<Self> {
        Ok(Self {
            paths: AppPaths::locate(home.as_deref())?,
            given: home,
        })
    }

    /// A command that runs this very program for the same installation.
    ///
    /// # Errors
    /// When the program's own file cannot be found.
    pub fn self_command(&self) -> anyhow::Result<Command> {
        self_command(self.given.as_deref()).context("cannot find uam itself")
    }
}
