//! `GetDiskFreeSpaceExW`, which honours the user's quota.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use super::types::DiskSpace;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null_mut;
use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;

pub(super) fn query_disk_space(path: &Path) -> io::Result<DiskSpace> {
    let name: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    let mut space = DiskSpace { free: 0, total: 0 };
    // SAFETY: the name ends with 0, and the two numbers live through the call.
    let found = unsafe {
        GetDiskFreeSpaceExW(name.as_ptr(), &mut space.free, &mut space.total, null_mut())
    };
    match found {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(space),
    }
}
