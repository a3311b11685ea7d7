//! The time line in stretches: one state, one owner, one zone each; and which interruptions are too short to matter.
//!
//! # Invariants
//! * A view changes no sum: it decides which day an instant belongs to, and which window a visit is counted to; every
//!   instant and every count stays in exactly one place.
//! * Protected and redacted time is never counted to something else.

use crate::calendar::DayStart;
use crate::ownership::{OwnedInterval, resolve_overlaps};
use model::{Coverage, Record, RecordLine, Span, Timestamp};
use std::collections::HashMap;
use std::time::Duration;

/// From when until when there is anything to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The first record's start.
    pub began: Timestamp,
    /// The present.
    pub now: Timestamp,
}

/// The spans among some records, and those that are not closed yet.
pub(crate) fn spans_of<'a>(lines: &'a [RecordLine], pending: &'a [Span]) -> Vec<&'a Span> {
    let spans = lines.iter().filter_map(|line| match &line.record {
        Record::Span(span) => Some(span),
        _ => None,
    });
    spans.chain(pending).collect()
}

/// Covers the extent exactly once: gives the intervals within it, and the gaps between them. `visit` gets start and end, whose
/// interval it is, and whose zone is in force: in a gap that of the interval before, or else of the first.
pub(crate) fn cover_extent(
    intervals: &[OwnedInterval],
    extent: Extent,
    mut visit: impl FnMut(Timestamp, Timestamp, Option<usize>, Option<usize>),
) {
    let mut zone = intervals.first().map(|interval| interval.span);
    let mut at = extent.began;
    for interval in intervals {
        let from = interval.start.max(at).min(extent.now);
        let to = interval.end.min(extent.now);
        if at < from {
            visit(at, from, None, zone);
        }
        at = at.max(from);
        zone = Some(interval.span);
        if from < to {
            visit(from, to, zone, zone);
            at = to;
        }
    }
    if at < extent.now {
        visit(at, extent.now, None, zone);
    }
}

/// A way to look at days; as a rule they begin at midnight and nothing is merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewOptions {
    /// When days begin.
    pub starts: DayStart,
    /// A visit to another application that is shorter than this and lies between two visits to the same
    /// application is counted to that one.
    pub merge: Duration,
}

/// A piece of the time line: one state, one owner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'a> {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// IANA name of the zone in force.
    pub(crate) zone: &'a str,
    /// The span that owns it; none while nothing ran.
    pub(crate) owner: Option<&'a Span>,
    /// Index of the owner.
    index: usize,
    /// The span whose window it is counted to: the owner, or one that it only interrupted.
    pub(crate) shown: Option<&'a Span>,
}

/// The stretches of some time, and which spans' counts go to another span's window.
pub(crate) struct Stretches<'a> {
    pub(crate) list: Vec<Stretch<'a>>,
    moved: HashMap<usize, &'a Span>,
}

impl<'a> Stretches<'a> {
    /// Consecutive stretches that cover the extent exactly once. `spans` in the journal's order; `zone`: that of the time
    /// before the first span.
    pub(crate) fn new(spans: &[&'a Span], extent: Extent, zone: &'a str, merge: Duration) -> Self {
        let mut list = Vec::new();
        let pieces = resolve_overlaps(spans);
        cover_extent(&pieces, extent, |from, to, index, zone_of| {
            let owner = index.map(|n| spans[n]);
            list.push(Stretch {
                from,
                to,
                zone: zone_of.map_or(zone, |n| &*spans[n].zone),
                owner,
                index: index.unwrap_or(usize::MAX),
                shown: owner,
            });
        });
        let mut stretches = Self {
            list,
            moved: HashMap::new(),
        };
        if !merge.is_zero() {
            stretches.merge(merge);
        }
        stretches
    }

    /// The span whose window a span's counts go to.
    pub(crate) fn counted_to(&self, index: usize, span: &'a Span) -> &'a Span {
        self.moved.get(&index).copied().unwrap_or(span)
    }

    fn merge(&mut self, merge: Duration) {
        let mut visits: Vec<Visit<'a>> = Vec::new();
        for n in 0..self.list.len() {
            let visit = Visit::of(&self.list[n], n);
            match visits.last_mut() {
                Some(last) if last.app.is_some() && last.app == visit.app => last.extend(&visit),
                _ => visits.push(visit),
            }
            while let [.., before, middle, after] = visits.as_slice() {
                let short = middle.app.is_some() && middle.length < merge;
                if !short || before.app.is_none() || before.app != after.app {
                    break;
                }
                let (within, to) = (middle.first..=middle.last, before.shown);
                for stretch in &mut self.list[within] {
                    stretch.shown = to;
                    if let Some(to) = to {
                        self.moved.insert(stretch.index, to);
                    }
                }
                let (middle, after) = (middle.clone(), after.clone());
                visits.truncate(visits.len() - 2);
                if let Some(before) = visits.last_mut() {
                    before.extend(&middle);
                    before.extend(&after);
                }
            }
        }
    }
}

/// Neighbouring stretches of one application.
#[derive(Clone)]
struct Visit<'a> {
    /// None where there is no window, or its application is withheld.
    app: Option<&'a str>,
    first: usize,
    last: usize,
    length: Duration,
    shown: Option<&'a Span>,
}

impl<'a> Visit<'a> {
    fn of(stretch: &Stretch<'a>, place: usize) -> Self {
        let named = stretch.owner.filter(|s| {
            let recorded = matches!(s.state, Coverage::Active | Coverage::Idle);
            recorded && !s.protected && !s.redacted
        });
        Self {
            app: named
                .and_then(|s| s.window.as_deref())
                .map(|w| w.app.as_str()),
            first: place,
            last: place,
            length: stretch.to.duration_since(stretch.from),
            shown: stretch.shown,
        }
    }

    fn extend(&mut self, next: &Self) {
        self.last = next.last;
        self.length += next.length;
        if next.app == self.app {
            self.shown = next.shown;
        }
    }
}
