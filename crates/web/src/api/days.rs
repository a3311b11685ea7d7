//! Many days: their totals by application, category or project.

use crate::api::day::{APP, Looked, failed, present, text, today, until, view};
use crate::backend::{Desk, Refused};
use jiff::civil::Date;
use report::days::{AppUsage, DayTotals};
use report::{NamedUsage, query};
use serde::Serialize;
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// What rows stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum By {
    #[default]
    App,
    Category,
    Project,
}

impl By {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "app" => Some(Self::App),
            "category" => Some(Self::Category),
            "project" => Some(Self::Project),
            _ => None,
        }
    }
}

/// The most names with a row of their own; further ones are one row.
const MOST_NAMES: usize = 120;

/// Many days.
#[derive(Serialize)]
pub(crate) struct DaysAnswer {
    first: Date,
    last: Date,
    today: Date,
    #[serde(flatten)]
    looked: Looked,
    by: By,
    /// What rows stand for, most used first.
    names: Vec<String>,
    days: Vec<Totals>,
    damaged: usize,
}

#[derive(Serialize)]
struct Totals {
    day: Date,
    /// Seconds in each of the eight states.
    states: Vec<u64>,
    keys: u64,
    clicks: u64,
    /// `[place in names, active s, idle s, keys, clicks]`.
    rows: Vec<[u64; 5]>,
    /// What has no row: seconds active and idle.
    other: [u64; 2],
}

pub(crate) fn days(
    desk: &mut dyn Desk,
    days: RangeInclusive<Date>,
    by: By,
    merge_s: u64,
) -> Result<DaysAnswer, Refused> {
    let (first, last) = (*days.start(), *days.end());
    let telling = desk.telling()?;
    let reader = desk.look(&format!("the totals of {first} to {last}, on the page"))?;
    let (now_us, zone) = present();
    let asked = (view(&telling, merge_s), &*telling.meaning);
    let found = until(reader, now_us).and_then(|now_us| match (by, merge_s) {
        // No rule is asked for what needs none.
        (By::App, 0) => query::days_from(reader, telling.starts, &days, now_us, &zone),
        _ => query::totals(reader, asked, &days, now_us, &zone, &mut |_| {}),
    });
    let found = found.map_err(|e| failed(&e))?;
    let rows: Vec<Vec<NamedUsage>> = found.days.iter().map(|day| rows(day, by)).collect();
    let mut sums: HashMap<&str, u64> = HashMap::new();
    for row in rows.iter().flatten() {
        *sums.entry(&row.name).or_default() += row.usage.total_us();
    }
    let mut names: Vec<(&str, u64)> = sums.into_iter().collect();
    names.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    names.truncate(MOST_NAMES);
    let places: HashMap<&str, u64> = names.iter().map(|n| n.0).zip(0..).collect();
    let told = found.days.iter().zip(&rows);
    Ok(DaysAnswer {
        first,
        last,
        today: today(&telling),
        looked: Looked::new(&telling, merge_s),
        by,
        days: told.map(|(day, rows)| totals(day, rows, &places)).collect(),
        names: names.iter().map(|n| text(n.0, APP)).collect(),
        damaged: found.damaged.len(),
    })
}

/// The rows of a day. Of applications only those with a name; what has none is told as the rest.
fn rows(day: &DayTotals, by: By) -> Vec<NamedUsage> {
    let named = |app: &AppUsage| NamedUsage {
        name: app.app.clone(),
        usage: app.usage,
    };
    match by {
        By::App => day.apps.iter().map(named).collect(),
        By::Category => day.categories.clone(),
        By::Project => day.projects.clone(),
    }
}

fn totals(day: &DayTotals, rows: &[NamedUsage], places: &HashMap<&str, u64>) -> Totals {
    let s = |us: u64| us / 1_000_000;
    let state = |n: usize| day.states.get(n).map_or(0, |total| total.us);
    // Active and idle are the first two of the eight.
    let mut left = [state(0), state(1)];
    let rows = rows.iter().filter_map(|row| {
        let place = *places.get(row.name.as_str())?;
        let usage = &row.usage;
        left[0] = left[0].saturating_sub(usage.active_us);
        left[1] = left[1].saturating_sub(usage.idle_us);
        let counts = &usage.counts;
        let (active, idle) = (s(usage.active_us), s(usage.idle_us));
        Some([place, active, idle, counts.keys(), counts.clicks()])
    });
    Totals {
        rows: rows.collect(),
        other: left.map(s),
        day: day.day,
        states: day.states.iter().map(|t| s(t.us)).collect(),
        keys: day.counts.keys(),
        clicks: day.counts.clicks(),
    }
}
