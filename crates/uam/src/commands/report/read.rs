//! The figures of some days, from the journal.

use crate::output;
use anyhow::Context;
use journal::Reader;
use model::Timestamp;
use report::query::{self, DaysQuery};
use report::{DaysReport, Overview};
use std::io::IsTerminal;

/// Width of the table where the terminal does not tell its own, in columns.
const WIDTH: usize = 100;

/// The totals of many days, with a line that says how far it is where that takes long.
pub(super) fn read_totals(reader: &Reader, query: &DaysQuery<'_>) -> anyhow::Result<DaysReport> {
    if !query.view.merge.is_zero() {
        return Ok(read_overview(reader, query)?.totals());
    }
    query::read_days(reader, query, &mut |_| {}).context("cannot read these days")
}

/// Everything about some days, from their records, with a line that says how far it is.
pub(in crate::commands) fn read_overview(
    reader: &Reader,
    query: &DaysQuery<'_>,
) -> anyhow::Result<Overview> {
    let (first, last) = (query.days.start(), query.days.end());
    let count = first.until(*last).map_or(0, |span| span.get_days());
    let all = i64::from(count) + 1;
    let told = std::io::stderr().is_terminal() && all > 31;
    let mut progress = |done: usize| {
        if told {
            output::print_error_text(&format!("\rreading the record: {done} of {all} days "));
        }
    };
    progress(0);
    let found = query::read_overview(reader, query, &mut progress);
    if told {
        output::print_error_text("\r\x1b[K");
    }
    found.context("cannot read these days")
}

pub(super) fn terminal_width() -> usize {
    if std::io::stdout().is_terminal() {
        usize::from(console::inline_image::terminal_area().0)
    } else {
        WIDTH
    }
}

/// Up to when the journal can speak: its last durable moment while somebody writes it, else the present.
pub(in crate::commands) fn known_until(
    reader: &Reader,
    now: Timestamp,
) -> anyhow::Result<Timestamp> {
    report::query::known_until(reader, now).context("cannot read the journal")
}
