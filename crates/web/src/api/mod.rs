//! The answers to the page's questions, as JSON. All recorded text goes through [`crate::text`].

pub(crate) mod day;
pub(crate) mod days;
pub(crate) mod export;
pub(crate) mod screenshots;
pub(crate) mod search;
pub(crate) mod uploads;

use crate::backend::ReportConfig;
use crate::text::{MAX_APP, printable_text};
use jiff::civil::Date;
use model::{Counts, Timestamp};
use report::columns::Unit;
use report::{Column, NamedUsage, ReportOutput, Usage, ViewOptions, columns_of};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

fn current_time() -> Timestamp {
    Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
}

/// The present, and the name of this computer's zone.
fn now_and_zone() -> (Timestamp, String) {
    let zone = jiff::tz::TimeZone::system();
    let name = zone.iana_name().unwrap_or("UTC").to_owned();
    (current_time(), name)
}

/// The day in progress.
fn current_day(config: &ReportConfig) -> Date {
    config
        .starts
        .date_in(current_time(), &jiff::tz::TimeZone::system())
}

fn view_options(config: &ReportConfig, merge_s: u64) -> ViewOptions {
    ViewOptions {
        starts: config.starts,
        merge: Duration::from_secs(merge_s),
    }
}

/// Numbers of [`report::COLUMNS`] by name; a time is in whole seconds, and its name ends in `_s`.
type NumbersJson = BTreeMap<String, u64>;

fn named_numbers(usage: &Usage) -> NumbersJson {
    let name = |column: &Column| match column.unit {
        Unit::Time => format!("{}_s", column.key),
        Unit::Count { .. } => column.key.to_owned(),
    };
    let columns = columns_of(ReportOutput::PageRow);
    columns
        .map(|column| (name(column), column.read_whole(usage)))
        .collect()
}

/// The counts of an output by name.
fn named_counts(output: ReportOutput, counts: Counts) -> NumbersJson {
    let usage = Usage::from(counts);
    let columns = columns_of(output).filter(|column| column.unit != Unit::Time);
    columns
        .map(|column| (column.key.to_owned(), (column.read)(&usage)))
        .collect()
}

/// The numbers of a row in which each has its place.
fn placed_numbers(usage: &Usage) -> impl Iterator<Item = u64> {
    columns_of(ReportOutput::PageNumbers).map(|column| column.read_whole(usage))
}

/// A category or a project.
#[derive(Serialize)]
struct NamedUsageJson {
    name: String,
    #[serde(flatten)]
    usage: NumbersJson,
}

impl From<&NamedUsage> for NamedUsageJson {
    fn from(named: &NamedUsage) -> Self {
        Self {
            name: printable_text(&named.name, MAX_APP),
            usage: named_numbers(&named.usage),
        }
    }
}

/// The view options that a day or a period was read with.
#[derive(Serialize)]
struct ViewOptionsJson {
    /// When days start, `HH:MM`.
    starts: String,
    /// Visits shorter than this count to the visit they interrupt, in seconds; 0: none.
    merge_s: u64,
    has_projects: bool,
}

impl ViewOptionsJson {
    fn new(config: &ReportConfig, merge_s: u64) -> Self {
        Self {
            starts: config.starts.to_string(),
            merge_s,
            has_projects: config.meaning.has_projects(),
        }
    }
}
