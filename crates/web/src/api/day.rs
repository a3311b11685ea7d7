//! What the page is told, as JSON. Every text of a record goes through [`text`]: no control or direction marks, and an
//! end.

use crate::backend::{Desk, Refused, Telling};
use crate::api::screenshots::{Shot, shot_of_day};
use jiff::civil::Date;
use journal::JournalError;
use model::Coverage;
use report::days::names::Names;
use report::strip::{self, Owner, Strip};
use report::{DayReport, NamedUsage, View, query};
use serde::Serialize;
use std::collections::HashMap;

/// Longest title shown, in characters.
pub(crate) const TITLE: usize = 240;

/// Longest application name shown, in characters.
pub(crate) const APP: usize = 80;

/// Notices listed of a day.
const NOTES: usize = 200;

/// Windows listed of one application on a day; what the others sum to is said.
const WINDOWS: usize = 40;

/// An object that left this computer.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// Its name there.
    pub name: String,
    /// `activity`, `shot` or `vault`.
    pub kind: &'static str,
    /// Records in it.
    pub records: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// When the sink acknowledged it, microseconds since the Unix epoch (UTC), where that is known.
    pub sent_us: Option<i64>,
    /// False when a put was begun and its answer never came.
    pub certain: bool,
    /// True when its bytes are sealed.
    pub sealed: bool,
}

/// A setting.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Dotted name, as `uam config set` takes it.
    pub key: String,
    /// Value in force, as the settings file writes it.
    pub value: String,
    /// What it means.
    pub meaning: String,
}

/// A text that may be shown.
pub(crate) fn text(raw: &str, most: usize) -> String {
    model::printable(raw, most)
}

pub(crate) fn failed(e: &JournalError) -> Refused {
    match e {
        JournalError::NoShot { .. } => Refused::Missing("there is no such picture".into()),
        JournalError::PictureDeleted { .. } => Refused::Missing("it was deleted".into()),
        JournalError::PictureLost { .. } => Refused::Missing("its file is lost".into()),
        e => Refused::Failed(text(&e.to_string(), 400)),
    }
}

/// The present, microseconds since the Unix epoch (UTC), and the zone of this computer.
pub(crate) fn present() -> (i64, String) {
    let zone = jiff::tz::TimeZone::system();
    let name = zone.iana_name().unwrap_or("UTC").to_owned();
    (jiff::Timestamp::now().as_microsecond(), name)
}

/// Up to when the journal can speak: its last durable moment while somebody writes it, else the present.
pub(crate) fn until(reader: &journal::Reader, now_us: i64) -> Result<i64, JournalError> {
    let durable = reader.last_durable_us()?;
    let fresh = durable.filter(|at| now_us.abs_diff(*at) <= report::status::FRESH_US);
    Ok(fresh.unwrap_or(now_us))
}

#[derive(Serialize)]
pub(crate) struct Usage {
    active_s: u64,
    idle_s: u64,
    keys: u64,
    clicks: u64,
    scroll: u64,
}

impl From<&report::day::Usage> for Usage {
    fn from(u: &report::day::Usage) -> Self {
        Self {
            active_s: u.active_us / 1_000_000,
            idle_s: u.idle_us / 1_000_000,
            keys: u.counts.keys(),
            clicks: u.counts.clicks(),
            scroll: u.counts.scroll(),
        }
    }
}

#[derive(Serialize)]
struct App {
    app: String,
    #[serde(flatten)]
    usage: Usage,
    windows: Vec<Window>,
    more: usize,
}

#[derive(Serialize)]
struct Window {
    title: String,
    #[serde(flatten)]
    usage: Usage,
}

#[derive(Serialize)]
struct Note {
    at_us: i64,
    code: model::NoticeCode,
    text: String,
}

/// A category or a project.
#[derive(Serialize)]
pub(crate) struct Named {
    name: String,
    #[serde(flatten)]
    usage: Usage,
}

impl From<&NamedUsage> for Named {
    fn from(of: &NamedUsage) -> Self {
        Self {
            name: text(&of.name, APP),
            usage: (&of.usage).into(),
        }
    }
}

/// How days are looked at, as the page repeats it.
#[derive(Serialize)]
pub(crate) struct Looked {
    /// When days begin, `HH:MM`.
    starts: String,
    /// Visits shorter than so many seconds are counted to what they interrupted; 0: none.
    merge_s: u64,
    /// Are there rules for projects?
    has_projects: bool,
}

impl Looked {
    pub(crate) fn new(telling: &Telling, merge_s: u64) -> Self {
        Self {
            starts: telling.starts.to_string(),
            merge_s,
            has_projects: telling.meaning.has_projects(),
        }
    }
}

pub(crate) fn view(telling: &Telling, merge_s: u64) -> View {
    View {
        starts: telling.starts,
        merge_us: merge_s.saturating_mul(1_000_000),
    }
}

