//! The Wine prefix: an empty Windows, as our programs and tests need it.

use crate::process::{Interrupt, foreground, output};
use crate::windows::atomic_dir::{AtomicDir, COMPLETE, mark};
use crate::windows::environment::CrossEnvironment;
use crate::windows::paths::WindowsPaths;
use crate::windows::wine::{DESKTOP, Wine};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Raise it when the way the prefix is made changes, so that it is made again everywhere.
const RECIPE: u32 = 3;

/// Of a prefix: where its server listens. Debian's Wine picks a name for each and notes it here.
pub(crate) const SERVER: &str = "wineserver";

/// The source of the DLL that older Wine lacks.
const PRNG: &str = include_str!("prng.c");

/// Makes it unless it is there and made by this Wine in this way. The caller holds the lock over the cache.
///
/// # Errors
/// When Wine or the compiler of the DLL fails, or on Ctrl-C.
pub(crate) fn ensure(
    places: &WindowsPaths,
    environment: &CrossEnvironment,
    stop: &Interrupt,
) -> Result<()> {
    let mut version = Command::new("wine");
    environment.apply(&mut version);
    let version = output(version.arg("--version"))?;
    let wanted = format!("{}, recipe {RECIPE}\n", version.trim());
    if mark(&places.prefix).is_some_and(|mark| mark == wanted) {
        return Ok(());
    }
    println!("Making a Wine prefix: about half a minute, once for each version of Wine.");
    let scratch = AtomicDir::new(&places.cache)?;
    let prefix = scratch.path().join("prefix");
    std::fs::create_dir(&prefix).with_context(|| format!("making {}", prefix.display()))?;
    let wine = Wine::start(environment, &prefix, stop)?;
    wine.quietly(&["wineboot", "--init"], stop)?;
    // Wine 8 calls itself Windows 7, on which our programs would not even start.
    wine.quietly(&["winecfg", "/v", "win10"], stop)?;
    // All processes share one desktop with one foreground window. It fills the display, so no window manager is needed
    // and a place on the display is the same place in Windows.
    for (key, name, value) in [
        (r"HKCU\Software\Wine\Explorer", "Desktop", "Default"),
        (r"HKCU\Software\Wine\Explorer\Desktops", "Default", DESKTOP),
    ] {
        let set = ["reg", "add", key, "/v", name, "/d", value, "/f"];
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
fn keep_inside(dir: &Path) -> Result<()> {
    for entry in entries(dir)? {
        if entry.is_symlink() {
            std::fs::remove_file(&entry)
                .and_then(|()| std::fs::create_dir(&entry))
                .with_context(|| format!("replacing the link {}", entry.display()))?;
        } else if entry.is_dir() {
            keep_inside(&entry)?;
        }
    }
    Ok(())
}

/// Copies a prefix that is not in use to `to`, which must not be there yet.
///
/// # Errors
/// When the disk refuses; names the file.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let without = [from.join(SERVER), from.join(COMPLETE)];
    // Six hundred megabytes that only Wine itself replaces, and replaces as a whole.
    let shared = from.join("drive_c/windows/system32");
    copy_folder(from, to, &|file| {
        if without.iter().any(|f| f == file) {
            CopyMode::Not
        } else if file.starts_with(&shared) {
            CopyMode::Shared
        } else {
            CopyMode::Apart
        }
    })
}

/// How a file gets into the copy of its folder.
enum CopyMode {
    Not,
    /// As another name of the same file, where both are on one disk.
    Shared,
    Apart,
}

fn copy_folder(from: &Path, to: &Path, how: &impl Fn(&Path) -> CopyMode) -> Result<()> {
    std::fs::create_dir(to).with_context(|| format!("making {}", to.display()))?;
    for entry in entries(from)? {
        let target = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() && !entry.is_symlink() {
            copy_folder(&entry, &target, how)?;
            continue;
        }
        let done = match how(&entry) {
            CopyMode::Not => Ok(()),
            _ if entry.is_symlink() => std::fs::read_link(&entry)
                .and_then(|points_to| std::os::unix::fs::symlink(points_to, &target)),
            CopyMode::Shared => std::fs::hard_link(&entry, &target)
                .or_else(|_| std::fs::copy(&entry, &target).map(drop)),
            CopyMode::Apart => std::fs::copy(&entry, &target).map(drop),
        };
        done.with_context(|| format!("copying {} to {}", entry.display(), target.display()))?;
    }
    Ok(())
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    std::fs::read_dir(dir)
        .and_then(|entries| entries.map(|entry| entry.map(|e| e.path())).collect())
        .with_context(|| format!("reading {}", dir.display()))
}

fn compile(
    source: &Path,
    dll: &Path,
    environment: &CrossEnvironment,
    stop: &Interrupt,
) -> Result<()> {
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
        std::os::unix::fs::symlink("/nowhere", user.join("Temp/Deep")).unwrap();
        keep_inside(&dir).unwrap();
        let folder = |name: &str| user.join(name).symlink_metadata().unwrap().is_dir();
        let all = ["Documents", "Temp", "Temp/Deep"].map(folder);
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(all, [true; 3]);
    }

    #[test]
    fn a_copy_has_its_own_registry_and_server() {
        let dir = std::env::temp_dir().join(format!("uam-copy-{}", std::process::id()));
        let (from, to) = (dir.join("from"), dir.join("to"));
        let system = "drive_c/windows/system32";
        std::fs::create_dir_all(from.join(system)).unwrap();
        std::fs::create_dir_all(from.join("dosdevices")).unwrap();
        std::os::unix::fs::symlink("../drive_c", from.join("dosdevices/c:")).unwrap();
        for name in ["system.reg", SERVER, COMPLETE] {
            std::fs::write(from.join(name), name).unwrap();
        }
        std::fs::write(from.join(system).join("a.dll"), "dll").unwrap();
        copy(&from, &to).unwrap();
        std::fs::write(to.join("system.reg"), "changed").unwrap();
        let read = |file: PathBuf| std::fs::read_to_string(file).ok();
        let found = [
            read(from.join("system.reg")),
            read(to.join("dosdevices/c:/windows/system32/a.dll")),
            read(to.join(SERVER)),
            read(to.join(COMPLETE)),
        ];
        std::fs::remove_dir_all(&dir).unwrap();
        let expected = [Some("system.reg"), Some("dll"), None, None];
        assert_eq!(found, expected.map(|text| text.map(str::to_owned)));
    }
}
