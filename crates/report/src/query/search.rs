//! A search for windows by words in their names, day by day, newest first, so that an answer can be shown while the next
//! is looked for. It reads roll-ups where there are any that hold titles, and records elsewhere.

use super::rollup_coverage::RollupCoverage;
use crate::calendar::ZoneCalendars;
use crate::rollup::{Rollup, split_content};
use crate::totals::{Usage, window_of};
use jiff::civil::Date;
use journal::{JournalError, QuarterHour, Reader, UtcDay};
use model::{Record, Timestamp};
use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::ops::{ControlFlow, RangeInclusive};
use std::time::Duration;

/// A window on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHit {
    /// The date in the zone of the window's first moment.
    pub day: Date,
    /// The application, raw text.
    pub app: String,
    /// The title, raw text.
    pub title: String,
    /// Its first moment.
    #[serde(rename = "first_us")]
    pub first: Timestamp,
    /// Its last moment.
    #[serde(rename = "last_us")]
    pub last: Timestamp,
    /// Time in state `active`.
    #[serde(rename = "active_us", with = "model::micros")]
    pub active: Duration,
}

/// The words looked for, in capitals or not.
struct SearchWords(Vec<Regex>);

impl SearchWords {
    fn new(words: &str) -> Self {
        let word = |word: &str| {
            RegexBuilder::new(&regex::escape(word))
                .case_insensitive(true)
                .build()
                .ok()
        };
        // A word too long to be looked for has no window.
        Self(words.split_whitespace().filter_map(word).collect())
    }

    /// Are all of them in it?
    fn are_in(&self, app: &str, title: &str) -> bool {
        let found = |word: &Regex| word.is_match(app.as_bytes()) || word.is_match(title.as_bytes());
        self.0.iter().all(found)
    }

    /// May all of them be in one of the windows that lie there? None of them holds a blank, so none reaches from one text
    /// into the next.
    fn may_be_in(&self, content: &[u8]) -> bool {
        self.0.iter().all(|word| word.is_match(content))
    }
}

/// A day's windows by application and title; `None` for those without the words.
#[derive(Default)]
struct DayHits(HashMap<String, HashMap<String, Option<SearchHit>>>);

impl DayHits {
    fn add(
        &mut self,
        (app, title): (&str, &str),
        words: &SearchWords,
        (first, last): (Timestamp, Timestamp),
        active: Duration,
        day: impl FnOnce() -> Date,
    ) {
        if let Some(known) = self.0.get_mut(app).and_then(|w| w.get_mut(title)) {
            if let Some(hit) = known {
                // The later one may come first: the date is that of the first moment.
                if first < hit.first {
                    (hit.first, hit.day) = (first, day());
                }
                hit.last = hit.last.max(last);
                hit.active += active;
            }
            return;
        }
        let hit = words.are_in(app, title).then(|| SearchHit {
            day: day(),
            app: app.to_owned(),
            title: title.to_owned(),
            first,
            last,
            active,
        });
        let windows = self.0.entry(app.to_owned()).or_default();
        windows.insert(title.to_owned(), hit);
    }

    fn into_longest_first(self) -> Vec<SearchHit> {
        let hits = self.0.into_values().flat_map(HashMap::into_values);
        let mut found: Vec<SearchHit> = hits.flatten().collect();
        found.sort_by(|a, b| (b.active, a.first, &a.title).cmp(&(a.active, b.first, &b.title)));
        found
    }
}

/// Looks through whole UTC days, newest first, and gives each day's hits, longest first, until `each` has enough.
/// Upper and lower case are the same.
///
/// # Errors
/// See [`JournalError`]; rows that cannot be read are passed over.
pub fn search_titles(
    reader: &Reader,
    days: &RangeInclusive<UtcDay>,
    words: &str,
    mut each: impl FnMut(UtcDay, Vec<SearchHit>) -> ControlFlow<()>,
) -> Result<(), JournalError> {
    let words = SearchWords::new(words);
    let known = RollupCoverage::of(reader)?;
    let mut zones = ZoneCalendars::default();
    for day in (days.start().0..=days.end().0).rev().map(UtcDay) {
        let hits = search_day(reader, day, &words, &known, &mut zones)?;
        if each(day, hits.into_longest_first()).is_break() {
            break;
        }
    }
    Ok(())
}

fn search_day(
    reader: &Reader,
    day: UtcDay,
    words: &SearchWords,
    known: &RollupCoverage,
    zones: &mut ZoneCalendars,
) -> Result<DayHits, JournalError> {
    let mut hits = DayHits::default();
    let slots = QuarterHour::of(day.start())..QuarterHour::of(day.end());
    // From records: the time that no roll-up covers.
    let mut read: BTreeSet<_> = QuarterHour::each(slots.clone())
        .filter(|slot| !known.is_known(*slot))
        .collect();
    let mut wanted = read.clone();
    let mut before: Option<(QuarterHour, Vec<u8>)> = None;
    reader.for_each_rollup(slots.start - 1..slots.end, &mut |row| {
        let content = row.content.unwrap_or_default();
        if row.quarter_hour >= slots.start && known.is_known(row.quarter_hour) {
            match split_content(&content).1 {
                Some(windows) if !words.may_be_in(windows) => {}
                Some(_)
                    if search_slot(row.quarter_hour, &content, words, &mut hits, zones)
                        .is_some() => {}
                _ => {
                    read.insert(row.quarter_hour);
                    wanted.insert(row.quarter_hour);
                    // A span that began where a roll-up tells may reach into it.
                    let last = before
                        .as_ref()
                        .filter(|(slot, _)| *slot + 1 == row.quarter_hour);
                    let last = last.and_then(|(slot, content)| Rollup::decode(*slot, content));
                    wanted.extend(last.and_then(|rollup| rollup.carried_from));
                }
            }
        }
        before = Some((row.quarter_hour, content));
    })?;
    if read.is_empty() {
        return Ok(hits);
    }
    reader.for_each_record_of(&wanted, &mut |line| {
        let Ok(line) = line else { return };
        let Record::Span(span) = line.record else {
            return;
        };
        let Some(window) = window_of(&span) else {
            return;
        };
        let (start, end) = (span.start, span.end());
        for slot in QuarterHour::each(QuarterHour::of(start)..slots.end) {
            // The last slot of the day stands for all that follows it.
            let last = slot + 1 == slots.end;
            let (from, to) = (
                start.max(slot.start()),
                if last { end } else { end.min(slot.end()) },
            );
            if read.contains(&slot) {
                let mut usage = Usage::default();
                usage.add_time(span.state, to.duration_since(from));
                let zone = &span.zone;
                let name = (window.app.as_str(), window.title.as_str());
                hits.add(name, words, (from, to), usage.active, || {
                    zones.get(zone).day_of(from).0
                });
            }
            if end <= slot.end() {
                break;
            }
        }
    })?;
    Ok(hits)
}

/// The windows of a slot that have the words; `None` when it does not tell.
fn search_slot(
    slot: QuarterHour,
    content: &[u8],
    words: &SearchWords,
    hits: &mut DayHits,
    zones: &mut ZoneCalendars,
) -> Option<()> {
    let rollup = Rollup::decode(slot, content)?;
    let mut found = Vec::new();
    rollup.for_each_window(content, &mut |window| found.push(window))?;
    let zone = zones.get(&rollup.zone);
    for window in found {
        let name = (window.app, window.title);
        let active = window.usage.active;
        hits.add(name, words, window.seen, active, || {
            zone.day_of(window.seen.0).0
        });
    }
    Some(())
}
