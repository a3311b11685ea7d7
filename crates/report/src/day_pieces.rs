//! One walk over some days: their time in pieces, and the spans that start on them.

use crate::calendar::{ZoneCalendars, place_of};
use crate::stretches::Stretches;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{Coverage, Span};
use std::ops::RangeInclusive;

/// A stretch as far as it lies on one day.
pub(crate) struct DayPiece<'a> {
    /// Place of its day among those walked over.
    pub(crate) day: usize,
    pub(crate) from_us: i64,
    pub(crate) to_us: i64,
    pub(crate) state: Coverage,
    /// IANA name of the zone in force.
    pub(crate) zone_name: &'a str,
    pub(crate) zone: &'a TimeZone,
    /// The span whose window it is counted to; none while nothing ran.
    pub(crate) shown: Option<&'a Span>,
}

impl DayPiece<'_> {
    /// In microseconds.
    pub(crate) fn length_us(&self) -> u64 {
        self.to_us.abs_diff(self.from_us)
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
        for (day, from_us, to_us) in calendar.split_by_day(days, stretch.from_us, stretch.to_us) {
            let piece = DayPiece {
                day,
                from_us,
                to_us,
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
        let (day, _) = calendar.day_of(span.start.as_micros());
        if let Some(day) = place_of(days, day) {
            let shown = stretches.counted_to(n, span);
            for builder in &mut *builders {
                builder.add_counts(day, span, shown, &calendar.zone);
            }
        }
    }
}
