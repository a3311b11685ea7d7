//! The Python side: a virtual environment with pinned packages, and its programs.

use crate::build::root;
use crate::packages::{self, BENCH};
use crate::process::{Interrupt, foreground, output};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A ready environment.
#[derive(Debug)]
pub(crate) struct PythonBaseline {
    program: PathBuf,
}

impl PythonBaseline {
    /// Makes (or finds) the environment in `~/.cache/uam/bench-venv`.
    ///
    /// # Errors
    /// When Python cannot make one or pip cannot fetch the packages; says which.
    pub(crate) fn ready(stop: &Interrupt) -> Result<Self> {
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
            .context("neither HOME nor XDG_CACHE_HOME is set")?;
        let dir = cache.join("uam/bench-venv");
        let python = Self {
            program: dir.join("bin/python"),
        };
        if !python.program.exists() {
            if output(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_err() {
                packages::ensure(&[BENCH], stop)?;
            }
            println!("Making a Python environment in {}", dir.display());
            output(Command::new("python3").args(["-m", "venv"]).arg(&dir))?;
        }
        if output(python.command("-c").arg(IMPORTS)).is_err() {
            println!("Fetching the baseline's packages from PyPI");
            let mut pip = python.command("-m");
            pip.args([
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "-r",
            ])
            .arg(root().join("tools/xtask/baseline/requirements.txt"));
            let status = foreground(&mut pip, stop)?;
            if !status.success() {
                bail!(
                    "pip could not install the baseline's packages ({status}); its message stands above"
                );
            }
        }
        Ok(python)
    }

    /// `python FIRST …`
    fn command(&self, first: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(first).stdin(Stdio::null());
        command
    }

    /// One of the baseline's programs.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(root().join("tools/xtask/baseline").join(name))
            .stdin(Stdio::null());
        command
    }

    /// Version of the interpreter and the packages that are measured.
    pub(crate) fn versions(&self) -> String {
        output(self.command("-c").arg(VERSIONS))
            .map(|text| text.trim().to_owned())
            .unwrap_or_default()
    }
}

/// Whether everything is there; pynput itself needs a display to be imported.
const IMPORTS: &str =
    "import PIL, boto3, Xlib, importlib.util as u, sys; sys.exit(u.find_spec('pynput') is None)";

const VERSIONS: &str = "import sys, importlib.metadata as m; print('Python', sys.version.split()[0], *(n + ' ' + m.version(n) for n in ('pynput', 'pillow', 'boto3')), sep=', ')";
