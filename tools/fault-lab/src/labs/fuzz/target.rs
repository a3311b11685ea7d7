//! A reader of outside bytes, and good inputs for it.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

/// Reads an input; the result does not matter.
type FuzzReader = Box<dyn Fn(&[u8]) + Sync>;

/// A reader.
pub(super) struct FuzzTarget {
    pub(super) name: &'static str,
    /// Gets one part in so many of the short run's inputs: 1, and more where each takes long.
    pub(super) share: u64,
    pub(super) seeds: Vec<Vec<u8>>,
    pub(super) words: &'static [&'static [u8]],
    pub(super) read: FuzzReader,
}

pub(super) fn read_text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A file for each thread.
fn thread_file(dir: &Path, name: &str) -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
    dir.join(thread).join(name)
}

/// Writes the input where a reader of files finds it.
pub(super) fn write_input(dir: &Path, name: &str, input: &[u8]) -> Option<PathBuf> {
    let file = thread_file(dir, name);
    if fs::write(&file, input).is_err() {
        fs::create_dir_all(file.parent()?).ok()?;
        fs::write(&file, input).ok()?;
    }
    Some(file)
}
