//! A report for a person or a client, before it is drawn: what it says, in which order, in which colours. [`html`] and
//! [`pdf`] draw the same sheet.
//!
//! # What is always true
//! * Columns of durations sum to their total as they are printed: what is cut from one row is carried to the next
//!   ([`carry_seconds`]).
//! * Every text is [`model::to_printable`] and clipped; a drawer has only its own escaping to do.
//! * Pictures are in it only when somebody chose them.

pub mod html;
mod lanes;
pub mod pdf;
mod words;

pub use lanes::{PrintedBar, PrintedStretch, PrintedTimeline};

use crate::day::DayStart;
use crate::meaning::{NONE, NamedUsage, PROTECTED, REMOVED};
use crate::overview::{Overview, PeriodTotals};
use crate::text::{format_count, format_hms};
use jiff::civil::Date;
use model::{Coverage, MICROS_PER_SECOND, to_printable};
use words::{captions, cover_facts, describe_state, key_figures, notes, range};

/// The most pictures in a sheet.
pub const MOST_PICTURES: usize = 20;
/// More days than this are told by the month, and without time lines.
pub const MOST_LANES: usize = 62;
/// Rows of a table before the rest is told as one.
const MOST_ROWS: usize = 24;
/// Characters of a name, and of one in a table.
const NAME: usize = 160;
const CELL: usize = 72;

/// What the sheet says of itself.
#[derive(Clone, Debug, Default)]
pub struct Cover {
    /// Who it is for.
    pub client: Option<String>,
    /// Whose time it is.
    pub author: Option<String>,
    /// The version of uam.
    pub version: String,
    /// When it is made, in microseconds since the Unix epoch (UTC).
    pub made_us: i64,
    /// The zone in which that is told.
    pub zone: String,
    /// When days begin.
    pub starts: DayStart,
    /// What was merged, in microseconds; see [`crate::ViewOptions`].
    pub merge_us: u64,
    /// Are there rules for projects?
    pub projects: bool,
    /// The chosen pictures, at most [`MOST_PICTURES`].
    pub pictures: Vec<ReportScreenshot>,
}

/// A chosen picture.
#[derive(Clone, Debug)]
pub struct ReportScreenshot {
    /// Its number in the journal.
    pub seq: u64,
    /// When it was taken, in microseconds since the Unix epoch (UTC).
    pub at_us: i64,
    /// IANA name of the zone then in force.
    pub zone: String,
    /// The window it shows.
    pub window: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Media type of `bytes`: any image for HTML, `image/jpeg` (RGB) for PDF.
    pub media: String,
    /// The encoded picture.
    pub bytes: Vec<u8>,
}

/// A colour, as red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Colour(pub u8, pub u8, pub u8);

/// Colours of categories, most used first; far apart for people who see few colours, and in print.
const TINTS: [Colour; 8] = [
    Colour(0x2f, 0x6d, 0xa3),
    Colour(0xe0, 0x8e, 0x45),
    Colour(0x55, 0xa0, 0x78),
    Colour(0xb6, 0x55, 0x7c),
    Colour(0x86, 0x74, 0xb8),
    Colour(0xcf, 0xb5, 0x47),
    Colour(0x53, 0xad, 0xb5),
    Colour(0x92, 0x70, 0x5c),
];
/// Further categories, and what has none.
const REST: Colour = Colour(0x98, 0xa1, 0xab);
/// What may not be told.
const HELD_BACK: Colour = Colour(0x5a, 0x63, 0x6e);
const IDLE: Colour = Colour(0xd3, 0xda, 0xe1);
/// Nobody could be at work, or nothing was recorded.
const AWAY: Colour = Colour(0xec, 0xef, 0xf2);

/// A table of time by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageTable {
    /// What the names are.
    pub title: &'static str,
    /// Longest first.
    pub rows: Vec<UsageTableRow>,
    /// Their sum.
    pub total: UsageTableRow,
}

/// A row of a [`UsageTable`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageTableRow {
    /// Its name.
    pub name: String,
    /// Its colour, where it has one.
    pub tint: Option<Colour>,
    /// Seconds at the desk, of the idle, and both.
    pub seconds: [u64; 3],
    /// Of the whole, in tenths of a percent.
    pub share: u64,
}

/// A line of the table of states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageRow {
    /// Its name.
    pub name: &'static str,
    /// What it means.
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

