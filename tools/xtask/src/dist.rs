//! `cargo xtask dist`: everything people install, from one version of the source, and a check that it installs.
//!
//! Always true: the same programs and the same commit give the same bytes (unsigned; a signature holds its moment), and
//! nothing is packed that would start by itself without having been asked to.

mod check;
mod licences;
mod linux;
mod programs;
mod release;
mod sign;
mod staging;
mod windows;

use crate::build;
use crate::cli::DistArgs;
use crate::packages::{self, PACK_LINUX, PACK_WINDOWS};
use anyhow::{Context, Result};
use release::{ReleaseInfo, SUMS, file_name, release_epoch, write_sums};
use sign::Signer;
use staging::StagingDir;
use std::path::PathBuf;

/// Packs what `options` ask for and lists it.
///
/// # Errors
/// When something is missing, a tool fails (with its output), or a check fails.
pub(crate) fn run_dist(options: &DistArgs) -> Result<()> {
    let release = ReleaseInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        epoch: release_epoch()?,
    };
    let out = match &options.out {
        Some(dir) => std::path::absolute(dir).context("finding the working folder")?,
        None => build::repository_root().join("target/dist"),
    };
    fs_err::create_dir_all(&out)?;
    let work = StagingDir::new(&out.join(".work"))?;

    let mut made = Vec::new();
    let windows = if options.linux_only {
        None
    } else {
        packages::ensure_packages(&[PACK_WINDOWS])?;
        let signer = Signer::from_environment(work.path())?;
        let program = programs::windows_program(options.windows_exe.as_deref(), &release)?;
        let content = windows::WindowsContent::new(&program, &release, work.path())?;
        println!("Packing for Windows");
        let packed = windows::pack_for_windows(&content, &release, &signer, work.path(), &out)?;
        made.extend(packed.files().into_iter().map(PathBuf::from));
        Some((content, packed))
    };
    let linux = if options.windows_only {
        None
    } else {
        packages::ensure_packages(&[PACK_LINUX])?;
        let program = programs::linux_program(options.linux_exe.as_deref(), &release)?;
        println!("Packing for Linux");
        let packed = linux::pack_for_linux(&program, &release, work.path(), &out)?;
        made.extend(packed.files().into_iter().map(PathBuf::from));
        Some(packed)
    };
    write_sums(&made, &out)?;
    println!("In {}:", out.display());
    for file in made.iter().chain([&out.join(SUMS)]) {
        let bytes = fs_err::metadata(file)?.len();
        println!("{:>12} bytes  {}", group_digits(bytes), file_name(file));
    }
    if options.check {
        let windows = windows.as_ref().map(|(content, packed)| (content, packed));
        check::check_packages(windows, linux.as_ref(), &release, work.path())?;
    }
    Ok(())
}

/// A number with its thousands set apart.
fn group_digits(number: u64) -> String {
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
    fn thousands_are_set_apart() {
        assert_eq!(group_digits(0), "0");
        assert_eq!(group_digits(999), "999");
        assert_eq!(group_digits(1_234_567), "1,234,567");
    }
}
