//! The setup program: installed, upgraded under a running uam, removed with and without what was recorded.

use crate::dist::check::clean_windows::{CleanWindows, NAME, RUN, from_utf16};
use crate::dist::check::clean_windows::{WindowsCheck, holds, same};
use crate::dist::check::older_release::OlderRelease;
use crate::dist::release::ReleaseInfo;
use crate::dist::staging;
use crate::process::Interrupt;
use crate::user::uam_process::UamProcess;
use anyhow::{Context, Result, bail, ensure};
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
/// can be tried as its users have it: see [`CleanWindows::record`] and [`CleanWindows::setting`].
///
/// # Errors
/// When it does not install, or the program does not run.
pub(crate) fn install(
    machine: &CleanWindows,
    setup: &Path,
    options: &[&str],
    stop: &Interrupt,
) -> Result<String> {
    let setup = setup.to_string_lossy();
    let mut words = vec![setup.as_ref(), "/S"];
    words.extend(options);
    machine.succeed(&words, stop)?;
    let program = format!(r"{}\uam.exe", machine.installed());
    let said = machine.says(&[&program, "--version"])?;
    holds("uam --version", &said, env!("CARGO_PKG_VERSION"))?;
    Ok(program)
}

/// Checks it from an empty Windows to an empty Windows.
///
/// # Errors
/// What was found instead of what should be.
pub(crate) fn check(
    machine: &CleanWindows,
    older: &OlderRelease,
    windows: &WindowsCheck<'_>,
    release: &ReleaseInfo,
    work: &Path,
    stop: &Interrupt,
) -> Result<()> {
    plant_path(machine, stop)?;
    let before = machine.export(ENVIRONMENT)?;

    // The older version, with everything on.
    let options = ["/AUTOSTART=1", "/ADDPATH=1"];
    let program = install(machine, &older.packed.setup, &options, stop)?;
    installed(machine, &older.version, &older.packed.program)?;
    older.signed(&machine.path(&format!(r"{}\uninstall.exe", machine.installed())))?;
    switched_on(machine, &before)?;
    println!("installs, with what was asked for");

    // It records, and is upgraded.
    let home = work.join("person");
    let mut agent = machine.record(&home, stop)?;
    let data = data(machine)?;
    install(machine, &windows.packed.setup, &[], stop)?;
    agent.ended(stop).context("upgrading a running uam")?;
    // Its last upload is made before it ends.
    ensure!(machine.delivered()? > 0, "nothing arrived in the bucket");
    installed(machine, &release.version, &windows.packed.program)?;
    switched_on(machine, &before).context("after the upgrade")?;
    same(
        "data after the upgrade",
        data_left(machine, &data),
        data.clone(),
    )?;
    println!("upgrades a running uam, and leaves its data and choices");

    blocked(machine, &program, windows, &home, stop)?;
    println!("changes nothing while uam cannot be ended");

    let msi = windows.packed.msi.to_string_lossy();
    ensure!(
        machine.run(&["msiexec", "/i", &msi, "/qn"], stop)? != 0,
        "the msi installed itself over the setup program"
    );

    // One component is switched off again.
    install(machine, &windows.packed.setup, &["/AUTOSTART=0"], stop)?;
    same("the Run value", machine.value(RUN, NAME)?, None)?;
    ensure!(
        machine.export(ENVIRONMENT)? != before,
        "switching one component off took the other along"
    );

    // It goes with everything it may have added.
    install(machine, &windows.packed.setup, &["/AUTOSTART=1"], stop)?;
    switched_on(machine, &before).context("switched on again")?;
    uninstall(machine, "", stop)?;
    same(
        "PATH afterwards",
        machine.export(ENVIRONMENT)?,
        before.clone(),
    )?;
    same("data afterwards", data_left(machine, &data), data)?;
    let note = machine.path(&machine.local(r"uam\KEPT.txt"));
    let note = std::fs::read(&note).with_context(|| format!("reading {}", note.display()))?;
    let note = from_utf16(&note);
    for folder in [machine.local("uam"), machine.roaming("uam")] {
        holds("KEPT.txt", &note, &folder)?;
    }
    println!("goes, and says what it kept");

    install(machine, &windows.packed.setup, &[], stop)?;
    same("the Run value", machine.value(RUN, NAME)?, None).context("unasked")?;
    same("PATH", machine.export(ENVIRONMENT)?, before).context("unasked")?;
    uninstall(machine, "/REMOVEDATA", stop)?;
    for folder in [machine.local("uam"), machine.roaming("uam")] {
        ensure!(
            !machine.path(&folder).exists(),
            "{folder} is still there after /REMOVEDATA"
        );
    }
    println!("goes with the data when told so");
    Ok(())
}

/// Gives the machine a PATH that a careless installer would cut: longer than its strings, with variables, quotes and an
/// empty entry.
fn plant_path(machine: &CleanWindows, stop: &Interrupt) -> Result<()> {
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
    machine.import(&text, stop)
}

