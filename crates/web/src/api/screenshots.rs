//! The gallery.

use crate::api::day::{APP, TITLE, failed, text};
use crate::backend::{Desk, Refused};
use jiff::civil::Date;
use journal::{Day, Place, Reader};
use report::DayStart;
use serde::Serialize;

/// Pictures on one page of the gallery.
const PAGE: usize = 48;

/// Pictures looked through for one page; when they are at an end, the next page goes on there.
const LOOKED: usize = 2_000;

/// Pictures fetched at once.
const AT_ONCE: usize = 250;

#[derive(Serialize)]
pub(crate) struct Shot {
    pub(crate) seq: u64,
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

pub(crate) fn shot_of_day(row: &report::day::ShotRow, starts: DayStart) -> Shot {
    Shot {
        seq: row.seq,
        at_us: row.at_us,
        day: starts.date_in(row.at_us, &report::text::zone(&row.zone)),
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

fn shot_of_journal(row: &journal::ShotRow, starts: DayStart) -> Shot {
    let shot = &row.shot;
    let window = shot.window.as_ref();
    Shot {
        seq: row.seq,
        at_us: shot.at_us,
        day: starts.date_in(shot.at_us, &report::text::zone(&shot.zone)),
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

/// Which pictures are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Of this day, in the zone of each picture.
    pub(crate) day: Option<Date>,
    /// Of this application, as it is shown.
    pub(crate) app: Option<String>,
    /// With these words in the title or the application's name, in capitals or not.
    pub(crate) words: Option<String>,
    /// With a number below this one.
    pub(crate) before: Option<u64>,
}

impl Wanted {
    fn words(&self) -> Vec<String> {
        let words = self.words.as_deref().unwrap_or_default();
        words.split_whitespace().map(str::to_lowercase).collect()
    }
}

/// A page of the gallery.
#[derive(Serialize)]
pub(crate) struct ShotsAnswer {
    shots: Vec<Shot>,
    /// Applications among those looked at.
    apps: Vec<String>,
    /// Ask with this for the next page.
    before: Option<u64>,
    /// How many were looked through.
    looked: usize,
    needs_passphrase: bool,
}

pub(crate) fn shots(desk: &mut dyn Desk, wanted: &Wanted) -> Result<ShotsAnswer, Refused> {
    let starts = desk.telling()?.starts;
    let which = wanted.day.map_or_else(
        || "the newest ones".to_owned(),
        |day| format!("those of {day}"),
    );
    let reader = desk.look(&format!("pictures on the page ({which})"))?;
    let words = wanted.words();
    let mut apps: Vec<String> = Vec::new();
    let mut found: Vec<Shot> = Vec::new();
    let mut looked = 0;
    let mut before = None;
    let mut below = wanted.before.unwrap_or(u64::MAX);
    'pages: loop {
        let rows = match wanted.day {
            Some(day) => of_day(reader, day, below)?,
            None => reader.shots_below(below, AT_ONCE).map_err(|e| failed(&e))?,
        };
        let last = wanted.day.is_some() || rows.len() < AT_ONCE;
        for row in &rows {
            let shot = shot_of_journal(row, starts);
            below = row.seq;
            looked += 1;
            if wanted.day.is_some_and(|day| day != shot.day) {
                continue;
            }
            if !shot.app.is_empty() && !apps.contains(&shot.app) {
                apps.push(shot.app.clone());
            }
            let named = format!("{}\n{}", shot.app, shot.title).to_lowercase();
            let fits = wanted.app.as_ref().is_none_or(|app| *app == shot.app)
                && words.iter().all(|word| named.contains(word));
            if !fits {
                continue;
            }
            if found.len() == PAGE {
                before = found.last().map(|shot| shot.seq);
                break 'pages;
            }
            found.push(shot);
        }
        if last {
            break;
        }
        if looked >= LOOKED {
            before = Some(below);
            break;
        }
    }
    apps.sort_unstable();
    Ok(ShotsAnswer {
        shots: found,
        apps,
        before,
        looked,
        needs_passphrase: desk.needs_passphrase(),
    })
}

/// Those of a day, newest first: of the three UTC days that any zone's day touches.
fn of_day(reader: &Reader, day: Date, below: u64) -> Result<Vec<journal::ShotRow>, Refused> {
    let since = Date::constant(1970, 1, 1).until(day);
    let utc = since.map_or(0, |span| span.get_days());
    let days = Day(utc.saturating_sub(1))..=Day(utc.saturating_add(1));
    let mut rows = reader.shots_of(&days).map_err(|e| failed(&e))?;
    rows.retain(|row| row.seq < below);
    Ok(rows)
}
