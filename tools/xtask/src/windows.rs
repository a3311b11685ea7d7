//! The Windows program, built and tested on Linux: Debian's compiler with a standard library made here, a cross
//! compiler for what is C, and Wine to run it.
//!
//! Always true: the ordinary toolchain, its target directory and the person's own Wine prefix are never touched, and
//! nothing outside the cache is written (the packages aside).

mod atomic_dir;
mod environment;
mod paths;
mod sysroot;
mod test_list;
mod wine;
mod wine_prefix;

pub(crate) use test_list::check;
pub(crate) use wine::Wine;

use crate::build;
use crate::cli::WindowsArgs;
use crate::packages::{self, PackagesUnavailable, WINDOWS};
use crate::process::{Interrupt, foreground, output};
use crate::test::summary::TestSummary;
use anyhow::{Context, Result, bail};
use atomic_dir::AtomicDir;
use environment::CrossEnvironment;
use paths::{WindowsPaths, release};
use std::path::Path;
use std::process::Command;

/// The target, as the compiler calls it.
pub(crate) const TARGET: &str = "x86_64-pc-windows-gnu";

/// The name of the step that makes a [`Toolchain`].
pub(crate) const SET_UP: &str = "windows set-up";

/// Cargo's commands that run programs; their short forms as well.
const RUNNING: [&str; 6] = ["bench", "nextest", "r", "run", "t", "test"];

/// Runs the chore.
///
/// # Errors
/// What is missing or went wrong, in words.
pub(crate) fn run(what: &WindowsArgs, stop: &Interrupt) -> Result<()> {
    match what {
        WindowsArgs::Check => TestSummary::whole(|summary| {
            let set_up = || Toolchain::set_up(stop);
            let toolchain = summary.step(SET_UP, "cargo xtask windows setup", set_up)?;
            check(&toolchain, summary, stop)
        }),
        WindowsArgs::Setup => {
            let windows = Toolchain::set_up(stop)?;
            println!(
                "Everything for Windows is set up in {}",
                windows.places.cache.display()
            );
            Ok(())
        }
        WindowsArgs::Cargo(args) => {
            let windows = Toolchain::set_up(stop)?;
            let mut command = windows.cargo();
            command.args(args);
            let wine = if runs_programs(args) {
                Some(windows.wine(stop)?)
            } else {
                None
            };
            if let Some(wine) = &wine {
                wine.prepare(&mut command);
            }
            succeed(&mut command, stop)
        }
        WindowsArgs::Wine(args) => {
            let windows = Toolchain::set_up(stop)?;
            windows.own_prefix(stop)?;
            let wine = Wine::start_visible(&windows.environment, &windows.places.own, stop)?;
            succeed(wine.program().args(args), stop)
        }
        WindowsArgs::Env => {
            let windows = Toolchain::there()?;
            // Setting it up here would write its messages into the script.
            if !windows.is_complete() {
                bail!(
                    "not everything for Windows is set up; please run: cargo xtask windows setup"
                );
            }
            windows.own_prefix(stop)?;
            print!("{}", windows.environment.script());
            Ok(())
        }
    }
}

fn succeed(command: &mut Command, stop: &Interrupt) -> Result<()> {
    let status = foreground(command, stop)?;
    if !status.success() {
        bail!(
            "{} ended with {status}",
            command.get_program().to_string_lossy()
        );
    }
    Ok(())
}

/// Is the first word that is no flag a command that runs what it built?
fn runs_programs(args: &[String]) -> bool {
    args.iter()
        .find(|arg| !arg.starts_with('-'))
        .is_some_and(|command| RUNNING.contains(&command.as_str()))
}

/// All that is needed to build for Windows and to run the result, set up.
#[derive(Debug)]
pub(crate) struct Toolchain {
    release: (u32, u32),
    places: WindowsPaths,
    environment: CrossEnvironment,
}

impl Toolchain {
    /// Installs and builds what is missing; quick when nothing is.
    ///
    /// # Errors
    /// [`PackagesUnavailable`] where this system cannot have it; else what failed, or that it was stopped.
    pub(crate) fn set_up(stop: &Interrupt) -> Result<Self> {
        if std::env::consts::ARCH != "x86_64" {
            bail!(PackagesUnavailable {
                why: "only on x86-64".into(),
                told: format!(
                    "the Windows program is for x86-64, and Wine cannot run it on {}",
                    std::env::consts::ARCH
                ),
            });
        }
        packages::ensure(&[WINDOWS], stop)?;
        let toolchain = Self::there()?;
        let Self {
            places,
            environment,
            ..
        } = &toolchain;
        std::fs::create_dir_all(&places.cache)
            .with_context(|| format!("making {}", places.cache.display()))?;
        let _lock = atomic_dir::lock(&places.cache.join("set-up.lock"), "the set-up", stop)?;
        sysroot::ensure(places, stop)?;
        wine_prefix::ensure(places, environment, stop)?;
        Ok(toolchain)
    }

