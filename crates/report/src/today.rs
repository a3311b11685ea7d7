//! The running totals of the present day, kept without reading the journal again.

use crate::calendar::{DayStart, day_start, load_zone, local_date_in};
use crate::day_report::DayReport;
use crate::day_summary::DaySummary;
use crate::timeline::Timeline;
use crate::totals::{StateTimes, StateTotal};
use jiff::civil::Date;
use model::{Counts, Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Totals of the day that is going on, fed with each closed span.
///
/// It is a quick view for the live console, exact as long as the clock is not set: overlaps are not resolved here
/// and gaps are not called `off` (an ordinary run has neither). [`crate::build_day_report`] has the last word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TodayTotals {
    day: Date,
    states: StateTimes,
    counts: Counts,
    #[serde(default, rename = "glance")]
    day_summary: DaySummary,
}

impl TodayTotals {
    /// Adds the totals of another part of the same day. Each part calls the other one `off`, so that is not added.
    pub fn merge(&mut self, other: &Self) {
        self.states += other.states.without_off();
        self.counts += other.counts;
        self.day_summary.merge(&other.day_summary);
    }

    /// Nothing yet on `day`, which begins as the zone of that IANA name has it.
    #[must_use]
    pub fn new(day: Date, zone: &str) -> Self {
        Self {
            day,
            states: StateTimes::default(),
            counts: Counts::default(),
            day_summary: DaySummary::new(day_start(day, &load_zone(zone))),
        }
    }

    /// The totals of that day in the journal.
    #[must_use]
    pub fn from_report(report: &DayReport, timeline: &Timeline) -> Self {
        let mut today = Self::new(report.day, &report.zone);
        for total in &report.states {
            today.states[total.state] = total.duration;
        }
        today.counts = report.counts;
        today.day_summary = DaySummary::of(timeline);
        today
    }

    /// The day at a glance.
    #[must_use]
    pub fn day_summary(&self) -> &DaySummary {
        &self.day_summary
    }

    /// Clears the names of everything.
    pub fn clear_names(&mut self) {
        self.day_summary.clear_names();
    }

    /// Adds the names that another part of the same day holds.
    pub fn merge_names(&mut self, other: &Self) {
        self.day_summary.merge_names(&other.day_summary);
    }

    /// The day these totals are of.
    #[must_use]
    pub fn day(&self) -> Date {
        self.day
    }

    /// Adds a closed span. A span that ends on a later day begins that day afresh.
    pub fn add(&mut self, span: &Span) {
        let zone = load_zone(&span.zone);
        let end = span.end();
        // The last instant decides: a span that ends exactly at midnight belongs to the day before.
        let last_day = local_date_in(end - Duration::from_micros(1), &zone);
        if last_day > self.day {
            *self = Self::new(last_day, &span.zone);
        }
        let day = DayStart::default().bounds(self.day, &zone);
        let (from, to) = (day.start.max(span.start), day.end.min(end));
        if from < to {
            self.states[span.state] += to.duration_since(from);
            self.day_summary.add_span(span, from, to);
        }
        if local_date_in(span.start, &zone) == self.day {
            self.counts += span.counts;
        }
    }

    /// Subtracts the counts of a span that began at `start`, because it was redacted.
    pub fn subtract(&mut self, start: Timestamp, counts: Counts, zone: &str) {
        if local_date_in(start, &load_zone(zone)) == self.day {
            self.counts.saturating_sub(counts);
            self.day_summary.subtract(start, counts);
        }
    }

    /// Time in each state, all eight in the order of [`model::Coverage::ALL`].
    #[must_use]
    pub fn states(&self) -> Vec<StateTotal> {
        self.states.to_list()
    }

    /// Everything counted so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Coverage, InputCounts};

    #[test]
    fn what_was_taken_out_is_taken_back_on_its_own_day_alone() {
        let midnight = Timestamp::from_seconds(1_784_152_800); // 2026-07-16T00:00+02:00
        let mut today = TodayTotals::new(jiff::civil::date(2026, 7, 16), "Europe/Berlin");
        today.counts.hardware.keys = 9;
        let mut counts = Counts::default();
        counts.hardware.keys = 4;
        today.subtract(midnight - Duration::from_micros(1), counts, "Europe/Berlin");
        assert_eq!(today.counts().keys(), 9);
        today.subtract(midnight, counts, "Europe/Berlin");
        assert_eq!(today.counts().keys(), 5);
        counts.hardware.keys = 40;
        today.subtract(midnight, counts, "Europe/Berlin");
        assert_eq!(today.counts().keys(), 0);
    }

    #[test]
    fn a_span_over_midnight_begins_the_new_day() {
        let midnight = Timestamp::from_seconds(1_784_152_800); // 2026-07-16T00:00+02:00
        let mut today = TodayTotals::new(jiff::civil::date(2026, 7, 15), "Europe/Berlin");
        let second = Duration::from_secs(1);
        let span = |start, duration, keys| Span {
            start,
            duration,
            zone: "Europe/Berlin".into(),
            state: Coverage::Active,
            protected: false,
            redacted: false,
            window: None,
            counts: Counts {
                hardware: InputCounts {
                    keys,
                    ..InputCounts::default()
                },
                ..Counts::default()
            },
        };
        today.add(&span(midnight - 60 * second, 60 * second, 5));
        assert_eq!(today.day(), jiff::civil::date(2026, 7, 15));
        assert_eq!(
            (today.states()[0].duration, today.counts().keys()),
            (60 * second, 5)
        );
        today.add(&span(midnight - 10 * second, 30 * second, 7));
        assert_eq!(today.day(), jiff::civil::date(2026, 7, 16));
        assert_eq!(
            (today.states()[0].duration, today.counts().keys()),
            (20 * second, 0)
        );
    }
}
