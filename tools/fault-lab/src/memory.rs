//! The memory of a process.

use anyhow::{Context, Result};
use std::fs;

/// A size of `/proc/PROCESS/status` (a number, or `self`) in KiB, such as `VmRSS`; see proc(5).
pub(crate) fn read_status_kib(process: &str, field: &str) -> Result<u64> {
    let file = format!("/proc/{process}/status");
    fs::read_to_string(&file)
        .with_context(|| format!("cannot read {file}"))?
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .with_context(|| format!("{file} says nothing of {field}"))
}
