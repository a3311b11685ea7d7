//! A journal in a temporary directory, and records to put into it.

use journal::{
    Commit, FreezeOptions, IntegrityCheck, Journal, JournalError, JournalKeys, ObjectEncoding,
    Outbox, QuarterHour, Reader, RecoveryReport, Segment, SegmentLimits, open_segment,
};
use model::{
    Counts, Coverage, DeviceId, InputCounts, Notice, NoticeCode, Record, Screenshot, Span,
    Timestamp, WindowInfo,
};
use sha2::{Digest, Sha256};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use vault::{Identity, Opener, Recipient, Sealer};

/// 2026-09-21, in the afternoon.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// Every quarter hour there is.
pub(crate) const ALL_ROLLUPS: Range<QuarterHour> = QuarterHour(i64::MIN)..QuarterHour(i64::MAX);

pub(crate) fn micros(n: u32) -> Duration {
    Duration::from_micros(n.into())
}

pub(crate) struct Desk {
    pub(crate) dir: TempDir,
    pub(crate) device: DeviceId,
    /// Whoever may read everything.
    pub(crate) viewer: Identity,
    /// The agent's; replaced, as after a hard crash, everything sealed so far is closed to it.
    pub(crate) lease: Identity,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self {
            dir: TempDir::new().unwrap(),
            device: DeviceId::from_bytes([7; 16]),
            viewer: Identity::generate(),
            lease: Identity::generate(),
        };
        fs::write(desk.dir.path().join("lease"), &*desk.lease.reveal()).unwrap();
        fs::write(
            desk.dir.path().join("viewer"),
            desk.viewer.recipient().to_string(),
        )
        .unwrap();
        desk
    }

    /// The keys of the agent.
    pub(crate) fn keys(&self) -> JournalKeys {
        keys(&self.device, &self.lease, self.viewer.recipient())
    }

    /// The keys of a viewer's process.
    pub(crate) fn viewer_keys(&self) -> JournalKeys {
        JournalKeys {
            opener: self.opener(),
            ..self.keys()
        }
    }

    /// The viewer's.
    pub(crate) fn opener(&self) -> Opener {
        Opener::new([self.viewer.clone()])
    }

    /// The supervisor died: its lease is gone.
    pub(crate) fn new_lease(&mut self) {
        self.lease = Identity::generate();
    }

    pub(crate) fn at(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.at().join(journal::DB_NAME)
    }

    /// For looking and breaking behind the journal's back.
    pub(crate) fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.db()).unwrap()
    }

    pub(crate) fn open(&self) -> (Journal, RecoveryReport) {
        Journal::open(&self.at(), self.keys(), NOW).unwrap()
    }

    pub(crate) fn journal(&self) -> Journal {
        self.open().0
    }

    pub(crate) fn maintenance(&self, keys: JournalKeys) -> Result<Journal, JournalError> {
        Journal::open_for_maintenance(&self.at(), keys, NOW, IntegrityCheck::Full)
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.at(), self.opener()).unwrap()
    }

    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::open(&self.at()).unwrap()
    }

    /// The records `first` to `last` as lines, as the reader of the viewer gives them.
    pub(crate) fn raw(&self, first: u64, last: u64) -> Vec<u8> {
        let count = usize::try_from(last - first + 1).unwrap();
        let mut out = Vec::new();
        for (_, line) in self.reader().read_raw_lines(first - 1, count).unwrap() {
            out.extend_from_slice(&line);
            out.push(b'\n');
        }
        out
    }

    /// A segment as the viewer opens it.
    pub(crate) fn lines(&self, segment: &Segment) -> Vec<u8> {
        let body = segment.body.as_ref().unwrap();
        let opened = open_segment(segment.encoding, body, &self.opener()).unwrap();
        assert_eq!(opened.damaged, []);
        opened.lines
    }

    /// Acknowledges everything that is frozen; the segments.
    pub(crate) fn deliver(&self) -> Vec<Segment> {
        let mut outbox = self.outbox();
        let mut out = Vec::new();
        loop {
            let segment = outbox.next_segment().unwrap();
            for shot in outbox.next_screenshots(100).unwrap() {
                outbox.open_screenshot_file(shot.seq).unwrap();
                assert_eq!(
                    outbox
                        .begin_screenshot_puts(&[(shot.seq, shot.encoding)])
                        .unwrap(),
                    [shot.seq]
                );
                outbox
                    .acknowledge_screenshot(shot.seq, shot.encoding, NOW)
                    .unwrap();
            }
            let Some(segment) = segment else {
                return out;
            };
            let (first, last) = (segment.first_seq, segment.last_seq);
            assert!(
                outbox
                    .begin_segment_put(&segment, segment.encoding)
                    .unwrap()
            );
            outbox
                .acknowledge_segment(first, last, segment.encoding, NOW)
                .unwrap();
            out.push(segment);
        }
    }
}

