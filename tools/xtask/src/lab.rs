//! `cargo xtask lab`: builds the lab program with the programs it breaks, and runs it.

use crate::build;
use crate::cli::LabArgs;
use crate::process;
use anyhow::{Context, Result};
use std::process::Command;

/// Runs the labs.
///
/// # Errors
/// When the build fails, or a lab found something lost.
pub(crate) fn run_labs(options: &LabArgs) -> Result<()> {
    // The whole workspace, as `test` builds it: nothing is compiled twice.
    let programs = build::build_programs(&["--workspace", "--bins"])?;
    let mut command = Command::new(build::find_program(&programs, "fault-lab")?);
    command.args(&options.names);
    if options.long {
        command.arg("--long");
    }
    command.env("FAULT_LAB_UAM", build::find_program(&programs, "uam")?);
    process::run_successfully(&mut command).context("a lab failed; what it found stands above")
}
