//! `uam export`: every line, byte for byte as it is sent; or blocks of work as a calendar.

use super::{Home, report as reports};
use crate::cli::{BlocksBy, ExportArgs};
use crate::output;
use anyhow::Context;
use platform::clock::current_time_us;
use report::GroupBy;
use settings::Settings;
use std::path::Path;
use std::process::ExitCode;

/// Lines read at once.
const BATCH: usize = 1000;

pub(super) fn run(home: &Home, from: u64) -> anyhow::Result<ExitCode> {
    let reader = super::reader(home, &format!("every line from {from} on"))?;
    let mut after = from.saturating_sub(1);
    loop {
        let lines = reader
            .read_raw_lines(after, BATCH)
            .context("cannot read the journal")?;
        let Some((last, _)) = lines.last() else {
            return Ok(ExitCode::SUCCESS);
        };
        after = *last;
        for (_, line) in &lines {
            output::line(&String::from_utf8_lossy(line));
        }
    }
}

/// Writes blocks of work into a calendar file.
pub(super) fn calendar(home: &Home, file: &Path, args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let config = Settings::load(&home.paths)?;
    let (view, meaning) = (config.view_options(None), config.classification_rules()?);
    let today = crate::time::today(view.starts).to_string();
    let (from, to) = (args.from.as_deref(), args.to.as_deref());
    let days = reports::range(from.unwrap_or(&today), Some(to.unwrap_or(&today)))?;
    let by = match args.by {
        Some(BlocksBy::Project) => GroupBy::Project,
        Some(BlocksBy::Category) => GroupBy::Category,
        Some(BlocksBy::App) => GroupBy::App,
        None if meaning.has_projects() => GroupBy::Project,
        None => GroupBy::Category,
    };
    let what = format!("a calendar of {} to {}", days.start(), days.end());
    let reader = super::reader(home, &what)?;
    let now_us = current_time_us();
    let until = reports::until(&reader, now_us)?;
    let overview = reports::overview(&reader, &days, until, view, &meaning)?;
    let min_us = u64::try_from(args.min.as_micros()).unwrap_or(u64::MAX);
    let blocks = overview.blocks(by, min_us);
    let device = reader.device().as_str();
    let version = env!("CARGO_PKG_VERSION");
    let text = report::ics::render_ics(&blocks, by, device, now_us, version);
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    let events = report::text::format_count(blocks.len() as u64, "event", "events");
    output::line(&format!("Saved {} ({events})", file.display()));
    Ok(ExitCode::SUCCESS)
}
