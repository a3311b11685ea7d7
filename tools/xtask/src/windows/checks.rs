//! The checks and tests of the Windows program.

use crate::args::Dist;
use crate::build;
use crate::dist;
use crate::packages::has_program;
use crate::process::Stop;
use crate::test::summary::Summary;
use crate::windows::{Toolchain, wine};
use anyhow::Result;
use std::path::PathBuf;

/// The crates whose tests run under Wine.
const TESTED: &[&str] = &[
    "model",
    "platform",
    "recorder",
    "sense",
    "screenshots",
    "vault",
    "journal",
    "report",
    // Another crate of this name is among the dependencies.
    "console@0.1.0",
    "upload",
    "web",
    "indicator",
    "uam",
];

/// The crates whose tests do not, each with the reason.
#[cfg(test)]
const LEFT_OUT: &[(&str, &str)] = &[
    ("bench", "measures a Linux desktop; never shipped"),
    ("bench-page", "measures on Linux; never shipped"),
    ("bench-sealing", "measures on Linux; never shipped"),
    (
        "fault-lab",
        "breaks Linux processes, disks and mounts; never shipped",
    ),
    ("lab", "the test kit for X11 and S3; never shipped"),
    ("xtask", "runs on Linux, with apt-get and Wine itself"),
];

/// Tests of a tested crate that cannot run under Wine.
struct LeftOut {
    package: &'static str,
    /// Parts of their names.
    tests: &'static [&'static str],
    why: &'static str,
}

const TESTS_LEFT_OUT: &[LeftOut] = &[
    LeftOut {
        package: "screenshots",
        tests: &["changes::", "ocr::", "privacy::", "quality::"],
        why: "ImageMagick draws their screens and Tesseract reads them, both programs of this system",
    },
    LeftOut {
        package: "upload",
        tests: &[
            "destinations::a_directory_nobody_asked_for_says_why",
            "destinations::bad_ones",
            "destinations::good_ones",
        ],
        why: "their folders are named as on Linux; those of Windows have a test of their own",
    },
    LeftOut {
        package: "console",
        tests: &[
            "screen::tests::another_size_draws_the_last_lines_anew",
            "screen::tests::no_size_is_too_small",
        ],
        why: "they need a console, which Wine gives to programs in a terminal only",
    },
];

/// The newest compiler whose lints this source is known to keep. Debian's moves on by itself: lints of a newer one are
/// shown, and only those that point at mistakes fail.
const LINTED_WITH: (u32, u32) = (1, 96);

/// Runs them, stopping at the first that fails.
///
/// # Errors
/// The step that failed, with the command that runs it alone.
pub(crate) fn check(windows: &Toolchain, done: &mut Summary, stop: &Stop) -> Result<()> {
    lint(windows, done, stop)?;
    let programs = build(windows, done, stop)?;
    under_wine(windows, done, stop)?;
    from_linux(windows, &programs, done, stop)?;
    packages(&programs, done, stop)
}

/// The packages of the program that was just tested; a release build would take longer than everything else here.
fn packages(programs: &Programs, done: &mut Summary, stop: &Stop) -> Result<()> {
    let options = Dist {
        out: None,
        check: true,
        windows_only: true,
        linux_only: false,
        windows_exe: Some(programs.uam.clone()),
        linux_exe: None,
    };
    let alone = format!(
        "cargo xtask dist --windows-only --check --windows-exe {}",
        programs.uam.display()
    );
    done.step("windows packages", &alone, || dist::run(&options, stop))
}

fn lint(windows: &Toolchain, done: &mut Summary, stop: &Stop) -> Result<()> {
    let mut args = vec!["clippy", "--locked", "--all-targets"];
    args.extend(tested());
    args.push("--");
    args.extend(lints(windows.release()));
    let mut command = windows.cargo();
    done.command("windows lints", &alone(&args), command.args(&args), stop)
}

/// What clippy is to refuse, for a compiler of this release.
fn lints(release: (u32, u32)) -> &'static [&'static str] {
    if release <= LINTED_WITH {
        // On this target thread locals are made in a way in which that lint does not see that they are const already.
        &[
            "-D",
            "warnings",
            "-A",
            "clippy::missing_const_for_thread_local",
        ]
    } else {
        &["-D", "clippy::correctness", "-D", "clippy::suspicious"]
    }
}

/// What the tests that run on Linux start under Wine.
struct Programs {
    uam: PathBuf,
    stage: PathBuf,
}

/// Builds it together with all that is tested: asked for alone, the dependencies would have fewer features and be
/// compiled once more.
fn build(windows: &Toolchain, done: &mut Summary, stop: &Stop) -> Result<Programs> {
    let mut args = vec!["build", "--locked", "--bins", "--examples"];
    args.extend(tested());
    done.step("windows program", &alone(&args), || {
        // `programs_with` brings the first two itself.
        let made = build::programs_with(windows.cargo(), &args[2..], stop)?;
        Ok(Programs {
            uam: build::the(&made, "uam")?,
            stage: build::the(&made, "stage")?,
        })
    })
}

