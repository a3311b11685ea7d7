//! Rust's standard library for Windows, built once for each compiler.
//!
//! Debian ships the compiler, which knows the target, and the library's sources, but no built library. Built in a place
//! of its own and named by `--sysroot`, it serves ordinary stable builds; `-Z build-std` in every build would compile it
//! again for each target directory.

use crate::files::write_file;
use crate::process::run_successfully;
use crate::windows::atomic_dir::{AtomicDir, read_mark};
use crate::windows::environment::CrossEnvironment;
use crate::windows::paths::{TARGET, WindowsPaths, libraries};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// The sources' own dependencies, so that nothing is downloaded.
const VENDOR: &str = "/usr/lib/rustlib/src/rust/library/vendor";

/// An empty crate: cargo builds the standard library only along with something.
const SEED: &str =
    "[package]\nname = \"seed\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";

/// Builds it unless it is there. The caller holds the lock over the cache.
///
/// # Errors
/// When the build fails (the compiler's messages stand above) or on Ctrl-C.
pub(crate) fn ensure_sysroot(places: &WindowsPaths) -> Result<()> {
    if read_mark(&places.libraries()).is_some() {
        return Ok(());
    }
    println!(
        "Building Rust's standard library for Windows: about two minutes, once for each compiler."
    );
    let scratch = AtomicDir::new(&places.cache)?;
    let seed = scratch.path().join("seed");
    write_file(&seed, "Cargo.toml", SEED)?;
    write_file(&seed, "src/lib.rs", "")?;
    let mut build = build_sysroot(places, scratch.path());
    run_successfully(build.current_dir(&seed)).context(
        "Rust's standard library for Windows could not be built; the compiler's messages stand above. Should its \
         sources be damaged: apt-get install --reinstall rust-web-src",
    )?;
    let sysroot = scratch.path().join("sysroot");
    let to = libraries(&sysroot);
    let deps = format!("target/{TARGET}/release/deps");
    collect_libraries(&scratch.path().join(deps), &to)?;
    scratch.finish_at(&sysroot, &places.sysroot, &to, "")
}

fn build_sysroot(places: &WindowsPaths, scratch: &Path) -> Command {
    let mut command = Command::new("/usr/bin/cargo");
    CrossEnvironment::without_sysroot(places, std::env::vars_os().map(|(name, _)| name))
        .apply_to(&mut command);
    command
        .args(["build", "--quiet", "--release", "--offline"])
        // `test` for our tests and `proc_macro` for libraries that mention it. Programs that abort on panic are not
        // served: their part would have to be compiled with a strategy of its own.
        .arg("-Zbuild-std=std,panic_unwind,test,proc_macro")
        .args(["--config", "source.crates-io.replace-with='vendor'"])
        .arg("--config")
        .arg(format!("source.vendor.directory='{VENDOR}'"))
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        // No settings and no registry of the person's get in.
        .env("CARGO_HOME", scratch.join("home"))
        // A stable compiler takes `-Z` flags only so.
        .env("RUSTC_BOOTSTRAP", "1")
        // A release of ours is optimised together with this library, which needs its bitcode.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .stdin(Stdio::null());
    command
}

/// Copies each library of `from` to the new folder `to`.
fn collect_libraries(from: &Path, to: &Path) -> Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // The seed's own library is as empty as the seed.
        if name.ends_with(".rlib") && !name.starts_with("libseed-") {
            fs_err::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_libraries_are_collected() {
        let dir = std::env::temp_dir().join(format!("uam-sysroot-{}", std::process::id()));
        let from = dir.join("deps");
        for name in [
            "libstd-1.rlib",
            "libstd-1.rmeta",
            "std-1.d",
            "libseed-2.rlib",
        ] {
            write_file(&from, name, "").unwrap();
        }
        collect_libraries(&from, &dir.join("lib")).unwrap();
        let found: Vec<_> = std::fs::read_dir(dir.join("lib"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(found, ["libstd-1.rlib"]);
    }
}
