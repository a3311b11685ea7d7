//! `cargo xtask bench`: uam and a Python program doing the same job, side by side in one run, in one table.

mod agents;
mod binary;
mod meter;
mod page;
mod python;
mod screenshots;
mod sealing;
mod table;
mod uploads;
mod windows;

use crate::build;
use crate::cli::BenchArgs;
use crate::packages::{self, DESKTOP};
use crate::process::{Interrupt, Interrupted, ProcessGroup, line};
use crate::user::virtual_screen::VirtualScreen;
use anyhow::{Context, Result, bail};
use python::PythonBaseline;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use table::BenchRow;

/// What every group of rows works with.
pub(crate) struct BenchContext<'a> {
    /// The release binary.
    uam: PathBuf,
    /// The release helper programs, by name.
    helpers: BTreeMap<String, PathBuf>,
    /// The baseline; `None` when it could not be set up.
    python: Option<PythonBaseline>,
    /// Files of this run.
    dir: PathBuf,
    /// Shorter and coarser.
    quick: bool,
    stop: &'a Interrupt,
}

/// Measures one group of rows, both sides.
type Measure = fn(&BenchContext<'_>) -> Result<Vec<BenchRow>>;

/// Runs the chore. A missed target is no error; the table says so.
///
/// # Errors
/// When nothing can be measured at all, or on Ctrl-C.
pub(crate) fn run(options: &BenchArgs, stop: &Interrupt) -> Result<()> {
    // These rows have programs of their own, no desktop and no peer; what they do not need is not built.
    let apart = |group: &String| ["windows", "sealing", "page"].contains(&group.as_str());
    let others = options.only.is_empty() || !options.only.iter().all(apart);
    if others || options.only.iter().any(|group| group == "windows") {
        packages::ensure(&[DESKTOP], stop)?;
    }
    let (uam, helpers, python) = if others {
        let uam = build::uam(options.uam.as_deref(), stop)?;
        let helpers = build::programs(&["--release", "-p", "bench", "-p", "lab", "--bins"], stop)?;
        let python = match PythonBaseline::ready(stop) {
            Ok(python) => Some(python),
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => {
                println!("The Python side is left out: {error:#}");
                None
            }
        };
        (uam, helpers, python)
    } else {
        (PathBuf::new(), BTreeMap::new(), None)
    };
    let dir = build::root().join("target/bench");
    if dir.exists() {
        std::fs::remove_dir_all(&dir).with_context(|| format!("emptying {}", dir.display()))?;
    }
    std::fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
    let ground = BenchContext {
        uam,
        helpers,
        python,
        dir,
        quick: options.quick,
        stop,
    };

    let mut rows = Vec::new();
    let groups: [(&str, Measure); 7] = [
        ("agent", agents::rows),
        ("shots", screenshots::rows),
        ("uploads", uploads::rows),
        ("binary", binary::rows),
        ("windows", windows::rows),
        ("sealing", sealing::rows),
        ("page", page::rows),
    ];
    for (name, measure) in groups {
        if !options.only.is_empty() && !options.only.iter().any(|o| o == name) {
            continue;
        }
        println!("Measuring: {name}");
        match measure(&ground) {
            Ok(more) => rows.extend(more),
            Err(error) if error.is::<Interrupted>() => return Err(error),
            // One group that cannot be measured must not hide the others.
            Err(error) => println!("Not measured: {name}: {error:#}"),
        }
    }
    if rows.is_empty() {
        bail!("nothing could be measured");
    }
    rows.extend(sealing::share(&rows));
    println!("\n{}", table::render(&rows));
    let (met, missed, open) = table::verdicts(&rows);
    println!("{met} targets met, {missed} missed, {open} not measured");
    println!("{}", ground.notes());
    if rows.iter().any(|row| row.name.starts_with("page, ")) {
        println!("{}", page::NOTES);
    }
    Ok(())
}

impl BenchContext<'_> {
    fn notes(&self) -> String {
        let mut notes = String::from(
            "\nHow to read it: CPU is the process's own clock (all threads and children; the X server's and the S3 \
             server's work is nobody's here). Wake-ups are voluntary context switches of all threads. One input event \
             is a press with its release, four keys to one click. Pictures of the agent rows are off on both sides; \
             shots have rows of their own, each a mean over drawn screens of 1920x1080.",
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

    /// One of the release helpers.
    fn helper(&self, name: &str) -> Result<Command> {
        Ok(Command::new(build::the(&self.helpers, name)?))
    }

    /// Runs a helper or a baseline program to its end and reads the JSON it prints.
    fn measured(&self, command: &mut Command) -> Result<Value> {
        self.stop.check()?;
        let mut group = ProcessGroup::start(
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        )?;
        let mut stdout = group.child().stdout.take().context("its output")?;
        let mut stderr = group.child().stderr.take().context("its errors")?;
        let complaints = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let mut answer = String::new();
        stdout
            .read_to_string(&mut answer)
            .with_context(|| format!("reading what `{}` prints", line(command)))?;
        let complaints = complaints.join().unwrap_or_default();
        let status = group.child().wait().context("waiting for it")?;
        self.stop.check()?;
        if !status.success() {
            bail!(
                "`{}` failed ({status}): {}",
                line(command),
                complaints.trim()
            );
        }
        serde_json::from_str(answer.trim())
            .with_context(|| format!("`{}` printed {answer:?}", line(command)))
    }

    /// Fills `desktop` with one of the drawn screens until the group is dropped.
    fn show(
        &self,
        desktop: &VirtualScreen,
        screen: &str,
        save: Option<&std::path::Path>,
    ) -> Result<ProcessGroup> {
        let mut command = self.helper("bench-show")?;
        command
            .arg(screen)
            .env("DISPLAY", desktop.display())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(file) = save {
            command.arg("--save").arg(file);
        }
        let mut group = ProcessGroup::start(&mut command)?;
        let pipe = group.child().stdout.take().context("its output")?;
        let mut line = String::new();
        BufReader::new(pipe)
            .read_line(&mut line)
            .context("reading what bench-show prints")?;
        if line.is_empty() {
            bail!("the screen {screen:?} could not be shown; its message stands above");
        }
        Ok(group)
    }
}

/// A number of a JSON object.
fn number(value: &Value, path: &[&str]) -> Result<f64> {
    path.iter()
        .try_fold(value, |v, name| v.get(name))
        .and_then(Value::as_f64)
        .with_context(|| format!("there is no number {} in {value}", path.join(".")))
}