pub(crate) fn keys(device: &DeviceId, lease: &Identity, viewer: Recipient) -> JournalKeys {
    JournalKeys {
        device: device.clone(),
        sealer: Sealer::new([viewer, lease.recipient()]).unwrap(),
        opener: Opener::new([lease.clone()]),
    }
}

/// The agent's keys, in a process that was started with the desk's directory.
pub(crate) fn keys_of_child(dir: &Path) -> JournalKeys {
    let lease = fs::read_to_string(dir.join("lease")).unwrap();
    let viewer = fs::read_to_string(dir.join("viewer")).unwrap();
    keys(
        &DeviceId::from_bytes([7; 16]),
        &lease.parse().unwrap(),
        viewer.parse().unwrap(),
    )
}

/// Everything at once, in segments of at most so many records.
pub(crate) fn few(records: usize) -> FreezeOptions {
    FreezeOptions {
        limits: SegmentLimits {
            records,
            ..SegmentLimits::default()
        },
        ..FreezeOptions::default()
    }
}

/// The frozen segments that wait, as `(first, last, encoding)`, oldest first.
pub(crate) fn waiting(desk: &Desk) -> Vec<(u64, u64, ObjectEncoding)> {
    desk.sql()
        .prepare("SELECT first_seq, last_seq, form FROM segment WHERE acked = 0 ORDER BY first_seq")
        .unwrap()
        .query_map([], |row| {
            let encoding = match row.get(2)? {
                1 => ObjectEncoding::Age,
                2 => ObjectEncoding::SealedRows,
                other => panic!("form {other}"),
            };
            Ok((
                row.get::<_, i64>(0)?.unsigned_abs(),
                row.get::<_, i64>(1)?.unsigned_abs(),
                encoding,
            ))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

pub(crate) fn span(n: u32) -> Span {
    Span {
        start: NOW + n * MINUTE,
        duration: MINUTE,
        zone: "Europe/Berlin".into(),
        state: Coverage::Active,
        protected: false,
        redacted: false,
        window: Some(Arc::new(WindowInfo {
            app: "Editor".into(),
            exe: "/usr/bin/editor".into(),
            title: format!("canary-{n}: a\u{202e}b \"quoted\" – naïve"),
        })),
        counts: Counts {
            hardware: InputCounts {
                keys: n.into(),
                ..InputCounts::default()
            },
            ..Counts::default()
        },
    }
}

pub(crate) fn spans(range: Range<u32>) -> Vec<Record> {
    range.map(|n| Record::Span(span(n))).collect()
}

pub(crate) fn notice(text: &str) -> Record {
    Record::Notice(Notice {
        at: NOW,
        zone: "UTC".into(),
        code: NoticeCode::Started,
        text: text.into(),
    })
}

/// The facts of a screenshot and its encoded bytes, `bytes` long.
pub(crate) fn shot(at: Timestamp, bytes: usize) -> (Screenshot, Vec<u8>) {
    let mut picture: Vec<u8> = format!("canary picture {at} ").into_bytes();
    picture.resize(bytes.max(8), b'.');
    let shot = Screenshot {
        at,
        zone: "UTC".into(),
        sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(&picture)),
        bytes: picture.len() as u64,
        media: "image/webp".into(),
        width: 10,
        height: 20,
        screen_width: 10,
        screen_height: 20,
        blurred: false,
        redacted: false,
        window: None,
    };
    (shot, picture)
}

pub(crate) fn add_shot(journal: &mut Journal, at: Timestamp, bytes: usize) -> u64 {
    let (shot, picture) = shot(at, bytes);
    journal.add_screenshot(&shot, &picture, at).unwrap()
}

pub(crate) fn put(journal: &mut Journal, records: &[Record]) -> Vec<u64> {
    journal
        .commit(Commit {
            records,
            at: NOW,
            ..Commit::default()
        })
        .unwrap()
}

/// Every file below `dir`, sorted.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => open.push(path),
                path => out.push(path),
            }
        }
    }
    out.sort();
    out
}

/// Fails when one of `words` stands in clear in any file below `dir`.
pub(crate) fn assert_in_no_file(dir: &Path, words: &[&[u8]]) {
    for file in files(dir) {
        let bytes = fs::read(&file).unwrap();
        for word in words {
            assert!(
                !contains(&bytes, word),
                "{:?} in {}",
                String::from_utf8_lossy(word),
                file.display()
            );
        }
    }
}

pub(crate) fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|w| w == word)
}
