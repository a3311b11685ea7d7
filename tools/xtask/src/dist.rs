//! `cargo xtask dist`: everything people install, from one version of the source, and a check that it installs.
//!
//! Always true: the same programs and the same commit give the same bytes (unsigned; a signature holds its moment), and
//! nothing is packed that would start by itself without having been asked to.

mod check;
mod licences;
mod linux;
mod programs;
mod sign;
mod staging;
mod windows;

use crate::build;
use crate::cli::DistArgs;
use crate::packages::{self, PACK_LINUX, PACK_WINDOWS};
use crate::process::{Interrupt, output};
use anyhow::{Context, Result, bail};
use sign::Signer;
use staging::StagingDir;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What every package says of itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReleaseInfo {
    /// As in `Cargo.toml`.
    pub(crate) version: String,
    /// The moment all files are from: seconds since 1970, UTC.
    pub(crate) epoch: u64,
}

impl ReleaseInfo {
    /// The numbers alone, for what knows no pre-releases: `0.2.0` for `0.2.0-rc.1`.
    fn numbers(&self) -> &str {
        self.version
            .split(['-', '+'])
            .next()
            .unwrap_or(&self.version)
    }
}

/// Packs what `options` ask for and lists it.
///
/// # Errors
/// What is missing, which tool failed and what it said, or which check failed.
pub(crate) fn run(options: &DistArgs, stop: &Interrupt) -> Result<()> {
    let release = ReleaseInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        epoch: epoch()?,
    };
    let out = match &options.out {
        Some(dir) => std::path::absolute(dir).context("finding the working folder")?,
        None => build::root().join("target/dist"),
    };
    std::fs::create_dir_all(&out).with_context(|| format!("making {}", out.display()))?;
    let work = StagingDir::new(&out.join(".work"))?;

    let mut made = Vec::new();
    let windows = if options.linux_only {
        None
    } else {
        packages::ensure(&[PACK_WINDOWS], stop)?;
        let signer = Signer::from_environment(work.path())?;
        let program = programs::windows(options.windows_exe.as_deref(), &release, stop)?;
        let content = windows::WindowsContent::new(&program, &release, work.path(), stop)?;
        println!("Packing for Windows");
        let packed = windows::pack(&content, &release, &signer, work.path(), &out, stop)?;
        made.extend(packed.files().into_iter().map(PathBuf::from));
        Some((content, packed))
    };
    let linux = if options.windows_only {
        None
    } else {
        packages::ensure(&[PACK_LINUX], stop)?;
        let program = programs::linux(options.linux_exe.as_deref(), &release, stop)?;
        println!("Packing for Linux");
        let packed = linux::pack(&program, &release, work.path(), &out, stop)?;
        made.extend(packed.files().into_iter().map(PathBuf::from));
        Some(packed)
    };
    sums(&made, &out)?;
    println!("In {}:", out.display());
    for file in made.iter().chain([&out.join(SUMS)]) {
        let bytes = std::fs::metadata(file)
            .with_context(|| format!("reading {}", file.display()))?
            .len();
        println!("{:>12} bytes  {}", grouped(bytes), name(file));
    }
    if options.check {
        let windows = windows
            .as_ref()
            .map(|(content, packed)| check::WindowsCheck { content, packed });
        check::run(windows, linux.as_ref(), &release, work.path(), stop)?;
    }
    Ok(())
}

/// The list of sums; `sha256sum --check` reads it.
const SUMS: &str = "SHA256SUMS";

fn sums(files: &[PathBuf], out: &Path) -> Result<()> {
    let mut lines = files
        .iter()
        .map(|file| Ok(format!("{}  {}\n", sha256(file)?, name(file))))
        .collect::<Result<Vec<_>>>()?;
    lines.sort_by(|a, b| a.split("  ").nth(1).cmp(&b.split("  ").nth(1)));
    let list = out.join(SUMS);
    std::fs::write(&list, lines.concat()).with_context(|| format!("writing {}", list.display()))
}

/// The file's SHA-256 in hexadecimal.
fn sha256(file: &Path) -> Result<String> {
    let said = output(Command::new("sha256sum").arg("--binary").arg(file))?;
    // A backslash before it says that the name was escaped.
    let sum = said.split_whitespace().next().unwrap_or_default();
    let sum = sum.trim_start_matches('\\');
    if sum.len() != 64 {
        bail!("sha256sum said {said:?} of {}", file.display());
    }
    Ok(sum.to_owned())
}

/// The moment everything is from: `SOURCE_DATE_EPOCH`, or the last commit, or (in a source archive) the lock file.
fn epoch() -> Result<u64> {
    if let Some(set) = std::env::var_os("SOURCE_DATE_EPOCH") {
        return set
            .to_str()
            .and_then(|text| text.parse().ok())
            .with_context(|| {
                format!("SOURCE_DATE_EPOCH must be whole seconds since 1970, not {set:?}")
            });
    }
    let mut git = Command::new("git");
    git.args(["log", "-1", "--format=%ct"])
        .current_dir(build::root());
    if let Some(seconds) = output(&mut git)
        .ok()
        .and_then(|said| said.trim().parse().ok())
    {
        return Ok(seconds);
    }
    let lock = build::root().join("Cargo.lock");
    let modified = std::fs::metadata(&lock).and_then(|facts| facts.modified());
    let modified = modified.with_context(|| format!("reading {}", lock.display()))?;
    Ok(modified
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs())
}

/// Runs a packing tool, whose output is only worth reading when it fails.
///
/// # Errors
/// With all it said, when it fails; [`crate::process::Interrupted`] on Ctrl-C.
fn tool(command: &mut Command, stop: &Interrupt) -> Result<()> {
    stop.check()?;
    // Times inside archives are local ones.
    let done = command
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {}", command.get_program().to_string_lossy()))?;
    stop.check()?;
    if !done.status.success() {
        bail!(
            "`{}` failed ({}):\n{}{}",
            crate::process::line(command),
            done.status,
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
    }
    Ok(())
}

/// The last part of a path.
fn name(file: &Path) -> String {
    file.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// A number with its thousands set apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_leave_the_pre_release_out() {
        let numbers = |version: &str| {
            let version = version.to_owned();
            ReleaseInfo { version, epoch: 0 }.numbers().to_owned()
        };
        assert_eq!(numbers("0.2.0-rc.1+build"), "0.2.0");
        assert_eq!(numbers("1.2.3"), "1.2.3");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