/// The crates' own tests, compiled for Windows.
fn under_wine(windows: &Toolchain, done: &mut Summary, stop: &Stop) -> Result<()> {
    let nextest = windows.has_program("cargo-nextest");
    let wanted = wanted();
    let mut args = if nextest {
        vec!["nextest", "run", "--locked"]
    } else {
        vec!["test", "--locked", "--lib", "--bins", "--tests"]
    };
    args.extend(tested());
    if nextest {
        args.extend(["--filterset", &wanted]);
    } else {
        // One after the other, for all share one desktop. Without a package the names may meet a few tests more.
        args.extend(["--", "--test-threads=1"]);
        let names = TESTS_LEFT_OUT.iter().flat_map(|left| left.tests);
        args.extend(names.flat_map(|name| ["--skip", name]));
    }
    let mut command = windows.cargo();
    command.args(&args);
    let wine = done.step(
        "windows desktop",
        "cargo xtask windows wine cmd /c ver",
        || windows.wine(stop),
    )?;
    for LeftOut {
        package,
        tests,
        why,
    } in TESTS_LEFT_OUT
    {
        println!("Left out of {package}: {} ({why})", tests.join(", "));
    }
    wine.prepare(&mut command);
    done.command("windows tests", &alone(&args), &mut command, stop)
}

/// The tests that run on Linux and drive the program under Wine, as a person would.
fn from_linux(
    windows: &Toolchain,
    programs: &Programs,
    done: &mut Summary,
    stop: &Stop,
) -> Result<()> {
    // The whole workspace, though one crate has them, so that nothing is compiled anew after its ordinary tests.
    let args: &[&str] = if has_program("cargo-nextest") {
        &[
            "nextest",
            "run",
            "--locked",
            "--workspace",
            "--test",
            "windows",
            "--run-ignored",
            "all",
        ]
    } else {
        &[
            "test",
            "--locked",
            "--workspace",
            "--test",
            "windows",
            "--",
            "--include-ignored",
        ]
    };
    let [uam, stage, prefix] = [&programs.uam, &programs.stage, windows.template()]
        .map(|path| path.to_string_lossy().into_owned());
    let wine = wine::starter().join(" ");
    let env = [
        ("UAM_WINDOWS_EXE", uam.as_str()),
        ("UAM_WINDOWS_STAGE", stage.as_str()),
        ("UAM_WINDOWS_PREFIX", prefix.as_str()),
        ("UAM_WINDOWS_WINE", wine.as_str()),
    ];
    done.cargo("windows end to end", args, &env, stop)
}

/// Cargo's words for the tested crates.
fn tested<'a>() -> impl Iterator<Item = &'a str> {
    TESTED.iter().flat_map(|name| ["-p", name])
}

/// Nextest's expression for all tests but those left out.
fn wanted() -> String {
    let left_out: Vec<String> = TESTS_LEFT_OUT
        .iter()
        .map(|LeftOut { package, tests, .. }| {
            let tests: Vec<String> = tests.iter().map(|name| format!("test({name})")).collect();
            format!("package({package}) & ({})", tests.join(" | "))
        })
        .collect();
    format!("not ({})", left_out.join(" | "))
}

/// How a person runs a step alone.
fn alone(args: &[&str]) -> String {
    let words: Vec<String> = args
        .iter()
        .map(|word| {
            if word.contains(' ') {
                format!("'{word}'")
            } else {
                (*word).to_owned()
            }
        })
        .collect();
    format!("cargo xtask windows cargo {}", words.join(" "))
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
        let mut there: Vec<String> = ["crates", "tools"]
            .into_iter()
            .flat_map(|folder| std::fs::read_dir(build::root().join(folder)).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort_unstable();
        assert_eq!(known, there);
    }

    #[test]
    fn a_newer_compiler_fails_mistakes_only() {
        assert!(lints((1, 95)).contains(&"warnings"));
        assert!(lints(LINTED_WITH).contains(&"warnings"));
        assert!(!lints((1, 97)).contains(&"warnings"));
        assert!(lints((2, 0)).contains(&"clippy::correctness"));
    }

    #[test]
    fn a_test_is_left_out_of_its_own_crate_only() {
        let wanted = wanted();
        assert!(
            wanted.starts_with("not (package(screenshots) & (test(changes::) | test(ocr::) | "),
            "{wanted}"
        );
        assert!(
            alone(&["nextest", "run", "--filterset", &wanted]).ends_with(&format!("'{wanted}'"))
        );
    }
}
