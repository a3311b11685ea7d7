//! A journal with made-up work in it, and the look whether all of it arrived.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use journal::{
    Commit, FreezeOptions, Journal, JournalKeys, ObjectEncoding, OutboxDepth, Reader,
    SegmentLimits, open_segment,
};
use model::{
    Clock, Counts, Coverage, DeviceId, Moment, Record, RecordLine, Screenshot, Span, WindowInfo,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use upload::keys::{self, ObjectKind};
use upload::sha256_hex;
use vault::{Identity, KeyMaker, Opener};

/// When the made-up work began, in microseconds since the Unix epoch (UTC).
const START_US: i64 = 1_790_000_000_000_000;

/// A clock that stands where it is put.
pub(crate) struct At(pub(crate) i64);

impl Clock for At {
    fn now(&self) -> Moment {
        Moment {
            utc_us: self.0,
            boot_us: 1,
            awake_us: 1,
        }
    }
}

/// The journal and its own clock.
pub(crate) struct Recorded {
    dir: PathBuf,
    journal: Journal,
    now_us: i64,
    spans: u64,
    pictures: u64,
}

impl Recorded {
    /// A new journal in `dir`, which `viewer` can read.
    pub(crate) fn new(dir: &Path, viewer: &Identity) -> Result<Self> {
        let lease = Identity::generate();
        let keys = JournalKeys {
            device: DeviceId::from_bytes([3; 16]),
            maker: KeyMaker::new([viewer.recipient(), lease.recipient()])?,
            opener: Opener::new([lease]),
        };
        Ok(Self {
            dir: dir.to_owned(),
            journal: Journal::open(dir, keys, START_US)?.0,
            now_us: START_US,
            spans: 0,
            pictures: 0,
        })
    }

    /// Where it lies.
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

    /// `seconds` more of work, committed as one span.
    pub(crate) fn span(&mut self, seconds: u64) -> Result<()> {
        let dur_us = seconds * 1_000_000;
        let span = Record::Span(Span {
            start_us: self.now_us,
            dur_us,
            zone: "Europe/Berlin".into(),
            state: Coverage::Active,
            protected: false,
            removed: false,
            window: self.window(),
            counts: Counts::default(),
        });
        self.now_us = self.now_us.saturating_add_unsigned(dur_us);
        self.journal.commit(Commit {
            records: &[span],
            at_us: self.now_us,
            ..Commit::default()
        })?;
        self.spans += 1;
        Ok(())
    }

    /// A picture of this many bytes, like no other.
    pub(crate) fn picture(&mut self, bytes: usize) -> Result<()> {
        self.pictures += 1;
        // A small generator of numbers (xorshift): pictures do not compress.
        let mut state = self.pictures.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut picture = Vec::with_capacity(bytes + 8);
        while picture.len() < bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            picture.extend_from_slice(&state.to_le_bytes());
        }
        let shot = Screenshot {
            at_us: self.now_us,
            zone: "Europe/Berlin".into(),
            sha256: sha256_hex(&picture),
            bytes: picture.len() as u64,
            media: "image/webp".into(),
            width: 800,
            height: 600,
            screen_width: 1920,
            screen_height: 1080,
            blurred: true,
            removed: false,
            window: self.window(),
        };
        self.journal.add_shot(&shot, &picture, self.now_us)?;
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
            hold_us: 0,
            readable: false,
        };
        self.journal.freeze(self.now_us, &rules)?;
        Ok(())
    }
}

/// What arrived.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Arrived {
    pub(crate) records: u64,
    pub(crate) segments: u64,
    pub(crate) pictures: u64,
    pub(crate) bytes: u64,
}

/// Compares a bucket with the journal in `dir`: every record and picture is there, once, byte for byte, and nothing else.
///
/// # Errors
/// The first thing that is lost, doubled, foreign or changed.
pub(crate) fn arrived(
    dir: &Path,
    viewer: &Identity,
    objects: impl Iterator<Item = Result<(String, Bytes)>>,
) -> Result<Arrived> {
    let opener = Opener::new([viewer.clone()]);
    let reader = Reader::open(dir, opener.clone())?;
    let mut arrived = Arrived::default();
    let mut segments = BTreeMap::new();
    let mut pictures = BTreeMap::new();
    for object in objects {
        let (key, body) = object?;
        let parts = keys::parse(&key).with_context(|| format!("a strange object: {key}"))?;
        ensure!(
            parts.device == *reader.device() && parts.epoch == reader.epoch(),
            "an object of somebody else: {key}"
        );
        ensure!(
            sha256_hex(&body).starts_with(&parts.sha16),
            "an object that is not what its name says: {key}"
        );
        arrived.bytes += body.len() as u64;
        let before = match (parts.kind, parts.form) {
            (ObjectKind::Activity, ObjectEncoding::Age) => {
                let opened = open_segment(parts.form, &body, &opener)?;
                segments.insert(parts.seq, opened.lines).is_some()
            }
            (ObjectKind::Shot, ObjectEncoding::Age) => {
                let picture = sha256_hex(&opener.open_file(&body)?);
                pictures.insert(parts.seq, picture).is_some()
            }
            _ => bail!("an object nobody sent: {key}"),
        };
        ensure!(!before, "there twice: {key}");
    }
    arrived.segments = segments.len() as u64;
    arrived.pictures = pictures.len() as u64;
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
        let some = reader.raw_lines(after, 500)?;
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
                let picture = pictures.remove(&seq);
                ensure!(
                    picture == Some(shot.sha256),
                    "the picture of record {seq} is lost or changed"
                );
            }
        }
    }
    ensure!(
        lines.next().is_none(),
        "a record arrived that is not in the journal"
    );
    ensure!(
        pictures.is_empty(),
        "a picture arrived that is not in the journal"
    );
    ensure!(
        reader.depth()? == OutboxDepth::default(),
        "the journal takes something for not sent"
    );
    Ok(arrived)
}
