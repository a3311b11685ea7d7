//! `GetSystemTimePreciseAsFileTime`, the performance counter (counts through sleep) and the unbiased interrupt time
//! (does not).
#![allow(unsafe_code, reason = "calls of the Windows API")]

use crate::windows::to_ticks;
use model::{Moment, Timestamp};
use std::sync::OnceLock;
use std::time::Duration;
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Performance::{QueryPerformanceCounter, QueryPerformanceFrequency};
use windows_sys::Win32::System::SystemInformation::GetSystemTimePreciseAsFileTime;
use windows_sys::Win32::System::WindowsProgramming::QueryUnbiasedInterruptTime;

/// From 1601-01-01, where a `FILETIME` begins, to 1970-01-01.
const EPOCH: Duration = Duration::from_secs(11_644_473_600);

static TICKS_PER_SECOND: OnceLock<i64> = OnceLock::new();

pub(super) fn read_clocks() -> Moment {
    let mut utc = FILETIME {
        dwLowDateTime: 0,
        dwHighDateTime: 0,
    };
    let (mut ticks, mut awake) = (0, 0);
    // SAFETY: each call writes the one number it is given; none of them fails since Windows XP.
    unsafe {
        GetSystemTimePreciseAsFileTime(&mut utc);
        QueryPerformanceCounter(&mut ticks);
        QueryUnbiasedInterruptTime(&mut awake);
    }
    let since_1601 = i64::try_from(to_ticks(utc) / 10).unwrap_or(i64::MAX);
    Moment {
        utc: Timestamp::from_micros(since_1601) - EPOCH,
        boot: Duration::from_micros(to_micros(
            ticks,
            *TICKS_PER_SECOND.get_or_init(ticks_per_second),
        )),
        awake: Duration::from_micros(awake / 10),
    }
}

fn ticks_per_second() -> i64 {
    let mut per_second = 0;
    // SAFETY: writes one number.
    unsafe { QueryPerformanceFrequency(&mut per_second) };
    per_second.max(1)
}

/// `ticks` in microseconds. Seconds and their rest are converted apart, so that years of ticks do not overflow.
fn to_micros(ticks: i64, per_second: i64) -> u64 {
    let (seconds, rest) = (ticks / per_second, ticks % per_second);
    let us = seconds
        .saturating_mul(1_000_000)
        .saturating_add(rest.saturating_mul(1_000_000) / per_second);
    u64::try_from(us).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_century_of_ticks_is_converted() {
        assert_eq!(to_micros(10_000_001, 10_000_000), 1_000_000);
        let century = 100 * 366 * 86_400;
        assert_eq!(
            to_micros(century * 1_000_000_000 + 999_999_999, 1_000_000_000),
            century as u64 * 1_000_000 + 999_999
        );
    }
}
