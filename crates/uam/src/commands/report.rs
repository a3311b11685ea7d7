//! `uam report`: what a day held, or many days.

mod page;

use super::Home;
use crate::cli::ReportArgs;
use crate::{output, time};
use anyhow::Context;
use jiff::civil::Date;
use journal::Reader;
use model::Clock;
use model::UserError;
use platform::clock::SystemClock;
use platform::timezone::current_zone_name;
use report::{ClassificationRules, DaysReport, Overview, ViewOptions};
use settings::Settings;
use std::io::IsTerminal;
use std::ops::RangeInclusive;
use std::process::ExitCode;

/// Width of the table where the terminal does not tell its own, in columns.
const WIDTH: usize = 100;

/// The most days in one report: ten years.
const LONGEST: i64 = 3_660;

pub(super) fn run(home: &Home, args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let config = Settings::load(&home.paths)?;
    let (view, meaning) = (
        config.view_options(args.merge),
        config.classification_rules()?,
    );
    let args = &args.dated(time::today(view.starts));
    if args.html.is_some() || args.pdf.is_some() {
        return page::run(home, args, view, &meaning);
    }
    if args.letter.is_used() {
        return Err(UserError::usage(
            "--for, --by and --shot belong to a page",
            "For example: uam report --week --pdf week.pdf --for \"Client\"",
        )
        .into());
    }
    if let Some(days) = many(args)? {
        return run_many(home, args, &days, view, &meaning);
    }
    let day = parse(&args.day)?;
    let reader = super::reader(home, &format!("the report of {day}"))?;
    let now = until(&reader, SystemClock.now().utc_us)?;
    let mut report = report::query::day_in(&reader, view, day, now, &current_zone_name())
        .context("cannot read that day")?;
    meaning.classify_day(&mut report);
    output::out(&if args.json {
        report::to_json(&report).context("cannot print the report")?
    } else if args.csv {
        report::csv::write_day_csv(&report)
    } else {
        report::table::render_day_table(&report, terminal_width())
    });
    Ok(ExitCode::SUCCESS)
}

impl ReportArgs {
    /// With dates for `today` and `yesterday`, which depend on when a day begins.
    fn dated(&self, today: Date) -> Self {
        let date = |text: &String| match text.as_str() {
            "today" => today.to_string(),
            "yesterday" => today.yesterday().unwrap_or(today).to_string(),
            _ => text.clone(),
        };
        let to = self.to.as_ref().or(self.from.as_ref().map(|_| &self.day));
        Self {
            day: date(&self.day),
            week: self.week.as_ref().map(date),
            month: self.month.as_ref().map(date),
            year: self.year.as_ref().map(date),
            from: self.from.as_ref().map(date),
            to: to.map(date),
            ..self.clone()
        }
    }
}

fn run_many(
    home: &Home,
    args: &ReportArgs,
    days: &RangeInclusive<Date>,
    view: ViewOptions,
    meaning: &ClassificationRules,
) -> anyhow::Result<ExitCode> {
    let what = format!("the report of {} to {}", days.start(), days.end());
    let reader = super::reader(home, &what)?;
    let now = until(&reader, SystemClock.now().utc_us)?;
    let report = totals(&reader, days, now, view, meaning)?;
    output::out(&if args.json {
        report::to_json(&report).context("cannot print the report")?
    } else if args.csv {
        report::csv::write_days_csv(&report)
    } else {
        report::table::render_days_table(&report, terminal_width())
    });
    Ok(ExitCode::SUCCESS)
}

/// The totals of many days, with a line that says how far it is where that takes long.
fn totals(
    reader: &Reader,
    days: &RangeInclusive<Date>,
    now_us: i64,
    view: ViewOptions,
    meaning: &ClassificationRules,
) -> anyhow::Result<DaysReport> {
    if view.merge_us > 0 {
        return Ok(overview(reader, days, now_us, view, meaning)?.totals());
    }
    let zone = current_zone_name();
    report::query::days_told(reader, (view.starts, meaning), days, now_us, &zone)
        .context("cannot read these days")
}

/// Everything about some days, from their records, with a line that says how far it is.
pub(super) fn overview(
    reader: &Reader,
    days: &RangeInclusive<Date>,
    now_us: i64,
    view: ViewOptions,
    meaning: &ClassificationRules,
) -> anyhow::Result<Overview> {
    let zone = current_zone_name();
    let count = days
        .start()
        .until(*days.end())
        .map_or(0, |span| span.get_days());
    let all = i64::from(count) + 1;
    let told = std::io::stderr().is_terminal() && all > 31;
    let mut progress = |done: usize| {
        if told {
            output::err(&format!("\rreading the record: {done} of {all} days "));
        }
    };
    progress(0);
    let asked = (view, meaning);
    let found = report::query::read_overview(reader, asked, days, now_us, &zone, &mut progress);
    if told {
        output::err("\r\x1b[K");
    }
    found.context("cannot read these days")
}

pub(super) fn parse(day: &str) -> anyhow::Result<Date> {
    time::parse_day(day)
        .map_err(|e| UserError::usage(e, "For example: uam report --day yesterday").into())
}

