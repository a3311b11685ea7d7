//! Every question anybody asks of the journal, and every form the answer takes.
//!
//! Data runs one way: records and roll-ups → `ownership`, `stretches`, `day_pieces` → [`totals`] and the builders (day, days, overview,
//! timeline, day summary) → terminal, CSV, JSON, ICS, printable report. Only [`query`] touches a journal, through its
//! reader; everything else is pure, with the present as an argument.
//!
//! Always true:
//! * The parts of a day sum to that day, with 23 and 25 hours too; no instant counts twice.
//! * Totals from roll-ups equal totals from records, to the microsecond.
//! * A category or project is a rule applied when reading; the record is never touched.
//! * [`COLUMNS`] is the one list of what is counted and shown.
//! * Names and titles are hostile text until [`model::to_printable`].

pub mod activity_log;
pub mod buckets;
pub mod calendar;
pub mod classifier;
pub mod columns;
pub mod day;
mod day_pieces;
pub mod day_report;
pub mod day_summary;
pub mod day_totals;
mod days;
pub mod export;
pub mod format;
pub mod log_line;
pub mod overview;
mod ownership;
pub mod printable;
pub mod query;
pub mod rollup;
pub mod rules;
pub mod status;
pub mod stretches;
pub mod timeline;
pub mod today;
pub mod totals;

pub use activity_log::ActivityLog;
pub use buckets::{ActivityBucket, TEN_MINUTES};
pub use calendar::{DayStart, load_zone, local_date};
pub use classifier::Classifier;
pub use columns::{COLUMNS, Column, ReportOutput, columns_of};
pub use day::build_day_report;
pub use day_report::{AppTotal, DayNotice, DayReport, DayScreenshot, WindowTotal};
pub use day_summary::{DaySummary, NamedTime, SummaryBucket};
pub use day_totals::{DayTotals, DaysReport, PeriodTotals};
pub use export::{csv, ics, terminal, to_json};
pub use log_line::{LogColumns, LogLine, LogSubject};
pub use overview::work_blocks::{GroupBy, WorkBlock};
pub use overview::{Overview, OverviewDay};
pub use printable::{Cover, PrintableReport, ReportScreenshot};
pub use query::SearchHit;
pub use rollup::Rollup;
pub use rollup::builder::RollupBuilder;
pub use rules::{
    ClassificationRule, ClassificationRules, InvalidClassificationRule, RuleList, RuleOrigin,
};
pub use status::{
    AgentStatus, DiskStatus, MissingSensor, OutboxSummary, ScheduleStatus, UploadAttempt,
};
pub use stretches::{Extent, ViewOptions};
pub use timeline::{Timeline, TimelineOwner};
pub use today::TodayTotals;
pub use totals::{NamedUsage, StateTimes, StateTotal, Usage};
