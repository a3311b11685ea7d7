//! Every question anybody asks of the journal.
//!
//! The core is pure: functions over [`model::RecordLine`] and [`model::Span`] with the present given as an argument.
//! Only [`query`] touches a journal, through its reader.

pub mod activity;
pub mod csv;
pub mod day;
pub mod days;
pub mod feed;
pub mod glance;
pub mod ics;
pub mod meaning;
pub mod overview;
pub mod query;
pub mod rollup;
pub mod search;
pub mod sheet;
pub mod status;
pub mod strip;
pub mod table;
pub mod text;

pub use activity::ActivityBucket;
pub use day::{DayReport, DayStart, Extent, TodayTotals, ViewOptions, summarise};
pub use days::{AppUsage, DayTotals, DaysReport};
pub use feed::{ActivityLog, LogLine, LogSubject};
pub use glance::DaySummary;
pub use meaning::{ClassificationRules, NamedUsage};
pub use overview::Overview;
pub use rollup::{Rollup, RollupBuilder};
pub use sheet::PrintableReport;
pub use status::{AgentStatus, DiskStatus, OutboxSummary, ScheduleStatus, UploadAttempt};

/// A report as the JSON that `--json` prints: indented, one trailing newline.
///
/// # Errors
/// Never for the types of this crate; the signature is serde's.
pub fn to_json<T: serde::Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let mut out = serde_json::to_string_pretty(value)?;
    out.push('\n');
    Ok(out)
}
