//! A thousand uploads to a real S3 server on loopback.

use super::context::{BenchContext, read_number};
use super::table::{BenchRow, BenchTarget};
use crate::build;
use crate::user::s3_process::S3Process;
use anyhow::{Context, Result};
use serde_json::Value;

const COUNT: &str = "1000";
const BYTES: &str = "50000";

/// Measures both sides, one after the other, against the same server.
pub(super) fn measure_uploads(context: &BenchContext) -> Result<Vec<BenchRow>> {
    let server = build::find_program(&context.helpers, "lab-s3")?;
    let store = S3Process::start(&server, &context.dir.join("bucket"))?;
    let measure = |mut command: std::process::Command| {
        command.args([COUNT, BYTES]).envs(store.environment());
        context.run_measured(&mut command)
    };
    let python = context
        .python
        .as_ref()
        .map(|python| python.program("uploads.py"));
    let python = python
        .map(measure)
        .transpose()
        .context("Python's uploads")?;
    let uam = measure(context.bench_command("upload")?).context("uam's uploads")?;
    let read = |side: Option<&Value>, name| side.and_then(|v| read_number(v, &[name]).ok());
    let row = |time: &str, target, field| {
        let name = format!("1,000 uploads of 50 kB, 4 at once: {time}");
        let (uam, python) = (read(Some(&uam), field), read(python.as_ref(), field));
        BenchRow::new(name, 0, target, uam, python)
    };
    Ok(vec![
        row("CPU ms", BenchTarget::Ratio(0.25), "cpu_ms"),
        row("wall ms", BenchTarget::None, "wall_ms"),
    ])
}
