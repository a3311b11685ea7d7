//! The metadata of a release, the same in every package.

use crate::build;
use crate::process::{check_stop, output_of};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The metadata of a release, the same in every package.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReleaseInfo {
    /// As in `Cargo.toml`.
    pub(crate) version: String,
    /// The moment all files are from: seconds since 1970, UTC.
    pub(crate) epoch: u64,
}

impl ReleaseInfo {
    /// The numbers alone, for formats without pre-releases: `0.2.0` for `0.2.0-rc.1`.
    pub(super) fn version_numbers(&self) -> &str {
        self.version
            .split(['-', '+'])
            .next()
            .unwrap_or(&self.version)
    }
}

/// The list of sums; `sha256sum --check` reads it.
pub(super) const SUMS: &str = "SHA256SUMS";

/// Writes the list of the sums of `files` into `out`.
///
/// # Errors
/// When a file cannot be read or the list not be written.
pub(super) fn write_sums(files: &[PathBuf], out: &Path) -> Result<()> {
    let mut lines = files
        .iter()
        .map(|file| Ok(format!("{}  {}\n", file_sha256(file)?, file_name(file))))
        .collect::<Result<Vec<_>>>()?;
    lines.sort_by(|a, b| a.split("  ").nth(1).cmp(&b.split("  ").nth(1)));
    let list = out.join(SUMS);
    Ok(fs_err::write(&list, lines.concat())?)
}

/// The file's SHA-256 in hexadecimal.
pub(super) fn file_sha256(file: &Path) -> Result<String> {
    let said = output_of(Command::new("sha256sum").arg("--binary").arg(file))?;
    // A backslash before it says that the name was escaped.
    let sum = said.split_whitespace().next().unwrap_or_default();
    let sum = sum.trim_start_matches('\\');
    if sum.len() != 64 {
        bail!("sha256sum said {said:?} of {}", file.display());
    }
    Ok(sum.to_owned())
}

/// The moment everything is from: `SOURCE_DATE_EPOCH`, or the last commit, or (in a source archive) the lock file.
pub(super) fn release_epoch() -> Result<u64> {
    if let Some(set) = std::env::var_os("SOURCE_DATE_EPOCH") {
        let seconds = set.to_str().and_then(|text| text.parse().ok());
        return seconds.with_context(|| {
            format!("SOURCE_DATE_EPOCH must be whole seconds since 1970, not {set:?}")
        });
    }
    let root = build::repository_root();
    let mut git = Command::new("git");
    git.args(["log", "-1", "--format=%ct"]).current_dir(&root);
    let said = output_of(&mut git).unwrap_or_default();
    if let Ok(seconds) = said.trim().parse() {
        return Ok(seconds);
    }
    let modified = fs_err::metadata(root.join("Cargo.lock"))?.modified()?;
    let since_1970 = modified.duration_since(std::time::UNIX_EPOCH);
    Ok(since_1970.unwrap_or_default().as_secs())
}

/// Runs a packing tool, whose output is only worth reading when it fails.
///
/// # Errors
/// With all it said, when it fails; [`crate::process::Interrupted`] on Ctrl-C.
pub(super) fn run_tool(command: &mut Command) -> Result<()> {
    check_stop()?;
    // Times inside archives are local ones.
    let done = command
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {}", command.get_program().to_string_lossy()))?;
    check_stop()?;
    if !done.status.success() {
        bail!(
            "`{}` failed ({}):\n{}{}",
            crate::process::command_line(command),
            done.status,
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
    }
    Ok(())
}

/// The last part of a path.
pub(super) fn file_name(file: &Path) -> String {
    file.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_leave_the_pre_release_out() {
        let numbers = |version: &str| {
            let version = version.to_owned();
            ReleaseInfo { version, epoch: 0 }
                .version_numbers()
                .to_owned()
        };
        assert_eq!(numbers("0.2.0-rc.1+build"), "0.2.0");
        assert_eq!(numbers("1.2.3"), "1.2.3");
    }
}
