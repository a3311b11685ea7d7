//! What the system's package manager has to bring.

use crate::process::{Stop, foreground};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// A package and the file that shows it is there: a program's name (searched in `PATH`) or an absolute path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Package {
    /// Its name in Debian and Ubuntu.
    pub(crate) name: &'static str,
    /// What it brings.
    pub(crate) brings: &'static str,
}

const fn package(name: &'static str, brings: &'static str) -> Package {
    Package { name, brings }
}

/// A virtual desktop with real windows.
pub(crate) const DESKTOP: &[Package] = &[
    package("xvfb", "Xvfb"),
    package("openbox", "openbox"),
    package("xterm", "xterm"),
    package("xdotool", "xdotool"),
    package("x11-utils", "xprop"),
    package(
        "fonts-dejavu-core",
        "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    ),
];

/// What the tests need besides [`DESKTOP`].
pub(crate) const TESTS: &[Package] = &[
    package("tesseract-ocr", "tesseract"),
    // Named by its path: another program of this name would not do.
    package("imagemagick", "/usr/bin/convert"),
    package("dbus", "dbus-daemon"),
    package("tzdata", "/usr/share/zoneinfo/Europe/Berlin"),
    package(
        "python3-dbusmock",
        "/usr/lib/python3/dist-packages/dbusmock/__init__.py",
    ),
];

/// What the benchmark needs besides [`DESKTOP`], where Python cannot make virtual environments yet.
pub(crate) const BENCH: &[Package] = &[package("python3-venv", "/usr/share/doc/python3-venv")];

/// Installs what is missing among `packages`.
///
/// # Errors
/// On systems without `apt-get`, or without the right to use it: a sentence with the packages to install by hand.
pub(crate) fn ensure(packages: &[&[Package]], stop: &Stop) -> Result<()> {
    let path = std::env::var("PATH").unwrap_or_default();
    let missing = missing(packages, |brings| is_there(brings, &path));
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !is_there("apt-get", &path) {
        bail!(
            "this needs a few programs that are not installed, and this system has no apt-get.\n\
             Please install what your system calls (Debian's names): {list}\n\
             then run the same command again."
        );
    }
    let root = nix::unistd::geteuid().is_root();
    if !root && !sudo_without_password() {
        bail!(
            "this needs a few programs that are not installed. Please run\n    sudo apt-get install {list}\nand then \
             the same command again."
        );
    }
    println!("Installing with apt-get: {list}");
    // An old package list is the commonest reason for a failed installation; a failed update alone is not fatal.
    let _ = foreground(apt(root).args(["-q", "update"]).stdout(Stdio::null()), stop)?;
    let mut install = apt(root);
    install
        .args(["-q", "-y", "install", "--no-install-recommends"])
        .args(&missing)
        .stdout(Stdio::null());
    let status = foreground(&mut install, stop)?;
    if !status.success() {
        bail!("apt-get could not install {list} ({status}); its own message stands above");
    }
    Ok(())
}

fn missing(packages: &[&[Package]], there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    packages
        .iter()
        .flat_map(|list| list.iter())
        .filter(|p| !there(p.brings))
        .map(|p| p.name)
        .collect()
}

/// Is the program in one of `path`'s folders, or the absolute file there?
pub(crate) fn is_there(brings: &str, path: &str) -> bool {
    if brings.starts_with('/') {
        return Path::new(brings).exists();
    }
    path.split(':')
        .filter(|dir| !dir.is_empty())
        .any(|dir| Path::new(dir).join(brings).is_file())
}

/// Is the program in `PATH`?
pub(crate) fn has_program(name: &str) -> bool {
    is_there(name, &std::env::var("PATH").unwrap_or_default())
}

fn apt(root: bool) -> Command {
    let mut command = if root {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn sudo_without_password() -> bool {
    Command::new("sudo")
        .args(["-n", "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_asked_for() {
        let missing = missing(&[DESKTOP, TESTS], |brings| {
            brings != "xdotool" && brings != "tesseract"
        });
        assert_eq!(missing, ["xdotool", "tesseract-ocr"]);
    }

    #[test]
    fn programs_are_searched_in_the_path_and_files_where_they_are() {
        assert!(is_there("sh", "/nowhere:/bin"));
        assert!(!is_there("sh", ""));
        assert!(is_there("/etc/passwd", ""));
        assert!(!is_there("/etc/no such file", "/bin"));
    }
}
