//! Which Windows this is.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
use windows_sys::Win32::System::SystemInformation::OSVERSIONINFOW;

/// For people: `Windows 10.0 build 19045`.
pub(super) fn describe_windows() -> String {
    let mut info = OSVERSIONINFOW {
        dwOSVersionInfoSize: size_of::<OSVERSIONINFOW>() as u32,
        ..OSVERSIONINFOW::default()
    };
    // SAFETY: a structure of the size it says. Unlike `GetVersionEx` this call tells the truth to every program.
    unsafe { RtlGetVersion(&mut info) };
    let OSVERSIONINFOW {
        dwMajorVersion: major,
        dwMinorVersion: minor,
        dwBuildNumber: build,
        ..
    } = info;
    format!("Windows {major}.{minor} build {build}")
}
