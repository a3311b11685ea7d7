//! `cargo xtask check-workflows`: do the workflows in `.github/workflows` follow GitHub's schema?
//!
//! `check-jsonschema` of PyPI compares them with the schema it brings along.

use crate::build::repository_root;
use crate::checks::workspace_files::read_files;
use crate::process::run_successfully;
use crate::python::PythonEnvironment;
use anyhow::{Context, Result};

/// Where the workflows lie, from the root of the repository.
const WORKFLOWS: &str = ".github/workflows/";

/// Checks every workflow.
///
/// # Errors
/// [`crate::packages::PackagesUnavailable`] where the checker cannot be had; another when a workflow is wrong.
pub(crate) fn check_workflows() -> Result<()> {
    let requirements = "tools/xtask/checks/requirements.txt";
    let probe = "import check_jsonschema";
    let python = PythonEnvironment::ensure("checks-venv", requirements, probe)?;
    let root = repository_root();
    let is_workflow = |name: &str| name.starts_with(WORKFLOWS) && name.ends_with(".yml");
    let files = read_files(&root, &is_workflow)?;
    let mut command = python.program_command("check-jsonschema");
    command
        .args(["--builtin-schema", "vendor.github-workflows"])
        .args(files.iter().map(|file| root.join(&file.name)));
    run_successfully(&mut command)
        .context("GitHub would not take a workflow; the message stands above")
}
