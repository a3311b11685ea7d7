//! Battery and mains (`GetSystemPowerStatus`).
#![allow(unsafe_code, reason = "calls of the Windows API")]

use model::PowerState;
use windows_sys::Win32::System::Power::{GetSystemPowerStatus, SYSTEM_POWER_STATUS};

/// Bits of `BatteryFlag`.
const CHARGING: u8 = 8;
const NO_BATTERY: u8 = 128;
const UNKNOWN: u8 = 255;

/// The state of all batteries together; `None` when there is none that says anything.
pub(super) fn read_state() -> Option<PowerState> {
    let mut status = SYSTEM_POWER_STATUS::default();
    // SAFETY: writes the structure it is given.
    (unsafe { GetSystemPowerStatus(&mut status) } != 0)
        .then_some(status)
        .as_ref()
        .and_then(to_power_state)
}

fn to_power_state(status: &SYSTEM_POWER_STATUS) -> Option<PowerState> {
    let flag = status.BatteryFlag;
    if flag == UNKNOWN || flag & NO_BATTERY != 0 || status.BatteryLifePercent == UNKNOWN {
        return None;
    }
    Some(PowerState {
        percent: status.BatteryLifePercent.min(100),
        discharging: match status.ACLineStatus {
            0 => true,
            1 => false,
            _ => flag & CHARGING == 0,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(ac: u8, flag: u8, percent: u8) -> Option<(u8, bool)> {
        to_power_state(&SYSTEM_POWER_STATUS {
            ACLineStatus: ac,
            BatteryFlag: flag,
            BatteryLifePercent: percent,
            ..SYSTEM_POWER_STATUS::default()
        })
        .map(|p| (p.percent, p.discharging))
    }

    #[test]
    fn every_state_is_understood() {
        assert_eq!(status(0, 2, 15), Some((15, true)));
        assert_eq!(status(1, CHARGING, 30), Some((30, false)));
        assert_eq!(status(UNKNOWN, CHARGING, 40), Some((40, false)));
        assert_eq!(status(UNKNOWN, 0, 40), Some((40, true)));
        assert_eq!(status(1, NO_BATTERY, UNKNOWN), None);
        assert_eq!(status(UNKNOWN, UNKNOWN, UNKNOWN), None);
        assert_eq!(status(0, 0, UNKNOWN), None);
    }
}
