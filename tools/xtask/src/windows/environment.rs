//! The environment of Debian's cargo, without the variables of the ordinary toolchain.
//!
//! `cargo xtask` is itself started by a cargo, mostly rustup's, whose variables would mix two compilers.

use crate::build;
use crate::packages::is_there;
use crate::process::quote_for_shell;
use crate::windows::paths::{TARGET, WindowsPaths};
use std::ffi::{OsStr, OsString};
use std::process::Command;

/// Searched first, so that Debian's tools are found, whatever else is installed.
const SYSTEM_PATH: &str = "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin";

/// The linker, and the compilers for the C that some crates bring. The `win32` flavour needs no DLL of its own.
const TOOLS: [(&str, &str); 4] = [
    (
        "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER",
        "x86_64-w64-mingw32-gcc-win32",
    ),
    ("CC_x86_64_pc_windows_gnu", "x86_64-w64-mingw32-gcc-win32"),
    ("CXX_x86_64_pc_windows_gnu", "x86_64-w64-mingw32-g++-win32"),
    ("AR_x86_64_pc_windows_gnu", "x86_64-w64-mingw32-ar"),
];

/// The environment of every Wine process besides its prefix: no chatter, and no offers to download Mono and Gecko.
const WINE: [(&str, &str); 2] = [
    ("WINEDEBUG", "-all"),
    ("WINEDLLOVERRIDES", "mscoree,mshtml="),
];

/// Taken away by its whole name.
const FOREIGN: &[&str] = &[
    "CARGO",
    "CARGO_ENCODED_RUSTDOCFLAGS",
    // They win over the target's flags, which carry the sysroot.
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_PRIMARY_PACKAGE",
    "CC",
    "CXX",
    "AR",
    "CFLAGS",
    "CXXFLAGS",
    // Cargo points it at its own toolchain's libraries.
    "LD_LIBRARY_PATH",
    "OUT_DIR",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "RUST_RECURSION_COUNT",
    "SYSROOT",
];

/// Taken away by how its name begins.
const FOREIGN_BEGINNINGS: &[&str] = &[
    "CARGO_BIN_",
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_RUST",
    "CARGO_BUILD_TARGET",
    "CARGO_CRATE_",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_TARGET_",
    "NEXTEST",
    "RUSTC",
    "RUSTUP_",
    "WINE",
];

/// Changes to the environment: names to take away, then values to set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CrossEnvironment {
    unset: Vec<OsString>,
    set: Vec<(OsString, OsString)>,
}

impl CrossEnvironment {
    /// For cargo and for Wine, which is started by the words `wine`, from the names that are set now. It brings no
    /// display: see `Wine`.
    pub(crate) fn new(
        places: &WindowsPaths,
        wine: &[&str],
        names: impl Iterator<Item = OsString>,
    ) -> Self {
        let mut environment = Self::without_sysroot(places, names);
        environment.put("WINEPREFIX", &places.own);
        for (name, value) in WINE {
            environment.put(name, value);
        }
        let mut sysroot = OsString::from("--sysroot=");
        sysroot.push(&places.sysroot);
        for name in ["RUSTFLAGS", "RUSTDOCFLAGS"] {
            environment.put(
                format!("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_{name}"),
                &sysroot,
            );
        }
        environment.put("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", wine.join(" "));
        // Tests that compare with stored texts would ask cargo where these are, but cannot start it from within Wine;
        // and they would write new ones beside the sources, in a folder of the wrong name.
        environment.put("INSTA_WORKSPACE_ROOT", build::repository_root());
        environment.put("INSTA_UPDATE", "no");
        environment
    }

    /// For the build of the standard library itself.
    pub(crate) fn without_sysroot(
        places: &WindowsPaths,
        names: impl Iterator<Item = OsString>,
    ) -> Self {
        let mut environment = Self {
            unset: names.filter(|name| is_foreign(name)).collect(),
            set: Vec::new(),
        };
        environment.unset.sort();
        // Cargo looks for its subcommands in its own folder first, unless that folder is in the path as well: rustup's
        // `cargo-clippy` would meet Debian's standard library.
        let mut path = OsString::from(SYSTEM_PATH);
        path.push(":");
        path.push(places.cargo_home.join("bin"));
        environment.put("PATH", path);
        environment.put("CARGO_HOME", &places.cargo_home);
        environment.put("CARGO_TARGET_DIR", &places.target);
        environment.put("CARGO_BUILD_TARGET", TARGET);
        environment.put("RUSTC", "/usr/bin/rustc");
        environment.put("RUSTDOC", "/usr/bin/rustdoc");
        // Where clippy finds the host's standard library, for build scripts.
        environment.put("SYSROOT", "/usr");
        for (name, value) in TOOLS {
            environment.put(name, value);
        }
        environment
    }

