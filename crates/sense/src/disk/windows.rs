//! `GetDiskFreeSpaceExW`: what the user's own quota leaves.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use super::Room;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null_mut;
use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;

pub(super) fn room(path: &Path) -> io::Result<Room> {
    let name: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    let mut room = Room { free: 0, total: 0 };
    // SAFETY: the name ends with 0, and two numbers are written.
    let found =
        unsafe { GetDiskFreeSpaceExW(name.as_ptr(), &mut room.free, &mut room.total, null_mut()) };
    match found {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(room),
    }
}
