//! Whether the session is locked (`WTSQuerySessionInformation`).
#![allow(unsafe_code, reason = "calls of the Windows API")]

use std::ptr::null_mut;
use windows_sys::Win32::System::RemoteDesktop::{
    WTS_CURRENT_SERVER_HANDLE, WTS_CURRENT_SESSION, WTS_SESSIONSTATE_LOCK, WTS_SESSIONSTATE_UNLOCK,
    WTSFreeMemory, WTSINFOEXW, WTSQuerySessionInformationW, WTSSessionInfoEx,
};

/// Locked now? `None` where the system does not say.
pub(super) fn is_locked() -> Option<bool> {
    let (mut start, mut bytes) = (null_mut(), 0);
    // SAFETY: both places are written when the call succeeds; the memory is given back below.
    let done = unsafe {
        WTSQuerySessionInformationW(
            WTS_CURRENT_SERVER_HANDLE,
            WTS_CURRENT_SESSION,
            WTSSessionInfoEx,
            &mut start,
            &mut bytes,
        )
    };
    if done == 0 || start.is_null() {
        return None;
    }
    let flags = (bytes as usize >= size_of::<WTSINFOEXW>()).then(|| {
        // SAFETY: the system wrote such a structure there; its place may have any alignment. Level 1 is the only one.
        let info = unsafe { start.cast::<WTSINFOEXW>().read_unaligned() };
        // SAFETY: plain numbers.
        unsafe { info.Data.WTSInfoExLevel1.SessionFlags }.cast_unsigned()
    });
    // SAFETY: memory of that call, for the last time.
    unsafe { WTSFreeMemory(start.cast()) };
    match flags? {
        WTS_SESSIONSTATE_LOCK => Some(true),
        WTS_SESSIONSTATE_UNLOCK => Some(false),
        _ => None,
    }
}
