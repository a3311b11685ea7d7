//! The day that is going on, at a glance: ten minutes by ten minutes, and the windows that were active longest.
//!
//! Kept in memory for the live console and fed as [`crate::TodayTotals`] is. Always true: its size has a bound
//! ([`MOST_SLOTS`], [`MOST_NAMES`], [`LONGEST_TITLE`]); when there are more names than that, the one with the least time
//! makes room, so the names at the top are right as long as the names at the bottom are short.

use crate::buckets::{TEN_US, split_by_ten, ten_of};
use crate::timeline::{Timeline, TimelineOwner};
use crate::totals::PROTECTED;
use model::{Counts, Coverage, Span};
use serde::{Deserialize, Serialize};

/// Ten minutes kept of a day; 25 hours are 150, and who travels has more.
pub const MOST_SLOTS: usize = 300;

/// Applications and windows kept, of each.
pub const MOST_NAMES: usize = 200;

/// Characters kept of a name or title.
pub const LONGEST_TITLE: usize = 160;

/// Ten minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryBucket {
    /// Time in each state, in microseconds, in the order of [`Coverage::ALL`].
    pub states: [u64; Coverage::ALL.len()],
    /// Seconds in which something was typed or clicked.
    pub input_s: u64,
}

impl SummaryBucket {
    /// The state that holds most of it; none when nothing is known of it.
    #[must_use]
    pub fn longest_state(&self) -> Option<Coverage> {
        Coverage::ALL
            .into_iter()
            .filter(|state| self.states[*state as usize] > 0)
            .max_by_key(|state| self.states[*state as usize])
    }

    /// Two of them as one.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.states.iter_mut().zip(other.states) {
            *mine += theirs;
        }
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
    /// Active and idle time, in microseconds.
    pub us: u64,
}

/// The day at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaySummary {
    /// The day's first instant, microseconds since the Unix epoch (UTC).
    pub from_us: i64,
    /// One for each ten minutes from `from_us` on, up to the last of which something is known.
    pub slots: Vec<SummaryBucket>,
    apps: Vec<NamedTime>,
    windows: Vec<NamedTime>,
}

impl DaySummary {
    /// Nothing yet of a day that begins at `from_us`.
    #[must_use]
    pub fn new(from_us: i64) -> Self {
        Self {
            from_us,
            ..Self::default()
        }
    }

    /// The summary of the day in the journal.
    #[must_use]
    pub fn of(timeline: &Timeline) -> Self {
        let mut summary = Self::new(timeline.from_us);
        for piece in &timeline.pieces {
            summary.time(piece.from_us, piece.to_us, piece.state);
            let us = piece.to_us.abs_diff(piece.from_us);
            match piece.owner {
                TimelineOwner::Window(n) => {
                    if let Some((app, title)) = timeline.windows.get(n) {
                        summary.named(app, title, us, piece.state);
                    }
                }
                TimelineOwner::Protected => summary.named(PROTECTED, "", us, piece.state),
                TimelineOwner::Redacted | TimelineOwner::Nobody => {}
            }
        }
        for (n, ten) in timeline.tens.iter().enumerate() {
            if ten.input_s > 0
                && let Some(slot) = summary.slot(n)
            {
                slot.input_s += ten.input_s;
            }
        }
        summary
    }

    /// Adds the part of a span within `from_us..to_us`.
    pub(crate) fn add(&mut self, span: &Span, from_us: i64, to_us: i64) {
        self.time(from_us, to_us, span.state);
        let us = to_us.abs_diff(from_us);
        match &span.window {
            _ if span.protected => self.named(PROTECTED, "", us, span.state),
            Some(window) if !span.redacted => {
                self.named(&window.app, &window.title, us, span.state);
            }
            _ => {}
        }
        if let Some(slot) = self.at(span.start.as_micros()) {
            slot.input_s += span.counts.hardware.seconds + span.counts.injected.seconds;
        }
    }

    /// Subtracts the input of a redacted span that began at `start_us`.
    pub(crate) fn subtract(&mut self, start_us: i64, counts: Counts) {
        if let Some(slot) = self.at(start_us) {
            let seconds = counts.hardware.seconds + counts.injected.seconds;
            slot.input_s = slot.input_s.saturating_sub(seconds);
        }
    }

