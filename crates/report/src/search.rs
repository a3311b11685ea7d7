//! Which windows had these words in their name? Day by day, newest first, so that an answer can be shown while the next
//! is looked for.

use crate::day::{Zones, date_in};
use jiff::civil::Date;
use journal::{Day, JournalError, Reader};
use model::{Coverage, Record};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::{ControlFlow, RangeInclusive};

/// A window on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The date in the zone of the window's first moment.
    pub day: Date,
    /// The application, raw text.
    pub app: String,
    /// The title, raw text.
    pub title: String,
    /// Its first moment, microseconds since the Unix epoch (UTC).
    pub first_us: i64,
    /// Its last moment.
    pub last_us: i64,
    /// Time in state `active`, in microseconds.
    pub active_us: u64,
}

/// Looks through whole UTC days, newest first, and gives each day's hits, longest first, until `each` has enough.
/// Upper and lower case are the same.
///
/// # Errors
/// See [`JournalError`]; rows that cannot be read are passed over.
pub fn titles(
    reader: &Reader,
    days: &RangeInclusive<Day>,
    words: &str,
    mut each: impl FnMut(Day, Vec<Hit>) -> ControlFlow<()>,
) -> Result<(), JournalError> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let mut zones = Zones::default();
    for day in (days.start().0..=days.end().0).rev().map(Day) {
        const DAY_US: i64 = 24 * 3600 * 1_000_000;
        let from = i64::from(day.0) * DAY_US;
        let mut hits: HashMap<(String, String), Option<Hit>> = HashMap::new();
        reader.each_line(from..from + DAY_US, &mut |line| {
            let Ok(line) = line else { return };
            let Record::Span(span) = line.record else {
                return;
            };
            let Some(window) = span.window.as_ref().filter(|_| !span.removed) else {
                return;
            };
            let key = (window.app.clone(), window.title.clone());
            let hit = hits.entry(key).or_insert_with_key(|(app, title)| {
                let name = format!("{app}\n{title}").to_lowercase();
                words.iter().all(|w| name.contains(w)).then(|| Hit {
                    day: date_in(span.start_us, &zones.get(&span.zone)),
                    app: app.clone(),
                    title: title.clone(),
                    first_us: span.start_us,
                    last_us: span.start_us,
                    active_us: 0,
                })
            });
            if let Some(hit) = hit {
                hit.first_us = hit.first_us.min(span.start_us);
                hit.last_us = hit.last_us.max(span.end_us());
                if span.state == Coverage::Active {
                    hit.active_us += span.dur_us;
                }
            }
        })?;
        let mut found: Vec<Hit> = hits.into_values().flatten().collect();
        found.sort_by(|a, b| {
            (b.active_us, a.first_us, &a.title).cmp(&(a.active_us, b.first_us, &b.title))
        });
        if each(day, found).is_break() {
            break;
        }
    }
    Ok(())
}
