//! The checks and tests of the Windows program.

use crate::build;
use crate::process::Stop;
use crate::test::summary::Summary;
use crate::windows::Toolchain;
use anyhow::Result;

/// The crates whose tests run under Wine.
const TESTED: &[&str] = &[
    "model",
    "record",
    "sense",
    "shots",
    "vault",
    "journal",
    "report",
    // Another crate of this name is among the dependencies.
    "console@0.1.0",
    "upload",
    "uam",
];

/// The crates whose tests do not, each with the reason.
#[cfg(test)]
const LEFT_OUT: &[(&str, &str)] = &[
    ("bench", "measures a Linux desktop; never shipped"),
    ("lab", "the test kit for X11 and S3; never shipped"),
    ("xtask", "runs on Linux, with apt-get and Wine itself"),
];

/// The newest compiler whose lints this source is known to keep. Debian's moves on by itself: lints of a newer one are
/// shown, and only those that point at mistakes fail.
const LINTED_WITH: (u32, u32) = (1, 96);

/// Runs them, stopping at the first that fails.
///
/// # Errors
/// The step that failed, with the command that runs it alone.
pub(crate) fn check(windows: &Toolchain, done: &mut Summary, stop: &Stop) -> Result<()> {
    let packages: Vec<&str> = TESTED.iter().flat_map(|name| ["-p", name]).collect();
    let mut lint = vec!["clippy", "--locked", "--all-targets"];
    lint.extend(&packages);
    lint.push("--");
    lint.extend(lints(windows.release()));
    done.command(
        "windows lints",
        &alone(&lint),
        windows.cargo().args(&lint),
        stop,
    )?;

    let build = ["build", "--locked", "-p", "uam"];
    let _uam = done.step("windows program", &alone(&build), || {
        build::the(&windows.programs(&build[2..], stop)?, "uam")
    })?;

    let mut test = if windows.has_program("cargo-nextest") {
        vec!["nextest", "run", "--locked"]
    } else {
        vec!["test", "--locked", "--all-targets"]
    };
    test.extend(&packages);
    let mut command = windows.cargo();
    command.args(&test);
    let wine = done.step("wine", "cargo xtask windows wine cmd /c ver", || {
        windows.wine(stop)
    })?;
    wine.prepare(&mut command);
    done.command("windows tests", &alone(&test), &mut command, stop)
}

/// What clippy is to refuse, for a compiler of this release.
fn lints(release: (u32, u32)) -> Vec<&'static str> {
    if release <= LINTED_WITH {
        vec!["-D", "warnings"]
    } else {
        vec!["-D", "clippy::correctness", "-D", "clippy::suspicious"]
    }
}

fn alone(args: &[&str]) -> String {
    format!("cargo xtask windows cargo {}", args.join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_crate_is_tested_or_left_out_for_a_reason() {
        let mut known: Vec<&str> = TESTED
            .iter()
            .map(|name| name.split('@').next().unwrap())
            .chain(LEFT_OUT.iter().map(|(name, reason)| {
                assert!(!reason.is_empty());
                *name
            }))
            .collect();
        known.sort_unstable();
        let mut there: Vec<String> = std::fs::read_dir(build::root().join("crates"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .chain(["xtask".to_owned()])
            .collect();
        there.sort_unstable();
        assert_eq!(known, there);
    }

    #[test]
    fn a_newer_compiler_fails_mistakes_only() {
        assert_eq!(lints((1, 95)), ["-D", "warnings"]);
        assert_eq!(lints(LINTED_WITH), ["-D", "warnings"]);
        assert!(!lints((1, 97)).contains(&"warnings"));
        assert!(lints((2, 0)).contains(&"clippy::correctness"));
    }
}
