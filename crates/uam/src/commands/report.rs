//! `uam report`: what a day held, or many days.

use super::Home;
use crate::cli::ReportArgs;
use crate::failure::Failure;
use crate::{output, time};
use anyhow::Context;
use jiff::civil::Date;
use journal::Reader;
use model::Clock;
use std::io::IsTerminal;
use std::ops::RangeInclusive;
use std::process::ExitCode;

/// Width of the table where the terminal does not tell its own, in columns.
const WIDTH: usize = 100;

/// The most days in one report: ten years.
const LONGEST: i64 = 3_660;

pub(super) fn run(home: &Home, args: &ReportArgs) -> anyhow::Result<ExitCode> {
    if let Some(days) = many(args)? {
        return run_many(home, args, &days);
    }
    let day = parse(&args.day)?;
    let reader = super::reader(home, &format!("the report of {day}"))?;
    let now = until(&reader, sense::SystemClock.now().utc_us)?;
    let report = report::query::day(&reader, day, now, &time::zone_name())
        .context("cannot read that day")?;
    output::out(&if args.json {
        report::to_json(&report).context("cannot print the report")?
    } else if args.csv {
        report::csv::day(&report)
    } else {
        report::table::day(&report, terminal_width())
    });
    Ok(ExitCode::SUCCESS)
}

fn run_many(
    home: &Home,
    args: &ReportArgs,
    days: &RangeInclusive<Date>,
) -> anyhow::Result<ExitCode> {
    let what = format!("the report of {} to {}", days.start(), days.end());
    let reader = super::reader(home, &what)?;
    let now = until(&reader, sense::SystemClock.now().utc_us)?;
    let report = report::query::days(&reader, days, now, &time::zone_name())
        .context("cannot read these days")?;
    output::out(&if args.json {
        report::to_json(&report).context("cannot print the report")?
    } else if args.csv {
        report::csv::days(&report)
    } else {
        report::table::days(&report, terminal_width())
    });
    Ok(ExitCode::SUCCESS)
}

fn parse(day: &str) -> anyhow::Result<Date> {
    time::parse_day(day).map_err(|e| Failure::usage(e, "For example: uam report --day yesterday"))
}

/// The days asked for, when they are more than one.
fn many(args: &ReportArgs) -> anyhow::Result<Option<RangeInclusive<Date>>> {
    let around = |day: &Option<String>, bounds: fn(Date) -> Option<(Date, Date)>| {
        let day = day.as_deref().map(parse).transpose()?;
        let bounds = day.map(|day| {
            bounds(day).ok_or_else(|| {
                let what = format!("the calendar ends near {day}");
                Failure::usage(what, "Name a day of these centuries.")
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
    let (from, to) = (parse(from)?, parse(args.to.as_deref().unwrap_or("today"))?);
    let length = from
        .until(to)
        .map_or(i64::MAX, |span| i64::from(span.get_days()));
    if !(0..LONGEST).contains(&length) {
        return Err(Failure::usage(
            format!("from {from} to {to} is no range of at most {LONGEST} days"),
            "For example: uam report --from 2026-01-01 --to 2026-06-30",
        ));
    }
    Ok(Some(from..=to))
}

fn terminal_width() -> usize {
    if std::io::stdout().is_terminal() {
        usize::from(console::picture::room().0)
    } else {
        WIDTH
    }
}

/// Up to when the journal can speak: its last durable moment while somebody writes it, else the present.
fn until(reader: &Reader, now_us: i64) -> anyhow::Result<i64> {
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