/// The sheet.
#[derive(Clone, Debug)]
pub struct PrintableReport {
    /// Its headline.
    pub title: String,
    /// Which days.
    pub range: String,
    /// What it says of itself: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// The few numbers that matter: value and name.
    pub figures: Vec<(String, String)>,
    /// By project, category and application.
    pub tables: Vec<UsageTable>,
    /// By day or by month; empty for a single day.
    pub periods: Vec<PeriodRow>,
    /// What `periods` are.
    pub period: &'static str,
    /// Time lines.
    pub lanes: Vec<PrintedTimeline>,
    /// Which colours they have.
    pub legend: Vec<(Colour, String)>,
    /// The states, which sum to all that is counted.
    pub states: Vec<CoverageRow>,
    /// Seconds counted.
    pub length: u64,
    /// What to know about it.
    pub notes: Vec<String>,
    /// The chosen pictures, and what stands under each.
    pub pictures: Vec<(ReportScreenshot, String)>,
    /// Who signs.
    pub signatures: [String; 2],
    /// What made it.
    pub foot: String,
}

/// Durations in microseconds cut to whole seconds so that they still sum to their sum cut to whole seconds.
#[must_use]
pub fn carry_seconds(us: &[u64]) -> Vec<u64> {
    let (mut sum, mut told) = (0, 0);
    us.iter()
        .map(|us| {
            sum += us;
            let seconds = sum / MICROS_PER_SECOND - told;
            told += seconds;
            seconds
        })
        .collect()
}

/// Seconds as `h:mm:ss`.
#[must_use]
pub fn format_seconds(seconds: u64) -> String {
    format_hms(seconds * MICROS_PER_SECOND)
}

/// Tenths of a percent as `12.3 %`.
#[must_use]
pub fn format_percent(share: u64) -> String {
    format!("{}.{} %", share / 10, share % 10)
}

fn tenths_of_percent(part: u64, whole: u64) -> u64 {
    let share = u128::from(part) * 1000 / u128::from(whole.max(1));
    u64::try_from(share).unwrap_or(0)
}

impl PrintableReport {
    /// The sheet of some days.
    #[must_use]
    pub fn new(overview: &Overview, mut letter: Cover) -> Self {
        let told = |name: Option<String>| name.filter(|name| !name.trim().is_empty());
        letter.client = told(letter.client);
        letter.author = told(letter.author);
        let whole = PeriodTotals::of(overview.days.iter().map(|day| &day.totals));
        let tints = CategoryColours::new(&whole.categories);
        let mut tables = Vec::new();
        if letter.projects {
            tables.push(table("Projects", &whole.projects, |_| None));
        }
        tables.push(table("Categories", &whole.categories, |name| {
            Some(tints.of(name))
        }));
        tables.push(table("Applications", &whole.apps, |_| None));
        let seconds = carry_seconds(&whole.states.iter().map(|s| s.us).collect::<Vec<_>>());
        let states = whole
            .states
            .iter()
            .zip(seconds)
            .map(|(total, seconds)| CoverageRow {
                name: total.state.wire_name(),
                what: describe_state(total.state),
                seconds,
                share: tenths_of_percent(total.us, whole.length_us),
            });
        let by_day = overview.days.len() <= MOST_LANES;
        let periods = match overview.days.len() {
            0 | 1 => Vec::new(),
            _ if by_day => periods(overview, &tints, day_name),
            _ => periods(overview, &tints, month_name),
        };
        let lanes = match by_day {
            true => lanes::lanes(overview, &tints, letter.starts),
            false => Vec::new(),
        };
        let title = match &letter.client {
            Some(client) => format!("Time report for {}", to_printable(client, NAME)),
            None => "Time report".to_owned(),
        };
        let author = letter
            .author
            .as_deref()
            .map(|name| to_printable(name, NAME));
        let client = letter
            .client
            .as_deref()
            .map(|name| to_printable(name, NAME));
        Self {
            title,
            range: range(overview),
            facts: cover_facts(overview, &letter),
            figures: key_figures(overview, &whole),
            tables,
            periods,
            period: if by_day { "Days" } else { "Months" },
            legend: tints.legend(&lanes),
            lanes,
            states: states.filter(|s| s.seconds > 0).collect(),
            length: whole.length_us / MICROS_PER_SECOND,
            notes: notes(overview, &whole, &letter),
            signatures: [author, client].map(|name| {
                name.map_or_else(
                    || "Date, signature".to_owned(),
                    |name| format!("Date, signature · {name}"),
                )
            }),
            foot: format!("Made with uam {}", letter.version),
            pictures: captions(letter.pictures),
        }
    }
}

/// Which colour each category has.
pub(crate) struct CategoryColours(Vec<String>);

impl CategoryColours {
    fn new(categories: &[NamedUsage]) -> Self {
        let named = categories.iter().map(|c| &c.name);
        let ruled = named.filter(|name| !name.starts_with('('));
        Self(ruled.take(TINTS.len()).cloned().collect())
    }

    pub(crate) fn of(&self, category: &str) -> Colour {
        match category {
            PROTECTED | REMOVED => HELD_BACK,
            _ => {
                let place = self.0.iter().position(|name| name == category);
                place.and_then(|n| TINTS.get(n)).copied().unwrap_or(REST)
            }
        }
    }

