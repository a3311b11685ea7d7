//! What a search found, as lines of JSON.

use crate::api::day::{APP, TITLE, text};
use jiff::civil::Date;
use journal::{Day, JournalError};
use report::search::Hit;
use serde::Serialize;

/// One line of a search's answer.
#[derive(Serialize)]
pub(crate) struct Found {
    /// The UTC day looked through.
    day: Option<Date>,
    hits: Vec<FoundHit>,
    /// True on the last line when there are more.
    more: bool,
    error: Option<String>,
}

#[derive(Serialize)]
struct FoundHit {
    day: Date,
    app: String,
    title: String,
    first_us: i64,
    last_us: i64,
    active_s: u64,
    /// Seconds from UTC on that day.
    offset_s: i32,
}

impl Found {
    pub(crate) fn day(day: Day, hits: Vec<Hit>) -> Self {
        let zone = jiff::tz::TimeZone::system();
        let offset = |us: i64| {
            jiff::Timestamp::from_microsecond(us).map_or(0, |t| zone.to_offset(t).seconds())
        };
        Self {
            day: Date::new(1970, 1, 1)
                .and_then(|d| d.checked_add(jiff::Span::new().days(day.0)))
                .ok(),
            hits: hits
                .into_iter()
                .map(|h| FoundHit {
                    day: h.day,
                    app: text(&h.app, APP),
                    title: text(&h.title, TITLE),
                    first_us: h.first_us,
                    last_us: h.last_us,
                    active_s: h.active_us / 1_000_000,
                    offset_s: offset(h.first_us),
                })
                .collect(),
            more: false,
            error: None,
        }
    }

    pub(crate) fn end(more: bool, error: Option<&JournalError>) -> Self {
        Self {
            day: None,
            hits: Vec::new(),
            more,
            error: error.map(|e| text(&e.to_string(), 400)),
        }
    }
}
