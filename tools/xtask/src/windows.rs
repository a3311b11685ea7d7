//! The Windows program, built and tested on Linux: Debian's compiler with a standard library made here, a cross
//! compiler for what is C, and Wine to run it.
//!
//! Always true: the ordinary toolchain, its target directory and the person's own Wine prefix are never touched, and
//! nothing outside the cache is written (the packages aside).

mod atomic_dir;
mod environment;
pub(crate) mod paths;
mod sysroot;
mod test_list;
pub(crate) mod toolchain;
pub(crate) mod wine;
mod wine_prefix;
mod wine_setup;

use crate::build;
use crate::cli::{DistArgs, WindowsArgs, WindowsChore};
use crate::dist;
use crate::packages::has_program;
use crate::process::{command_line, run_successfully};
use crate::test::summary::TestSummary;
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;
use test_list::{ExcludedTests, TESTS_LEFT_OUT, test_filter, tested_packages};
use toolchain::{SET_UP, Toolchain};

/// Cargo's commands that run programs; their short forms as well.
const RUNNING: [&str; 6] = ["bench", "nextest", "r", "run", "t", "test"];

/// Runs the chore.
///
/// # Errors
/// When something is missing or fails, in words.
pub(crate) fn run_windows(options: &WindowsArgs) -> Result<()> {
    match &options.chore {
        None => TestSummary::run_whole(|summary| {
            let set_up = || Toolchain::set_up();
            match summary.run_step(SET_UP, "cargo xtask windows setup", set_up)? {
                Some(toolchain) => check_windows(&toolchain, summary),
                None => Ok(()),
            }
        }),
        Some(WindowsChore::Setup) => {
            let windows = Toolchain::set_up()?;
            println!(
                "Everything for Windows is set up in {}",
                windows.cache().display()
            );
            Ok(())
        }
        Some(WindowsChore::Cargo { args }) => {
            let windows = Toolchain::set_up()?;
            let mut command = windows.cargo_command();
            command.args(args);
            let wine = runs_programs(args).then(|| windows.start_wine());
            if let Some(wine) = &wine.transpose()? {
                wine.prepare(&mut command);
            }
            run_successfully(&mut command)
        }
        Some(WindowsChore::Wine { args }) => {
            let windows = Toolchain::set_up()?;
            let wine = windows.visible_wine()?;
            run_successfully(wine.program().args(args))
        }
        Some(WindowsChore::Env) => {
            let windows = Toolchain::find()?;
            // Setting it up here would write its messages into the script.
            if !windows.is_complete() {
                bail!(
                    "not everything for Windows is set up; please run: cargo xtask windows setup"
                );
            }
            print!("{}", windows.environment_script()?);
            Ok(())
        }
    }
}

/// Is the first word that is no flag a command that runs the built program?
fn runs_programs(args: &[String]) -> bool {
    args.iter()
        .find(|arg| !arg.starts_with('-'))
        .is_some_and(|command| RUNNING.contains(&command.as_str()))
}

/// The newest compiler whose lints this source is known to keep. Debian's moves on by itself: lints of a newer one are
/// shown, and only those that point at mistakes fail.
const LINTED_WITH: (u32, u32) = (1, 96);

/// Runs the checks of the Windows program.
///
/// # Errors
/// [`crate::process::Interrupted`] on Ctrl-C.
pub(crate) fn check_windows(windows: &Toolchain, done: &mut TestSummary) -> Result<()> {
    run_lints(windows, done)?;
    let programs = build_tested(windows, done)?;
    under_wine(windows, done)?;
    match programs {
        Some(programs) => {
            from_linux(windows, &programs, done)?;
            check_packages(programs.uam, done)
        }
        None => {
            done.skip_step("windows end to end", "it needs the program");
            done.skip_step("windows packages", "they need the program");
            Ok(())
        }
    }
}

/// The packages of the program that was just tested; a release build would take longer than everything else here.
fn check_packages(uam: PathBuf, done: &mut TestSummary) -> Result<()> {
    let alone = format!(
        "cargo xtask dist --windows-only --check --windows-exe {}",
        uam.display()
    );
    let options = DistArgs {
        check: true,
        windows_only: true,
        windows_exe: Some(uam),
        ..DistArgs::default()
    };
    done.run_step("windows packages", &alone, || dist::run_dist(&options))?;
    Ok(())
}

fn run_lints(windows: &Toolchain, done: &mut TestSummary) -> Result<()> {
    let mut args = vec!["clippy", "--locked", "--all-targets"];
    args.extend(tested_packages());
    args.push("--");
    args.extend(lints_for(windows.release()).split(' '));
    let mut command = windows.cargo_command();
    done.run_command("windows lints", &alone_command(&args), command.args(&args))
}

