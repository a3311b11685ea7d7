//! `uam report`: what a day held.

use super::Home;
use crate::failure::Failure;
use crate::{output, time};
use anyhow::Context;
use journal::Reader;
use model::Clock;
use std::io::IsTerminal;
use std::process::ExitCode;

/// Width of the table where the terminal does not tell its own, in columns.
const WIDTH: usize = 100;

pub(super) fn run(home: &Home, day: &str, json: bool, csv: bool) -> anyhow::Result<ExitCode> {
    let day = time::parse_day(day)
        .map_err(|e| Failure::usage(e, "For example: uam report --day yesterday"))?;
    let reader = super::reader(home)?;
    let now = until(&reader, sense::SystemClock.now().utc_us)?;
    let report = report::query::day(&reader, day, now, &time::zone_name())
        .context("cannot read that day")?;
    if json {
        output::out(&report::to_json(&report).context("cannot print the report")?);
    } else if csv {
        output::out(&report::csv::day(&report));
    } else {
        let width = terminal_width();
        output::out(&report::table::day(&report, width));
    }
    Ok(ExitCode::SUCCESS)
}

fn terminal_width() -> usize {
    if std::io::stdout().is_terminal() {
        usize::from(console::picture::room().0)
    } else {
        WIDTH
    }
}

/// Up to when the journal can speak: its last durable moment while somebody writes it, else the present.
fn until(reader: &Reader, now_us: i64) -> anyhow::Result<i64> {
    let durable = reader
        .last_durable_us()
        .context("cannot read the journal")?;
    let fresh = durable.filter(|at| now_us.abs_diff(*at) <= report::status::FRESH_US);
    Ok(fresh.unwrap_or(now_us))
}
