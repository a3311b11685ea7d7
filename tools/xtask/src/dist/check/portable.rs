//! The .zip: unpacked and run where it lies, with its data beside it.

use crate::dist::check::clean_windows::CleanWindows;
use crate::dist::check::clean_windows::{expect_contains, expect_same};
use crate::dist::release::ReleaseInfo;
use crate::dist::staging;
use crate::dist::windows::WindowsPackages;
use crate::process::{Interrupt, output_of};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Checks it.
///
/// # Errors
/// When a check fails, with the expected and the actual state.
pub(crate) fn check_zip(
    machine: &CleanWindows,
    packed: &WindowsPackages,
    release: &ReleaseInfo,
    work: &Path,
    stop: &Interrupt,
) -> Result<()> {
    let dir = staging::StagingDir::new(&work.join("unzipped"))?;
    output_of(
        Command::new("unzip")
            .arg("-q")
            .arg(&packed.zip)
            .arg("-d")
            .arg(dir.path()),
    )?;
    let folder = format!("uam-{}", release.version);
    let names: Vec<String> = staging::list_files(dir.path())?
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let wanted = [
        "",
        "/LICENSE.txt",
        "/README.txt",
        "/THIRD-PARTY.txt",
        "/uam.exe",
    ];
    expect_same(
        "the zip",
        names,
        wanted.map(|name| format!("{folder}{name}")).to_vec(),
    )?;
    let folder = dir.path().join(folder);
    let readme =
        std::fs::read_to_string(folder.join("README.txt")).context("reading the README")?;
    expect_contains("the README", &readme, &format!("uam {}, ", release.version))?;
    ensure!(!readme.contains("{VERSION}"), "the README has a hole in it");

    // Files that earlier checks left there do not concern this one.
    let elsewhere = || -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for folder in [machine.local_path("uam"), machine.roaming_path("uam")] {
            let folder = machine.unix_path(&folder);
            if folder.exists() {
                found.extend(staging::list_files(&folder)?);
            }
        }
        Ok(found)
    };
    let before = elsewhere()?;
    let home = folder.join("uam-data");
    std::fs::create_dir(&home).with_context(|| format!("making {}", home.display()))?;
    let program = folder.join("uam.exe");
    let program = program.to_string_lossy();
    let said = machine.output_of(&[&program, "--version"])?;
    expect_contains("uam --version", &said, env!("CARGO_PKG_VERSION"))?;
    machine.run_successfully(&[&program, "config", "set", "shots.blur", "true"], stop)?;
    let here = staging::list_files(&home)?;
    ensure!(
        here.iter().any(|file| file.ends_with("config.toml")),
        "its settings are not in uam-data beside it, which holds {here:?}"
    );
    expect_same("data outside of uam-data", elsewhere()?, before)?;
    println!("runs from its folder, and keeps everything in it");
    Ok(())
}
