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
use crate::process::Interrupted;
use anyhow::{Result, bail};
use context::BenchContext;
use python::PythonBaseline;
use std::collections::BTreeMap;
use std::path::PathBuf;
use table::BenchRow;

/// Measures one group of rows, both sides.
type Measure = fn(&BenchContext) -> Result<Vec<BenchRow>>;

/// Runs the chore. A missed target is no error; the table says so.
///
/// # Errors
/// When nothing can be measured at all, or on Ctrl-C.
pub(crate) fn run_benches(options: &BenchArgs) -> Result<()> {
    // These rows have programs of their own, no desktop and no peer; nothing that they do not need is built.
    let apart = |group: &String| ["windows", "sealing", "page"].contains(&group.as_str());
    let others = options.only.is_empty() || !options.only.iter().all(apart);
    if others || options.only.iter().any(|group| group == "windows") {
        packages::ensure_packages(&[DESKTOP])?;
    }
    let (uam, helpers, python) = if others {
        let uam = build::find_or_build_uam(options.uam.as_deref())?;
        let helpers = build::build_programs(&["--release", "-p", "bench", "-p", "lab", "--bins"])?;
        let python = match PythonBaseline::ensure() {
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
    let dir = build::repository_root().join("target/bench");
    if dir.exists() {
        fs_err::remove_dir_all(&dir)?;
    }
    fs_err::create_dir_all(&dir)?;
    let context = BenchContext {
        uam,
        helpers,
        python,
        dir,
        quick: options.quick,
    };

    let mut rows = Vec::new();
    let groups: [(&str, Measure); 7] = [
        ("agent", agents::measure_agents),
        ("shots", screenshots::measure_screenshots),
        ("uploads", uploads::measure_uploads),
        ("binary", binary::measure_binary),
        ("windows", windows::measure_on_windows),
        ("sealing", sealing::measure_sealing),
        ("page", page::measure_page_rows),
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
    rows.extend(sealing::share_of_recording(&rows));
    println!("\n{}", table::render_table(&rows));
    let (met, missed, open) = table::count_verdicts(&rows);
    println!("{met} targets met, {missed} missed, {open} not measured");
    println!("{}", context.reading_notes());
    if rows.iter().any(|row| row.name.starts_with("page, ")) {
        println!("{}", page::NOTES);
    }
    Ok(())
}