/// The days asked for, when they are more than one.
fn many(args: &ReportArgs) -> anyhow::Result<Option<RangeInclusive<Date>>> {
    let around = |day: &Option<String>, bounds: fn(Date) -> Option<(Date, Date)>| {
        let day = day.as_deref().map(parse).transpose()?;
        let bounds = day.map(|day| {
            bounds(day).ok_or_else(|| {
                let what = format!("the calendar ends near {day}");
                anyhow::Error::from(UserError::usage(what, "Name a day of these centuries."))
            })
        });
        bounds.transpose()
    };
    let found = match (&args.week, &args.month, &args.year) {
        (week @ Some(_), ..) => around(week, |day| {
            let past = i64::from(day.weekday().to_monday_zero_offset());
            let first = day.checked_sub(jiff::Span::new().days(past)).ok()?;
            Some((first, first.checked_add(jiff::Span::new().days(6)).ok()?))
        })?,
        (_, month @ Some(_), _) => around(month, |day| {
            Some((day.first_of_month(), day.last_of_month()))
        })?,
        (_, _, year @ Some(_)) => {
            around(year, |day| Some((day.first_of_year(), day.last_of_year())))?
        }
        _ => None,
    };
    if let Some((first, last)) = found {
        return Ok(Some(first..=last));
    }
    let Some(from) = &args.from else {
        return Ok(None);
    };
    range(from, args.to.as_deref()).map(Some)
}

/// The days from one to another, today if not given.
pub(super) fn range(from: &str, to: Option<&str>) -> anyhow::Result<RangeInclusive<Date>> {
    let (from, to) = (parse(from)?, parse(to.unwrap_or("today"))?);
    let length = from
        .until(to)
        .map_or(i64::MAX, |span| i64::from(span.get_days()));
    if !(0..LONGEST).contains(&length) {
        return Err(UserError::usage(
            format!("from {from} to {to} is no range of at most {LONGEST} days"),
            "For example: uam report --from 2026-01-01 --to 2026-06-30",
        )
        .into());
    }
    Ok(from..=to)
}

fn terminal_width() -> usize {
    if std::io::stdout().is_terminal() {
        usize::from(console::inline_image::terminal_area().0)
    } else {
        WIDTH
    }
}

/// Up to when the journal can speak: its last durable moment while somebody writes it, else the present.
pub(super) fn until(reader: &Reader, now_us: i64) -> anyhow::Result<i64> {
    let durable = reader
        .last_durable_us()
        .context("cannot read the journal")?;
    let fresh = durable.filter(|at| now_us.abs_diff(*at) <= report::status::FRESH_US);
    Ok(fresh.unwrap_or(now_us))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn args() -> ReportArgs {
        ReportArgs {
            day: "today".to_owned(),
            week: None,
            month: None,
            year: None,
            from: None,
            to: None,
            json: false,
            csv: false,
            merge: None,
            html: None,
            pdf: None,
            letter: crate::cli::LetterArgs::default(),
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_months_end_when_they_end() {
        let day = || Some("2028-02-27".to_owned());
        let week = ReportArgs {
            week: day(),
            ..args()
        };
        let days = many(&week).unwrap();
        assert_eq!(days, Some(date(2028, 2, 21)..=date(2028, 2, 27)));
        let month = ReportArgs {
            month: day(),
            ..args()
        };
        let days = many(&month).unwrap();
        assert_eq!(days, Some(date(2028, 2, 1)..=date(2028, 2, 29)));
        let year = ReportArgs {
            year: day(),
            ..args()
        };
        let days = many(&year).unwrap();
        assert_eq!(days, Some(date(2028, 1, 1)..=date(2028, 12, 31)));
        assert_eq!(many(&args()).unwrap(), None);
    }

    #[test]
    fn today_is_the_day_that_has_begun() {
        let asked = ReportArgs {
            week: Some("yesterday".to_owned()),
            from: Some("2026-01-01".to_owned()),
            ..args()
        };
        let dated = asked.dated(date(2026, 3, 1));
        assert_eq!(dated.day, "2026-03-01");
        assert_eq!(dated.week.as_deref(), Some("2026-02-28"));
        assert_eq!(dated.from.as_deref(), Some("2026-01-01"));
        assert_eq!(
            dated.to.as_deref(),
            Some("2026-03-01"),
            "today if not given"
        );
    }

    #[test]
    fn a_range_backwards_or_without_end_is_refused() {
        let range = |from: &str, to: &str| ReportArgs {
            from: Some(from.to_owned()),
            to: Some(to.to_owned()),
            ..args()
        };
        let days = many(&range("2026-01-31", "2026-02-01")).unwrap();
        assert_eq!(days, Some(date(2026, 1, 31)..=date(2026, 2, 1)));
        assert!(many(&range("2026-02-01", "2026-01-31")).is_err());
        assert!(many(&range("1900-01-01", "2026-01-31")).is_err());
        assert!(many(&range("soon", "2026-01-31")).is_err());
    }
}
