//! `cargo xtask test`: set-up, then every check and test, stopping at the first that fails.

pub(crate) mod summary;

use crate::checks::{language, layout, source_rules, workflows};
use crate::cli::{LabArgs, TestArgs};
use crate::packages::{self, DESKTOP, TESTS, has_program};
use crate::process::Interrupt;
use crate::windows;
use crate::windows::toolchain::{SET_UP, Toolchain};
use crate::{build, lab, page_test};
use anyhow::Result;
use summary::TestSummary;

/// Runs everything.
///
/// # Errors
/// The first step that failed, with the command that runs it alone.
pub(crate) fn run_tests(options: &TestArgs, stop: &Interrupt) -> Result<()> {
    TestSummary::run_whole(|done| {
        check_native(done, stop)?;
        if options.no_windows {
            done.skip_step("windows", "as --no-windows asks");
            Ok(())
        } else {
            on_windows(done, stop)
        }
    })
}

/// The Windows program's checks come last: they take longest, and most mistakes have shown themselves before.
fn on_windows(done: &mut TestSummary, stop: &Interrupt) -> Result<()> {
    let set_up = || Toolchain::set_up(stop);
    match done.step_where_possible(SET_UP, "cargo xtask windows setup", set_up)? {
        Some(toolchain) => windows::check_windows(&toolchain, done, stop),
        None => Ok(()),
    }
}

/// How many tests run at once. Most wait for a desktop, a server or a deadline, so two for each core halve the time.
fn at_once() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (2 * cores).to_string()
}

fn check_native(done: &mut TestSummary, stop: &Interrupt) -> Result<()> {
    done.run_step("set-up", "installing by hand", || {
        packages::ensure_packages(&[DESKTOP, TESTS], stop)
    })?;
    done.run_cargo("format", &["fmt", "--all", "--check"], &[], stop)?;
    done.run_step("rules", "cargo xtask rules", || {
        source_rules::check_source(&build::repository_root())
    })?;
    done.run_step("language", "cargo xtask check-language", || {
        language::check_language(&build::repository_root(), &[])
    })?;
    done.run_step("layout", "cargo xtask check-layout", || {
        layout::check_layout(&build::repository_root(), &[])
    })?;
    done.step_where_possible("workflows", "cargo xtask check-workflows", || {
        workflows::check_workflows(stop)
    })?;
    done.run_cargo(
        "lints",
        &[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
        &[],
        stop,
    )?;
    if has_program("cargo-nextest") {
        done.run_cargo(
            "tests",
            &[
                "nextest",
                "run",
                "--locked",
                "--workspace",
                "--no-tests",
                "pass",
            ],
            &[("NEXTEST_TEST_THREADS", &at_once())],
            stop,
        )?;
    } else {
        done.run_cargo(
            "tests",
            &["test", "--locked", "--workspace", "--all-targets"],
            &[],
            stop,
        )?;
    }
    done.run_step("labs", "cargo xtask lab", || {
        lab::run_labs(&LabArgs::default(), stop)
    })?;
    done.step_where_possible("page in a browser", "cargo xtask page-test", || {
        page_test::test_page(stop)
    })?;
    done.run_cargo(
        "examples in docs",
        &["test", "--locked", "--workspace", "--doc"],
        &[],
        stop,
    )?;
    done.run_cargo(
        "docs",
        &[
            "doc",
            "--locked",
            "--workspace",
            "--no-deps",
            "--document-private-items",
        ],
        &[(
            "RUSTDOCFLAGS",
            "-D warnings -A rustdoc::private_intra_doc_links",
        )],
        stop,
    )?;
    if has_program("cargo-deny") {
        done.run_cargo(
            "licences and sources",
            &["deny", "check", "bans", "licenses", "sources"],
            &[],
            stop,
        )?;
    } else {
        done.skip_step(
            "licences and sources",
            "advisory; cargo-deny is not installed",
        );
    }
    Ok(())
}