    pub(crate) fn of_state(&self, state: Coverage, category: Option<&str>) -> Option<Colour> {
        match state {
            Coverage::Active => Some(self.of(category.unwrap_or(NONE))),
            Coverage::Idle => Some(IDLE),
            Coverage::Locked | Coverage::Asleep | Coverage::Paused | Coverage::LowBattery => {
                Some(AWAY)
            }
            Coverage::NotRecorded | Coverage::Off => None,
        }
    }

    fn legend(&self, lanes: &[PrintedTimeline]) -> Vec<(Colour, String)> {
        let named = TINTS
            .iter()
            .zip(&self.0)
            .map(|(tint, name)| (*tint, to_printable(name, 40)));
        let others = [
            (REST, "other"),
            (HELD_BACK, "protected or removed"),
            (IDLE, "idle"),
            (AWAY, "locked, asleep or paused"),
        ];
        let others = others.map(|(tint, name)| (tint, name.to_owned()));
        let shown = |tint| {
            let mut strips = lanes.iter().flat_map(|lane| &lane.strips);
            strips.any(|strip| strip.tint == tint)
        };
        named
            .chain(others)
            .filter(|(tint, _)| shown(*tint))
            .collect()
    }
}

fn table(
    title: &'static str,
    rows: &[NamedUsage],
    tint: impl Fn(&str) -> Option<Colour>,
) -> UsageTable {
    let whole: u64 = rows.iter().map(|r| r.usage.total_us()).sum();
    let shown = if rows.len() > MOST_ROWS + 1 {
        MOST_ROWS
    } else {
        rows.len()
    };
    let (shown, rest) = rows.split_at(shown);
    let mut lines: Vec<(String, Option<Colour>, u64, u64)> = shown
        .iter()
        .map(|r| {
            let name = if r.name.is_empty() {
                "(no name)"
            } else {
                &r.name
            };
            (
                to_printable(name, CELL),
                tint(&r.name),
                r.usage.active_us,
                r.usage.idle_us,
            )
        })
        .collect();
    if !rest.is_empty() {
        let sum = |of: fn(&NamedUsage) -> u64| rest.iter().map(of).sum();
        lines.push((
            format!("({} more)", rest.len()),
            None,
            sum(|r| r.usage.active_us),
            sum(|r| r.usage.idle_us),
        ));
    }
    let [active, idle] = [
        carry_seconds(&lines.iter().map(|l| l.2).collect::<Vec<_>>()),
        carry_seconds(&lines.iter().map(|l| l.3).collect::<Vec<_>>()),
    ];
    let rows: Vec<UsageTableRow> = lines
        .into_iter()
        .zip(active.iter().zip(&idle))
        .map(
            |((name, tint, active_us, idle_us), (active, idle))| UsageTableRow {
                name,
                tint,
                seconds: [*active, *idle, active + idle],
                share: tenths_of_percent(active_us + idle_us, whole),
            },
        )
        .collect();
    let [active, idle]: [u64; 2] = [active.iter().sum(), idle.iter().sum()];
    UsageTable {
        title,
        rows,
        total: UsageTableRow {
            name: "Total".to_owned(),
            tint: None,
            seconds: [active, idle, active + idle],
            share: if whole > 0 { 1000 } else { 0 },
        },
    }
}

fn day_name(day: Date) -> String {
    day.strftime("%a %-d %b %Y").to_string()
}

fn month_name(day: Date) -> String {
    day.strftime("%B %Y").to_string()
}

fn periods(
    overview: &Overview,
    tints: &CategoryColours,
    name: fn(Date) -> String,
) -> Vec<PeriodRow> {
    let days = overview.days.iter().filter(|day| day.totals.is_known());
    let mut groups: Vec<(String, Vec<&crate::overview::OverviewDay>)> = Vec::new();
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
    let us = |state| sums.iter().map(|s| s.state_us(state)).collect::<Vec<_>>();
    let (active, idle) = (us(Coverage::Active), us(Coverage::Idle));
    let longest = active.iter().copied().max().unwrap_or(0);
    let seconds: Vec<[u64; 2]> = carry_seconds(&active)
        .into_iter()
        .zip(carry_seconds(&idle))
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
                    tints.of(&category.name),
                    tenths_of_percent(category.usage.active_us, longest),
                );
                match bar.iter_mut().find(|(tint, _)| *tint == part.0) {
                    Some((_, sum)) => *sum += part.1,
                    None => bar.push(part),
                }
            }
            PeriodRow {
                name,
                when: match days.as_slice() {
                    [day] if !by_month => lanes::presence(day).unwrap_or_default(),
                    days => format_count(days.len() as u64, "day", "days"),
                },
                seconds,
                bar: bar.into_iter().filter(|(_, share)| *share > 0).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