    fn put(&mut self, name: impl Into<OsString>, value: impl AsRef<OsStr>) {
        self.set.push((name.into(), value.as_ref().to_owned()));
    }

    /// Is the program in this environment's path?
    pub(crate) fn has_program(&self, name: &str) -> bool {
        self.set
            .iter()
            .find(|(n, _)| n == "PATH")
            .is_some_and(|(_, path)| is_there(name, &path.to_string_lossy()))
    }

    /// Gives it to `command`.
    pub(crate) fn apply_to(&self, command: &mut Command) {
        for name in &self.unset {
            command.env_remove(name);
        }
        command.envs(self.set.iter().map(|(name, value)| (name, value)));
    }

    /// The same as lines for a shell.
    pub(crate) fn shell_script(&self) -> String {
        let mut script = String::new();
        for name in &self.unset {
            script.push_str(&format!("unset {}\n", name.to_string_lossy()));
        }
        for (name, value) in &self.set {
            let value = quote_for_shell(&value.to_string_lossy());
            script.push_str(&format!("export {}={value}\n", name.to_string_lossy()));
        }
        script
    }
}

fn is_foreign(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    FOREIGN.contains(&name.as_ref()) || FOREIGN_BEGINNINGS.iter().any(|b| name.starts_with(b))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn environment(names: &[&str]) -> CrossEnvironment {
        let places = WindowsPaths::find("1.96.0-1", |name| {
            (name == "HOME").then(|| "/home/it's".into())
        })
        .unwrap();
        CrossEnvironment::new(&places, &["wine"], names.iter().map(Into::into))
    }

    #[test]
    fn what_the_other_toolchain_set_is_taken_away_and_nothing_else() {
        let names = [
            "CARGO",
            "CARGO_BUILD_JOBS",
            "CARGO_BUILD_RUSTC_WRAPPER",
            "CARGO_MANIFEST_DIR",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "CARGO_TERM_COLOR",
            "CARGO_NET_OFFLINE",
            "HOME",
            "LD_LIBRARY_PATH",
            "RUSTC_WRAPPER",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
            "RUST_BACKTRACE",
            "RUST_RECURSION_COUNT",
            "WINEARCH",
            "https_proxy",
        ];
        let left: Vec<_> = names
            .into_iter()
            .filter(|name| !environment(&names).unset.contains(&name.into()))
            .collect();
        let expected = [
            "CARGO_BUILD_JOBS",
            "CARGO_TERM_COLOR",
            "CARGO_NET_OFFLINE",
            "HOME",
            "RUST_BACKTRACE",
            "https_proxy",
        ];
        assert_eq!(left, expected);
    }

    #[test]
    fn debians_tools_come_first_and_rustups_last() {
        let environment = environment(&["PATH"]);
        let value = |name: &str| {
            let found = environment.set.iter().find(|(n, _)| n == name);
            found.unwrap().1.to_str().unwrap().to_owned()
        };
        assert!(value("PATH").starts_with("/usr/bin:"));
        assert!(value("PATH").ends_with(":/home/it's/.cargo/bin"));
        assert_eq!(
            value("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS"),
            "--sysroot=/home/it's/.cache/uam/windows/sysroot-1.96.0-1"
        );
        assert_eq!(value("CARGO_BUILD_TARGET"), "x86_64-pc-windows-gnu");
    }

    #[test]
    fn a_shell_reads_back_what_a_command_gets() {
        let environment = environment(&["RUSTFLAGS"]);
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", r#"eval "$1"; echo "$WINEPREFIX${RUSTFLAGS-:}""#, "sh"])
            .arg(environment.shell_script())
            .env("RUSTFLAGS", "-Cdebuginfo=0");
        let answer = crate::process::output_of(&mut shell).unwrap();
        assert_eq!(answer.trim(), "/home/it's/.cache/uam/windows/own:");
    }
}
