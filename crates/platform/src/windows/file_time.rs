//! The 64-bit number that a `FILETIME` holds in two halves.

use windows_sys::Win32::Foundation::FILETIME;

/// The ticks of a `FILETIME`: 100 nanoseconds each; of a date, since 1601-01-01 (UTC).
#[must_use]
pub fn to_ticks(time: FILETIME) -> u64 {
    u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)
}
