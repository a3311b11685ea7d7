//! The setup program: installed, upgraded under a running uam, removed with and without what was recorded.

use crate::dist::check::clean_windows::{CleanWindows, NAME, RUN, from_utf16};
use crate::dist::check::clean_windows::{WindowsCheck, expect_contains, expect_same};
use crate::dist::check::older_release::OlderRelease;
use crate::files;
use crate::process::wait_until;
use crate::user::uam_process::UamProcess;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::time::Duration;

const UNINSTALL: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\uam";
const ENVIRONMENT: &str = r"HKCU\Environment";

/// What lies in the program's folder.
const FILES: [&str; 5] = [
    "LICENSE.txt",
    "README.txt",
    "THIRD-PARTY.txt",
    "uam.exe",
    "uninstall.exe",
];

/// How long uam may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Its exit code when something stands in its way.
const NOT_POSSIBLE: i32 = 2;

/// Installs the setup program and gives the program's path, as Windows calls it. The machine is then one on which uam
/// can be tried as its users have it: see [`CleanWindows::start_recording`] and [`CleanWindows::uam_setup`].
///
/// # Errors
/// When it does not install, or the program does not run.
pub(crate) fn install_setup(
    machine: &CleanWindows,
    setup: &Path,
    options: &[&str],
) -> Result<String> {
    let setup = setup.to_string_lossy();
    let mut words = vec![setup.as_ref(), "/S"];
    words.extend(options);
    machine.run_successfully(&words)?;
    let program = machine.program_path();
    let said = machine.output_of(&[&program, "--version"])?;
    expect_contains("uam --version", &said, env!("CARGO_PKG_VERSION"))?;
    Ok(program)
}

/// Checks it from an empty Windows to an empty Windows.
///
/// # Errors
/// What was found instead of what should be.
pub(crate) fn check_setup(
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
    plant_path(machine)?;
    let before = machine.export_key(ENVIRONMENT)?;

    // The older version, with everything on.
    let options = ["/AUTOSTART=1", "/ADDPATH=1"];
    let program = install_setup(machine, &older.packed.setup, &options)?;
    installed(machine, &older.version, &older.packed.program)?;
    older.check_signature(
        &machine.unix_path(&format!(r"{}\uninstall.exe", machine.installed_path())),
    )?;
    switched_on(machine, &before)?;
    println!("installs, with what was asked for");

    // It records, and is upgraded.
    let home = work.join("person");
    let mut agent = machine.start_recording(&home)?;
    let data = data(machine)?;
    install_setup(machine, &packed.setup, &[])?;
    agent.ended().context("upgrading a running uam")?;
    // Its last upload is made before it ends.
    ensure!(
        machine.delivered_kinds()? > 0,
        "nothing arrived in the bucket"
    );
    installed(machine, &release.version, &packed.program)?;
    switched_on(machine, &before).context("after the upgrade")?;
    expect_same(
        "data after the upgrade",
        data_left(machine, &data),
        data.clone(),
    )?;
    println!("upgrades a running uam, and leaves its data and choices");

    check_blocked_upgrade(machine, &program, &packed.setup, &home)?;
    println!("changes nothing while uam cannot be ended");

    let msi = packed.msi.to_string_lossy();
    ensure!(
        machine.run(&["msiexec", "/i", &msi, "/qn"])? != 0,
        "the msi installed itself over the setup program"
    );

    // One component is switched off again.
    install_setup(machine, &packed.setup, &["/AUTOSTART=0"])?;
    expect_same("the Run value", machine.registry_value(RUN, NAME)?, None)?;
    ensure!(
        machine.export_key(ENVIRONMENT)? != before,
        "switching one component off took the other along"
    );

    // It goes with everything it may have added.
    install_setup(machine, &packed.setup, &["/AUTOSTART=1"])?;
    switched_on(machine, &before).context("switched on again")?;
    uninstall(machine, "")?;
    expect_same(
        "PATH afterwards",
        machine.export_key(ENVIRONMENT)?,
        before.clone(),
    )?;
    expect_same("data afterwards", data_left(machine, &data), data)?;
    let note = machine.unix_path(&machine.local_path(r"uam\KEPT.txt"));
    let note = fs_err::read(&note)?;
    let note = from_utf16(&note);
    for folder in [machine.local_path("uam"), machine.roaming_path("uam")] {
        expect_contains("KEPT.txt", &note, &folder)?;
    }
    println!("goes, and says what it kept");

    install_setup(machine, &packed.setup, &[])?;
    expect_same("the Run value", machine.registry_value(RUN, NAME)?, None).context("unasked")?;
    expect_same("PATH", machine.export_key(ENVIRONMENT)?, before).context("unasked")?;
    uninstall(machine, "/REMOVEDATA")?;
    for folder in [machine.local_path("uam"), machine.roaming_path("uam")] {
        ensure!(
            !machine.unix_path(&folder).exists(),
            "{folder} is still there after /REMOVEDATA"
        );
    }
    println!("goes with the data when told so");
    Ok(())
}

