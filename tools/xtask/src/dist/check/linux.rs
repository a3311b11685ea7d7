//! The packages for Linux: unpacked, looked through, and run.

use crate::dist::check::clean_windows::{expect_contains, expect_same};
use crate::dist::release::ReleaseInfo;
use crate::dist::staging;
use crate::files;
use crate::process::output_of;
use anyhow::{Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Places from which something would start by itself.
const AUTOSTART: [&str; 5] = ["autostart", "systemd", "init.d", "cron", "profile.d"];

/// The shells there is a completion for.
const COMPLETIONS: [&str; 3] = [
    "usr/share/bash-completion/completions/uam",
    "usr/share/zsh/vendor-completions/_uam",
    "usr/share/fish/vendor_completions.d/uam.fish",
];

/// Checks the .deb.
///
/// # Errors
/// When a check fails, with the expected and the actual state.
pub(crate) fn check_deb(file: &Path, release: &ReleaseInfo, work: &Path) -> Result<()> {
    let field = |name: &str| -> Result<String> {
        let mut dpkg = Command::new("dpkg-deb");
        let said = output_of(dpkg.arg("--field").arg(file).arg(name))?;
        Ok(said.trim().to_owned())
    };
    // Reads the whole package, and reports breaches of Debian's rules.
    let told = output_of(Command::new("dpkg-deb").arg("--info").arg(file))?;
    for part in [
        "Description: ",
        "Maintainer: ",
        "Installed-Size: ",
        "Section: utils",
    ] {
        expect_contains("dpkg-deb --info", &told, part)?;
    }
    expect_same("Package", field("Package")?, "uam")?;
    let version = release.version.replacen('-', "~", 1);
    expect_same("Version", field("Version")?, version)?;
    expect_contains("Depends", &field("Depends")?, "libc6 (>= 2.")?;
    let mut arch = Command::new("dpkg");
    let arch = output_of(arch.arg("--print-architecture"))?;
    expect_same("Architecture", field("Architecture")?, arch.trim())?;

    let listed = output_of(Command::new("dpkg-deb").arg("--contents").arg(file))?;
    for line in listed.lines() {
        let mut words = line.split_whitespace();
        let (mode, owner) = (words.next(), words.next());
        let usual = matches!(mode, Some("drwxr-xr-x" | "-rw-r--r--"))
            || (mode == Some("-rwxr-xr-x") && line.ends_with("/usr/bin/uam"));
        ensure!(
            usual && owner == Some("root/root"),
            "not as Debian wants it: {line}"
        );
        ensure!(
            !AUTOSTART.iter().any(|place| line.contains(place)),
            "it would start by itself: {line}"
        );
    }

    let dir = staging::StagingDir::new(&work.join("unpacked"))?;
    output_of(Command::new("dpkg-deb").arg("-x").arg(file).arg(dir.path()))?;
    let at = |name: &str| dir.path().join(name);
    check_version(&at("usr/bin/uam"), release)?;
    for completion in COMPLETIONS {
        // Each names a command of uam's own.
        expect_contains(completion, &read(&at(completion))?, "doctor")?;
    }
    let entry = read(&at("usr/share/applications/uam.desktop"))?;
    expect_contains("the menu entry", &entry, "Exec=uam\n")?;
    expect_contains("the menu entry", &entry, "Terminal=true\n")?;
    for name in [
        "usr/share/icons/hicolor/256x256/apps/uam.png",
        "usr/share/doc/uam/README",
        "usr/share/doc/uam/copyright",
        "usr/share/doc/uam/changelog.gz",
        "usr/share/doc/uam/THIRD-PARTY.gz",
    ] {
        ensure!(at(name).is_file(), "it lacks {name}");
    }
    println!("unpacks and runs; {}", field("Depends")?);
    Ok(())
}

/// Checks the archive.
///
/// # Errors
/// When a check fails, with the expected and the actual state.
pub(crate) fn check_archive(file: &Path, release: &ReleaseInfo, work: &Path) -> Result<()> {
    let dir = staging::StagingDir::new(&work.join("unpacked"))?;
    let mut tar = Command::new("tar");
    output_of(tar.arg("-C").arg(dir.path()).arg("-xzf").arg(file))?;
    let folder = PathBuf::from(format!("uam-{}", release.version));
    let files = files::list_files(dir.path())?;
    if let Some(stray) = files.iter().find(|file| !file.starts_with(&folder)) {
        bail!("{} lies outside of {}", stray.display(), folder.display());
    }
    let folder = dir.path().join(folder);
    check_version(&folder.join("uam"), release)?;
    for name in ["README", "LICENSE", "THIRD-PARTY", "completions/uam.zsh"] {
        ensure!(
            !read(&folder.join(name))?.is_empty(),
            "{name} is empty in the archive"
        );
    }
    println!("unpacks and runs");
    Ok(())
}

fn check_version(program: &Path, release: &ReleaseInfo) -> Result<()> {
    let said = output_of(Command::new(program).arg("--version"))?;
    let version = format!("uam {}", release.version);
    expect_same("uam --version", said.trim(), version.as_str())
}

fn read(file: &Path) -> Result<String> {
    Ok(fs_err::read_to_string(file)?)
}
