//! What the page is told, as JSON. Every text of a record goes through [`text`]: no control or direction marks, and an
//! end.

use crate::desk::{Desk, Refused};
use jiff::civil::Date;
use journal::{JournalError, Place};
use model::Coverage;
use report::days::DayTotals;
use report::strip::{self, Owner, Strip};
use report::{DayReport, query};
use serde::Serialize;
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// Longest title shown, in characters.
pub(crate) const TITLE: usize = 240;

/// Longest application name shown, in characters.
pub(crate) const APP: usize = 80;

/// Windows listed of one application on a day; what the others sum to is said.
const WINDOWS: usize = 40;

/// Newest pictures among which those without a day are looked for.
const NEWEST: usize = 2000;

/// Pictures on one page of the gallery.
const PAGE: usize = 48;

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

fn failed(e: &JournalError) -> Refused {
    match e {
        JournalError::NoShot { .. } => Refused::Missing("there is no such picture".into()),
        JournalError::PictureDeleted { .. } => Refused::Missing("it was deleted".into()),
        JournalError::PictureLost { .. } => Refused::Missing("its file is lost".into()),
        e => Refused::Failed(text(&e.to_string(), 400)),
    }
}

/// The present, microseconds since the Unix epoch (UTC), and the zone of this computer.
fn present() -> (i64, String) {
    let zone = jiff::tz::TimeZone::system();
    let name = zone.iana_name().unwrap_or("UTC").to_owned();
    (jiff::Timestamp::now().as_microsecond(), name)
}

/// Up to when the journal can speak: its last durable moment while somebody writes it, else the present.
fn until(reader: &journal::Reader, now_us: i64) -> Result<i64, JournalError> {
    let durable = reader.last_durable_us()?;
    let fresh = durable.filter(|at| now_us.abs_diff(*at) <= report::status::FRESH_US);
    Ok(fresh.unwrap_or(now_us))
}

