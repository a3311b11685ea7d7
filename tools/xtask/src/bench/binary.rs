//! The shipped file.

use super::context::BenchContext;
use super::table::{BenchRow, BenchTarget};
use crate::process::output_of;
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// Size of the binary; its version and age are printed beside the table.
pub(super) fn measure_binary(context: &BenchContext) -> Result<Vec<BenchRow>> {
    let built = fs_err::metadata(&context.uam)?.modified().ok();
    let age = built.and_then(|built| built.elapsed().ok());
    let age = age.map_or("some time".into(), |age| {
        format!("{} min", age.as_secs() / 60)
    });
    let version = output_of(Command::new(&context.uam).arg("--version")).unwrap_or_default();
    let (version, file) = (version.trim(), context.uam.display());
    println!("{version} built {age} ago: {file}");
    let size = Some(to_mib(&context.uam)?);
    let row = BenchRow::new("binary, MiB", 2, BenchTarget::None, size, None);
    Ok(vec![row])
}

/// The size of a file in MiB.
pub(super) fn to_mib(file: &Path) -> Result<f64> {
    let facts = fs_err::metadata(file)?;
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    Ok(facts.len() as f64 / 1_048_576.0)
}
