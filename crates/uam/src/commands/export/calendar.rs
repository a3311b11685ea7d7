//! `uam export --ics FILE`: blocks of work as a calendar.

use crate::cli::{BlocksBy, ExportArgs};
use crate::commands::reading::open_reader;
use crate::commands::report::days::{current_day, parse_range};
use crate::commands::report::read::{known_until, read_overview};
use crate::output;
use agent::AppContext;
use anyhow::Context;
use platform::clock::current_time;
use platform::timezone::current_zone_name;
use report::GroupBy;
use report::query::DaysQuery;
use settings::Settings;
use std::path::Path;
use std::process::ExitCode;

/// Writes blocks of work into a calendar file.
pub(super) fn write_calendar(
    context: &AppContext,
    file: &Path,
    args: &ExportArgs,
) -> anyhow::Result<ExitCode> {
    let config = Settings::load(&context.paths)?;
    let (view, meaning) = (config.view_options(None), config.classification_rules()?);
    let today = current_day(view.starts).to_string();
    let (from, to) = (args.from.as_deref(), args.to.as_deref());
    let days = parse_range(from.unwrap_or(&today), Some(to.unwrap_or(&today)))?;
    let by = match args.by {
        Some(BlocksBy::Project) => GroupBy::Project,
        Some(BlocksBy::Category) => GroupBy::Category,
        Some(BlocksBy::App) => GroupBy::App,
        None if meaning.has_projects() => GroupBy::Project,
        None => GroupBy::Category,
    };
    let what = format!("a calendar of {} to {}", days.start(), days.end());
    let reader = open_reader(context, &what)?;
    let now = current_time();
    let until = known_until(&reader, now)?;
    let query = DaysQuery {
        days,
        view,
        rules: Some(&meaning),
        now: until,
        zone: &current_zone_name(),
    };
    let overview = read_overview(&reader, &query)?;
    let blocks = overview.blocks(by, args.min);
    let device = reader.device().as_str();
    let version = env!("CARGO_PKG_VERSION");
    let text = report::ics::render_ics(&blocks, by, device, now, version);
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    let events = report::format::format_count(blocks.len() as u64, "event", "events");
    output::print_line(&format!("Saved {} ({events})", file.display()));
    Ok(ExitCode::SUCCESS)
}