#[derive(Serialize)]
struct Usage {
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
pub(crate) struct Shot {
    seq: u64,
    at_us: i64,
    day: Date,
    zone: String,
    app: String,
    title: String,
    width: u32,
    height: u32,
    bytes: u64,
    blurred: bool,
    removed: bool,
    /// `here`, `archived`, `deleted`, `lost`; empty where nobody looked.
    place: &'static str,
    /// `sent`, `held` or `waiting`; empty where nobody looked.
    sent: &'static str,
}

#[derive(Serialize)]
struct Note {
    at_us: i64,
    code: model::NoticeCode,
    text: String,
}

/// A day, whole.
#[derive(Serialize)]
pub(crate) struct DayAnswer {
    day: Date,
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
    apps: Vec<App>,
    protected: Usage,
    removed: Usage,
    unnamed: Usage,
    /// Titles of windows: `[place in app_names, title]`.
    windows: Vec<(usize, String)>,
    app_names: Vec<String>,
    /// `[from, to, state, owner]`: tenths of a second from `from_us`; state as its place among the eight; owner a place
    /// in `windows`, or -1 protected, -2 removed, -3 no window.
    pieces: Vec<(i64, i64, usize, i64)>,
    /// `[active s, idle s, input s, keys, clicks]` for each ten minutes.
    tens: Vec<[u64; 5]>,
    shots: Vec<Shot>,
    notes: Vec<Note>,
    damaged: usize,
}

pub(crate) fn today() -> Date {
    jiff::Zoned::now().date()
}

pub(crate) fn day(desk: &mut dyn Desk, day: Option<Date>) -> Result<DayAnswer, Refused> {
    let today = today();
    let day = day.unwrap_or(today);
    let reader = desk.look(&format!("the day {day} and its pictures, on the page"))?;
    let (now_us, zone) = present();
    let (report, strip) = until(reader, now_us)
        .and_then(|now_us| strip::day(reader, day, now_us, &zone))
        .map_err(|e| failed(&e))?;
    Ok(tell(&report, &strip, today, now_us))
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

fn tell(report: &DayReport, strip: &Strip, today: Date, now_us: i64) -> DayAnswer {
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
            (place, text(title, TITLE))
        })
        .collect();
    let tenth = |at: i64| (at - strip.from_us) / 100_000;
    DayAnswer {
        day: report.day,
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
        apps: report.apps.iter().map(app).collect(),
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
        shots: report.shots.iter().map(shot_of_day).collect(),
        notes: report
            .notices
            .iter()
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

fn shot_of_day(row: &report::day::ShotRow) -> Shot {
    Shot {
        seq: row.seq,
        at_us: row.at_us,
        day: report::day::date_of(row.at_us, &row.zone),
        zone: row.zone.clone(),
        app: text(&row.app, APP),
        title: text(&row.title, TITLE),
        width: row.width,
        height: row.height,
        bytes: row.bytes,
        blurred: row.blurred,
        removed: row.removed,
        place: "",
        sent: "",
    }
}

fn shot_of_journal(row: &journal::ShotRow) -> Shot {
    let shot = &row.shot;
    let window = shot.window.as_ref();
    Shot {
        seq: row.seq,
        at_us: shot.at_us,
        day: report::day::date_of(shot.at_us, &shot.zone),
        zone: shot.zone.to_string(),
        app: window.map_or_else(String::new, |w| text(&w.app, APP)),
        title: window.map_or_else(String::new, |w| text(&w.title, TITLE)),
        width: shot.width,
        height: shot.height,
        bytes: shot.bytes,
        blurred: shot.blurred,
        removed: shot.removed,
        place: match row.place {
            Place::Here => "here",
            Place::Archived => "archived",
            Place::Deleted => "deleted",
            Place::Lost => "lost",
        },
        sent: match (row.acked, row.held) {
            (true, _) => "sent",
            (_, true) => "held",
            _ => "waiting",
        },
    }
}

/// Many days.
#[derive(Serialize)]
pub(crate) struct DaysAnswer {
    first: Date,
    last: Date,
    today: Date,
    /// Names of applications, most used first.
    app_names: Vec<String>,
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
    /// `[place in app_names, active s, idle s, keys, clicks]`.
    apps: Vec<[u64; 5]>,
    /// What has no application's name: seconds active and idle.
    other: [u64; 2],
}

pub(crate) fn days(desk: &mut dyn Desk, days: RangeInclusive<Date>) -> Result<DaysAnswer, Refused> {
    let (first, last) = (*days.start(), *days.end());
    let reader = desk.look(&format!("the totals of {first} to {last}, on the page"))?;
    let (now_us, zone) = present();
    let found = until(reader, now_us)
        .and_then(|now_us| query::days(reader, &days, now_us, &zone))
        .map_err(|e| failed(&e))?;
    let mut sums: HashMap<&str, u64> = HashMap::new();
    for app in found.days.iter().flat_map(|d| &d.apps) {
        *sums.entry(&app.app).or_default() += app.usage.total_us();
    }
    let mut names: Vec<(&str, u64)> = sums.into_iter().collect();
    names.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    let places: HashMap<&str, u64> = names.iter().map(|n| n.0).zip(0..).collect();
    let s = |us: u64| us / 1_000_000;
    let totals = |d: &DayTotals| Totals {
        day: d.day,
        states: d.states.iter().map(|t| s(t.us)).collect(),
        keys: d.counts.keys(),
        clicks: d.counts.clicks(),
        apps: d
            .apps
            .iter()
            .map(|a| {
                let place = places.get(a.app.as_str()).copied().unwrap_or(0);
                let u = &a.usage;
                let (active, idle) = (s(u.active_us), s(u.idle_us));
                [place, active, idle, u.counts.keys(), u.counts.clicks()]
            })
            .collect(),
        other: [&d.protected, &d.removed, &d.unnamed]
            .iter()
            .fold([0, 0], |sum, u| {
                [sum[0] + s(u.active_us), sum[1] + s(u.idle_us)]
            }),
    };
    Ok(DaysAnswer {
        first,
        last,
        today: today(),
        days: found.days.iter().map(totals).collect(),
        app_names: names.iter().map(|n| text(n.0, APP)).collect(),
        damaged: found.damaged.len(),
    })
}

/// A page of the gallery.
#[derive(Serialize)]
pub(crate) struct ShotsAnswer {
    shots: Vec<Shot>,
    /// Applications among those looked at.
    apps: Vec<String>,
    /// Ask with this for the next page.
    before: Option<u64>,
    /// True when older ones are found by their day only.
    older: bool,
    needs_passphrase: bool,
}

pub(crate) fn shots(
    desk: &mut dyn Desk,
    day: Option<Date>,
    app: Option<&str>,
    before: Option<u64>,
) -> Result<ShotsAnswer, Refused> {
    let which = day.map_or_else(
        || "the newest ones".to_owned(),
        |day| format!("those of {day}"),
    );
    let reader = desk.look(&format!("pictures on the page ({which})"))?;
    let newest = reader.shots(NEWEST).map_err(|e| failed(&e))?;
    let older = day.is_none() && newest.len() == NEWEST;
    let mut all: Vec<Shot> = newest.iter().map(shot_of_journal).collect();
    if let Some(day) = day {
        all.retain(|s| s.day == day);
        let reached = newest.last().map_or(0, |row| row.seq);
        let (from, to) = report::day::query_range(day);
        let lines = reader.lines(from..to).map_err(|e| failed(&e))?.lines;
        let report = report::day::summarise(
            &lines,
            &[],
            day,
            report::Extent {
                began_us: from,
                now_us: to,
            },
            "UTC",
        );
        let rest = report.shots.iter().rev().filter(|s| s.seq < reached);
        all.extend(rest.map(shot_of_day));
    }
    let mut apps: Vec<String> = all.iter().map(|s| s.app.clone()).collect();
    apps.sort_unstable();
    apps.dedup();
    apps.retain(|a| !a.is_empty());
    all.retain(|s| app.is_none_or(|app| s.app == app) && before.is_none_or(|seq| s.seq < seq));
    let more = all.len() > PAGE;
    all.truncate(PAGE);
    Ok(ShotsAnswer {
        before: all.last().filter(|_| more).map(|s| s.seq),
        shots: all,
        apps,
        older,
        needs_passphrase: desk.needs_passphrase(),
    })
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
    /// True when there are more than are listed.
    more: bool,
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
            more,
        })
    };
    answer().map_err(|e| failed(&e))
}
