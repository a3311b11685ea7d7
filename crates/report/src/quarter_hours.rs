//! Quarter hours as numbers: a bridge to [`journal::QuarterHour`].

use journal::QuarterHour;

pub(crate) const SLOT_US: i64 = 900_000_000;

pub(crate) fn slot_of(us: i64) -> i64 {
    QuarterHour::of(model::Timestamp::from_micros(us)).0
}
