//! Virtual environments of Python in the cache, with pinned packages from PyPI.

use crate::build::repository_root;
use crate::files::cache_dir;
use crate::packages::{self, BENCH, PackagesUnavailable};
use crate::process::{output_of, run_foreground};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// An environment that is made once.
#[derive(Debug)]
pub(crate) struct PythonEnvironment {
    dir: PathBuf,
}

impl PythonEnvironment {
    /// Makes (or finds) the environment `name`, with the packages listed in the file `requirements` (from the root of the
    /// repository). It counts as complete when the Python program `probe` succeeds in it.
    ///
    /// # Errors
    /// [`PackagesUnavailable`] when pip cannot fetch the packages; another when Python cannot make an environment.
    pub(crate) fn ensure(name: &str, requirements: &str, probe: &str) -> Result<Self> {
        let python = Self {
            dir: cache_dir()?.join(name),
        };
        if !python.dir.join("bin/python").exists() {
            if output_of(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_err() {
                packages::ensure_packages(&[BENCH])?;
            }
            println!("Making a Python environment in {}", python.dir.display());
            let mut venv = Command::new("python3");
            output_of(venv.args(["-m", "venv"]).arg(&python.dir))?;
        }
        if output_of(python.python_command("-c").arg(probe)).is_err() {
            println!("Fetching the packages of {requirements} from PyPI");
            let mut pip = python.python_command("-m");
            pip.args(["pip", "install", "--quiet", "--disable-pip-version-check"])
                .args(["--no-deps", "-r"])
                .arg(repository_root().join(requirements));
            if !run_foreground(&mut pip)?.success() {
                bail!(PackagesUnavailable {
                    why: "pip could not fetch the packages".into(),
                    advice: format!(
                        "pip could not install the packages of {requirements}; its message stands above"
                    ),
                });
            }
        }
        Ok(python)
    }

    /// `python FIRST …`
    pub(crate) fn python_command(&self, first: &str) -> Command {
        let mut command = self.program_command("python");
        command.arg(first);
        command
    }

    /// A program of the environment.
    pub(crate) fn program_command(&self, name: &str) -> Command {
        let mut command = Command::new(self.dir.join("bin").join(name));
        command.stdin(Stdio::null());
        command
    }
}
