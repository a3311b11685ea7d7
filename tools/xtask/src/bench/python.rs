//! The Python side: a virtual environment with pinned packages, and its programs.

use crate::build::repository_root;
use crate::process::output_of;
use crate::python::PythonEnvironment;
use anyhow::Result;
use std::process::Command;

/// A ready environment.
#[derive(Debug)]
pub(crate) struct PythonBaseline {
    environment: PythonEnvironment,
}

impl PythonBaseline {
    /// Makes (or finds) the environment in `~/.cache/uam/bench-venv`.
    ///
    /// # Errors
    /// As for [`PythonEnvironment::ensure`].
    pub(crate) fn ensure() -> Result<Self> {
        let requirements = "tools/xtask/baseline/requirements.txt";
        let environment = PythonEnvironment::ensure("bench-venv", requirements, IMPORTS)?;
        Ok(Self { environment })
    }

    /// One of the baseline's programs.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = self.environment.program_command("python");
        command.arg(repository_root().join("tools/xtask/baseline").join(name));
        command
    }

    /// Version of the interpreter and the packages that are measured.
    pub(crate) fn versions(&self) -> String {
        output_of(self.environment.python_command("-c").arg(VERSIONS))
            .map(|text| text.trim().to_owned())
            .unwrap_or_default()
    }
}

/// Whether everything is there; pynput itself needs a display to be imported.
const IMPORTS: &str =
    "import PIL, boto3, Xlib, importlib.util as u, sys; sys.exit(u.find_spec('pynput') is None)";

const VERSIONS: &str = "import sys, importlib.metadata as m; print('Python', sys.version.split()[0], *(n + ' ' + m.version(n) for n in ('pynput', 'pillow', 'boto3')), sep=', ')";
