//! The program behind a process: its file, and the name its maker gave it.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use platform::windows::to_utf16;
use std::collections::HashMap;
use std::path::Path;
use std::ptr::null_mut;
use windows_sys::Win32::Foundation::{CloseHandle, MAX_PATH};
use windows_sys::Win32::Storage::FileSystem::{
    GetFileVersionInfoSizeW, GetFileVersionInfoW, VerQueryValueW,
};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
};

/// Longest path Windows knows, in UTF-16 units.
const LONGEST_PATH: usize = 32_768;

/// Version information beyond this is not a program's description.
const LARGEST_INFO: u32 = 1024 * 1024;

/// Most names that are kept; then they are read again.
const MAX_NAMES: usize = 256;

/// The full path of a process's executable; empty when it is gone or may not be asked.
///
/// The limited right is granted for programs that run as administrator, too.
pub(super) fn executable_path(process: u32) -> String {
    // SAFETY: no pointers; the handle is closed below.
    let handle = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, process) };
    if handle.is_null() {
        return String::new();
    }
    let mut path = String::new();
    // Nearly every path fits the first time.
    for room in [MAX_PATH as usize, LONGEST_PATH] {
        let mut buffer = vec![0u16; room];
        let mut length = room as u32;
        // SAFETY: `buffer` has room for `length` units; the call says how many it wrote.
        let done = unsafe {
            QueryFullProcessImageNameW(handle, PROCESS_NAME_WIN32, buffer.as_mut_ptr(), &mut length)
        };
        if done != 0 {
            path = String::from_utf16_lossy(buffer.get(..length as usize).unwrap_or_default());
            break;
        }
    }
    // SAFETY: our handle, for the last time.
    unsafe { CloseHandle(handle) };
    path
}

/// Names of programs by their path.
#[derive(Default)]
pub(super) struct ProgramNames {
    known: HashMap<String, String>,
}

impl ProgramNames {
    /// What the program calls itself (`FileDescription` of its version information), or else its file's name without
    /// the ending; empty when `path` is.
    pub(super) fn name_of(&mut self, path: &str) -> String {
        if let Some(name) = self.known.get(path) {
            return name.clone();
        }
        let name = file_description(path).unwrap_or_else(|| file_stem_of(path));
        if self.known.len() >= MAX_NAMES {
            self.known.clear();
        }
        self.known.insert(path.to_owned(), name.clone());
        name
    }
}

/// A file's name without folder and ending. Windows' separators count on every system, for the tests' sake.
pub(super) fn file_stem_of(path: &str) -> String {
    let file = path.rsplit(['\\', '/']).next().unwrap_or_default();
    Path::new(file)
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// `FileDescription` in the first language that has one.
fn file_description(path: &str) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    let info = read_version_info(path)?;
    // Each translation is a language and a code page (documentation of `VerQueryValueW`).
    let translations = query_value(&info, r"\VarFileInfo\Translation", 1)?;
    translations
        .chunks_exact(2)
        .map(|pair| {
            format!(
                r"\StringFileInfo\{:04x}{:04x}\FileDescription",
                pair[0], pair[1]
            )
        })
        .find_map(|key| {
            let text = query_value(&info, &key, 2)?;
            let text = text.split(|unit| *unit == 0).next().unwrap_or_default();
            let text = String::from_utf16_lossy(text).trim().to_owned();
            (!text.is_empty()).then_some(text)
        })
        .map(|mut text| {
            crate::window_title::truncate_title(&mut text);
            text
        })
}

fn read_version_info(path: &str) -> Option<Vec<u8>> {
    let path = to_utf16(path);
    // SAFETY: `path` ends in 0, and `info` is as large as the second call is given.
    unsafe {
        let size = GetFileVersionInfoSizeW(path.as_ptr(), null_mut());
        if size == 0 || size > LARGEST_INFO {
            return None;
        }
        let mut info = vec![0u8; size as usize];
        (GetFileVersionInfoW(path.as_ptr(), 0, size, info.as_mut_ptr().cast()) != 0).then_some(info)
    }
}

/// The value under `key` as 16-bit units. Its length is given in units of `scale` bytes: 2 for text, 1 for all else.
fn query_value(info: &[u8], key: &str, scale: usize) -> Option<Vec<u16>> {
    let key = to_utf16(key);
    let (mut start, mut length) = (null_mut(), 0);
    // SAFETY: `info` came from `GetFileVersionInfoW`; `start` is set into it and not followed.
    let found =
        unsafe { VerQueryValueW(info.as_ptr().cast(), key.as_ptr(), &mut start, &mut length) };
    if found == 0 || start.is_null() {
        return None;
    }
    // A file may claim any lengths: bytes outside `info` are not read.
    let from = start.addr().checked_sub(info.as_ptr().addr())?;
    let rest = info.get(from..)?;
    let bytes = rest.get(..(length as usize).saturating_mul(scale).min(rest.len()))?;
    let units = bytes.chunks_exact(2);
    Some(
        units
            .map(|two| u16::from_le_bytes([two[0], two[1]]))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_an_executable_and_a_missing_one_has_none() {
        let own = executable_path(std::process::id());
        assert!(own.ends_with(".exe"), "{own}");
        assert_eq!(executable_path(u32::MAX - 3), "");
        assert_eq!(
            ProgramNames::default().name_of(&own),
            file_stem_of(&own),
            "tests have no version info"
        );
    }

    #[test]
    fn a_path_gives_its_stem() {
        assert_eq!(file_stem_of(r"C:\Program Files\Ed it\ed.it.exe"), "ed.it");
        assert_eq!(file_stem_of(""), "");
    }

    #[test]
    fn a_program_of_the_system_is_called_by_its_description() {
        let mut names = ProgramNames::default();
        let path = r"C:\windows\system32\kernel32.dll";
        let name = names.name_of(path);
        assert!(!name.is_empty() && name != "kernel32", "{name}");
        assert_eq!(names.name_of(path), name);
    }
}
