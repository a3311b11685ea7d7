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
use crate::packages::{self, SIGNING, UNPACK};
use crate::process::Interrupt;
use crate::test::summary::TestSummary;
use crate::windows::toolchain::{SET_UP, Toolchain};
use anyhow::Result;
use clean_windows::WindowsCheck;
use std::path::Path;

/// Checks every package there is.
///
/// # Errors
/// The check that failed, with the expected and the actual state.
pub(crate) fn check_packages(
    windows: Option<WindowsCheck<'_>>,
    linux: Option<&packed_linux::LinuxPackages>,
    release: &ReleaseInfo,
    work: &Path,
    stop: &Interrupt,
) -> Result<()> {
    const AGAIN: &str = "cargo xtask dist --check";
    packages::ensure_packages(&[UNPACK], stop)?;
    TestSummary::run_whole(|done| {
        if let Some(linux) = linux {
            done.run_step("Debian package", AGAIN, || {
                linux::check_deb(&linux.deb, release, work)
            })?;
            done.run_step("archive for Linux", AGAIN, || {
                linux::check_archive(&linux.tar, release, work)
            })?;
        }
        let Some(windows) = windows else {
            return Ok(());
        };
        let toolchain = done.run_step(SET_UP, "cargo xtask windows setup", || {
            packages::ensure_packages(&[SIGNING], stop)?;
            Toolchain::set_up(stop)
        })?;
        // An older version, to be upgraded; it is also the one that is signed.
        let older = done.run_step("older version, signed", AGAIN, || {
            older_release::pack_older_release(windows.content, work, stop)
        })?;
        let machine = done.run_step("empty Windows", AGAIN, || {
            clean_windows::CleanWindows::new(&toolchain, &work.join("wine"), stop)
        })?;
        done.run_step("setup program", AGAIN, || {
            setup::check_setup(&machine, &older, &windows, release, work, stop)
        })?;
        done.run_step("msi", AGAIN, || {
            msi::check_msi(&machine, &older, &windows, release, work, stop)
        })?;
        done.run_step("zip", AGAIN, || {
            portable::check_zip(&machine, windows.packed, release, work, stop)
        })
    })
}
