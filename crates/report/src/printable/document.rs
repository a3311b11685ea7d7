//! The content of a printable report, before it is drawn.

use super::colours::{CategoryColours, Colour};
use super::cover::{Cover, NAME, ReportScreenshot};
use super::tables::{UsageTable, build_usage_table, carry_seconds};
use super::timelines::{PrintedTimeline, build_timelines, format_presence};
use super::wording::{
    add_captions, cover_facts, describe_limits, describe_state, format_range, key_figures,
};
use crate::day_totals::PeriodTotals;
use crate::format::{format_count, tenths_of_percent};
use crate::overview::{Overview, OverviewDay};
use jiff::civil::Date;
use model::{Coverage, to_printable};

/// More days than this are listed by month, and without timelines.
pub const MOST_LANES: usize = 62;

/// A line of the table of states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageRow {
    /// Its name.
    pub name: &'static str,
    /// Its meaning, in a few words.
    pub what: &'static str,
    /// How long, in seconds.
    pub seconds: u64,
    /// Of the whole, in tenths of a percent.
    pub share: u64,
}

/// A day, or a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodRow {
    /// Its name.
    pub name: String,
    /// When somebody was first and last at the desk, such as `08:58–17:40`; of a month on how many days.
    pub when: String,
    /// Seconds active and idle.
    pub seconds: [u64; 2],
    /// Active time by category as a bar: colour, and share of the longest period's in tenths of a percent.
    pub bar: Vec<(Colour, u64)>,
}

/// A printable report: every text and number, before it is laid out.
#[derive(Clone, Debug)]
pub struct PrintableReport {
    /// Its headline.
    pub title: String,
    /// Which days.
    pub range: String,
    /// The facts on its cover: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// The few numbers that matter: value and name.
    pub figures: Vec<(String, String)>,
    /// By project, category and application.
    pub tables: Vec<UsageTable>,
    /// By day or by month; empty for a single day.
    pub periods: Vec<PeriodRow>,
    /// The kind of `periods`, in plural.
    pub period: &'static str,
    /// Time lines.
    pub timelines: Vec<PrintedTimeline>,
    /// Which colours they have.
    pub legend: Vec<(Colour, String)>,
    /// The states, which sum to all that is counted.
    pub states: Vec<CoverageRow>,
    /// Seconds counted.
    pub length: u64,
    /// Notes that qualify the numbers.
    pub notes: Vec<String>,
    /// The chosen screenshots, each with its caption.
    pub screenshots: Vec<(ReportScreenshot, String)>,
    /// Who signs.
    pub signatures: [String; 2],
    /// Name and version of the program that made it.
    pub foot: String,
}

impl PrintableReport {
    /// The printable report of some days.
    #[must_use]
    pub fn new(overview: &Overview, mut cover: Cover) -> Self {
        let told = |name: Option<String>| name.filter(|name| !name.trim().is_empty());
        cover.client = told(cover.client);
        cover.author = told(cover.author);
        let whole = PeriodTotals::of(overview.days.iter().map(|day| &day.totals));
        let colours = CategoryColours::new(&whole.categories);
        let mut tables = Vec::new();
        if cover.projects {
            tables.push(build_usage_table("Projects", &whole.projects, |_| None));
        }
        tables.push(build_usage_table("Categories", &whole.categories, |name| {
            Some(colours.of(name))
        }));
        tables.push(build_usage_table("Applications", &whole.apps, |_| None));
        let seconds = carry_seconds(whole.states.iter().map(|s| s.duration));
        let states = whole
            .states
            .iter()
            .zip(seconds)
            .map(|(total, seconds)| CoverageRow {
                name: total.state.label(),
                what: describe_state(total.state),
                seconds,
                share: tenths_of_percent(total.duration, whole.length),
            });
        let by_day = overview.days.len() <= MOST_LANES;
        let periods = match overview.days.len() {
            0 | 1 => Vec::new(),
            _ if by_day => build_periods(overview, &colours, day_name),
            _ => build_periods(overview, &colours, month_name),
        };
        let timelines = match by_day {
            true => build_timelines(overview, &colours, cover.starts),
            false => Vec::new(),
        };
        let title = match &cover.client {
            Some(client) => format!("Time report for {}", to_printable(client, NAME)),
            None => "Time report".to_owned(),
        };
        let author = cover.author.as_deref().map(|name| to_printable(name, NAME));
        let client = cover.client.as_deref().map(|name| to_printable(name, NAME));
        let shown = |colour| {
            let mut strips = timelines
                .iter()
                .flat_map(|timeline: &PrintedTimeline| &timeline.strips);
            strips.any(|strip| strip.colour == colour)
        };
        Self {
            title,
            range: format_range(overview),
            facts: cover_facts(overview, &cover),
            figures: key_figures(overview, &whole),
            tables,
            periods,
            period: if by_day { "Days" } else { "Months" },
            legend: colours.legend(shown),
            timelines,
            states: states.filter(|s| s.seconds > 0).collect(),
            length: whole.length.as_secs(),
            notes: describe_limits(overview, &whole, &cover),
            signatures: [author, client].map(|name| {
                name.map_or_else(
                    || "Date, signature".to_owned(),
                    |name| format!("Date, signature · {name}"),
                )
            }),
            foot: format!("Made with uam {}", cover.version),
            screenshots: add_captions(cover.screenshots),
        }
    }
}

fn day_name(day: Date) -> String {
    day.strftime("%a %-d %b %Y").to_string()
}

fn month_name(day: Date) -> String {
    day.strftime("%B %Y").to_string()
}

fn build_periods(
    overview: &Overview,
    colours: &CategoryColours,
    name: fn(Date) -> String,
) -> Vec<PeriodRow> {
    let days = overview.days.iter().filter(|day| day.totals.is_known());
    let mut groups: Vec<(String, Vec<&OverviewDay>)> = Vec::new();
    for day in days {
        let name = name(day.totals.day);
        match groups.last_mut() {
            Some((last, days)) if *last == name => days.push(day),
            _ => groups.push((name, vec![day])),
        }
    }
    let sums = groups
        .iter()
        .map(|(_, days)| PeriodTotals::of(days.iter().map(|d| &d.totals)));
    let sums: Vec<PeriodTotals> = sums.collect();
    let times = |state| sums.iter().map(move |sum| sum.time_in(state));
    let longest = times(Coverage::Active).max().unwrap_or_default();
    let seconds: Vec<[u64; 2]> = carry_seconds(times(Coverage::Active))
        .into_iter()
        .zip(carry_seconds(times(Coverage::Idle)))
        .map(|(active, idle)| [active, idle])
        .collect();
    let by_month = groups.iter().any(|(_, days)| days.len() > 1);
    groups
        .into_iter()
        .zip(sums)
        .zip(seconds)
        .map(|(((name, days), sum), seconds)| {
            let mut bar: Vec<(Colour, u64)> = Vec::new();
            for category in &sum.categories {
                let part = (
                    colours.of(&category.name),
                    tenths_of_percent(category.usage.active, longest),
                );
                match bar.iter_mut().find(|(colour, _)| *colour == part.0) {
                    Some((_, sum)) => *sum += part.1,
                    None => bar.push(part),
                }
            }
            PeriodRow {
                name,
                when: match days.as_slice() {
                    [day] if !by_month => format_presence(day).unwrap_or_default(),
                    days => format_count(days.len() as u64, "day", "days"),
                },
                seconds,
                bar: bar.into_iter().filter(|(_, share)| *share > 0).collect(),
            }
        })
        .collect()
}
