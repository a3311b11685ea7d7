//! Do the packages install, run, upgrade and uninstall, without removing the person's records?
//!
//! To try the installed program in another way: `setup::install_setup` on a [`clean_windows::CleanWindows`] gives its path,
//! `CleanWindows::start_recording` starts it as its first user would, and `CleanWindows::uam_setup` is for everything else (a bucket, other
//! arguments, the display to type on).

pub(crate) mod clean_windows;
mod linux;
mod msi;
mod older_release;
mod portable;
mod setup;

use crate::dist::linux as packed_linux;
use crate::dist::release::ReleaseInfo;
use crate::dist::windows::{WindowsContent, WindowsPackages};
use crate::packages::{self, SIGNING, UNPACK};
use crate::test::summary::TestSummary;
use crate::windows::toolchain::{SET_UP, Toolchain};
use anyhow::Result;
use clean_windows::WindowsCheck;
use std::path::Path;

/// How a person runs these checks again.
const AGAIN: &str = "cargo xtask dist --check";

/// Checks every package there is.
///
/// # Errors
/// The check that failed, with the expected and the actual state.
pub(crate) fn check_packages(
    windows: Option<(&WindowsContent, &WindowsPackages)>,
    linux: Option<&packed_linux::LinuxPackages>,
    release: &ReleaseInfo,
    work: &Path,
) -> Result<()> {
    packages::ensure_packages(&[UNPACK])?;
    TestSummary::run_whole(|done| {
        if let Some(linux) = linux {
            done.run_step("Debian package", AGAIN, || {
                linux::check_deb(&linux.deb, release, work)
            })?;
            done.run_step("archive for Linux", AGAIN, || {
                linux::check_archive(&linux.tar, release, work)
            })?;
        }
        let Some((content, packed)) = windows else {
            return Ok(());
        };
        let check = WindowsCheck {
            content,
            packed,
            release,
            work,
        };
        check_for_windows(check, done)
    })
}

fn check_for_windows(check: WindowsCheck<'_>, done: &mut TestSummary) -> Result<()> {
    let work = check.work;
    let toolchain = done.run_step(SET_UP, "cargo xtask windows setup", || {
        packages::ensure_packages(&[SIGNING])?;
        Toolchain::set_up()
    })?;
    let Some(toolchain) = toolchain else {
        return Ok(());
    };
    // An older version, to be upgraded; it is also the one that is signed.
    let older = done.run_step("older version, signed", AGAIN, || {
        older_release::pack_older_release(check.content, work)
    })?;
    let machine = done.run_step("empty Windows", AGAIN, || {
        clean_windows::CleanWindows::new(&toolchain, &work.join("wine"))
    })?;
    let Some(machine) = machine else {
        return Ok(());
    };
    if let Some(older) = older {
        done.run_step("setup program", AGAIN, || {
            setup::check_setup(&machine, &older, check)
        })?;
        done.run_step("msi", AGAIN, || msi::check_msi(&machine, &older, check))?;
    }
    done.run_step("zip", AGAIN, || portable::check_zip(&machine, check))?;
    Ok(())
}