/// A day, whole.
#[derive(Serialize)]
pub(crate) struct DayAnswer {
    day: Date,
    #[serde(flatten)]
    looked: Looked,
    today: Date,
    previous: Option<Date>,
    next: Option<Date>,
    zone: String,
    from_us: i64,
    to_us: i64,
    now_us: i64,
    /// Seconds from UTC at the day's start, and where that changes later on the day: `[µs, seconds]`.
    offsets: Vec<(i64, i32)>,
    states: Vec<(&'static str, u64)>,
    keys: u64,
    clicks: u64,
    scroll: u64,
    injected: u64,
    /// Idle time in active and idle time, in tenths of a percent; none where there is neither.
    idle_share: Option<u64>,
    apps: Vec<App>,
    categories: Vec<Named>,
    projects: Vec<Named>,
    protected: Usage,
    removed: Usage,
    unnamed: Usage,
    /// `[place in app_names, title, place in categories, place in projects]`.
    windows: Vec<(usize, String, usize, usize)>,
    app_names: Vec<String>,
    /// `[from, to, state, owner]`: tenths of a second from `from_us`; state as its place among the eight; owner a place
    /// in `windows`, or -1 protected, -2 removed, -3 no window.
    pieces: Vec<(i64, i64, usize, i64)>,
    /// `[active s, idle s, input s, keys, clicks]` for each ten minutes.
    tens: Vec<[u64; 5]>,
    shots: Vec<Shot>,
    /// The newest ones, in the journal's order, and how many came before them.
    notes: Vec<Note>,
    more_notes: usize,
    damaged: usize,
}

/// The day that goes on.
pub(crate) fn today(telling: &Telling) -> Date {
    let now = jiff::Zoned::now();
    let starts = telling.starts;
    starts.date_in(now.timestamp().as_microsecond(), now.time_zone())
}

pub(crate) fn day(
    desk: &mut dyn Desk,
    day: Option<Date>,
    merge_s: u64,
) -> Result<DayAnswer, Refused> {
    let telling = desk.telling()?;
    let today = today(&telling);
    let day = day.unwrap_or(today);
    let reader = desk.look(&format!("the day {day} and its pictures, on the page"))?;
    let (now_us, zone) = present();
    let view = view(&telling, merge_s);
    let (mut report, strip) = until(reader, now_us)
        .and_then(|now_us| strip::day(reader, view, day, now_us, &zone))
        .map_err(|e| failed(&e))?;
    let mut names = Names::new(&telling.meaning);
    names.tell_day(&mut report);
    let looked = Looked::new(&telling, merge_s);
    Ok(tell(
        &report,
        &strip,
        (&telling, &mut names, looked),
        today,
        now_us,
    ))
}

fn offsets(zone: &str, from_us: i64, to_us: i64) -> Vec<(i64, i32)> {
    let zone = report::text::zone(zone);
    let Ok(from) = jiff::Timestamp::from_microsecond(from_us) else {
        return vec![(from_us, 0)];
    };
    let mut out = vec![(from_us, zone.to_offset(from).seconds())];
    let later = zone.following(from).take(4);
    out.extend(
        later
            .map(|t| (t.timestamp().as_microsecond(), t.offset().seconds()))
            .take_while(|(at, _)| *at < to_us),
    );
    out
}

/// The places of names in a list; what has no time there comes behind.
struct Places {
    /// 0 for categories, 1 for projects.
    list: usize,
    names: Vec<String>,
    /// By their numbers.
    known: HashMap<u32, usize>,
}

impl Places {
    fn new(list: usize, of: &[NamedUsage]) -> Self {
        Self {
            list,
            names: of.iter().map(|of| of.name.clone()).collect(),
            known: HashMap::new(),
        }
    }

    fn of(&mut self, names: &Names<'_>, number: u32) -> usize {
        if let Some(place) = self.known.get(&number) {
            return *place;
        }
        let name = names.name(self.list, number);
        let place = self.names.iter().position(|n| n == name);
        let place = place.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        self.known.insert(number, place);
        place
    }

