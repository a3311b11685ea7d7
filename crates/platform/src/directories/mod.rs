//! Where settings, data and runtime files go by the platform's rules.

#[cfg(unix)]
#[path = "unix.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows.rs"]
mod imp;
mod types;

pub use types::{UnknownDirectory, UserDirectories};

/// Finds the user's directories; nothing is created.
///
/// On Unix they follow the XDG base directories: settings in `$XDG_CONFIG_HOME/uam`, data in `$XDG_DATA_HOME/uam`, runtime
/// files in `$XDG_RUNTIME_DIR/uam`. On Windows settings are in `%APPDATA%\uam`, which follows its user from machine to
/// machine, and data in `%LOCALAPPDATA%\uam`, which does not; if a folder `uam-data` lies beside the program, everything
/// is in it.
///
/// # Errors
/// The environment does not say where the user's directories are.
pub fn find_user_directories() -> Result<UserDirectories, UnknownDirectory> {
    imp::find_user_directories()
}
