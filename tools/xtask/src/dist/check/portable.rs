//! The .zip: unpacked and run where it lies, with its data beside it.

use crate::dist::check::clean_windows::{
    CleanWindows, WindowsCheck, expect_contains, expect_same, list_names,
};
use crate::dist::staging;
use crate::files;
use crate::process::output_of;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::Command;

/// Checks it.
///
/// # Errors
/// When a check fails, with the expected and the actual state.
pub(crate) fn check_zip(machine: &CleanWindows, check: WindowsCheck<'_>) -> Result<()> {
    let WindowsCheck {
        packed,
        release,
        work,
        ..
    } = check;
    let dir = staging::StagingDir::new(&work.join("unzipped"))?;
    let mut unzip = Command::new("unzip");
    unzip.arg("-q").arg(&packed.zip).arg("-d");
    output_of(unzip.arg(dir.path()))?;
    let folder = format!("uam-{}", release.version);
    let wanted = [
        "",
        "/LICENSE.txt",
        "/README.txt",
        "/THIRD-PARTY.txt",
        "/uam.exe",
    ];
    let wanted = wanted.map(|name| format!("{folder}{name}"));
    expect_same("the zip", list_names(dir.path())?, wanted)?;
    let folder = dir.path().join(folder);
    let readme =
        std::fs::read_to_string(folder.join("README.txt")).context("reading the README")?;
    expect_contains("the README", &readme, &format!("uam {}, ", release.version))?;
    ensure!(!readme.contains("{VERSION}"), "the README has a hole in it");

    // What the checks before this one have left there is no concern of this one.
    let elsewhere = || -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for folder in [machine.local_path("uam"), machine.roaming_path("uam")] {
            let folder = machine.unix_path(&folder);
            if folder.exists() {
                found.extend(files::list_files(&folder)?);
            }
        }
        Ok(found)
    };
    let before = elsewhere()?;
    let home = folder.join("uam-data");
    fs_err::create_dir(&home)?;
    let program = folder.join("uam.exe");
    let program = program.to_string_lossy();
    let said = machine.output_of(&[&program, "--version"])?;
    expect_contains("uam --version", &said, env!("CARGO_PKG_VERSION"))?;
    machine.run_successfully(&[&program, "config", "set", "shots.blur", "true"])?;
    let here = files::list_files(&home)?;
    ensure!(
        here.iter().any(|file| file.ends_with("config.toml")),
        "its settings are not in uam-data beside it, which holds {here:?}"
    );
    expect_same("data outside of uam-data", elsewhere()?, before)?;
    println!("runs from its folder, and keeps everything in it");
    Ok(())
}