/// The lints that clippy refuses, for a compiler of this release.
fn lints_for(release: (u32, u32)) -> &'static str {
    if release <= LINTED_WITH {
        // On this target thread locals are made in a way in which that lint does not see that they are const already.
        "-D warnings -A clippy::missing_const_for_thread_local"
    } else {
        "-D clippy::correctness -D clippy::suspicious"
    }
}

/// What the tests that run on Linux start under Wine.
struct Programs {
    uam: PathBuf,
    stage: PathBuf,
}

/// Builds it together with all that is tested: asked for alone, the dependencies would have fewer features and be
/// compiled once more.
fn build_tested(windows: &Toolchain, done: &mut TestSummary) -> Result<Option<Programs>> {
    let mut args = vec!["build", "--locked", "--bins", "--examples"];
    args.extend(tested_packages());
    done.run_step("windows program", &alone_command(&args), || {
        // `programs_with` brings the first two itself.
        let made = build::build_programs_with(windows.cargo_command(), &args[2..])?;
        Ok(Programs {
            uam: build::find_program(&made, "uam")?,
            stage: build::find_program(&made, "stage")?,
        })
    })
}

/// The crates' own tests, compiled for Windows.
fn under_wine(windows: &Toolchain, done: &mut TestSummary) -> Result<()> {
    let nextest = windows.has_program("cargo-nextest");
    let wanted = test_filter();
    let mut args = if nextest {
        vec!["nextest", "run", "--locked"]
    } else {
        vec!["test", "--locked", "--lib", "--bins", "--tests"]
    };
    args.extend(tested_packages());
    if nextest {
        args.extend(["--filterset", &wanted]);
    } else {
        // One after the other, for all share one desktop. Without a package the names may meet a few tests more.
        args.extend(["--", "--test-threads=1"]);
        let names = TESTS_LEFT_OUT.iter().flat_map(|left| left.tests);
        args.extend(names.flat_map(|name| ["--skip", name]));
    }
    let mut command = windows.cargo_command();
    command.args(&args);
    let wine = done.run_step(
        "windows desktop",
        "cargo xtask windows wine cmd /c ver",
        || windows.start_wine(),
    )?;
    let Some(wine) = wine else {
        done.skip_step("windows tests", "they need the desktop");
        return Ok(());
    };
    for ExcludedTests {
        package,
        tests,
        why,
    } in TESTS_LEFT_OUT
    {
        println!("Left out of {package}: {} ({why})", tests.join(", "));
    }
    wine.prepare(&mut command);
    done.run_command("windows tests", &alone_command(&args), &mut command)
}

/// The tests that run on Linux and drive the program under Wine, as a person would.
fn from_linux(windows: &Toolchain, programs: &Programs, done: &mut TestSummary) -> Result<()> {
    // The whole workspace, though one crate has them, so that nothing is compiled again after its ordinary tests.
    let args = if has_program("cargo-nextest") {
        "nextest run --locked --workspace --test windows --run-ignored all"
    } else {
        "test --locked --workspace --test windows -- --include-ignored"
    };
    let [uam, stage, prefix] = [&programs.uam, &programs.stage, windows.template_prefix()]
        .map(|path| path.to_string_lossy().into_owned());
    let wine = wine::wine_starter().join(" ");
    let env = [
        ("UAM_WINDOWS_EXE", uam.as_str()),
        ("UAM_WINDOWS_STAGE", stage.as_str()),
        ("UAM_WINDOWS_PREFIX", prefix.as_str()),
        ("UAM_WINDOWS_WINE", wine.as_str()),
    ];
    done.run_cargo("windows end to end", args, &env)
}

/// How a person runs a step alone.
fn alone_command(args: &[&str]) -> String {
    let mut command = Command::new("cargo");
    command_line(command.args(["xtask", "windows", "cargo"]).args(args))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_programs_needs_wine() {
        let runs = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            runs_programs(&words)
        };
        assert!(runs("nextest run -p model"));
        assert!(runs("--offline t"));
        assert!(!runs("clippy --all-targets"));
        assert!(!runs("build -p test"));
    }

    #[test]
    fn a_newer_compiler_fails_mistakes_only() {
        assert!(lints_for((1, 95)).contains("warnings"));
        assert!(lints_for(LINTED_WITH).contains("warnings"));
        assert!(!lints_for((1, 97)).contains("warnings"));
        assert!(lints_for((2, 0)).contains("clippy::correctness"));
    }

    #[test]
    fn a_step_is_repeated_with_its_words_in_quotes() {
        let repeated = alone_command(&["nextest", "run", "--filterset", "not (test(a))"]);
        assert!(repeated.ends_with("'not (test(a))'"), "{repeated}");
    }
}
