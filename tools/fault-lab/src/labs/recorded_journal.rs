//! A journal with made-up work in it, and the check that all of it was uploaded.

use crate::fixture::START_US;
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use journal::{
    Commit, FreezeOptions, Journal, JournalKeys, ObjectEncoding, OutboxDepth, Reader,
    SegmentLimits, open_segment,
};
use model::{Counts, Coverage, DeviceId, Record, RecordLine, Screenshot, Span, WindowInfo};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use upload::object_keys::{ObjectKey, ObjectKind};
use upload::sha256_hex;
use vault::{Identity, Opener, Sealer};

/// The journal and its own clock.
pub(crate) struct RecordedJournal {
    dir: PathBuf,
    journal: Journal,
    now_us: i64,
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
            journal: Journal::open(dir, keys, model::Timestamp::from_micros(START_US))?.0,
            now_us: START_US,
            spans: 0,
            screenshots: 0,
        })
    }

    /// Its directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Now, by its own clock, in microseconds since the Unix epoch (UTC).
    pub(crate) fn now_us(&self) -> i64 {
        self.now_us
    }

    fn window(&self) -> Option<Arc<WindowInfo>> {
        Some(Arc::new(WindowInfo {
            app: "Editor".into(),
            exe: "/usr/bin/editor".into(),
            title: format!("chapter {} – “π” <b>\u{202e}\"=1+1", self.spans),
        }))
    }

    /// Adds `seconds` of work, committed as one span.
    pub(crate) fn add_span(&mut self, seconds: u64) -> Result<()> {
        let dur_us = seconds * 1_000_000;
        let span = Record::Span(Span {
            start: model::Timestamp::from_micros(self.now_us),
            duration: std::time::Duration::from_micros(dur_us),
            zone: "Europe/Berlin".into(),
            state: Coverage::Active,
            protected: false,
            redacted: false,
            window: self.window(),
            counts: Counts::default(),
        });
        self.now_us = self.now_us.saturating_add_unsigned(dur_us);
        self.journal.commit(Commit {
            records: &[span],
            at: model::Timestamp::from_micros(self.now_us),
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
            at: model::Timestamp::from_micros(self.now_us),
            zone: "Europe/Berlin".into(),
            sha256: sha256_hex(&image),
            bytes: image.len() as u64,
            media: "image/webp".into(),
            width: 800,
            height: 600,
            screen_width: 1920,
            screen_height: 1080,
            blurred: true,
            redacted: false,
            window: self.window(),
        };
        self.journal
            .add_screenshot(&shot, &image, model::Timestamp::from_micros(self.now_us))?;
        Ok(())
    }

    /// Packs everything, at most `records` in a segment.
    pub(crate) fn freeze(&mut self, records: usize) -> Result<()> {
        let rules = FreezeOptions {
            last: false,
            limits: SegmentLimits {
                records,
                bytes: 1 << 20,
            },
            hold: std::time::Duration::from_micros(0),
            readable: false,
        };
        self.journal
            .freeze(model::Timestamp::from_micros(self.now_us), &rules)?;
        Ok(())
    }
}

/// Numbers of what was uploaded.
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
    let mut arrived = DeliveryTally::default();
    let mut segments = BTreeMap::new();
    let mut screenshots = BTreeMap::new();
    for object in objects {
        let (key, body) = object?;
        let parts = ObjectKey::parse(&key).with_context(|| format!("a strange object: {key}"))?;
        ensure!(
            parts.device == *reader.device() && parts.epoch == reader.epoch(),
            "an object of somebody else: {key}"
        );
        ensure!(
            sha256_hex(&body).starts_with(&parts.sha16),
            "an object that is not what its name says: {key}"
        );
        arrived.bytes += body.len() as u64;
        let before = match (parts.kind, parts.encoding) {
            (ObjectKind::Activity, ObjectEncoding::Age) => {
                let opened = open_segment(parts.encoding, &body, &opener)?;
                segments.insert(parts.seq, opened.lines).is_some()
            }
            (ObjectKind::Screenshot, ObjectEncoding::Age) => {
                let image = sha256_hex(&opener.open_file(&body)?);
                screenshots.insert(parts.seq, image).is_some()
            }
            _ => bail!("an object nobody sent: {key}"),
        };
        ensure!(!before, "there twice: {key}");
    }
    arrived.segments = segments.len() as u64;
    arrived.screenshots = screenshots.len() as u64;
    let mut lines = segments.into_values().flat_map(|lines| {
        let lines: Vec<Vec<u8>> = lines
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .map(<[u8]>::to_vec)
            .collect();
        lines
    });
    let mut after = 0;
    loop {
        let some = reader.read_raw_lines(after, 500)?;
        let Some((last, _)) = some.last() else { break };
        after = *last;
        for (seq, recorded) in some {
            let sent = lines
                .next()
                .with_context(|| format!("record {seq} is lost"))?;
            ensure!(
                sent == recorded,
                "record {seq} arrived changed or out of order"
            );
            arrived.records += 1;
            let line: RecordLine = serde_json::from_slice(&sent)?;
            if let Record::Shot(shot) = line.record {
                let image = screenshots.remove(&seq);
                ensure!(
                    image == Some(shot.sha256),
                    "the screenshot of record {seq} is lost or changed"
                );
            }
        }
    }
    ensure!(
        lines.next().is_none(),
        "a record arrived that is not in the journal"
    );
    ensure!(
        screenshots.is_empty(),
        "a screenshot arrived that is not in the journal"
    );
    ensure!(
        reader.depth()? == OutboxDepth::default(),
        "the journal takes something for not sent"
    );
    Ok(arrived)
}
