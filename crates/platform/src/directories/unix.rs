//! The XDG base directories.

use super::types::{UnknownDirectory, UserDirectories};
use std::env;
use std::path::PathBuf;

pub(super) fn find_user_directories() -> Result<UserDirectories, UnknownDirectory> {
    let user = env::home_dir()
        .filter(|h| h.is_absolute())
        .ok_or_else(|| UnknownDirectory {
            variable: "HOME",
            message: "the home directory is unknown".to_owned(),
        })?;
    let xdg = |name: &str, fallback: PathBuf| -> PathBuf {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
            .unwrap_or(fallback)
    };
    let data = xdg("XDG_DATA_HOME", user.join(".local/share")).join("uam");
    Ok(UserDirectories {
        config: xdg("XDG_CONFIG_HOME", user.join(".config")).join("uam"),
        runtime: xdg("XDG_RUNTIME_DIR", data.join("run")).join("uam"),
        data,
    })
}
