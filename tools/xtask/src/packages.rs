//! The system packages that chores need.

use crate::process::{run_foreground, run_successfully, succeeds};
use anyhow::{Context, Result, bail};
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A package and the file that shows it is there: a program's name (searched in `PATH`) or an absolute path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SystemPackage {
    /// Its name in Debian and Ubuntu.
    pub(crate) name: &'static str,
    /// The commands that it brings.
    pub(crate) brings: &'static str,
}

const fn package(name: &'static str, brings: &'static str) -> SystemPackage {
    SystemPackage { name, brings }
}

/// A virtual desktop with real windows.
pub(crate) const DESKTOP: &[SystemPackage] = &[
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

/// The needs of the tests besides [`DESKTOP`].
pub(crate) const TESTS: &[SystemPackage] = &[
    package("tesseract-ocr", "tesseract"),
    // Named by its path: another program of this name would not do.
    package("imagemagick", "/usr/bin/convert"),
    package("dbus", "dbus-daemon"),
    package("gnome-keyring", "gnome-keyring-daemon"),
    // A real notification service (0.4 MB) and a real panel with a tray (13 MB), as people have them.
    package("dunst", "dunst"),
    package("xfce4-panel", "xfce4-panel"),
    // A program of other authors opens our sealed files.
    package("age", "age"),
    package("bsdutils", "script"),
    // A terminal whose screen can be read back.
    package("tmux", "tmux"),
    package("tzdata", "/usr/share/zoneinfo/Europe/Berlin"),
    package(
        "python3-dbusmock",
        "/usr/lib/python3/dist-packages/dbusmock/__init__.py",
    ),
];

/// The needs of the benchmark besides [`DESKTOP`], where Python cannot make virtual environments yet.
pub(crate) const BENCH: &[SystemPackage] =
    &[package("python3-venv", "/usr/share/doc/python3-venv")];

/// Debian's Rust, which cannot build for Windows yet but brings the sources of what is missing, a cross compiler, and
/// Wine to run what was built. `rustc-web` follows the browsers' needs and is newer than Debian's `rustc`.
pub(crate) const WINDOWS: &[SystemPackage] = &[
    // By the package manager's own records where another package or rustup brings a program of the same name.
    package("rustc-web", "/var/lib/dpkg/info/rustc-web.list"),
    package("cargo-web", "/var/lib/dpkg/info/cargo-web.list"),
    package("rust-web-src", "/var/lib/dpkg/info/rust-web-src.list"),
    package("rust-web-clippy", "/usr/bin/clippy-driver"),
    package(
        "gcc-mingw-w64-x86-64-win32",
        "/usr/bin/x86_64-w64-mingw32-gcc-win32",
    ),
    package(
        "g++-mingw-w64-x86-64-win32",
        "/usr/bin/x86_64-w64-mingw32-g++-win32",
    ),
    package("wine", "/usr/bin/wine"),
    package("wine64", "/usr/lib/wine/wine64"),
    package("xvfb", "Xvfb"),
    package("xdotool", "xdotool"),
];

/// The tools that pack the Windows program, besides [`WINDOWS`]'s cross compiler.
pub(crate) const PACK_WINDOWS: &[SystemPackage] = &[
    package("nsis", "makensis"),
    package("wixl", "wixl"),
    package("msitools", "msibuild"),
    package("zip", "zip"),
    package(
        "binutils-mingw-w64-x86-64",
        "/usr/bin/x86_64-w64-mingw32-strip",
    ),
];

/// The tools that pack the Linux program.
pub(crate) const PACK_LINUX: &[SystemPackage] = &[
    package("binutils", "strip"),
    package("tar", "tar"),
    package("gzip", "gzip"),
    package("xz-utils", "xz"),
];

/// The tools that look into the packages.
pub(crate) const UNPACK: &[SystemPackage] =
    &[package("unzip", "unzip"), package("dpkg", "dpkg-deb")];

/// The tools that sign with a certificate of one's own, to see that signed packages install.
pub(crate) const SIGNING: &[SystemPackage] = &[
    package("osslsigncode", "osslsigncode"),
    package("openssl", "openssl"),
];

/// A real browser and its driver.
pub(crate) const BROWSER: &[SystemPackage] = &[
    package("chromium", "chromium"),
    package("nodejs", "node"),
    package("npm", "npm"),
];

/// Needed packages are not available on this system, or not without the person's help.
#[derive(Debug)]
pub(crate) struct PackagesUnavailable {
    /// In a few words, for a summary.
    pub(crate) why: String,
    /// The missing packages, and the way to install them.
    pub(crate) advice: String,
}

impl fmt::Display for PackagesUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.advice)
    }
}

impl std::error::Error for PackagesUnavailable {}

/// Installs the missing ones of `packages`.
///
/// # Errors
/// [`PackagesUnavailable`] on systems without `apt-get`, without the right to use it, or where it does not know the packages:
/// a sentence with the packages to install by hand. Another error when an installation that was begun fails.
pub(crate) fn ensure_packages(packages: &[&[SystemPackage]]) -> Result<()> {
    let path = std::env::var("PATH").unwrap_or_default();
    let missing = missing_packages(packages, |brings| is_there(brings, &path));
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !is_there("apt-get", &path) {
        bail!(PackagesUnavailable {
            why: "no apt-get here".into(),
            advice: format!(
                "this needs a few programs that are not installed, and this system has no apt-get.\n\
                 Please install what your system calls (Debian's names): {list}\n\
                 then run the same command again."
            ),
        });
    }
    let root = nix::unistd::geteuid().is_root();
    if !root && !succeeds(Command::new("sudo").args(["-n", "true"])) {
        bail!(PackagesUnavailable {
            why: format!("not installed: {list}"),
            advice: format!(
                "this needs a few programs that are not installed. Please run\n    sudo apt-get install {list}\nand \
                 then the same command again."
            ),
        });
    }
    println!("Installing with apt-get: {list}");
    // An old package list is the commonest reason for a failed installation; a failed update alone is not fatal.
    let _ = run_foreground(run_apt(root).args(["-q", "update"]).stdout(Stdio::null()))?;
    let mut unknown = missing.clone();
    unknown.retain(|name| !is_known(name));
    if !unknown.is_empty() {
        let unknown = unknown.join(" ");
        bail!(PackagesUnavailable {
            why: format!("apt-get does not know {unknown}"),
            advice: format!(
                "this needs packages of Debian that this system's apt-get does not know: {unknown}\n\
                 Please install what they are called here, or use a newer release."
            ),
        });
    }
    let mut install = run_apt(root);
    // Nothing the person uses is taken away for our sake: apt-get stops and says so instead.
    install
        .args(["-q", "-y", "install", "--no-install-recommends"])
        .arg("--no-remove")
        .args(&missing)
        .stdout(Stdio::null());
    run_successfully(&mut install)
        .with_context(|| format!("apt-get could not install {list}; its own message stands above"))
}

fn missing_packages(
    packages: &[&[SystemPackage]],
    there: impl Fn(&str) -> bool,
) -> Vec<&'static str> {
    let all = packages.iter().copied().flatten();
    all.filter(|package| !there(package.brings))
        .map(|package| package.name)
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

fn run_apt(root: bool) -> Command {
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

/// Does the package manager know of it, in the lists it has now?
fn is_known(name: &str) -> bool {
    let mut cache = Command::new("apt-cache");
    succeeds(cache.args(["show", "--no-all-versions", name]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_asked_for() {
        let missing = missing_packages(&[DESKTOP, TESTS], |brings| {
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
