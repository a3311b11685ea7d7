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
pub(super) fn measure_uploads(context: &BenchContext<'_>) -> Result<Vec<BenchRow>> {
    let server = build::find_program(&context.helpers, "lab-s3")?;
    let store = S3Process::start(&server, &context.dir.join("bucket"), context.stop)?;
    let python = match &context.python {
        Some(python) => {
            let mut command = python.program("uploads.py");
            command.args([COUNT, BYTES]).envs(store.environment());
            Some(
                context
                    .run_measured(&mut command)
                    .context("Python's uploads")?,
            )
        }
        None => None,
    };
    let mut command = context.helper_command("bench-upload")?;
    command.args([COUNT, BYTES]).envs(store.environment());
    let uam = context
        .run_measured(&mut command)
        .context("uam's uploads")?;
    let read = |side: Option<&Value>, name| side.and_then(|v| read_number(v, &[name]).ok());
    let row = |name: &str, target, field| BenchRow {
        name: name.into(),
        uam: read(Some(&uam), field),
        python: read(python.as_ref(), field),
        digits: 0,
        target,
    };
    Ok(vec![
        row(
            "1,000 uploads of 50 kB, 4 at once: CPU ms",
            BenchTarget::Ratio(0.25),
            "cpu_ms",
        ),
        row(
            "1,000 uploads of 50 kB, 4 at once: wall ms",
            BenchTarget::None,
            "wall_ms",
        ),
    ])
}
