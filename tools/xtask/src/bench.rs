//! `cargo xtask bench`: uam and a Python program doing the same job, side by side in one run, in one table.

mod agents;
mod binary;
mod context;
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
use crate::process::{Interrupt, Interrupted};
use anyhow::{Context, Result, bail};
use context::BenchContext;
use python::PythonBaseline;
use std::collections::BTreeMap;
use std::path::PathBuf;
use table::BenchRow;

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
        let python = match PythonBaseline::ensure(stop) {
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
    let context = BenchContext {
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
        match measure(&context) {
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
    println!("{}", context.notes());
    if rows.iter().any(|row| row.name.starts_with("page, ")) {
        println!("{}", page::NOTES);
    }
    Ok(())
}
