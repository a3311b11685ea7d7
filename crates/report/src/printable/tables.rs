//! Tables of time by name, in whole seconds that sum to their total.

use super::colours::Colour;
use super::cover::CELL;
use crate::format::{or_no_name, tenths_of_percent};
use crate::totals::NamedUsage;
use model::{MICROS_PER_SECOND, to_printable};

/// Rows of a table before the rest is summed up in one.
const MOST_ROWS: usize = 24;

/// A table of time by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageTable {
    /// The heading of the names.
    pub title: &'static str,
    /// Longest first.
    pub rows: Vec<UsageTableRow>,
    /// Their sum.
    pub total: UsageTableRow,
}

/// A row of a [`UsageTable`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageTableRow {
    /// Its name.
    pub name: String,
    /// Its colour, where it has one.
    pub tint: Option<Colour>,
    /// Seconds at the desk, of the idle, and both.
    pub seconds: [u64; 3],
    /// Of the whole, in tenths of a percent.
    pub share: u64,
}

/// Durations in microseconds cut to whole seconds so that they still sum to their sum cut to whole seconds.
#[must_use]
pub fn carry_seconds(us: &[u64]) -> Vec<u64> {
    let (mut sum, mut told) = (0, 0);
    us.iter()
        .map(|us| {
            sum += us;
            let seconds = sum / MICROS_PER_SECOND - told;
            told += seconds;
            seconds
        })
        .collect()
}

pub(super) fn table(
    title: &'static str,
    rows: &[NamedUsage],
    tint: impl Fn(&str) -> Option<Colour>,
) -> UsageTable {
    let whole: u64 = rows.iter().map(|r| r.usage.total_us()).sum();
    let shown = if rows.len() > MOST_ROWS + 1 {
        MOST_ROWS
    } else {
        rows.len()
    };
    let (shown, rest) = rows.split_at(shown);
    let mut lines: Vec<(String, Option<Colour>, u64, u64)> = shown
        .iter()
        .map(|r| {
            (
                to_printable(or_no_name(&r.name), CELL),
                tint(&r.name),
                r.usage.active_us,
                r.usage.idle_us,
            )
        })
        .collect();
    if !rest.is_empty() {
        let sum = |of: fn(&NamedUsage) -> u64| rest.iter().map(of).sum();
        lines.push((
            format!("({} more)", rest.len()),
            None,
            sum(|r| r.usage.active_us),
            sum(|r| r.usage.idle_us),
        ));
    }
    let [active, idle] = [
        carry_seconds(&lines.iter().map(|l| l.2).collect::<Vec<_>>()),
        carry_seconds(&lines.iter().map(|l| l.3).collect::<Vec<_>>()),
    ];
    let rows: Vec<UsageTableRow> = lines
        .into_iter()
        .zip(active.iter().zip(&idle))
        .map(
            |((name, tint, active_us, idle_us), (active, idle))| UsageTableRow {
                name,
                tint,
                seconds: [*active, *idle, active + idle],
                share: tenths_of_percent(active_us + idle_us, whole),
            },
        )
        .collect();
    let [active, idle]: [u64; 2] = [active.iter().sum(), idle.iter().sum()];
    UsageTable {
        title,
        rows,
        total: UsageTableRow {
            name: "Total".to_owned(),
            tint: None,
            seconds: [active, idle, active + idle],
            share: if whole > 0 { 1000 } else { 0 },
        },
    }
}
