//! Making the Wine prefix: an empty Windows, as our programs and tests need it.

use crate::process::{output_of, run_successfully};
use crate::windows::atomic_dir::{AtomicDir, read_mark};
use crate::windows::environment::CrossEnvironment;
use crate::windows::paths::WindowsPaths;
use crate::windows::wine::{DESKTOP, Wine};
use crate::windows::wine_prefix::keep_inside;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// Raise it when the way the prefix is made changes, so that it is made again everywhere.
const RECIPE: u32 = 3;

/// The source of the DLL that older Wine lacks.
const PRNG: &str = include_str!("prng.c");

/// Makes it unless it is there and made by this Wine in this way. The caller holds the lock over the cache.
///
/// # Errors
/// When Wine or the compiler of the DLL fails, or on Ctrl-C.
pub(crate) fn ensure_prefix(places: &WindowsPaths, environment: &CrossEnvironment) -> Result<()> {
    let mut version = Command::new("wine");
    environment.apply_to(&mut version);
    let version = output_of(version.arg("--version"))?;
    let wanted = format!("{}, recipe {RECIPE}\n", version.trim());
    if read_mark(&places.prefix).is_some_and(|mark| mark == wanted) {
        return Ok(());
    }
    println!("Making a Wine prefix: about half a minute, once for each version of Wine.");
    let scratch = AtomicDir::new(&places.cache)?;
    let prefix = scratch.path().join("prefix");
    fs_err::create_dir(&prefix)?;
    let wine = Wine::start(environment, &prefix)?;
    wine.run_quietly(&["wineboot", "--init"])?;
    // Wine 8 calls itself Windows 7, on which our programs would not even start.
    wine.run_quietly(&["winecfg", "/v", "win10"])?;
    // All processes share one desktop with one foreground window. It fills the display, so no window manager is needed
    // and a place on the display is the same place in Windows.
    for (key, name, value) in [
        (r"HKCU\Software\Wine\Explorer", "Desktop", "Default"),
        (r"HKCU\Software\Wine\Explorer\Desktops", "Default", DESKTOP),
    ] {
        let set = ["reg", "add", key, "/v", name, "/d", value, "/f"];
        wine.run_quietly(&set)?;
    }
    drop(wine);
    keep_inside(&prefix.join("drive_c/users"))?;
    let dll = prefix.join("drive_c/windows/system32/bcryptprimitives.dll");
    if !dll.exists() {
        compile_dll(&scratch.path().join("prng.c"), &dll, environment)?;
    }
    scratch.finish_at(&prefix, &places.prefix, &prefix, &wanted)
}

fn compile_dll(source: &Path, dll: &Path, environment: &CrossEnvironment) -> Result<()> {
    fs_err::write(source, PRNG)?;
    let mut compiler = Command::new("x86_64-w64-mingw32-gcc-win32");
    environment.apply_to(&mut compiler);
    compiler
        .args(["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-o"])
        .args([dll, source])
        .arg("-ladvapi32")
        .stdin(Stdio::null());
    run_successfully(&mut compiler).context("the C compiler failed; its own message stands above")
}
