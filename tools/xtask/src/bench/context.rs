//! What every group of rows works with: the programs, a folder, and ways to run them.

use super::python::PythonBaseline;
use crate::build;
use crate::process::{ProcessGroup, check_stop, command_line, pause};
use crate::user::virtual_screen::VirtualScreen;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

/// The context of every group of rows.
pub(crate) struct BenchContext {
    /// The release binary.
    pub(super) uam: PathBuf,
    /// The release helper programs, by name.
    pub(super) helpers: BTreeMap<String, PathBuf>,
    /// The baseline; `None` when it could not be set up.
    pub(super) python: Option<PythonBaseline>,
    /// Files of this run.
    pub(super) dir: PathBuf,
    /// Shorter and coarser.
    pub(super) quick: bool,
}

impl BenchContext {
    /// How to read the table.
    pub(super) fn reading_notes(&self) -> String {
        let mut notes = String::from(
            "\nHow to read it: CPU is the process's own clock (all threads and children; the X server's and the S3 \
             server's work is nobody's here). Wake-ups are voluntary context switches of all threads. One input event \
             is a press with its release, four keys to one click. Screenshots of the agent rows are off on both sides; \
             they have rows of their own, each a mean over drawn screens of 1920x1080.",
        );
        if self.quick {
            notes.push_str(" --quick: short windows, coarse figures.");
        }
        if let Some(python) = &self.python {
            notes.push('\n');
            notes.push_str(&python.versions());
        }
        notes
    }

    /// A chore of the release build of `bench`.
    pub(super) fn bench_command(&self, chore: &str) -> Result<Command> {
        let mut command = Command::new(build::find_program(&self.helpers, "bench")?);
        command.arg(chore);
        Ok(command)
    }

    /// Runs a helper or a baseline program to its end and reads the JSON it prints.
    pub(super) fn run_measured(&self, command: &mut Command) -> Result<Value> {
        check_stop()?;
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut group = ProcessGroup::start(command.stderr(Stdio::piped()))?;
        let answer = read_aside(group.child().stdout.take().context("its output")?);
        let complaints = read_aside(group.child().stderr.take().context("its errors")?);
        let status = loop {
            match group.ended()? {
                Some(status) => break status,
                None => pause(Duration::from_millis(20))?,
            }
        };
        let [answer, complaints] = [answer, complaints].map(|text| text.join().unwrap_or_default());
        if !status.success() {
            bail!(
                "`{}` failed ({status}): {}",
                command_line(command),
                complaints.trim()
            );
        }
        serde_json::from_str(answer.trim())
            .with_context(|| format!("`{}` printed {answer:?}", command_line(command)))
    }

    /// Fills `desktop` with one of the drawn screens until the group is dropped.
    pub(super) fn show_screen(
        &self,
        desktop: &VirtualScreen,
        screen: &str,
        save: Option<&std::path::Path>,
    ) -> Result<ProcessGroup> {
        let mut command = self.bench_command("show")?;
        command
            .arg(screen)
            .env("DISPLAY", desktop.display())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(file) = save {
            command.arg("--save").arg(file);
        }
        let mut group = ProcessGroup::start(&mut command)?;
        group.take_lines()?.recv().with_context(|| {
            format!("the screen {screen:?} could not be shown; its message stands above")
        })?;
        Ok(group)
    }
}

/// Reads a pipe to its end in a thread, so that the chore can be stopped meanwhile.
fn read_aside(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text)
            .map_or_else(|_| String::new(), |_| text)
    })
}

/// A number of a JSON object.
pub(super) fn read_number(value: &Value, path: &[&str]) -> Result<f64> {
    path.iter()
        .try_fold(value, |v, name| v.get(name))
        .and_then(Value::as_f64)
        .with_context(|| format!("there is no number {} in {value}", path.join(".")))
}

/// The middle one of the values of a field.
pub(super) fn middle_value(of: &[Value], field: &str) -> Result<f64> {
    let mut values: Vec<f64> = of
        .iter()
        .map(|value| read_number(value, &[field]))
        .collect::<Result<_>>()?;
    values.sort_by(f64::total_cmp);
    let middle = values.get(values.len() / 2);
    middle.copied().context("nothing was measured")
}
