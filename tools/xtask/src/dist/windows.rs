//! The three packages for Windows: a setup program for people, an .msi for roll-out, and a .zip to carry about.

use crate::build;
use crate::dist::release::{ReleaseInfo, file_sha256, run_tool};
use crate::dist::sign::Signer;
use crate::dist::staging::{self, with_crlf};
use crate::dist::{licences, programs};
use crate::files;
use crate::windows::paths::TARGET;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The files of every package besides the program.
const TEXTS: [&str; 3] = ["README.txt", "LICENSE.txt", "THIRD-PARTY.txt"];

/// Written into the .msi after wixl, which (0.101) knows no condition of a component: the part that starts uam with the
/// session is there when it was asked for, or was there and is not refused.
const AUTOSTART: &str = "UPDATE `Component` SET `Condition` = \
     'AUTOSTART=\"1\" OR (OLDAUTOSTART AND AUTOSTART<>\"0\")' WHERE `Component` = 'Autostart'";

/// The sources of the packages.
#[derive(Clone, Debug)]
pub(crate) struct WindowsContent {
    /// The program, as it is packed but for a signature.
    pub(crate) program: PathBuf,
    licence: String,
    third_party: String,
    /// Larger packages in less time, for a check.
    quick: bool,
}

impl WindowsContent {
    /// Strips a copy of `program` and collects the licences.
    ///
    /// # Errors
    /// When a tool fails.
    pub(crate) fn new(program: &Path, release: &ReleaseInfo, work: &Path) -> Result<Self> {
        files::copy_file(program, work, "uam.exe")?;
        let copy = work.join("uam.exe");
        run_tool(
            Command::new("x86_64-w64-mingw32-strip")
                // It writes a moment into the program, and would take that of its own run.
                .env("SOURCE_DATE_EPOCH", release.epoch.to_string())
                .arg(&copy),
        )?;
        Ok(Self {
            program: copy,
            licence: licences::own_licences()?,
            third_party: licences::third_party_licences(TARGET)?,
            quick: false,
        })
    }

    /// The same with another program, to be packed quickly.
    pub(crate) fn with_program(&self, program: PathBuf) -> Self {
        Self {
            program,
            quick: true,
            ..self.clone()
        }
    }
}

/// The finished packages.
#[derive(Clone, Debug)]
pub(crate) struct WindowsPackages {
    /// For people.
    pub(crate) setup: PathBuf,
    /// For roll-out.
    pub(crate) msi: PathBuf,
    /// To carry about.
    pub(crate) zip: PathBuf,
    /// The program as it is in them.
    pub(crate) program: PathBuf,
}

impl WindowsPackages {
    /// The packages.
    pub(crate) fn files(&self) -> [&Path; 3] {
        [&self.setup, &self.msi, &self.zip]
    }
}

/// Makes the three packages of `release` in `out`; `work` holds intermediate files.
///
/// # Errors
/// When the program lacks its resources or is of another version, or a tool fails; repeats its output.
pub(crate) fn pack_for_windows(
    content: &WindowsContent,
    release: &ReleaseInfo,
    signer: &Signer,
    work: &Path,
    out: &Path,
) -> Result<WindowsPackages> {
    let program = fs_err::read(&content.program)?;
    programs::has_resources(&program, env!("CARGO_PKG_VERSION"))?;
    let begun = SystemTime::now();
    // The name of the folder in the .zip.
    let title = format!("uam-{}", release.version);
    let files = work.join(&title);
    let _gone_when_done = staging::StagingDir::new(&files)?;
    files::copy_file(&content.program, &files, "uam.exe")?;
    signer.sign_file(&files.join("uam.exe"))?;
    let readme = build::repository_root().join("packaging/windows/README.txt");
    let readme = fs_err::read_to_string(&readme)?.replace("{VERSION}", &release.version);
    for (name, text) in TEXTS
        .iter()
        .zip([&readme, &content.licence, &content.third_party])
    {
        files::write_file(&files, name, with_crlf(text))?;
    }
    staging::settle_files(&files, &["uam.exe"], release.epoch)?;
    let program = format!("{title}.exe");
    files::copy_file(&files.join("uam.exe"), work, &program)?;

    let packed = WindowsPackages {
        program: work.join(program),
        setup: out.join(format!("{title}-setup.exe")),
        msi: out.join(format!("{title}.msi")),
        zip: out.join(format!("{title}-windows.zip")),
    };
    for file in packed.files() {
        if file.exists() {
            fs_err::remove_file(file)?;
        }
    }
    pack_setup(&files, content.quick, release, signer, &packed.setup)?;
    pack_zip(work, &title, content.quick, &packed.zip)?;
    // Last, for it puts the icon among the files.
    pack_msi(&files, release, begun, &packed.msi)?;
    for file in [&packed.setup, &packed.msi] {
        signer.sign_file(file)?;
    }
    Ok(packed)
}

fn pack_setup(
    files: &Path,
    quick: bool,
    release: &ReleaseInfo,
    signer: &Signer,
    to: &Path,
) -> Result<()> {
    let bytes = files::folder_size(files)?;
    let mut makensis = Command::new("makensis");
    makensis
        .current_dir(build::repository_root().join("packaging/windows"))
        .env("SOURCE_DATE_EPOCH", release.epoch.to_string())
        // Warnings are errors, and nobody's own configuration is read.
        .args(["-V2", "-WX", "-NOCONFIG"])
        .arg(format!("-DVERSION={}", release.version))
        .arg(format!("-DVERSION4={}.0", release.version_numbers()))
        .arg(format!("-DSIZE={}", bytes.div_ceil(1024)))
        .arg(format!("-DFILES={}", files.display()))
        .arg(format!("-DOUT={}", to.display()));
    if quick {
        makensis.arg("-DQUICK");
    }
    if let Some(script) = signer.script() {
        makensis.arg(format!("-DSIGN=sh '{}'", script.display()));
    }
    run_tool(makensis.arg("uam.nsi"))
}

