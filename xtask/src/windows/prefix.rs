//! The Wine prefix: an empty Windows, as our programs and tests need it.

use crate::process::{Stop, foreground, output};
use crate::windows::environment::Environment;
use crate::windows::places::Places;
use crate::windows::scratch::{Scratch, mark};
use crate::windows::wine::{DESKTOP, Wine};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Raise it when the way the prefix is made changes, so that it is made again everywhere.
const RECIPE: u32 = 2;

/// The source of the DLL that older Wine lacks.
const PRNG: &str = include_str!("prng.c");

/// Makes it unless it is there and made by this Wine in this way. The caller holds the lock over the cache.
///
/// # Errors
/// When Wine or the compiler of the DLL fails, or on Ctrl-C.
pub(crate) fn ensure(places: &Places, environment: &Environment, stop: &Stop) -> Result<()> {
    let mut version = Command::new("wine");
    environment.apply(&mut version);
    let version = output(version.arg("--version"))?;
    let wanted = format!("{}, recipe {RECIPE}\n", version.trim());
    if mark(&places.prefix).is_some_and(|mark| mark == wanted) {
        return Ok(());
    }
    println!("Making a Wine prefix: about half a minute, once for each version of Wine.");
    let scratch = Scratch::new(&places.cache)?;
    let prefix = scratch.path().join("prefix");
    std::fs::create_dir(&prefix).with_context(|| format!("making {}", prefix.display()))?;
    let wine = Wine::start(environment, &prefix, stop)?;
    wine.quietly(&["wine", "wineboot", "--init"], stop)?;
    // Wine 8 calls itself Windows 7, on which our programs would not even start.
    wine.quietly(&["wine", "winecfg", "/v", "win10"], stop)?;
    // All processes share one desktop with one foreground window. It fills the display, so no window manager is needed
    // and a place on the display is the same place in Windows.
    for (key, name, value) in [
        (r"HKCU\Software\Wine\Explorer", "Desktop", "Default"),
        (r"HKCU\Software\Wine\Explorer\Desktops", "Default", DESKTOP),
    ] {
        let set = ["wine", "reg", "add", key, "/v", name, "/d", value, "/f"];
        wine.quietly(&set, stop)?;
    }
    drop(wine);
    keep_inside(&prefix.join("drive_c/users"))?;
    let dll = prefix.join("drive_c/windows/system32/bcryptprimitives.dll");
    if !dll.exists() {
        compile(&scratch.path().join("prng.c"), &dll, environment, stop)?;
    }
    scratch.finish(&prefix, &places.prefix, &prefix, &wanted)
}

/// Replaces the links to the person's own folders (Documents, Desktop and the like) by folders, so that nothing a
/// Windows program writes there leaves the prefix.
fn keep_inside(users: &Path) -> Result<()> {
    for folder in entries(users)? {
        // `users` itself holds folders only; links are one level below.
        for entry in entries(&folder)? {
            if entry.is_symlink() {
                std::fs::remove_file(&entry)
                    .and_then(|()| std::fs::create_dir(&entry))
                    .with_context(|| format!("replacing the link {}", entry.display()))?;
            }
        }
    }
    Ok(())
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    std::fs::read_dir(dir)
        .and_then(|entries| entries.map(|entry| entry.map(|e| e.path())).collect())
        .with_context(|| format!("reading {}", dir.display()))
}

fn compile(source: &Path, dll: &Path, environment: &Environment, stop: &Stop) -> Result<()> {
    std::fs::write(source, PRNG).with_context(|| format!("writing {}", source.display()))?;
    let mut compiler = Command::new("x86_64-w64-mingw32-gcc-win32");
    environment.apply(&mut compiler);
    compiler
        .args(["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-o"])
        .args([dll, source])
        .arg("-ladvapi32")
        .stdin(Stdio::null());
    let status = foreground(&mut compiler, stop)?;
    if !status.success() {
        bail!("the C compiler failed ({status}); its own message stands above");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn links_out_of_the_prefix_become_folders() {
        let dir = std::env::temp_dir().join(format!("uam-prefix-{}", std::process::id()));
        let user = dir.join("users/somebody");
        std::fs::create_dir_all(user.join("Temp")).unwrap();
        std::os::unix::fs::symlink("/tmp", user.join("Documents")).unwrap();
        keep_inside(&dir.join("users")).unwrap();
        let folder = |name: &str| user.join(name).symlink_metadata().unwrap().is_dir();
        let (replaced, kept) = (folder("Documents"), folder("Temp"));
        std::fs::remove_dir_all(&dir).unwrap();
        assert!(replaced && kept);
    }
}
