//! The S3-compatible server on loopback, and the objects in its bucket.

use crate::files::list_files;
use crate::process::{ProcessGroup, wait_until};
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The address and keys for a client, as the server prints them.
pub(crate) const NAMES: [&str; 5] = [
    "S3_BUCKET_NAME",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
];

/// A running server; it ends when dropped, its files stay.
#[derive(Debug)]
pub(crate) struct S3Process {
    env: BTreeMap<String, String>,
    dir: PathBuf,
    _server: ProcessGroup,
}

impl S3Process {
    /// Starts `program` (`lab-s3`) over `dir`.
    ///
    /// # Errors
    /// When it does not come up.
    pub(crate) fn start(program: &Path, dir: &Path) -> Result<Self> {
        fs_err::create_dir_all(dir)?;
        let mut command = Command::new(program);
        command.arg("--dir").arg(dir).stdin(Stdio::null());
        let mut server = ProcessGroup::start(command.stdout(Stdio::piped()))?;
        let lines = server.take_lines()?;
        let mut env = BTreeMap::new();
        wait_until("the S3 server", Duration::from_secs(30), || {
            while let Ok(line) = lines.try_recv() {
                if let Some((name, value)) = line.split_once('=') {
                    env.insert(name.trim().to_owned(), value.trim().to_owned());
                }
            }
            if let Some(status) = server.ended()? {
                bail!("the S3 server ended at once ({status})");
            }
            Ok(NAMES.iter().all(|n| env.contains_key(*n)).then_some(()))
        })?;
        Ok(Self {
            env,
            dir: dir.to_owned(),
            _server: server,
        })
    }

    /// The environment of a program that is to use this bucket.
    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// The bucket's folder on this disk.
    pub(crate) fn bucket_dir(&self) -> PathBuf {
        self.dir.join(&self.env["S3_BUCKET_NAME"])
    }
}

/// One kind of object in the bucket.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct KindTotals {
    /// How many.
    pub(crate) count: u64,
    /// Their bytes together.
    pub(crate) bytes: u64,
    /// One of the keys, as an example.
    pub(crate) example: String,
}

/// The objects under `bucket`, by kind.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn totals_by_kind(bucket: &Path) -> Result<BTreeMap<String, KindTotals>> {
    let mut piles: BTreeMap<String, KindTotals> = BTreeMap::new();
    for file in list_files(bucket)? {
        let facts = fs_err::metadata(bucket.join(&file))?;
        let key = file.to_string_lossy();
        // The server keeps its own notes in files that begin with a dot.
        if facts.is_dir() || key.split('/').any(|part| part.starts_with('.')) {
            continue;
        }
        let pile = piles.entry(kind_of_key(&key).to_owned()).or_default();
        pile.count += 1;
        pile.bytes += facts.len();
        if pile.example.is_empty() {
            // They come in order: the first is the least.
            pile.example = key.into_owned();
        }
    }
    Ok(piles)
}

/// The `kind=…` part of an object's key.
fn kind_of_key(key: &str) -> &str {
    key.split('/')
        .find_map(|part| part.strip_prefix("kind="))
        .unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_piled_by_kind() {
        assert_eq!(
            kind_of_key("raw/v1/kind=shot/sh=0a/dt=2026-11-22/x.webp"),
            "shot"
        );
        assert_eq!(kind_of_key("notes.txt"), "other");
    }
}
