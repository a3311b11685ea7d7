//! The days of a period: their totals by application, category or project.

use super::{
    NumbersJson, ViewOptionsJson, current_day, named_counts, now_and_zone, placed_numbers,
    view_options,
};
use crate::backend::{Backend, BackendError};
use crate::text::{MAX_APP, printable_text};
use jiff::civil::Date;
use model::Coverage;
use report::query::{self, DaysQuery};
use report::{DayTotals, GroupBy, NamedUsage, ReportOutput};
use serde::Serialize;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Most names with rows of their own; the other names are one row.
const MAX_NAMES: usize = 120;

/// A period.
#[derive(Serialize)]
pub(crate) struct DaysJson {
    first: Date,
    last: Date,
    today: Date,
    #[serde(flatten)]
    options: ViewOptionsJson,
    by: &'static str,
    /// The names that rows refer to, most used first.
    names: Vec<String>,
    days: Vec<PeriodDayJson>,
    damaged: usize,
}

#[derive(Serialize)]
struct PeriodDayJson {
    day: Date,
    /// Seconds in each of the eight states.
    states: Vec<u64>,
    #[serde(flatten)]
    counts: NumbersJson,
    /// `[index in names, active s, idle s, keys, clicks]`.
    rows: Vec<Vec<u64>>,
    /// Time without a row: seconds active and idle.
    other: [u64; 2],
}

/// The grouping that a word names; without a word, applications.
pub(crate) fn parse_group_by(word: Option<&str>) -> Option<GroupBy> {
    word.map_or(Some(GroupBy::App), |word| word.parse().ok())
}

pub(crate) fn read_period(
    backend: &mut dyn Backend,
    days: RangeInclusive<Date>,
    by: GroupBy,
    merge_s: u64,
) -> Result<DaysJson, BackendError> {
    let (first, last) = (*days.start(), *days.end());
    let config = backend.report_config()?;
    let reader = backend.open_reader(&format!("the totals of {first} to {last}, on the page"))?;
    let (now, zone) = now_and_zone();
    let rules = match (by, merge_s) {
        // Applications need no rules.
        (GroupBy::App, 0) => None,
        _ => Some(&*config.meaning),
    };
    let query = DaysQuery {
        days,
        view: view_options(&config, merge_s),
        rules,
        now: query::known_until(reader, now)?,
        zone: &zone,
    };
    let totals = query::read_days(reader, &query, &mut |_| {})?;
    let rows: Vec<&[NamedUsage]> = totals.days.iter().map(|day| day_rows(day, by)).collect();
    let mut sums: HashMap<&str, Duration> = HashMap::new();
    for row in rows.iter().copied().flatten() {
        *sums.entry(&row.name).or_default() += row.usage.total();
    }
    let mut names: Vec<(&str, Duration)> = sums.into_iter().collect();
    names.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    names.truncate(MAX_NAMES);
    let indices: HashMap<&str, u64> = names.iter().map(|n| n.0).zip(0..).collect();
    let days = totals.days.iter().zip(&rows);
    Ok(DaysJson {
        first,
        last,
        today: current_day(&config),
        options: ViewOptionsJson::new(&config, merge_s),
        by: by.into(),
        days: days
            .map(|(day, rows)| day_totals(day, rows, &indices))
            .collect(),
        names: names
            .iter()
            .map(|(name, _)| printable_text(name, MAX_APP))
            .collect(),
        damaged: totals.damaged.len(),
    })
}

/// The rows of a day. Time without an application has none.
fn day_rows(day: &DayTotals, by: GroupBy) -> &[NamedUsage] {
    match by {
        GroupBy::App => &day.apps,
        GroupBy::Category => &day.categories,
        GroupBy::Project => &day.projects,
    }
}

fn day_totals(day: &DayTotals, rows: &[NamedUsage], indices: &HashMap<&str, u64>) -> PeriodDayJson {
    let mut other = [Coverage::Active, Coverage::Idle].map(|state| day.time_in(state));
    let rows = rows.iter().filter_map(|row| {
        let index = *indices.get(row.name.as_str())?;
        let usage = &row.usage;
        other[0] = other[0].saturating_sub(usage.active);
        other[1] = other[1].saturating_sub(usage.idle);
        Some(
            std::iter::once(index)
                .chain(placed_numbers(usage))
                .collect(),
        )
    });
    PeriodDayJson {
        rows: rows.collect(),
        other: other.map(|time| time.as_secs()),
        day: day.day,
        states: day.states.iter().map(|t| t.duration.as_secs()).collect(),
        counts: named_counts(ReportOutput::PageNumbers, day.counts),
    }
}
