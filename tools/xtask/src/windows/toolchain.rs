//! All that is needed to build for Windows and to run the result, as one value.

use crate::build;
use crate::packages::{self, PackagesUnavailable, WINDOWS};
use crate::process::output_of;
use crate::windows::atomic_dir::{self, AtomicDir};
use crate::windows::environment::CrossEnvironment;
use crate::windows::paths::{WindowsPaths, compiler_release};
use crate::windows::wine::{self, Wine};
use crate::windows::{sysroot, wine_prefix, wine_setup};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// The name of the step that makes a [`Toolchain`].
pub(crate) const SET_UP: &str = "windows set-up";

/// All that is needed to build for Windows and to run the result, set up.
#[derive(Debug)]
pub(crate) struct Toolchain {
    release: (u32, u32),
    places: WindowsPaths,
    environment: CrossEnvironment,
}

impl Toolchain {
    /// Installs and builds the missing parts; quick when nothing is missing.
    ///
    /// # Errors
    /// [`PackagesUnavailable`] where this system cannot have it; else what failed, or that it was stopped.
    pub(crate) fn set_up() -> Result<Self> {
        if std::env::consts::ARCH != "x86_64" {
            bail!(PackagesUnavailable {
                why: "only on x86-64".into(),
                advice: format!(
                    "the Windows program is for x86-64, and Wine cannot run it on {}",
                    std::env::consts::ARCH
                ),
            });
        }
        packages::ensure_packages(&[WINDOWS])?;
        let toolchain = Self::find()?;
        let Self {
            places,
            environment,
            ..
        } = &toolchain;
        fs_err::create_dir_all(&places.cache)?;
        let _lock = atomic_dir::lock_file(&places.cache.join("set-up.lock"), "the set-up")?;
        sysroot::ensure_sysroot(places)?;
        wine_setup::ensure_prefix(places, environment)?;
        Ok(toolchain)
    }

    /// As it would be after [`Toolchain::set_up`], of which only the packages must be there.
    pub(super) fn find() -> Result<Self> {
        let mut dpkg = Command::new("dpkg-query");
        let version = output_of(dpkg.args(["-W", "-f", "${Version}", "rustc-web"])).context(
            "Debian's package rustc-web is not installed; set up with: cargo xtask windows setup",
        )?;
        let release = new_enough(&version)?;
        let places = WindowsPaths::find(&version, |name| std::env::var_os(name))?;
        let environment = CrossEnvironment::new(
            &places,
            wine::wine_starter(),
            std::env::vars_os().map(|(name, _)| name),
        );
        Ok(Self {
            release,
            places,
            environment,
        })
    }

    /// Whether nothing is missing.
    pub(super) fn is_complete(&self) -> bool {
        [&self.places.libraries(), &self.places.prefix]
            .into_iter()
            .all(|folder| atomic_dir::read_mark(folder).is_some())
    }

    /// Debian's cargo at the repository's root, building for Windows.
    pub(crate) fn cargo_command(&self) -> Command {
        let mut command = Command::new("/usr/bin/cargo");
        self.environment.apply_to(&mut command);
        command.current_dir(build::repository_root());
        command
    }

    /// The compiler's release: major and minor.
    pub(super) fn release(&self) -> (u32, u32) {
        self.release
    }

    /// Is the program among those this toolchain finds?
    pub(super) fn has_program(&self, name: &str) -> bool {
        self.environment.has_program(name)
    }

    /// The Wine prefix that others are copied from.
    pub(super) fn template_prefix(&self) -> &Path {
        &self.places.prefix
    }

    /// Wine on a display of its own, in an empty Windows that goes with it.
    ///
    /// # Errors
    /// When it does not come up, or on Ctrl-C.
    pub(crate) fn start_wine(&self) -> Result<Wine> {
        self.fresh_wine(&self.places.run)
    }

    /// As [`Toolchain::start_wine`], with the Windows in the folder `prefix`.
    ///
    /// # Errors
    /// As for [`Toolchain::start_wine`].
    pub(crate) fn fresh_wine(&self, prefix: &Path) -> Result<Wine> {
        Wine::start_fresh(&self.environment, &self.places.prefix, prefix)
    }

    /// Where everything is kept between runs.
    pub(super) fn cache(&self) -> &Path {
        &self.places.cache
    }

    /// Wine in the person's own prefix, on their desktop where there is one.
    ///
    /// # Errors
    /// As for [`Toolchain::start_wine`].
    pub(super) fn visible_wine(&self) -> Result<Wine> {
        self.ensure_own_prefix()?;
        Wine::start_visible(&self.environment, &self.places.own)
    }

    /// The environment for a shell to read, with the person's own prefix.
    ///
    /// # Errors
    /// When that prefix cannot be made.
    pub(super) fn environment_script(&self) -> Result<String> {
        self.ensure_own_prefix()?;
        Ok(self.environment.shell_script())
    }

    /// Makes the person's own prefix, unless there is one.
    fn ensure_own_prefix(&self) -> Result<()> {
        let WindowsPaths {
            cache, prefix, own, ..
        } = &self.places;
        let _lock = atomic_dir::lock_file(&cache.join("set-up.lock"), "the set-up")?;
        if own.exists() {
            return Ok(());
        }
        let scratch = AtomicDir::new(cache)?;
        let made = scratch.path().join("prefix");
        wine_prefix::copy_prefix(prefix, &made)?;
        scratch.finish_at(&made, own, &made, "")
    }
}

/// Debian's compiler follows its own calendar; ours must be able to build with it.
fn new_enough(version: &str) -> Result<(u32, u32)> {
    let needed = env!("CARGO_PKG_RUST_VERSION");
    match compiler_release(version) {
        Some(found) if Some(found) >= compiler_release(needed) => Ok(found),
        _ => bail!(PackagesUnavailable {
            why: format!("rustc-web is {version}, but Rust {needed} is needed"),
            advice: format!(
                "this project needs Rust {needed}, but Debian's package rustc-web is {version}. Should a newer one be \
                 offered:\n    sudo apt-get update && sudo apt-get install rustc-web cargo-web rust-web-src rust-web-clippy"
            ),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_old_compiler_is_told_from_a_broken_one() {
        let error = new_enough("1.63.0+dfsg1-2").unwrap_err();
        let unavailable = error.downcast_ref::<PackagesUnavailable>().unwrap();
        assert!(unavailable.why.contains("1.63.0"), "{unavailable}");
        assert!(new_enough("1.96.0+dfsg1-1~deb12u2").is_ok());
        assert!(new_enough("2.0.0-1").is_ok());
    }
}
