//! A day as a timeline: which window was in front at every moment, and how much happened in each ten minutes.
//!
//! Always true: pieces are sorted, do not overlap, lie within the day, and sum to the day's time outside `off`; the
//! rules at the head of [`crate::day`] hold.

use crate::buckets::{TEN_MINUTES, TenMinuteBuckets, split_by_ten, ten_of};
use crate::day_pieces::{DayBuilder, DayPiece};
use crate::totals::{RowKey, Usage, WindowKey};
use jiff::tz::TimeZone;
use model::{Counts, Coverage, Span, Timestamp};
use std::collections::BTreeMap;
use std::ops::Range;

/// The most ten minutes of a day; 25 hours are 150, and who travels has more.
const MOST_TENS: u32 = 400;

/// The owner of a piece of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimelineOwner {
    /// A window: its place in [`Timeline::windows`].
    Window(usize),
    /// Something an exclusion rule held back.
    Protected,
    /// Something its owner redacted later.
    Redacted,
    /// No window was active.
    Nobody,
}

/// A time in one state, with one owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelinePiece {
    /// Its start.
    pub from: Timestamp,
    /// Its end; exclusive.
    pub to: Timestamp,
    /// Its state; never `off`.
    pub state: Coverage,
    /// Whose it is.
    pub owner: TimelineOwner,
}

/// The timeline of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The day's first instant in its zone.
    pub from: Timestamp,
    /// The next day's.
    pub to: Timestamp,
    /// Application and title of each window, raw text.
    pub windows: Vec<(String, String)>,
    /// The day's pieces. Where there is none, nothing ran.
    pub pieces: Vec<TimelinePiece>,
    /// Time and counts of each ten minutes from `from` on.
    pub tens: Vec<Usage>,
}

/// Builder of the timeline of one day.
#[derive(Default)]
pub(crate) struct TimelineBuilder {
    timeline: Timeline,
    /// The place of each window.
    places: BTreeMap<WindowKey, usize>,
    /// When spans with counts began.
    counts: Vec<(Timestamp, Counts)>,
}

impl TimelineBuilder {
    /// `bounds`: those of the day in the zone last in force. Who travelled has a longer one; all of it is shown.
    pub(crate) fn finish(self, bounds: Range<Timestamp>) -> Timeline {
        let mut out = self.timeline;
        let (first, last) = (out.pieces.first(), out.pieces.last());
        out.from = first.map_or(bounds.start, |first| first.from.min(bounds.start));
        out.to = last.map_or(bounds.end, |last| last.to.max(bounds.end));
        let mut tens = TenMinuteBuckets::default();
        let ten_of = |at| ten_of(at, out.from);
        for piece in &out.pieces {
            split_by_ten(piece.from, piece.to, ten_of, |ten, from, to| {
                tens.add_time(ten, piece.state, to.duration_since(from));
            });
        }
        for (at, counts) in self.counts {
            tens.add_counts(ten_of(at), counts);
        }
        let starts = (0..MOST_TENS).map(|n| out.from + n * TEN_MINUTES);
        let starts = starts.take_while(|start| *start < out.to);
        out.tens = starts.map(|start| tens.usage_at(start)).collect();
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
        let last = pieces
            .last_mut()
            .filter(|last| (last.to, last.state, last.owner) == (piece.from, piece.state, owner));
        match last {
            Some(last) => last.to = piece.to,
            None => pieces.push(TimelinePiece {
                from: piece.from,
                to: piece.to,
                state: piece.state,
                owner,
            }),
        }
    }

    fn add_counts(&mut self, _: usize, span: &Span, _: &Span, _: &TimeZone) {
        if !span.counts.is_zero() {
            self.counts.push((span.start, span.counts));
        }
    }
}

#[cfg(test)]
mod tests;
