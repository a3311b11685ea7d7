//! The day that is going on, at a glance: ten minutes by ten minutes, and the windows that were active longest.
//!
//! Kept in memory for the live console and fed as [`crate::TodayTotals`] is. Always true: its size has a bound
//! ([`MOST_SLOTS`], [`MOST_NAMES`], [`LONGEST_TITLE`]); when there are more names than that, the one with the least time
//! makes room, so the names at the top are right as long as the names at the bottom are short.

use crate::buckets::{TEN_MINUTES, split_by_ten, ten_of};
use crate::timeline::{Timeline, TimelineOwner};
use crate::totals::{PROTECTED, RowKey, StateTimes};
use model::{Counts, Coverage, Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Ten minutes kept of a day; 25 hours are 150, and who travels has more.
pub const MOST_SLOTS: usize = 300;

/// Applications and windows kept, of each.
pub const MOST_NAMES: usize = 200;

/// Characters kept of a name or title.
pub const LONGEST_TITLE: usize = 160;

/// Ten minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryBucket {
    /// Time in each state.
    pub states: StateTimes,
    /// Seconds in which something was typed or clicked.
    pub input_s: u64,
}

impl SummaryBucket {
    /// The state that holds most of it; none when nothing is known of it.
    #[must_use]
    pub fn longest_state(&self) -> Option<Coverage> {
        let known = Coverage::ALL
            .into_iter()
            .filter(|state| !self.states[*state].is_zero());
        known.max_by_key(|state| self.states[*state])
    }

    /// Two of them as one.
    pub fn merge(&mut self, other: &Self) {
        self.states += other.states;
        self.input_s += other.input_s;
    }
}

/// How long something was in front. Raw text: show it through [`model::to_printable`] only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedTime {
    /// The application.
    pub app: String,
    /// The title; empty where applications are meant.
    pub title: String,
    /// Active and idle time.
    #[serde(rename = "us", with = "model::micros")]
    pub duration: Duration,
}

/// The day at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaySummary {
    /// The day's first instant.
    #[serde(rename = "from_us")]
    pub from: Timestamp,
    /// One for each ten minutes from `from` on, up to the last of which something is known.
    pub slots: Vec<SummaryBucket>,
    apps: Vec<NamedTime>,
    windows: Vec<NamedTime>,
}

impl DaySummary {
    /// Nothing yet of a day that begins at `from`.
    #[must_use]
    pub fn new(from: Timestamp) -> Self {
        Self {
            from,
            ..Self::default()
        }
    }

    /// The summary of the day in the journal.
    #[must_use]
    pub fn of(timeline: &Timeline) -> Self {
        let mut summary = Self::new(timeline.from);
        let protected = (PROTECTED.to_owned(), String::new());
        for piece in &timeline.pieces {
            let name = match piece.owner {
                TimelineOwner::Window(n) => timeline.windows.get(n),
                TimelineOwner::Protected => Some(&protected),
                TimelineOwner::Redacted | TimelineOwner::Nobody => None,
            };
            let name = name.map(|(app, title)| (app.as_str(), title.as_str()));
            summary.add_time(piece.from, piece.to, piece.state, name);
        }
        for (n, ten) in timeline.tens.iter().enumerate() {
            let input_s = ten.counts.seconds();
            if input_s > 0
                && let Some(slot) = summary.slot(n)
            {
                slot.input_s += input_s;
            }
        }
        summary
    }

    /// Adds the part of a span within `from..to`.
    pub(crate) fn add_span(&mut self, span: &Span, from: Timestamp, to: Timestamp) {
        let name = match RowKey::of(span) {
            RowKey::Window(window) => Some((window.app.as_str(), window.title.as_str())),
            RowKey::Protected => Some((PROTECTED, "")),
            RowKey::Redacted | RowKey::NoWindow => None,
        };
        self.add_time(from, to, span.state, name);
        if let Some(slot) = self.slot_of(span.start) {
            slot.input_s += span.counts.seconds();
        }
    }

