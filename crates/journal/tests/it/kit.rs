//! A journal in a temporary directory, and records to put into it.

use journal::{Commit, Journal, Outbox, Reader, Recovery};
use model::{Counts, Coverage, InputCounts, Notice, NoticeCode, Record, Shot, Span, Window};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use vault::Vault;

/// 2026-09-21, in the afternoon.
pub(crate) const NOW: i64 = 1_790_000_000_000_000;
pub(crate) const MINUTE: i64 = 60_000_000;
pub(crate) const DAY: i64 = 1440 * MINUTE;

pub(crate) struct Desk {
    pub(crate) dir: TempDir,
    pub(crate) vault: Vault,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let vault = Vault::open_or_create(dir.path()).unwrap();
        Self { dir, vault }
    }

    pub(crate) fn at(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.at().join(journal::DB_NAME)
    }

    pub(crate) fn open(&self) -> (Journal, Recovery) {
        Journal::open(&self.at(), &self.vault, NOW).unwrap()
    }

    pub(crate) fn journal(&self) -> Journal {
        self.open().0
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.at(), self.vault.opener()).unwrap()
    }

    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::open(&self.at(), &self.vault).unwrap()
    }
}

pub(crate) fn span(n: i64) -> Span {
    Span {
        start_us: NOW + n * MINUTE,
        dur_us: 60_000_000,
        zone: "Europe/Berlin".into(),
        state: Coverage::Active,
        protected: false,
        window: Some(Arc::new(Window {
            app: "Editor".into(),
            exe: "/usr/bin/editor".into(),
            title: format!("canary-{n}: a\u{202e}b \"quoted\" – naïve"),
        })),
        counts: Counts {
            hardware: InputCounts {
                keys: n.unsigned_abs(),
                ..InputCounts::default()
            },
            ..Counts::default()
        },
    }
}

pub(crate) fn spans(range: std::ops::Range<i64>) -> Vec<Record> {
    range.map(|n| Record::Span(span(n))).collect()
}

pub(crate) fn notice(text: &str) -> Record {
    Record::Notice(Notice {
        at_us: NOW,
        zone: "UTC".into(),
        code: NoticeCode::Started,
        text: text.into(),
    })
}

/// A shot and its picture, `bytes` long.
pub(crate) fn shot(at_us: i64, bytes: usize) -> (Shot, Vec<u8>) {
    let mut picture: Vec<u8> = format!("canary picture {at_us} ").into_bytes();
    picture.resize(bytes.max(8), b'.');
    let shot = Shot {
        at_us,
        zone: "UTC".into(),
        sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(&picture)),
        bytes: picture.len() as u64,
        media: "image/webp".into(),
        width: 10,
        height: 20,
        screen_width: 10,
        screen_height: 20,
        blurred: false,
        window: None,
    };
    (shot, picture)
}

pub(crate) fn add_shot(journal: &mut Journal, at_us: i64, bytes: usize) -> u64 {
    let (shot, picture) = shot(at_us, bytes);
    journal.add_shot(&shot, &picture, at_us).unwrap()
}

pub(crate) fn put(journal: &mut Journal, records: &[Record]) -> Vec<u64> {
    journal
        .commit(Commit {
            records,
            at_us: NOW,
            ..Commit::default()
        })
        .unwrap()
}

/// Every file below `dir`, sorted.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => open.push(path),
                path => out.push(path),
            }
        }
    }
    out.sort();
    out
}
