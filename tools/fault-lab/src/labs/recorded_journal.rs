//! A journal with made-up work in it, and the check that all of it was uploaded.

use crate::bucket::OpenedBucket;
use crate::fixture::{self, START};
use anyhow::{Result, ensure};
use bytes::Bytes;
use journal::{
    Commit, FreezeOptions, Journal, JournalKeys, ObjectEncoding, OutboxDepth, Reader, SegmentLimits,
};
use model::{DeviceId, Record, RecordLine, Screenshot, Span, Timestamp};
use std::path::{Path, PathBuf};
use std::time::Duration;
use upload::object_keys::{ObjectKey, ObjectKind};
use upload::sha256_hex;
use vault::{Identity, Opener, Sealer};

/// The journal and its own clock.
pub(crate) struct RecordedJournal {
    dir: PathBuf,
    journal: Journal,
    now: Timestamp,
    spans: u64,
    screenshots: u64,
}

impl RecordedJournal {
    /// A new journal in `dir`, which `viewer` can read.
    pub(crate) fn new(dir: &Path, viewer: &Identity) -> Result<Self> {
        let lease = Identity::generate();
        let keys = JournalKeys {
            device: DeviceId::from_bytes([3; 16]),
            sealer: Sealer::new([viewer.recipient(), lease.recipient()])?,
            opener: Opener::new([lease]),
        };
        Ok(Self {
            dir: dir.to_owned(),
            journal: Journal::open(dir, keys, START)?.0,
            now: START,
            spans: 0,
            screenshots: 0,
        })
    }

    /// Its directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Now, by its own clock, in microseconds since the Unix epoch (UTC).
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Adds `seconds` of work, committed as one span.
    pub(crate) fn add_span(&mut self, seconds: u64) -> Result<()> {
        let duration = Duration::from_secs(seconds);
        let span = Record::Span(Span {
            start: self.now,
            duration,
            ..fixture::make_span(self.spans)
        });
        self.now += duration;
        self.journal.commit(Commit {
            records: &[span],
            at: self.now,
            ..Commit::default()
        })?;
        self.spans += 1;
        Ok(())
    }

    /// Adds a screenshot of this many bytes, like no other.
    pub(crate) fn add_screenshot(&mut self, bytes: usize) -> Result<()> {
        self.screenshots += 1;
        // A small generator of numbers (xorshift): screenshots do not compress.
        let mut state = self.screenshots.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut image = Vec::with_capacity(bytes + 8);
        while image.len() < bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            image.extend_from_slice(&state.to_le_bytes());
        }
        let shot = Screenshot {
            at: self.now,
            sha256: sha256_hex(&image),
            bytes: image.len() as u64,
            window: fixture::make_span(self.spans).window,
            ..fixture::make_screenshot(0).0
        };
        self.journal.add_screenshot(&shot, &image, self.now)?;
        Ok(())
    }

    /// Packs everything, at most `records` in a segment.
    pub(crate) fn freeze(&mut self, records: usize) -> Result<()> {
        let bytes = 1 << 20;
        let rules = FreezeOptions {
            limits: SegmentLimits { records, bytes },
            ..FreezeOptions::default()
        };
        self.journal.freeze(self.now, &rules)?;
        Ok(())
    }
}

/// The numbers of the uploaded records.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DeliveryTally {
    pub(crate) records: u64,
    pub(crate) segments: u64,
    pub(crate) screenshots: u64,
    pub(crate) bytes: u64,
}

/// Compares a bucket with the journal in `dir`: every record and screenshot is there, once, byte for byte, and nothing else.
///
/// # Errors
/// The first thing that is lost, doubled, foreign or changed.
pub(crate) fn check_delivery(
    dir: &Path,
    viewer: &Identity,
    objects: impl Iterator<Item = Result<(String, Bytes)>>,
) -> Result<DeliveryTally> {
    let opener = Opener::new([viewer.clone()]);
    let reader = Reader::open(dir, opener.clone())?;
    let expected = |parts: &ObjectKey| {
        parts.encoding == ObjectEncoding::Age
            && matches!(parts.kind, ObjectKind::Activity | ObjectKind::Screenshot)
    };
    let bucket = OpenedBucket::read(&reader, &opener, &expected, objects)?;
    let mut arrived = DeliveryTally {
        records: 0,
        segments: bucket.segments,
        screenshots: bucket.objects - bucket.segments,
        bytes: bucket.bytes,
    };
    arrived.records = bucket.compare(&reader, &|record| {
        let seq = record.seq;
        ensure!(
            record.delivered == record.recorded,
            "record {seq} arrived changed"
        );
        let line: RecordLine = serde_json::from_slice(record.recorded)?;
        let made = match line.record {
            Record::Shot(shot) => Some(shot.sha256),
            _ => None,
        };
        ensure!(
            record.image == made,
            "the screenshot of record {seq} is lost or changed"
        );
        Ok(())
    })?;
    ensure!(
        reader.depth()? == OutboxDepth::default(),
        "the journal takes something for not sent"
    );
    Ok(arrived)
}
