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
use journal::{JournalError, Reader};
use report::{NamedUsage, ViewOptions};
use serde::Serialize;

/// The present, microseconds since the Unix epoch (UTC), and the name of this computer's zone.
fn now_and_zone() -> (i64, String) {
    let zone = jiff::tz::TimeZone::system();
    let name = zone.iana_name().unwrap_or("UTC").to_owned();
    (jiff::Timestamp::now().as_microsecond(), name)
}

/// Until when the journal is complete: its last durable write while an agent writes it, else the present.
fn known_until(reader: &Reader, now_us: i64) -> Result<i64, JournalError> {
    let durable = reader.last_durable_us()?;
    let fresh = durable.filter(|at| now_us.abs_diff(*at) <= report::status::FRESH_US);
    Ok(fresh.unwrap_or(now_us))
}

/// The day in progress.
fn current_day(config: &ReportConfig) -> Date {
    let now = jiff::Zoned::now();
    config
        .starts
        .date_in(now.timestamp().as_microsecond(), now.time_zone())
}

fn view_options(config: &ReportConfig, merge_s: u64) -> ViewOptions {
    ViewOptions {
        starts: config.starts,
        merge_us: merge_s.saturating_mul(1_000_000),
    }
}

#[derive(Serialize)]
struct UsageJson {
    active_s: u64,
    idle_s: u64,
    keys: u64,
    clicks: u64,
    scroll: u64,
}

impl From<&report::Usage> for UsageJson {
    fn from(usage: &report::Usage) -> Self {
        Self {
            active_s: usage.active_us / 1_000_000,
            idle_s: usage.idle_us / 1_000_000,
            keys: usage.counts.keys(),
            clicks: usage.counts.clicks(),
            scroll: usage.counts.scroll(),
        }
    }
}

/// A category or a project.
#[derive(Serialize)]
struct NamedUsageJson {
    name: String,
    #[serde(flatten)]
    usage: UsageJson,
}

impl From<&NamedUsage> for NamedUsageJson {
    fn from(named: &NamedUsage) -> Self {
        Self {
            name: printable_text(&named.name, MAX_APP),
            usage: (&named.usage).into(),
        }
    }
}

/// The view options that a day or a period was read with.
#[derive(Serialize)]
struct ViewOptionsJson {
    /// When days start, `HH:MM`.
    starts: String,
    /// Visits shorter than this count to what they interrupt, in seconds; 0: none.
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
