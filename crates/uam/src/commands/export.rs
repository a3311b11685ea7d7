//! `uam export`: every line, byte for byte as it is sent.

use super::Home;
use crate::output;
use anyhow::Context;
use std::process::ExitCode;

/// Lines read at once.
const BATCH: usize = 1000;

pub(super) fn run(home: &Home, from: u64) -> anyhow::Result<ExitCode> {
    let reader = super::reader(home, &format!("every line from {from} on"))?;
    let mut after = from.saturating_sub(1);
    loop {
        let lines = reader
            .raw_lines(after, BATCH)
            .context("cannot read the journal")?;
        let Some((last, _)) = lines.last() else {
            return Ok(ExitCode::SUCCESS);
        };
        after = *last;
        for (_, line) in &lines {
            output::line(&String::from_utf8_lossy(line));
        }
    }
}
