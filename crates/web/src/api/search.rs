//! A search in titles and application names, day by day, as lines of JSON.

use crate::backend::{Backend, BackendError};
use crate::text::{MAX_APP, MAX_SENTENCE, MAX_TITLE, printable_text};
use bytes::Bytes;
use jiff::civil::Date;
use journal::{JournalError, UtcDay};
use model::Timestamp;
use report::query::SearchHit;
use serde::Serialize;
use std::ops::{ControlFlow, RangeInclusive};
use tokio::sync::mpsc::Sender;

/// Most hits of one search.
const MAX_HITS: usize = 300;

/// One line of the answer.
#[derive(Default, Serialize)]
struct SearchLineJson {
    /// The UTC day searched; none in the last line.
    day: Option<Date>,
    hits: Vec<SearchHitJson>,
    /// True in the last line when there are more hits.
    more: bool,
    error: Option<String>,
}

#[derive(Serialize)]
struct SearchHitJson {
    day: Date,
    app: String,
    title: String,
    #[serde(rename = "first_us")]
    first: Timestamp,
    #[serde(rename = "last_us")]
    last: Timestamp,
    active_s: u64,
    /// Offset from UTC on that day, in seconds.
    offset_s: i32,
}

impl SearchLineJson {
    fn lines_of_day(day: UtcDay, hits: Vec<SearchHit>) -> Self {
        let zone = jiff::tz::TimeZone::system();
        let offset = |at: Timestamp| {
            jiff::Timestamp::from_microsecond(at.as_micros())
                .map_or(0, |t| zone.to_offset(t).seconds())
        };
        let hit_json = |hit: SearchHit| SearchHitJson {
            day: hit.day,
            app: printable_text(&hit.app, MAX_APP),
            title: printable_text(&hit.title, MAX_TITLE),
            first: hit.first,
            last: hit.last,
            active_s: hit.active.as_secs(),
            offset_s: offset(hit.first),
        };
        Self {
            day: Date::new(1970, 1, 1)
                .and_then(|d| d.checked_add(jiff::Span::new().days(day.0)))
                .ok(),
            hits: hits.into_iter().map(hit_json).collect(),
            ..Self::default()
        }
    }

    fn last_line(more: bool, error: Option<&JournalError>) -> Self {
        Self {
            more,
            error: error.map(|e| printable_text(&e.to_string(), MAX_SENTENCE)),
            ..Self::default()
        }
    }
}

/// Searches the days, newest first, and sends a line for each; an error is the last line.
pub(crate) fn search_days(
    backend: &mut dyn Backend,
    days: &RangeInclusive<Date>,
    words: &str,
    lines: &Sender<Bytes>,
) {
    if let Err(error) = try_search(backend, days, words, lines) {
        let text = match error {
            BackendError::Locked => "locked".to_owned(),
            BackendError::Denied(text)
            | BackendError::Missing(text)
            | BackendError::Failed(text) => text,
        };
        let line = serde_json::json!({ "hits": [], "more": false, "error": text });
        let _ = send_line(lines, &line);
    }
}

fn try_search(
    backend: &mut dyn Backend,
    days: &RangeInclusive<Date>,
    words: &str,
    lines: &Sender<Bytes>,
) -> Result<(), BackendError> {
    let (first, last) = (days.start(), days.end());
    // Without the search words: they concern nobody but the user.
    let purpose = format!("a search in the titles of {first} to {last}, on the page");
    let reader = backend.open_reader(&purpose)?;
    let epoch = Date::constant(1970, 1, 1);
    let utc_day = |date: &Date| epoch.until(*date).map_or(0, |span| span.get_days());
    // A local day touches two UTC days.
    let utc_days = UtcDay(utc_day(first) - 1)..=UtcDay(utc_day(last) + 1);
    let mut left = MAX_HITS;
    let mut more = false;
    let searched = report::query::search_titles(reader, &utc_days, words, |day, mut hits| {
        more = hits.len() > left;
        hits.truncate(left);
        left -= hits.len();
        match send_line(lines, &SearchLineJson::lines_of_day(day, hits)) {
            true if !more => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    });
    send_line(
        lines,
        &SearchLineJson::last_line(more, searched.as_ref().err()),
    );
    Ok(())
}

/// Sends a line; false when the caller hung up. Waits for a slow caller, which only delays the bounded queue.
fn send_line<T: Serialize>(lines: &Sender<Bytes>, line: &T) -> bool {
    let Ok(mut line) = serde_json::to_vec(line) else {
        return false;
    };
    line.push(b'\n');
    lines.blocking_send(line.into()).is_ok()
}
