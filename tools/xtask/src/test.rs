//! `cargo xtask test`: set-up, then every check and test. One that fails leaves out only what needs its result.

pub(crate) mod summary;

use crate::checks::{language, layout, source_rules, workflows};
use crate::cli::{LabArgs, TestArgs};
use crate::packages::{self, DESKTOP, TESTS, has_program};
use crate::windows;
use crate::windows::toolchain::{SET_UP, Toolchain};
use crate::{build, lab, page_test};
use anyhow::Result;
use summary::TestSummary;

/// Runs everything.
///
/// # Errors
/// The steps that failed, with the commands that run them alone.
pub(crate) fn run_tests(options: &TestArgs) -> Result<()> {
    TestSummary::run_whole(|done| {
        check_native(done)?;
        if options.no_windows {
            done.skip_step("windows", "as --no-windows asks");
            return Ok(());
        }
        // These come last: they take longest, and most mistakes have shown themselves before.
        let set_up = || Toolchain::set_up();
        match done.step_where_possible(SET_UP, "cargo xtask windows setup", set_up)? {
            Some(toolchain) => windows::check_windows(&toolchain, done),
            None => Ok(()),
        }
    })
}

fn check_native(done: &mut TestSummary) -> Result<()> {
    let root = build::repository_root();
    let install = || packages::ensure_packages(&[DESKTOP, TESTS]);
    let is_set_up = done.run_step("set-up", "installing by hand", install)?;
    done.run_cargo("format", "fmt --all --check", &[])?;
    done.run_step("rules", "cargo xtask rules", || {
        source_rules::check_source(&root)
    })?;
    done.run_step("language", "cargo xtask check-language", || {
        language::check_language(&root, &[])
    })?;
    done.run_step("layout", "cargo xtask check-layout", || {
        layout::check_layout(&root, &[])
    })?;
    done.step_where_possible("workflows", "cargo xtask check-workflows", || {
        workflows::check_workflows()
    })?;
    let lints = "clippy --locked --workspace --all-targets -- -D warnings";
    done.run_cargo("lints", lints, &[])?;
    match is_set_up {
        Some(()) => run_native_tests(done)?,
        None => done.skip_step("tests and labs", "they need the set-up"),
    }
    done.step_where_possible("page in a browser", "cargo xtask page-test", || {
        page_test::test_page()
    })?;
    let examples = "test --locked --workspace --doc";
    done.run_cargo("examples in docs", examples, &[])?;
    let docs = "doc --locked --workspace --no-deps --document-private-items";
    let flags = "-D warnings -A rustdoc::private_intra_doc_links";
    done.run_cargo("docs", docs, &[("RUSTDOCFLAGS", flags)])?;
    let licences = "licences and sources";
    if has_program("cargo-deny") {
        done.run_cargo(licences, "deny check bans licenses sources", &[])?;
    } else {
        done.skip_step(licences, "advisory; cargo-deny is not installed");
    }
    Ok(())
}

fn run_native_tests(done: &mut TestSummary) -> Result<()> {
    if has_program("cargo-nextest") {
        // Most tests wait for a desktop, a server or a deadline, so two at once for each core halve the time.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let at_once = (2 * cores).to_string();
        let nextest = "nextest run --locked --workspace --no-tests pass";
        let env = [("NEXTEST_TEST_THREADS", at_once.as_str())];
        done.run_cargo("tests", nextest, &env)?;
    } else {
        let libtest = "test --locked --workspace --all-targets";
        done.run_cargo("tests", libtest, &[])?;
    }
    done.run_step("labs", "cargo xtask lab", || {
        lab::run_labs(&LabArgs::default())
    })?;
    Ok(())
}
