//! One walk over some days: their time in pieces, and the spans that start on them.

use crate::calendar::{ZoneCalendars, place_of};
use crate::stretches::Stretches;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{Coverage, Span, Timestamp};
use std::ops::RangeInclusive;
use std::time::Duration;

/// A stretch as far as it lies on one day.
pub(crate) struct DayPiece<'a> {
    /// Place of its day among those walked over.
    pub(crate) day: usize,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) state: Coverage,
    /// IANA name of the zone in force.
    pub(crate) zone_name: &'a str,
    pub(crate) zone: &'a TimeZone,
    /// The span whose window it is counted to; none while nothing ran.
    pub(crate) shown: Option<&'a Span>,
}

impl DayPiece<'_> {
    pub(crate) fn length(&self) -> Duration {
        self.to.duration_since(self.from)
    }
}

/// Collects the pieces of some days into a report.
pub(crate) trait DayBuilder {
    /// Adds time, which comes in order.
    fn add_time(&mut self, piece: &DayPiece<'_>);

    /// Adds a span that starts on the day at that place; its counts, if there are any, go to the row of `shown`.
    fn add_counts(&mut self, day: usize, span: &Span, shown: &Span, zone: &TimeZone);
}

/// Gives the neighbouring `days` to each builder: first all time, then every span that starts on one of them.
pub(crate) fn build_days(
    days: &RangeInclusive<Date>,
    zones: &mut ZoneCalendars,
    stretches: &Stretches<'_>,
    spans: &[&Span],
    builders: &mut [&mut dyn DayBuilder],
) {
    for stretch in &stretches.list {
        let calendar = zones.get(stretch.zone);
        let zone = calendar.zone.clone();
        for (day, from, to) in calendar.split_by_day(days, stretch.from, stretch.to) {
            let piece = DayPiece {
                day,
                from,
                to,
                state: stretch.owner.map_or(Coverage::Off, |span| span.state),
                zone_name: stretch.zone,
                zone: &zone,
                shown: stretch.shown,
            };
            for builder in &mut *builders {
                builder.add_time(&piece);
            }
        }
    }
    for (n, span) in spans.iter().enumerate() {
        let calendar = zones.get(&span.zone);
        let (day, _) = calendar.day_of(span.start);
        if let Some(day) = place_of(days, day) {
            let shown = stretches.counted_to(n, span);
            for builder in &mut *builders {
                builder.add_counts(day, span, shown, &calendar.zone);
            }
        }
    }
}
