//! The gallery, and the pixels of one screenshot.

use crate::backend::{Backend, BackendError};
use crate::text::{MAX_APP, MAX_TITLE, printable_text};
use jiff::civil::Date;
use journal::{JournalError, Reader, ScreenshotLocation, UtcDay};
use model::Timestamp;
use report::DayStart;
use serde::Serialize;

/// Screenshots on one page of the gallery.
const PAGE_SIZE: usize = 48;

/// Screenshots looked through for one page; the next page goes on from there.
const MAX_SCANNED: usize = 2_000;

/// Screenshots read at once.
const FETCH_BATCH: usize = 250;

#[derive(Serialize)]
pub(crate) struct ScreenshotJson {
    seq: u64,
    #[serde(rename = "at_us")]
    at: Timestamp,
    day: Date,
    zone: String,
    app: String,
    title: String,
    width: u32,
    height: u32,
    bytes: u64,
    blurred: bool,
    #[serde(rename = "removed")]
    redacted: bool,
    /// `here`, `archived`, `deleted`, `lost`; empty where it was not read.
    place: &'static str,
    /// `sent`, `held` or `waiting`; empty where it was not read.
    sent: &'static str,
}

impl ScreenshotJson {
    pub(super) fn from_day_row(row: &report::DayScreenshot, starts: DayStart) -> Self {
        Self {
            seq: row.seq,
            at: row.at,
            day: starts.date_in(row.at, &report::load_zone(&row.zone)),
            zone: row.zone.clone(),
            app: printable_text(&row.app, MAX_APP),
            title: printable_text(&row.title, MAX_TITLE),
            width: row.width,
            height: row.height,
            bytes: row.bytes,
            blurred: row.blurred,
            redacted: row.redacted,
            place: "",
            sent: "",
        }
    }

    fn from_journal_row(row: &journal::ScreenshotEntry, starts: DayStart) -> Self {
        let shot = &row.shot;
        let window = shot.window.as_ref();
        Self {
            seq: row.seq,
            at: shot.at,
            day: starts.date_in(shot.at, &report::load_zone(&shot.zone)),
            zone: shot.zone.to_string(),
            app: window.map_or_else(String::new, |w| printable_text(&w.app, MAX_APP)),
            title: window.map_or_else(String::new, |w| printable_text(&w.title, MAX_TITLE)),
            width: shot.width,
            height: shot.height,
            bytes: shot.bytes,
            blurred: shot.blurred,
            redacted: shot.redacted,
            place: match row.place {
                ScreenshotLocation::Local => "here",
                ScreenshotLocation::Archived => "archived",
                ScreenshotLocation::Deleted => "deleted",
                ScreenshotLocation::Lost => "lost",
            },
            sent: match (row.acked, row.held) {
                (true, _) => "sent",
                (_, true) => "held",
                _ => "waiting",
            },
        }
    }
}

/// The filter of a gallery.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScreenshotFilter {
    /// Of this day, in the zone of each screenshot.
    pub(crate) day: Option<Date>,
    /// Of this application, as shown.
    pub(crate) app: Option<String>,
    /// With all these words in the title or the application's name, in any case.
    pub(crate) words: Option<String>,
    /// With a number below this.
    pub(crate) before: Option<u64>,
}

impl ScreenshotFilter {
    fn lower_case_words(&self) -> Vec<String> {
        let words = self.words.as_deref().unwrap_or_default();
        words.split_whitespace().map(str::to_lowercase).collect()
    }

    fn matches(&self, screenshot: &ScreenshotJson, words: &[String]) -> bool {
        let names = format!("{}\n{}", screenshot.app, screenshot.title).to_lowercase();
        self.app.as_ref().is_none_or(|app| *app == screenshot.app)
            && words.iter().all(|word| names.contains(word))
    }
}

/// A page of the gallery.
#[derive(Serialize)]
pub(crate) struct GalleryJson {
    shots: Vec<ScreenshotJson>,
    /// The applications of the screenshots looked through.
    apps: Vec<String>,
    /// The filter's `before` for the next page; none after the last page.
    before: Option<u64>,
    /// Number of screenshots looked through.
    looked: usize,
    needs_passphrase: bool,
}

pub(crate) fn read_gallery(
    backend: &mut dyn Backend,
    filter: &ScreenshotFilter,
) -> Result<GalleryJson, BackendError> {
    let starts = backend.report_config()?.starts;
    let which = filter.day.map_or_else(
        || "the newest ones".to_owned(),
        |day| format!("those of {day}"),
    );
    let reader = backend.open_reader(&format!("screenshots on the page ({which})"))?;
    let words = filter.lower_case_words();
    let mut apps: Vec<String> = Vec::new();
    let mut shots: Vec<ScreenshotJson> = Vec::new();
    let mut looked = 0;
    let mut before = None;
    let mut below = filter.before.unwrap_or(u64::MAX);
    'batches: loop {
        let rows = match filter.day {
            Some(day) => rows_of_day(reader, day, below)?,
            None => reader.screenshots_below(below, FETCH_BATCH)?,
        };
        let is_last = filter.day.is_some() || rows.len() < FETCH_BATCH;
        for row in &rows {
            let screenshot = ScreenshotJson::from_journal_row(row, starts);
            below = row.seq;
            looked += 1;
            if filter.day.is_some_and(|day| day != screenshot.day) {
                continue;
            }
            if !screenshot.app.is_empty() && !apps.contains(&screenshot.app) {
                apps.push(screenshot.app.clone());
            }
            if !filter.matches(&screenshot, &words) {
                continue;
            }
            if shots.len() == PAGE_SIZE {
                before = shots.last().map(|shot| shot.seq);
                break 'batches;
            }
            shots.push(screenshot);
        }
        if is_last {
            break;
        }
        if looked >= MAX_SCANNED {
            before = Some(below);
            break;
        }
    }
    apps.sort_unstable();
    Ok(GalleryJson {
        shots,
        apps,
        before,
        looked,
        needs_passphrase: backend.needs_passphrase(),
    })
}

/// The rows of the three UTC days that a day of any zone touches, newest first.
fn rows_of_day(
    reader: &Reader,
    day: Date,
    below: u64,
) -> Result<Vec<journal::ScreenshotEntry>, JournalError> {
    let since = Date::constant(1970, 1, 1).until(day);
    let utc = since.map_or(0, |span| span.get_days());
    let days = UtcDay(utc.saturating_sub(1))..=UtcDay(utc.saturating_add(1));
    let mut rows = reader.screenshots_of(&days)?;
    rows.retain(|row| row.seq < below);
    Ok(rows)
}

/// A screenshot's file and its media type.
pub(crate) fn read_screenshot(
    backend: &mut dyn Backend,
    seq: u64,
) -> Result<(Vec<u8>, &'static str), BackendError> {
    let reader = backend.open_reader(&format!("screenshot {seq}, on the page"))?;
    let bytes = reader.open_screenshot(seq)?;
    let media = media_type(&bytes);
    Ok((bytes, media))
}

fn media_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, ..] => "image/jpeg",
        _ if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => "image/webp",
        _ => "application/octet-stream",
    }
}
