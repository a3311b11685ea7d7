//! `uam export`: every record as a line, byte for byte as it is uploaded; blocks of work as a calendar; or everything in
//! one ZIP file.

mod calendar;
mod subject;
mod subject_archive;
mod subject_rows;

use super::reading::open_reader;
use crate::cli::ExportArgs;
use crate::output;
use agent::AppContext;
use anyhow::Context;
use std::process::ExitCode;

/// Lines read at once.
const BATCH: usize = 1000;

pub(super) fn run(context: &AppContext, args: &ExportArgs) -> anyhow::Result<ExitCode> {
    match (&args.subject, &args.ics) {
        (Some(file), _) => {
            subject::write_subject_file(context, file, args.from.as_deref(), args.to.as_deref())
        }
        (_, Some(file)) => calendar::write_calendar(context, file, args),
        _ => print_lines(context, args.first_seq()?),
    }
}

/// Prints every record from this sequence number on.
fn print_lines(context: &AppContext, from: u64) -> anyhow::Result<ExitCode> {
    let reader = open_reader(context, &format!("the records from number {from} on"))?;
    let mut after = from.saturating_sub(1);
    loop {
        let lines = reader
            .read_raw_lines(after, BATCH)
            .context("cannot read the journal")?;
        let Some((last, _)) = lines.last() else {
            return Ok(ExitCode::SUCCESS);
        };
        after = *last;
        for (_, line) in &lines {
            output::print_line(&String::from_utf8_lossy(line));
        }
    }
}
