//! The known folders.

use super::types::{UnknownDirectory, UserDirectories};
use std::env;
use std::path::PathBuf;

/// A folder of this name beside the program holds everything, as on a stick that is carried around.
const PORTABLE: &str = "uam-data";

pub(super) fn find_user_directories() -> Result<UserDirectories, UnknownDirectory> {
    let portable = env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join(PORTABLE)))
        .filter(|folder| folder.is_dir());
    if let Some(folder) = portable {
        // The program's path is absolute already; this only tidies it.
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        return Ok(UserDirectories::under(&folder));
    }
    let data = known_folder("LOCALAPPDATA")?.join("uam");
    Ok(UserDirectories {
        config: known_folder("APPDATA")?.join("uam"),
        runtime: data.join("run"),
        data,
    })
}

fn known_folder(variable: &'static str) -> Result<PathBuf, UnknownDirectory> {
    env::var_os(variable)
        .map(PathBuf::from)
        .filter(|p| p.is_absolute())
        .ok_or_else(|| UnknownDirectory {
            variable,
            message: format!("the folder %{variable}% is unknown"),
        })
}
