//! Tables of time by name, in whole seconds that sum to their total.

use super::colours::Colour;
use super::cover::CELL;
use crate::columns::{Column, ReportOutput, columns_of};
use crate::format::{or_no_name, tenths_of_percent};
use crate::totals::{NamedUsage, Usage};
use model::to_printable;
use std::time::Duration;

/// Rows of a table before the rest is summed up in one.
const MOST_ROWS: usize = 24;

/// A table of time by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageTable {
    /// The heading of the names.
    pub title: &'static str,
    /// The headings of the times: those of [`crate::COLUMNS`], the total last.
    pub headings: Vec<String>,
    /// Longest first.
    pub rows: Vec<UsageTableRow>,
    /// Their sum.
    pub total: UsageTableRow,
}

impl UsageTable {
    /// The largest share of a row, at least 1: the length of a full bar.
    pub(super) fn longest_share(&self) -> u64 {
        self.rows.iter().map(|row| row.share).fold(1, u64::max)
    }
}

/// A row of a [`UsageTable`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageTableRow {
    /// Its name.
    pub name: String,
    /// Its colour, where it has one.
    pub colour: Option<Colour>,
    /// Seconds, for each of the headings.
    pub seconds: Vec<u64>,
    /// Of the whole, in tenths of a percent.
    pub share: u64,
}

/// Lengths cut to whole seconds so that they still sum to their sum cut to whole seconds.
#[must_use]
pub fn carry_seconds(lengths: impl IntoIterator<Item = Duration>) -> Vec<u64> {
    let (mut sum, mut told) = (Duration::ZERO, 0);
    lengths
        .into_iter()
        .map(|length| {
            sum += length;
            let seconds = sum.as_secs() - told;
            told += seconds;
            seconds
        })
        .collect()
}

pub(super) fn build_usage_table(
    title: &'static str,
    rows: &[NamedUsage],
    colour: impl Fn(&str) -> Option<Colour>,
) -> UsageTable {
    let whole: Duration = rows.iter().map(|r| r.usage.total()).sum();
    let shown = if rows.len() > MOST_ROWS + 1 {
        MOST_ROWS
    } else {
        rows.len()
    };
    let (shown, rest) = rows.split_at(shown);
    let mut lines: Vec<(String, Option<Colour>, Usage)> = shown
        .iter()
        .map(|row| {
            let name = to_printable(or_no_name(&row.name), CELL);
            (name, colour(&row.name), row.usage)
        })
        .collect();
    if !rest.is_empty() {
        let mut sum = Usage::default();
        rest.iter().for_each(|row| sum += &row.usage);
        lines.push((format!("({} more)", rest.len()), None, sum));
    }
    // The times whose sum is the last column.
    let parts = columns_of(ReportOutput::Printable).filter(|column| column.key != "total");
    let parts: Vec<(&Column, Vec<u64>)> = parts
        .map(|column| {
            let times = lines.iter().map(|line| (column.read)(&line.2));
            (column, carry_seconds(times.map(Duration::from_micros)))
        })
        .collect();
    let with_total = |mut seconds: Vec<u64>| {
        seconds.push(seconds.iter().sum());
        seconds
    };
    let rows = lines.into_iter().enumerate();
    let rows = rows.map(|(n, (name, colour, usage))| UsageTableRow {
        name,
        colour,
        seconds: with_total(parts.iter().map(|(_, seconds)| seconds[n]).collect()),
        share: tenths_of_percent(usage.total(), whole),
    });
    let sums = parts.iter().map(|(_, seconds)| seconds.iter().sum());
    UsageTable {
        title,
        headings: parts
            .iter()
            .map(|(column, _)| capitalise(column.key))
            .chain(["Total".to_owned()])
            .collect(),
        rows: rows.collect(),
        total: UsageTableRow {
            name: "Total".to_owned(),
            colour: None,
            seconds: with_total(sums.collect()),
            share: tenths_of_percent(whole, whole),
        },
    }
}

fn capitalise(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}
