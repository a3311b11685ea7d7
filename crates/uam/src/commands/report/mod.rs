//! `uam report`: the report of one day or of many.

pub(super) mod days;
mod printable;
pub(super) mod read;

use super::reading::open_reader;
use crate::cli::ReportArgs;
use crate::output;
use agent::AppContext;
use anyhow::Context;
use days::{current_day, parse_day_argument, requested_period};
use jiff::civil::Date;
use model::{Clock, UserError};
use platform::clock::SystemClock;
use platform::timezone::current_zone_name;
use read::{known_until, read_totals, terminal_width};
use report::query::DaysQuery;
use report::{ClassificationRules, ViewOptions};
use settings::Settings;
use std::ops::RangeInclusive;
use std::process::ExitCode;

pub(super) fn run(context: &AppContext, args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let config = Settings::load(&context.paths)?;
    let (view, meaning) = (
        config.view_options(args.merge),
        config.classification_rules()?,
    );
    let args = &args.resolve_relative_days(current_day(view.starts));
    if args.html.is_some() || args.pdf.is_some() {
        return printable::run(context, args, view, &meaning);
    }
    if args.cover.is_used() {
        return Err(UserError::usage(
            "--for, --by and --shot need --html or --pdf",
            "For example: uam report --week --pdf week.pdf --for \"Client\"",
        )
        .into());
    }
    if let Some(days) = requested_period(args)? {
        return report_period(context, args, &days, view, &meaning);
    }
    let day = parse_day_argument(&args.day)?;
    let reader = open_reader(context, &format!("the report of {day}"))?;
    let now = known_until(&reader, SystemClock.now().utc)?;
    let mut report = report::query::read_day(&reader, view, day, now, &current_zone_name())
        .context("cannot read that day")?;
    meaning.classify_day(&mut report);
    output::print_text(&if args.json {
        report::to_json(&report).context("cannot print the report")?
    } else if args.csv {
        report::csv::write_day_csv(&report)
    } else {
        report::terminal::render_day_table(&report, terminal_width())
    });
    Ok(ExitCode::SUCCESS)
}

fn report_period(
    context: &AppContext,
    args: &ReportArgs,
    days: &RangeInclusive<Date>,
    view: ViewOptions,
    meaning: &ClassificationRules,
) -> anyhow::Result<ExitCode> {
    let what = format!("the report of {} to {}", days.start(), days.end());
    let reader = open_reader(context, &what)?;
    let now = known_until(&reader, SystemClock.now().utc)?;
    let query = DaysQuery {
        days: days.clone(),
        view,
        rules: Some(meaning),
        now,
        zone: &current_zone_name(),
    };
    let report = read_totals(&reader, &query)?;
    output::print_text(&if args.json {
        report::to_json(&report).context("cannot print the report")?
    } else if args.csv {
        report::csv::write_days_csv(&report)
    } else {
        report::terminal::render_days_table(&report, terminal_width())
    });
    Ok(ExitCode::SUCCESS)
}
