#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;
use tempfile::TempDir;

fn root(supplies: &[(&str, &[(&str, &str)])]) -> TempDir {
    let root = TempDir::new().unwrap();
    for (name, files) in supplies {
        let dir = root.path().join(name);
        std::fs::create_dir(&dir).unwrap();
        for (file, text) in *files {
            std::fs::write(dir.join(file), format!("{text}\n")).unwrap();
        }
    }
    root
}

fn read(root: &TempDir) -> Option<PowerState> {
    PowerSupplies::new(root.path().to_owned()).read_state()
}

fn power(percent: u8, discharging: bool) -> Option<PowerState> {
    Some(PowerState {
        percent,
        discharging,
    })
}

#[test]
fn one_battery_tells_its_capacity() {
    let root = root(&[
        ("AC", &[("type", "Mains"), ("online", "0")]),
        (
            "BAT0",
            &[
                ("type", "Battery"),
                ("capacity", "42"),
                ("status", "Discharging"),
            ],
        ),
    ]);
    assert_eq!(read(&root), power(42, true));
}

#[test]
fn several_batteries_are_weighted_by_their_energy() {
    let root = root(&[
        (
            "BAT0",
            &[
                ("type", "Battery"),
                ("energy_now", "9000000"),
                ("energy_full", "30000000"),
                ("status", "Unknown"),
            ],
        ),
        (
            "BAT1",
            &[
                ("type", "Battery"),
                // 2.5 Ah at 4 V: 10 Wh, full.
                ("charge_now", "2500000"),
                ("charge_full", "2500000"),
                ("voltage_min_design", "4000000"),
                ("status", "Discharging"),
            ],
        ),
    ]);
    // (0.3 * 30 + 1 * 10) / 40
    assert_eq!(read(&root), power(48, true));
}

#[test]
fn batteries_of_mice_and_missing_ones_do_not_count() {
    let root = root(&[
        (
            "hidpp_battery_0",
            &[
                ("type", "Battery"),
                ("scope", "Device"),
                ("capacity", "3"),
                ("status", "Discharging"),
            ],
        ),
        (
            "BAT1",
            &[("type", "Battery"), ("present", "0"), ("capacity", "0")],
        ),
    ]);
    assert_eq!(read(&root), None);
}

#[test]
fn a_silent_status_is_read_from_the_mains() {
    for (online, discharging) in [("0", true), ("1", false)] {
        let root = root(&[
            ("ADP1", &[("type", "Mains"), ("online", online)]),
            (
                "BAT0",
                &[("type", "Battery"), ("capacity", "80"), ("status", "")],
            ),
        ]);
        assert_eq!(read(&root), power(80, discharging));
    }
}

#[test]
fn no_directory_is_no_battery() {
    assert_eq!(PowerSupplies::new("/nonexistent".into()).read_state(), None);
}

proptest! {
    #[test]
    fn any_contents_give_a_percentage_or_nothing(
        files in prop::collection::vec(
            (prop::sample::select(vec![
                "capacity", "energy_now", "energy_full", "charge_now", "charge_full",
                "voltage_now", "status", "present", "scope",
            ]),
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..200),
                prop::sample::select(vec!["0", "-1", "101", "18446744073709551615", "1e9", "Full"])
                    .prop_map(|text| text.as_bytes().to_vec()),
            ]),
            0..9,
        ),
    ) {
        let root = root(&[("BAT0", &[("type", "Battery")])]);
        for (name, bytes) in files {
            std::fs::write(root.path().join("BAT0").join(name), bytes).unwrap();
        }
        if let Some(power) = read(&root) {
            prop_assert!(power.percent <= 100);
        }
    }

    #[test]
    fn the_mean_lies_between_the_levels(
        batteries in prop::collection::vec((0.0f64..=1.0, prop::option::of(1.0f64..1e8)), 1..5),
    ) {
        let list: Vec<BatteryReading> = batteries
            .iter()
            .map(|(level, full)| BatteryReading { level: *level, full: *full, status: BatteryStatus::Fed })
            .collect();
        let percent = f64::from(combine_batteries(&list, None).unwrap().percent);
        let low = batteries.iter().map(|b| b.0).fold(1.0, f64::min) * 100.0;
        let high = batteries.iter().map(|b| b.0).fold(0.0, f64::max) * 100.0;
        prop_assert!(percent >= low - 0.51 && percent <= high + 0.51, "{percent} of {low}..{high}");
    }
}
