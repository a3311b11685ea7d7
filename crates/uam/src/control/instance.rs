//! One instance per user: a lock that the operating system gives back however the holder ends.

use anyhow::Context;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// The lock, held as long as this lives.
#[derive(Debug)]
pub(crate) struct Instance {
    _file: File,
}

/// Who holds the lock instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Its process number, when it could be read.
    pub(crate) pid: Option<u32>,
}

impl Instance {
    /// Takes the lock at `path`, or says who has it.
    pub(crate) fn claim(path: &Path) -> anyhow::Result<Result<Self, Holder>> {
        let open = || {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
        };
        let mut file =
            open().with_context(|| format!("cannot open the lock file {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The number is a courtesy; the lock alone decides.
                let _ = file.read_to_string(&mut text);
                return Ok(Err(Holder {
                    pid: text.trim().parse().ok(),
                }));
            }
            Err(TryLockError::Error(e)) => {
                return Err(e).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        let note = |file: &mut File| -> std::io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        note(&mut file).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Ok(Self { _file: file }))
    }
}
