//! `cargo xtask check-workflows`: do the workflows in `.github/workflows` follow GitHub's schema?
//!
//! `check-jsonschema` of PyPI compares them with the schema it brings along.

use crate::build::repository_root;
use crate::process::{Interrupt, run_foreground};
use crate::python::PythonEnvironment;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// Where the workflows lie, from the root of the repository.
const WORKFLOWS: &str = ".github/workflows";

/// Checks every workflow.
///
/// # Errors
/// [`crate::packages::PackagesUnavailable`] where the checker cannot be had; another when a workflow is wrong.
pub(crate) fn check_workflows(stop: &Interrupt) -> Result<()> {
    let requirements = "tools/xtask/checks/requirements.txt";
    let probe = "import check_jsonschema";
    let python = PythonEnvironment::ensure("checks-venv", requirements, probe, stop)?;
    let files = workflow_files()?;
    let mut command = python.program_command("check-jsonschema");
    command
        .args(["--builtin-schema", "vendor.github-workflows"])
        .args(&files);
    let status = run_foreground(&mut command, stop)?;
    if !status.success() {
        bail!("GitHub would not take a workflow; the message stands above");
    }
    Ok(())
}

fn workflow_files() -> Result<Vec<PathBuf>> {
    let folder = repository_root().join(WORKFLOWS);
    let reading = || format!("reading {}", folder.display());
    let entries = std::fs::read_dir(&folder).with_context(reading)?;
    let mut files = entries
        .map(|entry| Ok(entry.with_context(reading)?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "yml"));
    files.sort();
    Ok(files)
}
