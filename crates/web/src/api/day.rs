//! One day: usage, timeline, screenshots and notices.

use super::screenshots::ScreenshotJson;
use super::{
    NamedUsageJson, NumbersJson, ViewOptionsJson, current_day, named_counts, named_numbers,
    now_and_zone, placed_numbers, view_options,
};
use crate::backend::{Backend, BackendError, ReportConfig};
use crate::text::{MAX_APP, MAX_SENTENCE, MAX_TITLE, printable_text};
use jiff::civil::Date;
use model::{Coverage, Timestamp};
use report::Classifier;
use report::timeline::{Timeline, TimelineOwner, TimelinePiece};
use report::{DayReport, NamedUsage, ReportOutput, Usage};
use serde::Serialize;
use std::collections::HashMap;

/// Notices listed of a day, the newest; the number of older ones is said.
const MAX_NOTICES: usize = 200;

/// Windows listed of one application; the number of further ones is said.
const MAX_WINDOWS: usize = 40;

/// Offset changes listed of a day; a zone has at most two.
const MAX_OFFSET_CHANGES: usize = 4;

#[derive(Serialize)]
struct AppJson {
    app: String,
    #[serde(flatten)]
    usage: NumbersJson,
    windows: Vec<WindowJson>,
    more: usize,
}

#[derive(Serialize)]
struct WindowJson {
    title: String,
    #[serde(flatten)]
    usage: NumbersJson,
}

#[derive(Serialize)]
struct NoticeJson {
    #[serde(rename = "at_us")]
    at: Timestamp,
    code: model::NoticeCode,
    text: String,
}

#[derive(Serialize)]
pub(crate) struct DayJson {
    day: Date,
    #[serde(flatten)]
    options: ViewOptionsJson,
    today: Date,
    previous: Option<Date>,
    next: Option<Date>,
    zone: String,
    #[serde(rename = "from_us")]
    from: Timestamp,
    #[serde(rename = "to_us")]
    to: Timestamp,
    #[serde(rename = "now_us")]
    now: Timestamp,
    /// Offsets from UTC: at the start of the day, and where they change during it: `[µs, seconds]`.
    offsets: Vec<(Timestamp, i32)>,
    states: Vec<(&'static str, u64)>,
    #[serde(flatten)]
    counts: NumbersJson,
    injected: u64,
    /// Idle time as a share of active and idle time, in tenths of a percent; none where there is neither.
    idle_share: Option<u64>,
    apps: Vec<AppJson>,
    categories: Vec<NamedUsageJson>,
    projects: Vec<NamedUsageJson>,
    protected: NumbersJson,
    #[serde(rename = "removed")]
    redacted: NumbersJson,
    unnamed: NumbersJson,
    /// `[index in app_names, title, index in categories, index in projects]`.
    windows: Vec<(usize, String, usize, usize)>,
    app_names: Vec<String>,
    /// `[from, to, state, owner]`: tenths of a second since `from`; the state's index among the eight; the owner's
    /// index in `windows`, or -1 protected, -2 deleted, -3 no window.
    pieces: Vec<(i64, i64, usize, i64)>,
    /// `[active s, idle s, input s, keys, clicks]` for each ten minutes.
    tens: Vec<Vec<u64>>,
    shots: Vec<ScreenshotJson>,
    /// The newest notices, in the journal's order, and the number of older ones.
    notes: Vec<NoticeJson>,
    more_notes: usize,
    damaged: usize,
}

pub(crate) fn read_day(
    backend: &mut dyn Backend,
    day: Option<Date>,
    merge_s: u64,
) -> Result<DayJson, BackendError> {
    let config = backend.report_config()?;
    let today = current_day(&config);
    let day = day.unwrap_or(today);
    let reader = backend.open_reader(&format!("the day {day} and its screenshots, on the page"))?;
    let (now, zone) = now_and_zone();
    let options = view_options(&config, merge_s);
    let known = report::query::known_until(reader, now)?;
    let (mut report, timeline) =
        report::query::read_day_with_timeline(reader, options, day, known, &zone)?;
    let mut names = Classifier::new(&config.meaning);
    names.classify_day(&mut report);
    let options = ViewOptionsJson::new(&config, merge_s);
    Ok(build_day(
        &report,
        &timeline,
        (&config, options),
        &mut names,
        (today, now),
    ))
}

/// The offsets of a zone between two instants.
fn zone_offsets(zone: &str, start: Timestamp, end: Timestamp) -> Vec<(Timestamp, i32)> {
    let zone = report::load_zone(zone);
    let Ok(from) = jiff::Timestamp::from_microsecond(start.as_micros()) else {
        return vec![(start, 0)];
    };
    let first = (start, zone.to_offset(from).seconds());
    let changes = zone.following(from).take(MAX_OFFSET_CHANGES);
    let changes = changes
        .map(|t| {
            let at = Timestamp::from_micros(t.timestamp().as_microsecond());
            (at, t.offset().seconds())
        })
        .take_while(|(at, _)| *at < end);
    std::iter::once(first).chain(changes).collect()
}

/// Indices of names: first the rows with time of their own, then names that windows add.
struct NameIndex {
    /// 0 for categories, 1 for projects.
    list: usize,
    names: Vec<String>,
    /// GroupBy the number that [`Classifier`] gives a name.
    known: HashMap<u32, usize>,
}

impl NameIndex {
    fn new(list: usize, rows: &[NamedUsage]) -> Self {
        Self {
            list,
            names: rows.iter().map(|row| row.name.clone()).collect(),
            known: HashMap::new(),
        }
    }