    /// Subtracts the input of a redacted span that began at `start`.
    pub(crate) fn subtract(&mut self, start: Timestamp, counts: Counts) {
        if let Some(slot) = self.slot_of(start) {
            let seconds = counts.seconds();
            slot.input_s = slot.input_s.saturating_sub(seconds);
        }
    }

    /// Adds the totals of another part of the same day. Each part calls the other one `off`, so that is not added.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (n, slot) in (0..).zip(&other.slots) {
            let theirs = SummaryBucket {
                states: slot.states.without_off(),
                ..*slot
            };
            if theirs != SummaryBucket::default()
                && let Some(slot) = self.slot_of(other.from + n * TEN_MINUTES)
            {
                slot.merge(&theirs);
            }
        }
        self.merge_names(other);
    }

    /// Clears every name; times stay.
    pub fn clear_names(&mut self) {
        self.apps.clear();
        self.windows.clear();
    }

    /// Adds the names of another part of the same day.
    pub fn merge_names(&mut self, other: &Self) {
        for app in &other.apps {
            add_name(&mut self.apps, &app.app, &app.title, app.duration);
        }
        for window in &other.windows {
            add_name(
                &mut self.windows,
                &window.app,
                &window.title,
                window.duration,
            );
        }
    }

    /// Applications, longest first.
    #[must_use]
    pub fn top_apps(&self, most: usize) -> Vec<&NamedTime> {
        longest(&self.apps, most)
    }

    /// Windows with a title, longest first.
    #[must_use]
    pub fn top_windows(&self, most: usize) -> Vec<&NamedTime> {
        longest(&self.windows, most)
    }

    /// Adds time in one state, with an application and a title if there is one to name.
    fn add_time(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        state: Coverage,
        name: Option<(&str, &str)>,
    ) {
        let start = self.from;
        let end = start + MOST_SLOTS as u32 * TEN_MINUTES;
        let ten_of = |at| ten_of(at, start);
        split_by_ten(from.max(start), to.min(end), ten_of, |_, from, to| {
            if let Some(slot) = self.slot_of(from) {
                slot.states[state] += to.duration_since(from);
            }
        });
        if let Some((app, title)) = name.filter(|_| state.is_recording()) {
            let length = to.duration_since(from);
            add_name(&mut self.apps, app, "", length);
            if !title.is_empty() {
                add_name(&mut self.windows, app, title, length);
            }
        }
    }

    fn slot_of(&mut self, at: Timestamp) -> Option<&mut SummaryBucket> {
        let tens = at.duration_since(self.from).as_micros() / TEN_MINUTES.as_micros();
        self.slot(usize::try_from(tens).ok().filter(|_| at >= self.from)?)
    }

    fn slot(&mut self, n: usize) -> Option<&mut SummaryBucket> {
        if n >= MOST_SLOTS {
            return None;
        }
        if self.slots.len() <= n {
            self.slots.resize(n + 1, SummaryBucket::default());
        }
        self.slots.get_mut(n)
    }
}

fn longest(names: &[NamedTime], most: usize) -> Vec<&NamedTime> {
    let mut all: Vec<&NamedTime> = names.iter().collect();
    all.sort_by(|a, b| (b.duration, &a.app, &a.title).cmp(&(a.duration, &b.app, &b.title)));
    all.truncate(most);
    all
}

