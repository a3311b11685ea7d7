//! The totals of the present day, for the status and the live view.

use crate::day_so_far::merge_day;
use jiff::civil::Date;
use model::{Counts, Span, Timestamp};
use protocol::RedactionSummary;
use report::StateTotal;
use report::{DaySummary, TodayTotals};
use std::ops::Range;

/// The totals of the present day.
pub(super) struct TodayTracker {
    totals: TodayTotals,
    /// The totals of the day before this start.
    earlier: Option<TodayTotals>,
    /// When this process started.
    started_at: Timestamp,
}

impl TodayTracker {
    /// `earlier`: the totals that the start found; `own`: those of the workers of this start.
    pub(super) fn start(
        earlier: Option<TodayTotals>,
        own: Option<&TodayTotals>,
        now: Timestamp,
        zone: &str,
    ) -> Self {
        let day = report::local_date(now, zone);
        Self {
            totals: merge_day(earlier.as_ref(), own, day, zone),
            earlier,
            started_at: now,
        }
    }

    /// Adds a closed span; a new day begins at nothing.
    pub(super) fn add(&mut self, span: &Span) {
        let day = report::local_date(span.start, &span.zone);
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

    /// Time in each state.
    pub(super) fn states(&self) -> Vec<StateTotal> {
        self.totals.states()
    }

    pub(super) fn day_summary(&self) -> &DaySummary {
        self.totals.day_summary()
    }

    /// After a redaction of `range`: the counts go back, and names are found again in `own`, the records of this start.
    /// Records of earlier starts do not open here: all their names go, unless the range is younger than this start.
    pub(super) fn redact(
        &mut self,
        range: Option<&Range<Timestamp>>,
        summary: &RedactionSummary,
        own: Option<&TodayTotals>,
        zone: &str,
    ) {
        for (start, counts) in &summary.redacted_counts {
            self.totals.subtract(*start, *counts, zone);
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

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Coverage, InputCounts, WindowInfo};
    use std::sync::Arc;
    use std::time::Duration;

    const START: Timestamp = Timestamp::from_seconds(1_790_000_000);
    const SECOND: Duration = Duration::from_secs(1);

    fn span(app: &str, start: Timestamp) -> Span {
        let window = WindowInfo {
            app: app.to_owned(),
            ..WindowInfo::default()
        };
        Span {
            start,
            duration: 10 * SECOND,
            zone: "UTC".into(),
            state: Coverage::Active,
            protected: false,
            window: Some(Arc::new(window)),
            counts: Counts {
                hardware: InputCounts {
                    keys: 5,
                    ..InputCounts::default()
                },
                ..Counts::default()
            },
            redacted: false,
        }
    }

    fn totals(app: &str, start: Timestamp) -> TodayTotals {
        let mut totals = TodayTotals::new(report::local_date(START, "UTC"), "UTC");
        totals.add(&span(app, start));
        totals
    }

    fn apps(today: &TodayTracker) -> Vec<&str> {
        let apps = today.day_summary().top_apps(9).into_iter();
        apps.map(|named| named.app.as_str()).collect()
    }

    #[test]
    fn a_redaction_takes_counts_and_names_of_earlier_starts_back() {
        let earlier = totals("Earlier", START - 60 * SECOND);
        let redacted = |range_start: Timestamp| {
            let mut today = TodayTracker::start(Some(earlier.clone()), None, START, "UTC");
            today.add(&span("Own", START + SECOND));
            let summary = RedactionSummary {
                redacted_counts: vec![(START + SECOND, span("Own", START).counts)],
                ..RedactionSummary::default()
            };
            let range = range_start..START + 20 * SECOND;
            today.redact(Some(&range), &summary, None, "UTC");
            today
        };
        let younger = redacted(START);
        assert_eq!(
            (apps(&younger), younger.counts().keys()),
            (vec!["Earlier"], 5)
        );
        let older = redacted(START - SECOND);
        assert!(apps(&older).is_empty() && older.counts().keys() == 5);
    }

    #[test]
    fn a_new_day_begins_at_nothing() {
        let mut today = TodayTracker::start(None, None, START, "UTC");
        today.add(&span("Own", START));
        today.add(&span("Own", START + 86_400 * SECOND));
        assert_eq!(today.counts().keys(), 5);
    }
}
