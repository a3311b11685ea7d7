//! The name of a time zone, as spans keep it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// The name of the time zone in force: its IANA name, or its present offset (`UTC+02:00`) where it has none.
#[must_use]
pub fn current_zone_name() -> Arc<str> {
    zone_name(&TimeZone::system())
}

/// The name of `zone`, as [`current_zone_name`] returns it.
#[must_use]
pub fn zone_name(zone: &TimeZone) -> Arc<str> {
    if let Some(name) = zone.iana_name() {
        return name.into();
    }
    let offset = zone.to_offset(Timestamp::now());
    if offset.seconds() == 0 {
        "UTC".into()
    } else {
        format!("UTC{offset}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::Offset;

    #[test]
    fn a_zone_without_a_name_is_its_offset() {
        assert_eq!(&*zone_name(&TimeZone::UTC), "UTC");
        assert_eq!(&*zone_name(&TimeZone::fixed(Offset::UTC)), "UTC");
        let east = TimeZone::fixed(Offset::constant(2));
        assert_eq!(&*zone_name(&east), "UTC+02");
    }
}