fn add_name(names: &mut Vec<NamedTime>, app: &str, title: &str, duration: Duration) {
    let cut = |text: &str| -> String { text.chars().take(LONGEST_TITLE).collect() };
    let (app, title) = (cut(app), cut(title));
    if let Some(known) = names.iter_mut().find(|n| n.app == app && n.title == title) {
        known.duration += duration;
        return;
    }
    if names.len() >= MOST_NAMES
        && let Some(least) = (0..names.len()).min_by_key(|n| names[*n].duration)
    {
        names.swap_remove(least);
    }
    names.push(NamedTime {
        app,
        title,
        duration,
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use model::{InputCounts, WindowInfo};

    const MINUTE: Duration = Duration::from_secs(60);
    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn span(start: u32, minutes: u32, app: &str, title: &str) -> Span {
        Span {
            start: START + start * MINUTE,
            duration: minutes * MINUTE,
            zone: "UTC".into(),
            state: Coverage::Active,
            protected: false,
            redacted: false,
            window: Some(
                WindowInfo {
                    app: app.into(),
                    exe: String::new(),
                    title: title.into(),
                }
                .into(),
            ),
            counts: Counts {
                hardware: InputCounts {
                    seconds: 7,
                    ..InputCounts::default()
                },
                ..Counts::default()
            },
        }
    }

    fn added(summary: &mut DaySummary, span: &Span) {
        summary.add_span(span, span.start, span.end());
    }

    #[test]
    fn time_falls_into_its_ten_minutes() {
        let mut summary = DaySummary::new(START);
        added(&mut summary, &span(5, 20, "Editor", "a"));
        let active = summary.slots.iter().map(|s| s.states[Coverage::Active]);
        let active: Vec<Duration> = active.collect();
        assert_eq!(
            active,
            [5, 10, 5].map(|m: u32| m * MINUTE),
            "cut at each ten minutes"
        );
        assert_eq!(
            summary.slots[0].input_s, 7,
            "input belongs to where the span began"
        );
        summary.subtract(START + 5 * MINUTE, span(0, 1, "", "").counts);
        assert_eq!(summary.slots[0].input_s, 0);
        assert_eq!(summary.slots[1].longest_state(), Some(Coverage::Active));
        assert_eq!(SummaryBucket::default().longest_state(), None);
    }

    #[test]
    fn names_are_summed_merged_and_forgotten() {
        let mut summary = DaySummary::new(START);
        added(&mut summary, &span(0, 2, "Editor", "a"));
        added(&mut summary, &span(2, 3, "Editor", "b"));
        let mut other = DaySummary::new(START);
        added(&mut other, &span(5, 4, "Browser", "x"));
        let mut hidden = span(9, 9, "Bank", "secret");
        hidden.protected = true;
        hidden.window = None;
        added(&mut other, &hidden);
        summary.merge(&other);
        let apps: Vec<(&str, u64)> = summary
            .top_apps(9)
            .iter()
            .map(|n| (n.app.as_str(), n.duration.as_secs() / 60))
            .collect();
        assert_eq!(apps, [(PROTECTED, 9), ("Editor", 5), ("Browser", 4)]);
        assert_eq!(summary.top_windows(1)[0].title, "x");
        summary.clear_names();
        assert!(summary.top_apps(9).is_empty() && summary.top_windows(9).is_empty());
        assert_eq!(
            summary.slots[0].states[Coverage::Active],
            10 * MINUTE,
            "times stay"
        );
    }

    #[test]
    fn nothing_makes_it_grow_without_bound() {
        let mut summary = DaySummary::new(START);
        let long = "x".repeat(10_000);
        for n in 0..1_000 {
            added(&mut summary, &span(n, 1, "App", &format!("{n}{long}")));
        }
        added(&mut summary, &span(0, 1_000_000, "App", "for ever"));
        assert!(summary.slots.len() <= MOST_SLOTS);
        assert_eq!(summary.top_windows(usize::MAX).len(), MOST_NAMES);
        assert_eq!(summary.top_windows(1)[0].title, "for ever");
        let json = serde_json::to_string(&summary).unwrap();
        assert!(json.len() < 200_000, "{}", json.len());
        assert_eq!(serde_json::from_str::<DaySummary>(&json).unwrap(), summary);
    }

    #[test]
    fn what_lies_before_the_day_is_left_out() {
        let mut summary = DaySummary::new(START + 10 * MINUTE);
        added(&mut summary, &span(5, 10, "Editor", "a"));
        assert_eq!(summary.slots.len(), 1);
        assert_eq!(summary.slots[0].states[Coverage::Active], 5 * MINUTE);
    }
}
