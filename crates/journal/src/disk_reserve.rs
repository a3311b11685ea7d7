//! The order in which functions give way when the disk fills up: a pure decision from the free space.
//!
//! Always true:
//! * The order: no screenshots are taken any more; acknowledged screenshots go, oldest first
//!   ([`crate::retention::plan_space`]); nothing more is recorded than that nothing is recorded.
//! * It goes back the same way by itself, each step with a margin, so that it cannot flap.

use serde::{Deserialize, Serialize};

/// How much room is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiskReserve {
    /// So many bytes …
    pub bytes: u64,
    /// … or so many percent of the disk, 0 to 100, whichever is less: a small disk is not for us alone.
    pub percent: u8,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskPressure {
    /// There is room.
    #[default]
    None,
    /// Below the reserve: no screenshots are taken, and acknowledged ones go.
    Low,
    /// Below a tenth of the reserve in spite of that: nothing is recorded.
    Full,
}

impl DiskReserve {
    /// The reserve in bytes on a disk of `total` bytes.
    #[must_use]
    pub fn of(&self, total: u64) -> u64 {
        let part = u128::from(total) * u128::from(self.percent) / 100;
        self.bytes.min(u64::try_from(part).unwrap_or(u64::MAX))
    }

    /// The level with `free` of `total` bytes, `before` being the one until now.
    #[must_use]
    pub fn pressure(&self, before: DiskPressure, free: u64, total: u64) -> DiskPressure {
        let reserve = self.of(total) / 10;
        let full = match before {
            DiskPressure::Full => free < reserve.saturating_mul(2),
            DiskPressure::Low | DiskPressure::None => free < reserve,
        };
        let low = match before {
            DiskPressure::None => free < self.of(total),
            DiskPressure::Low | DiskPressure::Full => free < self.recovered_bytes(total),
        };
        match (full, low) {
            (true, _) => DiskPressure::Full,
            (_, true) => DiskPressure::Low,
            (false, false) => DiskPressure::None,
        }
    }

    /// How many bytes acknowledged screenshots have to give with `free` of `total` bytes left at `level`.
    #[must_use]
    pub fn bytes_to_free(&self, level: DiskPressure, free: u64, total: u64) -> u64 {
        match level {
            DiskPressure::None => 0,
            DiskPressure::Low | DiskPressure::Full => {
                self.recovered_bytes(total).saturating_sub(free)
            }
        }
    }

    /// With so many bytes everything is as it was.
    fn recovered_bytes(&self, total: u64) -> u64 {
        let floor = self.of(total);
        floor.saturating_add(floor / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GB: u64 = 1_000_000_000;
    const FLOOR: DiskReserve = DiskReserve {
        bytes: GB,
        percent: 5,
    };

    #[test]
    fn it_is_a_gigabyte_or_a_twentieth_whichever_is_less() {
        assert_eq!(FLOOR.of(500 * GB), GB);
        assert_eq!(FLOOR.of(20 * GB), GB);
        assert_eq!(FLOOR.of(2 * GB), GB / 10);
        assert_eq!(
            FLOOR.of(0),
            0,
            "a disk that says nothing of itself is never full"
        );
        assert_eq!(FLOOR.of(u64::MAX), GB);
    }

    #[test]
    fn each_step_has_its_edge_and_its_way_back() {
        use DiskPressure::{Full, Low};
        let none = DiskPressure::None;
        let disk = 100 * GB;
        for (before, free_mb, after, missing_mb) in [
            (none, 1_000, none, 0),
            (none, 999, Low, 101),
            (Low, 1_099, Low, 1),
            (Low, 1_100, none, 0),
            (Low, 100, Low, 1_000),
            (Low, 99, Full, 1_001),
            (none, 99, Full, 1_001),
            (Full, 199, Full, 901),
            (Full, 200, Low, 900),
            (Full, 1_100, none, 0),
        ] {
            let free = free_mb * 1_000_000;
            let level = FLOOR.pressure(before, free, disk);
            assert_eq!(level, after, "{before:?} with {free_mb} MB");
            let missing = FLOOR.bytes_to_free(level, free, disk);
            assert_eq!(
                missing,
                missing_mb * 1_000_000,
                "{before:?} with {free_mb} MB"
            );
        }
    }

    fn any_level() -> impl Strategy<Value = DiskPressure> {
        prop_oneof![
            Just(DiskPressure::None),
            Just(DiskPressure::Low),
            Just(DiskPressure::Full)
        ]
    }

    proptest! {
        /// Less room never means a better level; the same room again changes nothing; with the missing space back all is
        /// well; and free space that hovers around one edge by less than a tenth changes the level once at most.
        #[test]
        fn it_falls_and_rises_in_order_and_does_not_flap(
            bytes in 0..10 * GB, percent in 0u8..=100, total in 0..1_000 * GB, before in any_level(),
            one in 0..20 * GB, other in 0..20 * GB, wobble in proptest::collection::vec(0u64..1_000, 1..40),
        ) {
            let floor = DiskReserve { bytes, percent };
            let level = floor.pressure(before, one, total);
            prop_assert_eq!(floor.pressure(level, one, total), level);
            if other <= one {
                prop_assert!(floor.pressure(before, other, total) >= level);
            }
            let missing = floor.bytes_to_free(level, one, total);
            prop_assert_eq!(floor.pressure(level, one + missing, total), DiskPressure::None);
            prop_assert!(level != DiskPressure::None || one >= floor.of(total));
            let edge = floor.of(total);
            let (mut now, mut changes) = (before, 0);
            for part in wobble {
                let next = floor.pressure(now, edge - edge / 20 + edge / 10 * part / 1_001, total);
                changes += u32::from(next != now);
                now = next;
            }
            prop_assert!(changes <= 2, "{} changes", changes);
        }
    }
}