/// Everything about the installed program that does not hang on a choice.
fn installed(machine: &CleanWindows, version: &str, program: &Path) -> Result<()> {
    let dir = machine.path(&machine.installed());
    let names: Vec<String> = staging::files(&dir)?
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    same(
        "the program's folder",
        names,
        FILES.map(str::to_owned).to_vec(),
    )?;
    ensure!(
        std::fs::read(dir.join("uam.exe")).ok() == std::fs::read(program).ok(),
        "the installed uam.exe is not the one that was packed as version {version}"
    );
    ensure!(
        machine.shortcut().is_file(),
        "there is no {} in the start menu",
        machine.shortcut().display()
    );
    let folder = machine.installed();
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
        same(name, machine.value(UNINSTALL, name)?, Some(wanted))?;
    }
    let size = machine.value(UNINSTALL, "EstimatedSize")?;
    let kib = size
        .as_deref()
        .and_then(|size| size.strip_prefix("0x"))
        .and_then(|size| u64::from_str_radix(size, 16).ok());
    let bytes = std::fs::metadata(program).map_or(0, |facts| facts.len());
    ensure!(
        kib.is_some_and(|kib| kib * 1024 > bytes && kib * 1024 < bytes + 8_000_000),
        "EstimatedSize is {size:?} KiB for a program of {bytes} bytes"
    );
    Ok(())
}

/// Both optional components.
fn switched_on(machine: &CleanWindows, before: &str) -> Result<()> {
    let program = format!(r#""{}\uam.exe""#, machine.installed());
    same("the Run value", machine.value(RUN, NAME)?, Some(program))?;
    // The exported bytes of ";folder" stand before the end of the text, and nothing else has changed.
    let added: Vec<String> = format!(";{}", machine.installed())
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let wanted = unfolded(before).replacen(",00,00\n", &format!(",{},00,00\n", added.join(",")), 1);
    same("PATH", unfolded(&machine.export(ENVIRONMENT)?), wanted)
}

/// An export with each value on one line.
fn unfolded(export: &str) -> String {
    let lines = export.replace("\r\n", "\n");
    lines
        .split("\\\n")
        .map(str::trim_start)
        .collect::<Vec<_>>()
        .concat()
}

/// What uam has recorded by now, and settings of the person's own.
fn data(machine: &CleanWindows) -> Result<Vec<String>> {
    let settings = machine.path(&machine.roaming("uam"));
    staging::write(&settings, "a note of my own.txt", "keep me")?;
    staging::write(
        &machine.path(&machine.local("uam")),
        "another.txt",
        "and me",
    )?;
    let mut data = Vec::new();
    for folder in [machine.local("uam"), machine.roaming("uam")] {
        for file in staging::files(&machine.path(&folder))? {
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
        .filter(|file| machine.path(file).exists())
        .cloned()
        .collect()
}

/// While uam waits for an answer, `uam stop` cannot reach it.
fn blocked(
    machine: &CleanWindows,
    program: &str,
    windows: &WindowsCheck<'_>,
    home: &Path,
    stop: &Interrupt,
) -> Result<()> {
    let setting = machine.setting(program, home)?;
    let waiting = UamProcess::start(&setting, &["--yes", "--plain"], false)?;
    stop.until("uam to ask for something", PATIENCE, || {
        Ok(waiting.said().contains("Do you agree?").then_some(()))
    })?;
    let setup = windows.packed.setup.to_string_lossy();
    let code = machine.run(&[&setup, "/S", "/AUTOSTART=0"], stop)?;
    same(
        "the setup program's code while uam runs",
        code,
        NOT_POSSIBLE,
    )?;
    ensure!(
        machine.value(RUN, NAME)?.is_some(),
        "it changed settings although the program could not be replaced"
    );
    // Dropped, it is told to end, and ended.
    drop(waiting);
    Ok(())
}

/// Removes it as Windows' settings would, and looks for what was left.
fn uninstall(machine: &CleanWindows, options: &str, stop: &Interrupt) -> Result<()> {
    let Some(command) = machine.value(UNINSTALL, "QuietUninstallString")? else {
        bail!("there is no QuietUninstallString");
    };
    let Some((program, silent)) = command
        .strip_prefix('"')
        .and_then(|rest| rest.split_once('"'))
    else {
        bail!("the QuietUninstallString is {command:?}");
    };
    let mut words = vec![program, silent.trim()];
    words.extend((!options.is_empty()).then_some(options));
    machine.succeed(&words, stop)?;
    machine.gone(&machine.installed(), stop)?;
    ensure!(!machine.has_key(UNINSTALL)?, "its uninstall entry stayed");
    ensure!(!machine.shortcut().exists(), "its shortcut stayed");
    same("the Run value", machine.value(RUN, NAME)?, None)
}
