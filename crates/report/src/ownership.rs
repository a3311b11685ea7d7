//! Which span owns which instant.
//!
//! # Invariants
//! * Pieces never overlap and are sorted by start; each is non-empty.
//! * Where spans overlap in UTC (somebody set the clock back), **the span later in the journal owns the instant**:
//!   the correction came after the mistake. So no instant is counted twice.
//! * Where no span lies (the clock was set forward, or uam did not run), there is no piece; readers call that
//!   [`model::Coverage::Off`].

use model::{Span, Timestamp};
use std::collections::BTreeMap;

/// A non-empty interval `[start, end)` owned by one span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnedInterval {
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// Index of the owning span in the slice given to [`resolve_overlaps`].
    pub span: usize,
}

/// The pieces of `spans`, which must be in the journal's order. Costs O(n log n).
#[must_use]
pub(crate) fn resolve_overlaps(spans: &[&Span]) -> Vec<OwnedInterval> {
    pieces_of(spans.iter().map(|span| (span.start, span.end())))
}

/// The same of bare starts and ends.
pub(crate) fn pieces_of(spans: impl Iterator<Item = (Timestamp, Timestamp)>) -> Vec<OwnedInterval> {
    let mut owned: BTreeMap<Timestamp, (Timestamp, usize)> = BTreeMap::new();
    for (index, (start, end)) in spans.enumerate() {
        if start < end {
            claim(&mut owned, start, end, index);
        }
    }
    owned
        .into_iter()
        .map(|(start, (end, span))| OwnedInterval { start, end, span })
        .collect()
}

/// Gives `[start, end)` to `index` and trims whatever was there.
fn claim(
    owned: &mut BTreeMap<Timestamp, (Timestamp, usize)>,
    start: Timestamp,
    end: Timestamp,
    index: usize,
) {
    // One earlier piece may reach into the claim, and even beyond it.
    if let Some((&s, &(e, i))) = owned.range(..start).next_back()
        && e > start
    {
        owned.insert(s, (start, i));
        if e > end {
            owned.insert(end, (e, i));
        }
    }
    // Every piece that starts inside the claim loses at least its head.
    while let Some((&s, &(e, i))) = owned.range(start..end).next() {
        owned.remove(&s);
        if e > end {
            owned.insert(end, (e, i));
        }
    }
    owned.insert(start, (end, index));
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Counts, Coverage};
    use std::time::Duration;

    fn span(start: i64, dur_us: u64) -> Span {
        Span {
            start: Timestamp::from_micros(start),
            duration: Duration::from_micros(dur_us),
            zone: "UTC".into(),
            state: Coverage::Active,
            protected: false,
            redacted: false,
            window: None,
            counts: Counts::default(),
        }
    }

    fn owned(spans: &[Span]) -> Vec<(i64, i64, usize)> {
        let refs: Vec<&Span> = spans.iter().collect();
        resolve_overlaps(&refs)
            .iter()
            .map(|p| (p.start.as_micros(), p.end.as_micros(), p.span))
            .collect()
    }

    #[test]
    fn the_later_record_owns_an_overlap() {
        assert_eq!(
            owned(&[span(0, 10), span(10, 10), span(5, 10)]),
            [(0, 5, 0), (5, 15, 2), (15, 20, 1)]
        );
    }

    #[test]
    fn a_claim_inside_a_longer_piece_splits_it() {
        assert_eq!(
            owned(&[span(0, 100), span(40, 10)]),
            [(0, 40, 0), (40, 50, 1), (50, 100, 0)]
        );
    }

    #[test]
    fn a_claim_swallows_what_lies_inside_it() {
        assert_eq!(
            owned(&[span(0, 5), span(5, 5), span(20, 5), span(0, 22)]),
            [(0, 22, 3), (22, 25, 2)]
        );
    }

    #[test]
    fn empty_and_endless_spans_do_no_harm() {
        assert_eq!(owned(&[span(5, 0)]), []);
        assert_eq!(
            owned(&[span(i64::MAX - 1, u64::MAX)]),
            [(i64::MAX - 1, i64::MAX, 0)]
        );
    }
}
