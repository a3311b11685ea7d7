//! A day as a timeline: which window was in front at every moment, and how much happened in each ten minutes.
//!
//! Always true: pieces are sorted, do not overlap, lie within the day, and sum to the day's time outside `off`; the
//! rules at the head of [`crate::day`] hold.

use crate::buckets::{TEN_US, TenMinuteBuckets, split_by_ten, ten_of};
use crate::day_pieces::{DayBuilder, DayPiece};
use crate::totals::{RowKey, WindowKey};
use jiff::tz::TimeZone;
use model::{Counts, Coverage, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most ten minutes of a day; 25 hours are 150, and who travels has more.
const MOST_TENS: i64 = 400;

/// The owner of a piece of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimelineOwner {
    /// A window: its place in [`Timeline::windows`].
    Window(usize),
    /// Something an exclusion rule held back.
    Protected,
    /// Something its owner redacted later.
    #[serde(rename = "removed")]
    Redacted,
    /// No window was active.
    Nobody,
}

/// A time in one state, with one owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelinePiece {
    /// Its start, microseconds since the Unix epoch (UTC).
    pub from_us: i64,
    /// Its end; exclusive.
    pub to_us: i64,
    /// Its state; never `off`.
    pub state: Coverage,
    /// Whose it is.
    pub owner: TimelineOwner,
}

/// Activity in ten minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineBucket {
    /// Time in state `active`, in microseconds.
    pub active_us: u64,
    /// Time in state `idle`, in microseconds.
    pub idle_us: u64,
    /// Seconds in which something was typed or clicked.
    pub input_s: u64,
    /// Keys.
    pub keys: u64,
    /// Clicks.
    pub clicks: u64,
}

/// The timeline of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The day's first instant in its zone, microseconds since the Unix epoch (UTC).
    pub from_us: i64,
    /// The next day's.
    pub to_us: i64,
    /// Application and title of each window, raw text.
    pub windows: Vec<(String, String)>,
    /// The day's pieces. Where there is none, nothing ran.
    pub pieces: Vec<TimelinePiece>,
    /// One for each ten minutes from `from_us` on.
    pub tens: Vec<TimelineBucket>,
}

/// Builder of the timeline of one day.
#[derive(Default)]
pub(crate) struct TimelineBuilder {
    timeline: Timeline,
    /// The place of each window.
    places: BTreeMap<WindowKey, usize>,
    /// When spans with counts began.
    counts: Vec<(i64, Counts)>,
}

impl TimelineBuilder {
    /// `from_us`, `to_us`: the day in the zone last in force. Who travelled has a longer one; all of it is shown.
    pub(crate) fn finish(self, (from_us, to_us): (i64, i64)) -> Timeline {
        let mut out = self.timeline;
        let (first, last) = (out.pieces.first(), out.pieces.last());
        out.from_us = first.map_or(from_us, |first| first.from_us.min(from_us));
        out.to_us = last.map_or(to_us, |last| last.to_us.max(to_us));
        let mut tens = TenMinuteBuckets::default();
        let ten_of = |at| ten_of(at, out.from_us);
        for piece in &out.pieces {
            split_by_ten(piece.from_us, piece.to_us, ten_of, |ten, from, to| {
                tens.add_time(ten, piece.state, to.abs_diff(from));
            });
        }
        for (at, counts) in self.counts {
            tens.add_counts(ten_of(at), counts);
        }
        let starts = (0..MOST_TENS).map(|n| out.from_us.saturating_add(n * TEN_US));
        let buckets = starts.take_while(|start| *start < out.to_us).map(|start| {
            let usage = tens.usage_at(start);
            TimelineBucket {
                active_us: usage.active_us,
                idle_us: usage.idle_us,
                input_s: usage.counts.hardware.seconds + usage.counts.injected.seconds,
                keys: usage.counts.keys(),
                clicks: usage.counts.clicks(),
            }
        });
        out.tens = buckets.collect();
        out
    }

    fn owner_of(&mut self, span: &Span) -> TimelineOwner {
        match WindowKey::of(span) {
            RowKey::Protected => TimelineOwner::Protected,
            RowKey::Redacted => TimelineOwner::Redacted,
            RowKey::NoWindow => TimelineOwner::Nobody,
            RowKey::Window(window) => {
                let known = self.places.get(&window).copied();
                TimelineOwner::Window(known.unwrap_or_else(|| {
                    let windows = &mut self.timeline.windows;
                    windows.push((window.0.app.clone(), window.0.title.clone()));
                    self.places.insert(window, windows.len() - 1);
                    windows.len() - 1
                }))
            }
        }
    }
}

impl DayBuilder for TimelineBuilder {
    fn add_time(&mut self, piece: &DayPiece<'_>) {
        let Some(shown) = piece.shown.filter(|_| piece.state != Coverage::Off) else {
            return;
        };
        let owner = self.owner_of(shown);
        let pieces = &mut self.timeline.pieces;
        let last = pieces.last_mut().filter(|last| {
            (last.to_us, last.state, last.owner) == (piece.from_us, piece.state, owner)
        });
        match last {
            Some(last) => last.to_us = piece.to_us,
            None => pieces.push(TimelinePiece {
                from_us: piece.from_us,
                to_us: piece.to_us,
                state: piece.state,
                owner,
            }),
        }
    }

    fn add_counts(&mut self, _: usize, span: &Span, _: &Span, _: &TimeZone) {
        if !span.counts.is_zero() {
            self.counts.push((span.start.as_micros(), span.counts));
        }
    }
}

#[cfg(test)]
mod tests;