    fn index_of(&mut self, names: &Classifier<'_>, number: u32) -> usize {
        if let Some(index) = self.known.get(&number) {
            return *index;
        }
        let name = names.name_of(self.list, number);
        let index = self.names.iter().position(|n| n == name);
        let index = index.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        self.known.insert(number, index);
        index
    }

    /// The rows, and after them the added names without time.
    fn to_rows(&self, rows: &[NamedUsage]) -> Vec<NamedUsageJson> {
        let added = self.names.iter().skip(rows.len()).map(|name| NamedUsage {
            name: name.clone(),
            usage: Usage::default(),
        });
        let added: Vec<NamedUsage> = added.collect();
        rows.iter()
            .chain(&added)
            .map(NamedUsageJson::from)
            .collect()
    }
}

fn build_day(
    report: &DayReport,
    timeline: &Timeline,
    (config, options): (&ReportConfig, ViewOptionsJson),
    names: &mut Classifier<'_>,
    (today, now): (Date, Timestamp),
) -> DayJson {
    let mut categories = NameIndex::new(0, &report.categories);
    let mut projects = NameIndex::new(1, &report.projects);
    let mut app_names: Vec<String> = Vec::new();
    let mut app_indices: HashMap<&str, usize> = HashMap::new();
    let windows = timeline
        .windows
        .iter()
        .map(|(app, title)| {
            let index = *app_indices.entry(app).or_insert_with(|| {
                app_names.push(printable_text(app, MAX_APP));
                app_names.len() - 1
            });
            let [category, project] = names.classify(app, title);
            let category = categories.index_of(names, category);
            let project = projects.index_of(names, project);
            (index, printable_text(title, MAX_TITLE), category, project)
        })
        .collect();
    let (active, idle) = (
        report.time_in(Coverage::Active),
        report.time_in(Coverage::Idle),
    );
    let older_notices = report.notices.len().saturating_sub(MAX_NOTICES);
    DayJson {
        day: report.day,
        options,
        today,
        previous: report.day.yesterday().ok(),
        next: report.day.tomorrow().ok().filter(|next| *next <= today),
        zone: report.zone.clone(),
        from: timeline.from,
        to: timeline.to,
        now,
        offsets: zone_offsets(&report.zone, timeline.from, timeline.to),
        states: report
            .states
            .iter()
            .map(|total| (total.state.wire_name(), total.duration.as_secs()))
            .collect(),
        counts: named_counts(ReportOutput::PageRow, report.counts),
        injected: report.counts.injected.keys + report.counts.injected.clicks(),
        idle_share: report::format::idle_share(active, idle),
        apps: report.apps.iter().map(app_row).collect(),
        categories: categories.to_rows(&report.categories),
        projects: projects.to_rows(&report.projects),
        protected: named_numbers(&report.protected),
        redacted: named_numbers(&report.redacted),
        unnamed: named_numbers(&report.unnamed),
        windows,
        app_names,
        pieces: timeline
            .pieces
            .iter()
            .map(|piece| piece_row(piece, timeline.from))
            .collect(),
        tens: timeline.tens.iter().map(ten_minutes_row).collect(),
        shots: report
            .shots
            .iter()
            .map(|row| ScreenshotJson::from_day_row(row, config.starts))
            .collect(),
        more_notes: older_notices,
        notes: report
            .notices
            .iter()
            .skip(older_notices)
            .map(|notice| NoticeJson {
                at: notice.at,
                code: notice.code,
                text: printable_text(&notice.text, MAX_SENTENCE),
            })
            .collect(),
        damaged: report.damaged.len(),
    }
}

/// The seconds with input of any source stand between the times and the counts.
fn ten_minutes_row(usage: &Usage) -> Vec<u64> {
    let mut row: Vec<u64> = placed_numbers(usage).collect();
    row.insert(2, usage.counts.seconds());
    row
}

fn piece_row(piece: &TimelinePiece, from: Timestamp) -> (i64, i64, usize, i64) {
    let tenths = |at: Timestamp| (at.as_micros() - from.as_micros()) / 100_000;
    let owner = match piece.owner {
        TimelineOwner::Window(index) => i64::try_from(index).unwrap_or(-3),
        TimelineOwner::Protected => -1,
        TimelineOwner::Redacted => -2,
        TimelineOwner::Nobody => -3,
    };
    let state = state_index(piece.state);
    (tenths(piece.from), tenths(piece.to), state, owner)
}

fn state_index(state: Coverage) -> usize {
    Coverage::ALL
        .iter()
        .position(|s| *s == state)
        .unwrap_or(Coverage::ALL.len() - 1)
}

fn app_row(total: &report::AppTotal) -> AppJson {
    AppJson {
        app: printable_text(&total.app, MAX_APP),
        usage: named_numbers(&total.usage),
        windows: total
            .windows
            .iter()
            .take(MAX_WINDOWS)
            .map(|window| WindowJson {
                title: printable_text(&window.title, MAX_TITLE),
                usage: named_numbers(&window.usage),
            })
            .collect(),
        more: total.windows.len().saturating_sub(MAX_WINDOWS),
    }
}