    /// Adds the totals of another part of the same day. Each part calls the other one `off`, so that is not added.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (n, theirs) in other.slots.iter().enumerate() {
            let mut theirs = *theirs;
            theirs.states[Coverage::Off as usize] = 0;
            let at_us = i64::try_from(n).map_or(i64::MAX, |n| n.saturating_mul(TEN_US));
            if theirs != SummaryBucket::default()
                && let Some(slot) = self.at(other.from_us.saturating_add(at_us))
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
            put(&mut self.apps, &app.app, &app.title, app.us);
        }
        for window in &other.windows {
            put(&mut self.windows, &window.app, &window.title, window.us);
        }
    }

    /// Applications, longest first.
    #[must_use]
    pub fn top_apps(&self, most: usize) -> Vec<&NamedTime> {
        top(&self.apps, most)
    }

    /// Windows with a title, longest first.
    #[must_use]
    pub fn top_windows(&self, most: usize) -> Vec<&NamedTime> {
        top(&self.windows, most)
    }

    fn time(&mut self, from_us: i64, to_us: i64, state: Coverage) {
        let start = self.from_us;
        let end = start.saturating_add(MOST_SLOTS as i64 * TEN_US);
        let ten_of = |at| ten_of(at, start);
        split_by_ten(from_us.max(start), to_us.min(end), ten_of, |_, from, to| {
            if let Some(slot) = self.at(from) {
                slot.states[state as usize] += to.abs_diff(from);
            }
        });
    }

    fn named(&mut self, app: &str, title: &str, us: u64, state: Coverage) {
        if state.is_recording() {
            put(&mut self.apps, app, "", us);
            if !title.is_empty() {
                put(&mut self.windows, app, title, us);
            }
        }
    }

    fn at(&mut self, at_us: i64) -> Option<&mut SummaryBucket> {
        let n = at_us.checked_sub(self.from_us)?.div_euclid(TEN_US);
        self.slot(usize::try_from(n).ok()?)
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

fn top(names: &[NamedTime], most: usize) -> Vec<&NamedTime> {
    let mut all: Vec<&NamedTime> = names.iter().collect();
    all.sort_by(|a, b| (b.us, &a.app, &a.title).cmp(&(a.us, &b.app, &b.title)));
    all.truncate(most);
    all
}

fn put(names: &mut Vec<NamedTime>, app: &str, title: &str, us: u64) {
    let cut = |text: &str| -> String { text.chars().take(LONGEST_TITLE).collect() };
    let (app, title) = (cut(app), cut(title));
    if let Some(known) = names.iter_mut().find(|n| n.app == app && n.title == title) {
        known.us += us;
        return;
    }
    if names.len() >= MOST_NAMES
        && let Some(least) = (0..names.len()).min_by_key(|n| names[*n].us)
    {
        names.swap_remove(least);
    }
    names.push(NamedTime { app, title, us });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use model::{InputCounts, WindowInfo};

    const MINUTE: i64 = 60_000_000;

    fn span(start_us: i64, minutes: i64, app: &str, title: &str) -> Span {
        Span {
            start: model::Timestamp::from_micros(start_us),
            duration: std::time::Duration::from_micros((minutes * MINUTE).unsigned_abs()),
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
        summary.add(span, span.start.as_micros(), span.end().as_micros());
    }

    #[test]
    fn time_falls_into_its_ten_minutes() {
        let mut summary = DaySummary::new(0);
        added(&mut summary, &span(5 * MINUTE, 20, "Editor", "a"));
        let active: Vec<u64> = summary.slots.iter().map(|s| s.states[0]).collect();
        assert_eq!(
            active,
            [5, 10, 5].map(|m: u64| m * MINUTE.unsigned_abs()),
            "cut at each ten minutes"
        );
        assert_eq!(
            summary.slots[0].input_s, 7,
            "input belongs to where the span began"
        );
        summary.subtract(5 * MINUTE, span(0, 1, "", "").counts);
        assert_eq!(summary.slots[0].input_s, 0);
        assert_eq!(summary.slots[1].longest_state(), Some(Coverage::Active));
        assert_eq!(SummaryBucket::default().longest_state(), None);
    }

    #[test]
    fn names_are_summed_merged_and_forgotten() {
        let mut summary = DaySummary::new(0);
        added(&mut summary, &span(0, 2, "Editor", "a"));
        added(&mut summary, &span(2 * MINUTE, 3, "Editor", "b"));
        let mut other = DaySummary::new(0);
        added(&mut other, &span(5 * MINUTE, 4, "Browser", "x"));
        let mut hidden = span(9 * MINUTE, 9, "Bank", "secret");
        hidden.protected = true;
        hidden.window = None;
        added(&mut other, &hidden);
        summary.merge(&other);
        let apps: Vec<(&str, u64)> = summary
            .top_apps(9)
            .iter()
            .map(|n| (n.app.as_str(), n.us / MINUTE.unsigned_abs()))
            .collect();
        assert_eq!(apps, [(PROTECTED, 9), ("Editor", 5), ("Browser", 4)]);
        assert_eq!(summary.top_windows(1)[0].title, "x");
        summary.clear_names();
        assert!(summary.top_apps(9).is_empty() && summary.top_windows(9).is_empty());
        assert_eq!(
            summary.slots[0].states[0],
            10 * MINUTE.unsigned_abs(),
            "times stay"
        );
    }

    #[test]
    fn nothing_makes_it_grow_without_bound() {
        let mut summary = DaySummary::new(0);
        let long = "x".repeat(10_000);
        for n in 0..1_000 {
            added(
                &mut summary,
                &span(n * MINUTE, 1, "App", &format!("{n}{long}")),
            );
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
        let mut summary = DaySummary::new(10 * MINUTE);
        added(&mut summary, &span(5 * MINUTE, 10, "Editor", "a"));
        assert_eq!(summary.slots.len(), 1);
        assert_eq!(summary.slots[0].states[0], 5 * MINUTE.unsigned_abs());
    }
}