    /// The rows, and names without any time behind them.
    fn told(&self, of: &[NamedUsage]) -> Vec<Named> {
        let bare = self.names.iter().skip(of.len()).map(|name| NamedUsage {
            name: name.clone(),
            usage: report::day::Usage::default(),
        });
        let bare: Vec<NamedUsage> = bare.collect();
        of.iter().chain(&bare).map(Named::from).collect()
    }
}

fn tell(
    report: &DayReport,
    strip: &Strip,
    (telling, names, looked): (&Telling, &mut Names<'_>, Looked),
    today: Date,
    now_us: i64,
) -> DayAnswer {
    let mut categories = Places::new(0, &report.categories);
    let mut projects = Places::new(1, &report.projects);
    let mut app_names: Vec<String> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let windows = strip
        .windows
        .iter()
        .map(|(app, title)| {
            let place = *places.entry(app).or_insert_with(|| {
                app_names.push(text(app, APP));
                app_names.len() - 1
            });
            let [category, project] = names.of(app, title);
            let category = categories.of(names, category);
            let project = projects.of(names, project);
            (place, text(title, TITLE), category, project)
        })
        .collect();
    let tenth = |at: i64| (at - strip.from_us) / 100_000;
    let (active, idle) = (
        report.state_us(Coverage::Active),
        report.state_us(Coverage::Idle),
    );
    DayAnswer {
        day: report.day,
        looked,
        today,
        previous: report.day.yesterday().ok(),
        next: report.day.tomorrow().ok().filter(|d| *d <= today),
        zone: report.zone.clone(),
        from_us: strip.from_us,
        to_us: strip.to_us,
        now_us,
        offsets: offsets(&report.zone, strip.from_us, strip.to_us),
        states: report
            .states
            .iter()
            .map(|t| (t.state.word(), t.us / 1_000_000))
            .collect(),
        keys: report.counts.keys(),
        clicks: report.counts.clicks(),
        scroll: report.counts.scroll(),
        injected: report.counts.injected.keys + report.counts.injected.clicks(),
        idle_share: report::activity::idle_share(active, idle),
        apps: report.apps.iter().map(app).collect(),
        categories: categories.told(&report.categories),
        projects: projects.told(&report.projects),
        protected: (&report.protected).into(),
        removed: (&report.removed).into(),
        unnamed: (&report.unnamed).into(),
        windows,
        app_names,
        pieces: strip
            .pieces
            .iter()
            .map(|p| {
                let owner = match p.owner {
                    Owner::Window(n) => i64::try_from(n).unwrap_or(-3),
                    Owner::Protected => -1,
                    Owner::Removed => -2,
                    Owner::Nobody => -3,
                };
                (tenth(p.from_us), tenth(p.to_us), state(p.state), owner)
            })
            .collect(),
        tens: strip
            .tens
            .iter()
            .map(|t| {
                let (active, idle) = (t.active_us / 1_000_000, t.idle_us / 1_000_000);
                [active, idle, t.input_s, t.keys, t.clicks]
            })
            .collect(),
        shots: report
            .shots
            .iter()
            .map(|row| shot_of_day(row, telling.starts))
            .collect(),
        more_notes: report.notices.len().saturating_sub(NOTES),
        notes: report
            .notices
            .iter()
            .skip(report.notices.len().saturating_sub(NOTES))
            .map(|n| Note {
                at_us: n.at_us,
                code: n.code,
                text: text(&n.text, 400),
            })
            .collect(),
        damaged: report.damaged.len(),
    }
}

fn state(state: Coverage) -> usize {
    Coverage::ALL
        .iter()
        .position(|s| *s == state)
        .unwrap_or(Coverage::ALL.len() - 1)
}

fn app(total: &report::day::AppTotal) -> App {
    App {
        app: text(&total.app, APP),
        usage: (&total.usage).into(),
        windows: total
            .windows
            .iter()
            .take(WINDOWS)
            .map(|w| Window {
                title: text(&w.title, TITLE),
                usage: (&w.usage).into(),
            })
            .collect(),
        more: total.windows.len().saturating_sub(WINDOWS),
    }
}

/// A picture and its media type.
pub(crate) fn picture(desk: &mut dyn Desk, seq: u64) -> Result<(Vec<u8>, &'static str), Refused> {
    let reader = desk.look(&format!("picture {seq}, on the page"))?;
    let bytes = reader.picture(seq).map_err(|e| failed(&e))?;
    let media = match bytes.as_slice() {
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "image/webp",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, ..] => "image/jpeg",
        _ => "application/octet-stream",
    };
    Ok((bytes, media))
}

/// What left this computer, and what waits.
#[derive(Serialize)]
pub(crate) struct SentAnswer {
    objects: Vec<Sent>,
    outbox: report::Outbox,
    last_ack_us: Option<i64>,
    last_durable_us: Option<i64>,
    /// The newest signed list of what was sent.
    manifest: Option<Manifest>,
    /// True when there are more than are listed.
    more: bool,
}

/// A manifest.
#[derive(Serialize)]
struct Manifest {
    no: u64,
    at_us: i64,
    /// Every record up to this number is in an object that it or an earlier one lists.
    through: u64,
    sha256: String,
    /// True when it was sent.
    sent: bool,
}

/// Objects listed.
const OBJECTS: usize = 300;

pub(crate) fn sent(desk: &mut dyn Desk) -> Result<SentAnswer, Refused> {
    let mut objects = desk.sent(OBJECTS + 1)?;
    let more = objects.len() > OBJECTS;
    objects.truncate(OBJECTS);
    let reader = desk.look("what was sent, on the page")?;
    let answer = || -> Result<_, JournalError> {
        Ok(SentAnswer {
            objects,
            outbox: query::outbox(reader)?,
            last_ack_us: reader.last_ack_us()?,
            last_durable_us: reader.last_durable_us()?,
            manifest: reader.chain_head()?.map(|head| Manifest {
                no: head.no,
                at_us: head.at_us,
                through: head.through,
                sha256: head.sha256,
                sent: head.acked,
            }),
            more,
        })
    };
    answer().map_err(|e| failed(&e))
}