/// Gives the machine a PATH that a careless installer would cut: longer than its strings, with variables, quotes and an
/// empty entry.
fn plant_path(machine: &CleanWindows) -> Result<()> {
    let mut path: String = (0..150)
        .map(|n| format!(r"C:\Tools\number {n:03}\%USERPROFILE%\é;"))
        .collect();
    path.push_str(r#"";";C:\last"#);
    let mut bytes: Vec<u8> = path.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.extend([0, 0]);
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let text = format!(
        "[HKEY_CURRENT_USER\\Environment]\r\n\"Path\"=hex(2):{}\r\n",
        hex.join(",")
    );
    machine.import_registry(&text)
}

/// Everything about the installed program that does not hang on a choice.
fn installed(machine: &CleanWindows, version: &str, program: &Path) -> Result<()> {
    machine.check_installed(&FILES, version, program)?;
    let folder = machine.installed_path();
    for (name, wanted) in [
        ("DisplayName", NAME.to_owned()),
        ("DisplayVersion", version.to_owned()),
        ("Publisher", "uam project".to_owned()),
        ("InstallLocation", folder.clone()),
        ("DisplayIcon", format!(r"{folder}\uam.exe,0")),
        ("UninstallString", format!(r#""{folder}\uninstall.exe""#)),
        (
            "QuietUninstallString",
            format!(r#""{folder}\uninstall.exe" /S"#),
        ),
    ] {
        expect_same(name, machine.registry_value(UNINSTALL, name)?, Some(wanted))?;
    }
    let size = machine.registry_value(UNINSTALL, "EstimatedSize")?;
    let kib = size.as_deref().and_then(|size| size.strip_prefix("0x"));
    let kib = kib.and_then(|size| u64::from_str_radix(size, 16).ok());
    let bytes = std::fs::metadata(program).map_or(0, |facts| facts.len());
    ensure!(
        kib.is_some_and(|kib| kib * 1024 > bytes && kib * 1024 < bytes + 8_000_000),
        "EstimatedSize is {size:?} KiB for a program of {bytes} bytes"
    );
    Ok(())
}

/// Both optional components.
fn switched_on(machine: &CleanWindows, before: &str) -> Result<()> {
    let program = format!(r#""{}""#, machine.program_path());
    expect_same(
        "the Run value",
        machine.registry_value(RUN, NAME)?,
        Some(program),
    )?;
    // The exported bytes of ";folder" stand before the end of the text, and nothing else has changed.
    let added: Vec<String> = format!(";{}", machine.installed_path())
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let wanted =
        unfold_registry(before).replacen(",00,00\n", &format!(",{},00,00\n", added.join(",")), 1);
    expect_same(
        "PATH",
        unfold_registry(&machine.export_key(ENVIRONMENT)?),
        wanted,
    )
}

/// An export with each value on one line.
fn unfold_registry(export: &str) -> String {
    let lines = export.replace("\r\n", "\n");
    lines.split("\\\n").map(str::trim_start).collect()
}

/// What uam has recorded by now, and settings of the person's own.
fn data(machine: &CleanWindows) -> Result<Vec<String>> {
    let settings = machine.unix_path(&machine.roaming_path("uam"));
    files::write_file(&settings, "a note of my own.txt", "keep me")?;
    files::write_file(
        &machine.unix_path(&machine.local_path("uam")),
        "another.txt",
        "and me",
    )?;
    let mut data = Vec::new();
    for folder in [machine.local_path("uam"), machine.roaming_path("uam")] {
        for file in files::list_files(&machine.unix_path(&folder))? {
            let file = file.display().to_string();
            // What a running uam holds and takes away at its end.
            let fleeting = ["-wal", "-shm", "-journal", ".lock", ".sock", ".tmp"];
            if !fleeting.iter().any(|end| file.ends_with(end)) {
                data.push(format!(r"{folder}\{}", file.replace('/', r"\")));
            }
        }
    }
    Ok(data)
}

/// Which of it is there.
fn data_left(machine: &CleanWindows, data: &[String]) -> Vec<String> {
    data.iter()
        .filter(|file| machine.unix_path(file).exists())
        .cloned()
        .collect()
}

/// While uam waits for an answer, `uam stop` cannot reach it.
fn check_blocked_upgrade(
    machine: &CleanWindows,
    program: &str,
    setup: &Path,
    home: &Path,
) -> Result<()> {
    let setting = machine.uam_setup(program, home)?;
    let waiting = UamProcess::start(&setting, &["--yes", "--plain"], false)?;
    wait_until("uam to ask for something", PATIENCE, || {
        let said = waiting.output_so_far();
        Ok(said.contains("Do you agree?").then_some(()))
    })?;
    let setup = setup.to_string_lossy();
    let code = machine.run(&[&setup, "/S", "/AUTOSTART=0"])?;
    expect_same(
        "the setup program's code while uam runs",
        code,
        NOT_POSSIBLE,
    )?;
    ensure!(
        machine.registry_value(RUN, NAME)?.is_some(),
        "it changed settings although the program could not be replaced"
    );
    // When dropped, it gets the order to end, and is then ended.
    drop(waiting);
    Ok(())
}

/// Removes it as Windows' settings would, and looks for leftovers.
fn uninstall(machine: &CleanWindows, options: &str) -> Result<()> {
    let command = machine.registry_value(UNINSTALL, "QuietUninstallString")?;
    let command = command.context("there is no QuietUninstallString")?;
    let parts = command
        .strip_prefix('"')
        .and_then(|rest| rest.split_once('"'));
    let (program, silent) =
        parts.with_context(|| format!("the QuietUninstallString is {command:?}"))?;
    let mut words = vec![program, silent.trim()];
    words.extend((!options.is_empty()).then_some(options));
    machine.run_successfully(&words)?;
    machine.wait_until_gone(&machine.installed_path())?;
    ensure!(!machine.has_key(UNINSTALL)?, "its uninstall entry stayed");
    ensure!(!machine.shortcut_path().exists(), "its shortcut stayed");
    expect_same("the Run value", machine.registry_value(RUN, NAME)?, None)
}
