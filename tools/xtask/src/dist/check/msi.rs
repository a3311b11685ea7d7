//! The .msi: installed, upgraded under a running uam, removed; the records stay.

use crate::dist::check::clean_windows::{CleanWindows, NAME, RUN};
use crate::dist::check::clean_windows::{WindowsCheck, expect_contains, expect_same};
use crate::dist::check::older_release::OlderRelease;
use crate::files;
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Where it leaves its mark.
const MARK: &str = r"HKCU\Software\uam\msi";

/// The files in the program's folder.
const FILES: [&str; 4] = ["LICENSE.txt", "README.txt", "THIRD-PARTY.txt", "uam.exe"];

/// Checks it from an empty Windows to an empty Windows.
///
/// # Errors
/// When a check fails, with the expected and the actual state.
pub(crate) fn check_msi(
    machine: &CleanWindows,
    older: &OlderRelease,
    check: WindowsCheck<'_>,
) -> Result<()> {
    let WindowsCheck {
        packed,
        release,
        work,
        ..
    } = check;
    let msiexec = |action: &str, msi: &Path, options: &[&str]| {
        let msi = msi.to_string_lossy();
        let mut words = vec!["msiexec", action, &msi, "/qn"];
        words.extend(options);
        machine.run(&words)
    };
    let install = |msi: &Path, options: &[&str]| {
        expect_same("msiexec's code", msiexec("/i", msi, options)?, 0)
    };
    let run_value = format!(r#""{}""#, machine.program_path());

    install(&older.packed.msi, &["AUTOSTART=1"])?;
    installed(machine, &older.version, &older.packed.program)?;
    let started = machine.registry_value(RUN, NAME)?;
    expect_same("the Run value", started, Some(run_value.clone()))?;
    println!("installs, with what was asked for");

    let setup = packed.setup.to_string_lossy();
    let code = machine.run(&[&setup, "/S"])?;
    expect_same("the setup program's code over an msi", code, 2)?;
    installed(machine, &older.version, &older.packed.program).context("after the setup program")?;

    let before = machine.delivered_kinds()?;
    let mut agent = machine.start_recording(&work.join("another person"))?;
    let journal = machine.unix_path(&machine.local_path("uam"));
    let data = files::list_files(&journal)?;
    ensure!(
        !data.is_empty(),
        "uam recorded nothing in {}",
        journal.display()
    );
    install(&packed.msi, &[])?;
    agent.ended().context("upgrading a running uam")?;
    ensure!(
        machine.delivered_kinds()? > before,
        "nothing arrived in the bucket"
    );
    installed(machine, &release.version, &packed.program)?;
    let started = machine.registry_value(RUN, NAME)?;
    expect_same("the Run value after the upgrade", started, Some(run_value))?;
    println!("upgrades a running uam, and leaves its choices");

    ensure!(
        msiexec("/i", &older.packed.msi, &[])? != 0,
        "it went back to an older version"
    );
    installed(machine, &release.version, &packed.program).context("after the older one")?;

    expect_same("msiexec's code", msiexec("/x", &packed.msi, &[])?, 0)?;
    machine.wait_until_gone(&machine.installed_path())?;
    ensure!(!machine.has_key(MARK)?, "its mark in the registry stayed");
    ensure!(!machine.shortcut_path().exists(), "its shortcut stayed");
    expect_same(
        "the Run value afterwards",
        machine.registry_value(RUN, NAME)?,
        None,
    )?;
    ensure!(journal.exists(), "it took {} along", journal.display());

    // Unasked for, nothing starts by itself.
    install(&packed.msi, &[])?;
    expect_same(
        "the Run value, unasked",
        machine.registry_value(RUN, NAME)?,
        None,
    )?;
    expect_same("msiexec's code", msiexec("/x", &packed.msi, &[])?, 0)?;
    machine.wait_until_gone(&machine.installed_path())?;
    println!("goes, and keeps what was recorded");
    Ok(())
}

fn installed(machine: &CleanWindows, version: &str, program: &Path) -> Result<()> {
    machine.check_installed(&FILES, version, program)?;
    let numbers = version.split('-').next().map(str::to_owned);
    expect_same(
        "its version",
        machine.registry_value(MARK, "version")?,
        numbers,
    )?;
    let uam = machine.program_path();
    expect_same(
        "its program",
        machine.registry_value(MARK, "program")?,
        Some(uam.clone()),
    )?;
    let said = machine.output_of(&[&uam, "--version"])?;
    expect_contains("uam --version", &said, env!("CARGO_PKG_VERSION"))
}
