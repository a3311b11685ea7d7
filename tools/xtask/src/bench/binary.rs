//! The shipped file.

use super::context::BenchContext;
use super::table::{BenchRow, BenchTarget};
use crate::process::output_of;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

/// Size of the binary; its version and age are printed beside the table.
pub(super) fn measure_binary(context: &BenchContext<'_>) -> Result<Vec<BenchRow>> {
    let facts = std::fs::metadata(&context.uam)
        .with_context(|| format!("looking at {}", context.uam.display()))?;
    let age = facts
        .modified()
        .ok()
        .and_then(|t| t.elapsed().ok())
        .map_or_else(
            || "some time".into(),
            |a| format!("{} min", a.as_secs() / 60),
        );
    let version = output_of(Command::new(&context.uam).arg("--version")).unwrap_or_default();
    println!(
        "{} built {age} ago: {}",
        version.trim(),
        context.uam.display()
    );
    Ok(vec![BenchRow {
        name: "binary, MiB".into(),
        uam: Some(to_mib(&context.uam)?),
        python: None,
        digits: 2,
        target: BenchTarget::None,
    }])
}

/// The size of a file in MiB.
pub(super) fn to_mib(file: &Path) -> Result<f64> {
    let facts =
        std::fs::metadata(file).with_context(|| format!("looking at {}", file.display()))?;
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    Ok(facts.len() as f64 / 1_048_576.0)
}