fn pack_zip(work: &Path, title: &str, quick: bool, to: &Path) -> Result<()> {
    let mut zip = Command::new("zip");
    // No owners, no finer times: both would differ from machine to machine.
    let level = if quick { "-1" } else { "-9" };
    zip.current_dir(work).args(["-q", "-X", level]).arg(to);
    for file in files::list_files(&work.join(title))? {
        zip.arg(Path::new(title).join(file));
    }
    run_tool(&mut zip)
}

fn pack_msi(files: &Path, release: &ReleaseInfo, begun: SystemTime, to: &Path) -> Result<()> {
    let packaging = build::repository_root().join("packaging/windows");
    // wixl finds files by relative names only.
    files::copy_file(&packaging.join("uam.ico"), files, "uam.ico")?;
    staging::settle_files(files, &["uam.exe"], release.epoch)?;
    let wxs = packaging.join("uam.wxs");
    // One product a version; a package of its own whenever anything in it differs.
    let product = stable_guid(&text_sum(files, &format!("uam {}", release.version))?)?;
    let mut contents = file_sha256(&wxs)?;
    for file in files::list_files(files)? {
        contents.push_str(&file_sha256(&files.join(file))?);
    }
    let package = stable_guid(&text_sum(files, &format!("{product} {contents}"))?)?;
    run_tool(
        Command::new("wixl")
            .current_dir(files)
            .args(["--arch", "x64", "-D"])
            .arg(format!("VERSION={}", release.version_numbers()))
            .arg("-D")
            .arg(format!("PRODUCTCODE={product}"))
            .arg("-o")
            .args([to, &wxs]),
    )?;
    run_tool(Command::new("msibuild").arg(to).args(["-q", AUTOSTART]))?;
    // msibuild sets these four together.
    run_tool(
        Command::new("msibuild")
            .arg(to)
            .arg("-s")
            .arg(format!("User Activity Monitor {}", release.version))
            .args(["uam project", "x64;1033"])
            .arg(format!("{{{package}}}")),
    )?;
    let mut bytes = fs_err::read(to)?;
    set_moments(&mut bytes, begun, SystemTime::now(), release.epoch);
    Ok(fs_err::write(to, bytes)?)
}

/// The SHA-256 of a text.
fn text_sum(work: &Path, text: &str) -> Result<String> {
    let file = work.with_extension("identity");
    fs_err::write(&file, text)?;
    file_sha256(&file)
}

/// A GUID of version 8 (made by rules of our own) from the first half of a SHA-256.
fn stable_guid(sum: &str) -> Result<String> {
    let Some(hex) = sum.get(..32) else {
        bail!("{sum:?} is no SHA-256");
    };
    let variant = u8::from_str_radix(&hex[16..17], 16).context("reading a SHA-256")? & 3 | 8;
    Ok(format!(
        "{}-{}-8{}-{variant:X}{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32]
    )
    .to_uppercase())
}

/// Windows' clock: steps of 100 ns since 1601.
fn file_time(since_1970: Duration) -> u64 {
    const FROM_1601_TO_1970: u64 = 11_644_473_600;
    (FROM_1601_TO_1970 + since_1970.as_secs()) * 10_000_000
        + u64::from(since_1970.subsec_nanos()) / 100
}

/// Puts `epoch` in place of the moments at which the package's description was written, between `from` and `to`.
///
/// They are stored as the number 64 (a file time) and the moment, both little-endian; no tool lets one choose them.
fn set_moments(msi: &mut [u8], from: SystemTime, to: SystemTime, epoch: u64) {
    const KIND: [u8; 4] = [0x40, 0, 0, 0];
    // The tools keep whole seconds.
    let from = file_time(from.duration_since(UNIX_EPOCH).unwrap_or_default()) - 10_000_000;
    let to = file_time(to.duration_since(UNIX_EPOCH).unwrap_or_default()) + 10_000_000;
    let epoch = file_time(Duration::from_secs(epoch)).to_le_bytes();
    let mut at = 0;
    while let Some(field) = msi.get_mut(at..at + 12) {
        let moment: [u8; 8] = std::array::from_fn(|n| field[4 + n]);
        if field[..4] == KIND && (from..=to).contains(&u64::from_le_bytes(moment)) {
            field[4..].copy_from_slice(&epoch);
        }
        at += 4;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_guid_says_that_it_was_made_by_rules_of_our_own() {
        let sum = "00112233445566778899aabbccddeeff".repeat(2);
        let made = stable_guid(&sum).unwrap();
        assert_eq!(made, "00112233-4455-8677-8899-AABBCCDDEEFF");
        assert!(stable_guid("abc").is_err());
    }

    #[test]
    fn only_the_moments_of_this_run_are_changed() {
        let now = UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let field = |since: u64| {
            let mut field = vec![0x40, 0, 0, 0];
            field.extend(file_time(Duration::from_secs(since)).to_le_bytes());
            field
        };
        let other = field(1_500_000_000);
        let mut msi = [other.clone(), field(1_790_000_000), vec![7; 9]].concat();
        set_moments(&mut msi, now, now, 1_600_000_000);
        assert_eq!(msi, [other, field(1_600_000_000), vec![7; 9]].concat());
    }

    #[test]
    fn the_clock_of_windows_began_in_1601() {
        assert_eq!(file_time(Duration::ZERO), 116_444_736_000_000_000);
    }
}
