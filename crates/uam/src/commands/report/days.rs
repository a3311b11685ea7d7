//! The days of a report.

use crate::cli::{ReportArgs, values};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::UserError;
use platform::clock::current_time;
use std::ops::RangeInclusive;

/// The most days in one report: ten years.
const LONGEST: i64 = 3_660;

/// The local day that goes on now, when days begin at `starts`.
pub(in crate::commands) fn current_day(starts: report::DayStart) -> Date {
    starts.date_in(current_time(), &TimeZone::system())
}

impl ReportArgs {
    /// With dates for `today` and `yesterday`, which depend on when a day begins.
    pub(super) fn resolve_relative_days(&self, today: Date) -> Self {
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

pub(super) fn parse_day_argument(day: &str) -> anyhow::Result<Date> {
    values::parse_day(day)
        .map_err(|e| UserError::usage(e, "For example: uam report --day yesterday").into())
}

/// The days asked for, when they are more than one.
pub(super) fn requested_period(args: &ReportArgs) -> anyhow::Result<Option<RangeInclusive<Date>>> {
    let around = |day: &Option<String>, bounds: fn(Date) -> Option<(Date, Date)>| {
        let day = day.as_deref().map(parse_day_argument).transpose()?;
        let bounds = day.map(|day| {
            bounds(day).ok_or_else(|| {
                let what = format!("{day} is too close to the end of the calendar");
                anyhow::Error::from(UserError::usage(what, "Choose a day of this century."))
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
    parse_range(from, args.to.as_deref()).map(Some)
}

/// The days from one to another, today if not given.
pub(in crate::commands) fn parse_range(
    from: &str,
    to: Option<&str>,
) -> anyhow::Result<RangeInclusive<Date>> {
    let (from, to) = (
        parse_day_argument(from)?,
        parse_day_argument(to.unwrap_or("today"))?,
    );
    let length = from
        .until(to)
        .map_or(i64::MAX, |span| i64::from(span.get_days()));
    if !(0..LONGEST).contains(&length) {
        return Err(UserError::usage(
            format!("{from} to {to} is not a range of 1 to {LONGEST} days"),
            "For example: uam report --from 2026-01-01 --to 2026-06-30",
        )
        .into());
    }
    Ok(from..=to)
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
            cover: Default::default(),
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_months_end_when_they_end() {
        let day = || Some("2028-02-27".to_owned());
        let week = ReportArgs {
            week: day(),
            ..args()
        };
        let days = requested_period(&week).unwrap();
        assert_eq!(days, Some(date(2028, 2, 21)..=date(2028, 2, 27)));
        let month = ReportArgs {
            month: day(),
            ..args()
        };
        let days = requested_period(&month).unwrap();
        assert_eq!(days, Some(date(2028, 2, 1)..=date(2028, 2, 29)));
        let year = ReportArgs {
            year: day(),
            ..args()
        };
        let days = requested_period(&year).unwrap();
        assert_eq!(days, Some(date(2028, 1, 1)..=date(2028, 12, 31)));
        assert_eq!(requested_period(&args()).unwrap(), None);
    }

    #[test]
    fn today_is_the_day_that_has_begun() {
        let asked = ReportArgs {
            week: Some("yesterday".to_owned()),
            from: Some("2026-01-01".to_owned()),
            ..args()
        };
        let dated = asked.resolve_relative_days(date(2026, 3, 1));
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
        let days = requested_period(&range("2026-01-31", "2026-02-01")).unwrap();
        assert_eq!(days, Some(date(2026, 1, 31)..=date(2026, 2, 1)));
        assert!(requested_period(&range("2026-02-01", "2026-01-31")).is_err());
        assert!(requested_period(&range("1900-01-01", "2026-01-31")).is_err());
        assert!(requested_period(&range("soon", "2026-01-31")).is_err());
    }
}
