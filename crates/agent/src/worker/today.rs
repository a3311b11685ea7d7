//! The totals of the present day, for the status and the live view.

use crate::day_so_far::merge_day;
use jiff::civil::Date;
use model::{Counts, Span};
use protocol::RedactionSummary;
use report::day::StateTotal;
use report::{DaySummary, TodayTotals};
use std::ops::Range;

/// The totals of the present day.
pub(super) struct TodayTracker {
    totals: TodayTotals,
    /// The totals of the day before this start.
    earlier: Option<TodayTotals>,
    /// When this process started, in microseconds since the Unix epoch (UTC).
    started_at: i64,
}

impl TodayTracker {
    /// `earlier`: the totals that the start found; `own`: those of the workers of this start.
    pub(super) fn start(
        earlier: Option<TodayTotals>,
        own: Option<&TodayTotals>,
        now_us: i64,
        zone: &str,
    ) -> Self {
        let day = report::day::local_date(now_us, zone);
        Self {
            totals: merge_day(earlier.as_ref(), own, day, zone),
            earlier,
            started_at: now_us,
        }
    }

    /// Adds a closed span; a new day begins at nothing.
    pub(super) fn add(&mut self, span: &Span) {
        let day = report::day::local_date(span.start_us, &span.zone);
        if day != self.totals.day() {
            self.totals = TodayTotals::new(day, &span.zone);
        }
        self.totals.add(span);
    }

    pub(super) fn day(&self) -> Date {
        self.totals.day()
    }

    pub(super) fn counts(&self) -> Counts {
        self.totals.counts()
    }

    /// Microseconds in each state.
    pub(super) fn states(&self) -> Vec<StateTotal> {
        self.totals.states()
    }

    pub(super) fn day_summary(&self) -> &DaySummary {
        self.totals.glance()
    }

    /// After a redaction of `range`: the counts go back, and names are found again in `own`, the records of this start.
    /// Records of earlier starts do not open here: all their names go, unless the range is younger than this start.
    pub(super) fn redact(
        &mut self,
        range: Option<&Range<i64>>,
        summary: &RedactionSummary,
        own: Option<&TodayTotals>,
        zone: &str,
    ) {
        for (start_us, counts) in &summary.redacted_counts {
            self.totals.subtract(*start_us, *counts, zone);
        }
        let is_younger = range.is_some_and(|range| range.start >= self.started_at);
        if let Some(earlier) = &mut self.earlier
            && !is_younger
        {
            earlier.clear_names();
        }
        self.totals.clear_names();
        let day = self.totals.day();
        for part in [self.earlier.as_ref(), own].into_iter().flatten() {
            if part.day() == day {
                self.totals.merge_names(part);
            }
        }
    }
}