    /// As it would be after [`Toolchain::set_up`], of which only the packages must be there.
    fn there() -> Result<Self> {
        let mut dpkg = Command::new("dpkg-query");
        let version = output(dpkg.args(["-W", "-f", "${Version}", "rustc-web"])).context(
            "Debian's package rustc-web is not installed; set up with: cargo xtask windows setup",
        )?;
        let release = new_enough(&version)?;
        let places = WindowsPaths::find(&version, |name| std::env::var_os(name))?;
        let environment = CrossEnvironment::new(
            &places,
            wine::starter(),
            std::env::vars_os().map(|(name, _)| name),
        );
        Ok(Self {
            release,
            places,
            environment,
        })
    }

    fn is_complete(&self) -> bool {
        [&self.places.libraries(), &self.places.prefix]
            .into_iter()
            .all(|folder| atomic_dir::mark(folder).is_some())
    }

    /// Debian's cargo at the repository's root, building for Windows.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new("/usr/bin/cargo");
        self.environment.apply(&mut command);
        command.current_dir(build::root());
        command
    }

    /// The compiler's release: major and minor.
    fn release(&self) -> (u32, u32) {
        self.release
    }

    /// Is the program among those this toolchain finds?
    fn has_program(&self, name: &str) -> bool {
        self.environment.has_program(name)
    }

    /// The Wine prefix that others are copied from.
    fn template(&self) -> &Path {
        &self.places.prefix
    }

    /// Wine on a display of its own, in an empty Windows that goes with it.
    ///
    /// # Errors
    /// When it does not come up, or on Ctrl-C.
    pub(crate) fn wine(&self, stop: &Interrupt) -> Result<Wine> {
        self.fresh_wine(&self.places.run, stop)
    }

    /// As [`Toolchain::wine`], with the Windows in the folder `prefix`.
    ///
    /// # Errors
    /// As for [`Toolchain::wine`].
    pub(crate) fn fresh_wine(&self, prefix: &Path, stop: &Interrupt) -> Result<Wine> {
        Wine::start_fresh(&self.environment, &self.places.prefix, prefix, stop)
    }

    /// Makes the person's own prefix, unless there is one.
    fn own_prefix(&self, stop: &Interrupt) -> Result<()> {
        let WindowsPaths {
            cache, prefix, own, ..
        } = &self.places;
        let _lock = atomic_dir::lock(&cache.join("set-up.lock"), "the set-up", stop)?;
        if own.exists() {
            return Ok(());
        }
        let scratch = AtomicDir::new(cache)?;
        let made = scratch.path().join("prefix");
        wine_prefix::copy(prefix, &made)?;
        scratch.finish(&made, own, &made, "")
    }
}

/// Debian's compiler follows its own calendar; ours must be able to build with it.
fn new_enough(version: &str) -> Result<(u32, u32)> {
    let needed = env!("CARGO_PKG_RUST_VERSION");
    match release(version) {
        Some(found) if Some(found) >= release(needed) => Ok(found),
        _ => bail!(PackagesUnavailable {
            why: format!("rustc-web is {version}, but Rust {needed} is needed"),
            told: format!(
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
    fn only_what_runs_programs_needs_wine() {
        let runs = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            runs_programs(&words)
        };
        assert!(runs("nextest run -p model"));
        assert!(runs("--offline t"));
        assert!(!runs("clippy --all-targets"));
        assert!(!runs("build -p test"));
    }

    #[test]
    fn an_old_compiler_is_told_from_a_broken_one() {
        let error = new_enough("1.63.0+dfsg1-2").unwrap_err();
        let unavailable = error.downcast_ref::<PackagesUnavailable>().unwrap();
        assert!(unavailable.why.contains("1.63.0"), "{unavailable}");
        assert!(new_enough("1.96.0+dfsg1-1~deb12u2").is_ok());
        assert!(new_enough("2.0.0-1").is_ok());
    }
}
