//! The kernel's power supplies (`/sys/class/power_supply`, kernel documentation `ABI/testing/sysfs-class-power`).
//!
//! The files are written by drivers of every quality: a missing, empty or absurd one makes that battery unknown and
//! nothing else.

use model::PowerState;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most supplies and most bytes of one file that are looked at.
const MAX_SUPPLIES: usize = 64;
const MAX_BYTES: u64 = 128;

/// A directory of power supplies.
#[derive(Clone, Debug)]
pub(super) struct PowerSupplies {
    root: PathBuf,
}

/// One battery's reading.
#[derive(Clone, Copy, Debug, PartialEq)]
struct BatteryReading {
    /// Charge, 0..=1.
    level: f64,
    /// Energy when full in microwatt-hours, where it is known.
    full: Option<f64>,
    status: BatteryStatus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BatteryStatus {
    Discharging,
    Fed,
    Unknown,
}

impl PowerSupplies {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The state of all batteries together; `None` when there is no battery that says anything.
    ///
    /// The percentage is the mean of the batteries' levels, weighted by the capacity of each.
    pub(super) fn read_state(&self) -> Option<PowerState> {
        let mut batteries = Vec::new();
        let mut mains = None;
        let entries = std::fs::read_dir(&self.root).ok()?;
        for entry in entries.flatten().take(MAX_SUPPLIES) {
            let supply = entry.path();
            match read_word(&supply, "type").as_deref() {
                Some("Battery") => batteries.extend(read_battery(&supply)),
                Some(_) => {
                    if let Some(online) = read_number(&supply, "online") {
                        let fed: bool = mains.unwrap_or(false);
                        mains = Some(fed || online > 0.0);
                    }
                }
                None => {}
            }
        }
        combine_batteries(&batteries, mains)
    }
}

fn combine_batteries(batteries: &[BatteryReading], mains: Option<bool>) -> Option<PowerState> {
    if batteries.is_empty() {
        return None;
    }
    let known: Vec<f64> = batteries.iter().filter_map(|b| b.full).collect();
    // A battery that does not say how large it is counts as an average one.
    let average = if known.is_empty() {
        1.0
    } else {
        known.iter().sum::<f64>() / known.len() as f64
    };
    let weight = |battery: &BatteryReading| battery.full.unwrap_or(average);
    let full: f64 = batteries.iter().map(weight).sum();
    let now: f64 = batteries.iter().map(|b| b.level * weight(b)).sum();
    let percent = (100.0 * now / full).round().clamp(0.0, 100.0);
    // In range by the clamp.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let percent = percent as u8;
    let any = |status| batteries.iter().any(|b| b.status == status);
    let discharging =
        any(BatteryStatus::Discharging) || (!any(BatteryStatus::Fed) && mains == Some(false));
    Some(PowerState {
        percent,
        discharging,
    })
}

/// A battery of the machine itself that is there; `None` for a mouse's, a missing or a silent one.
fn read_battery(supply: &Path) -> Option<BatteryReading> {
    if read_word(supply, "scope").as_deref() == Some("Device")
        || read_number(supply, "present").is_some_and(|present| present == 0.0)
    {
        return None;
    }
    let positive = |name: &str| read_number(supply, name).filter(|n| *n > 0.0);
    let energy = read_number(supply, "energy_now").zip(positive("energy_full"));
    let charge = read_number(supply, "charge_now").zip(positive("charge_full"));
    let capacity = read_number(supply, "capacity").map(|percent| percent / 100.0);
    let level = energy
        .or(charge)
        .map(|(now, full)| now / full)
        .or(capacity)?
        .clamp(0.0, 1.0);
    let full = energy.map(|(_, full)| full).or_else(|| {
        let (_, ampere_hours) = charge?;
        // Microampere-hours times microvolts are 10⁶ times microwatt-hours.
        let volts = positive("voltage_min_design").or_else(|| positive("voltage_now"))?;
        Some(ampere_hours * volts / 1e6)
    });
    let status = match read_word(supply, "status").as_deref() {
        Some("Discharging") => BatteryStatus::Discharging,
        Some("Charging" | "Full" | "Not charging") => BatteryStatus::Fed,
        _ => BatteryStatus::Unknown,
    };
    Some(BatteryReading {
        level,
        full,
        status,
    })
}

fn read_word(supply: &Path, name: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(supply.join(name)).ok()?;
    file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A whole number that is not negative.
fn read_number(supply: &Path, name: &str) -> Option<f64> {
    let value: u64 = read_word(supply, name)?.parse().ok()?;
    // Beyond 2^53 the value is absurd anyway.
    Some(value as f64)
}

#[cfg(test)]
mod tests;
