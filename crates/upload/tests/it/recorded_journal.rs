//! A journal with made-up work, and the check that a sink holds exactly that.

use crate::kit::Still;
use journal::{
    Commit, FreezeOptions, Journal, JournalKeys, ObjectEncoding, Outbox, Reader, SegmentLimits,
    open_segment,
};
use model::{
    Counts, Coverage, DeviceId, Notice, NoticeCode, Record, Screenshot, Span, Timestamp, WindowInfo,
};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use upload::object_keys::{self, ObjectKey, ObjectKind};
use upload::{DrainReport, Sink, UploadError, sha256_hex};
use vault::{Identity, Opener, Sealer};

pub(crate) const START: Timestamp = Timestamp::from_seconds(1_790_000_000);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// Small, so that a short test makes many segments.
pub(crate) const SMALL: FreezeOptions = FreezeOptions {
    last: false,
    limits: SegmentLimits {
        records: 17,
        bytes: 1 << 20,
    },
    hold: Duration::from_micros(0),
    readable: false,
};

pub(crate) struct Recorded {
    dir: tempfile::TempDir,
    viewer: Identity,
    pub(crate) lease: Identity,
    pub(crate) journal: Journal,
    minutes: u64,
}

fn open(path: &Path, viewer: &Identity, lease: &Identity) -> Journal {
    let keys = JournalKeys {
        device: DeviceId::from_bytes([3; 16]),
        sealer: Sealer::new([viewer.recipient(), lease.recipient()]).unwrap(),
        opener: Opener::new([lease.clone()]),
    };
    Journal::open(path, keys, START).unwrap().0
}

impl Recorded {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (viewer, lease) = (Identity::generate(), Identity::generate());
        let journal = open(dir.path(), &viewer, &lease);
        Self {
            dir,
            viewer,
            lease,
            journal,
            minutes: 0,
        }
    }

    /// The supervisor dies; another start follows.
    pub(crate) fn new_lease(self) -> Self {
        let Self {
            dir,
            viewer,
            journal,
            minutes,
            ..
        } = self;
        drop(journal);
        let lease = Identity::generate();
        let mut journal = open(dir.path(), &viewer, &lease);
        journal.commit_recovered(&[], START).unwrap();
        Self {
            dir,
            viewer,
            lease,
            journal,
            minutes,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn viewer(&self) -> Opener {
        Opener::new([self.viewer.clone()])
    }

    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::open(self.path()).unwrap()
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(self.path(), self.viewer()).unwrap()
    }

    /// `minutes` more of work: a span each, a screenshot every fifth, a notice every tenth.
    pub(crate) fn work(&mut self, minutes: u64) {
        for _ in 0..minutes {
            let n = self.minutes;
            let start = START + u32::try_from(n).unwrap() * MINUTE;
            let window = Some(Arc::new(WindowInfo {
                app: "Editor".into(),
                exe: "/usr/bin/editor".into(),
                title: format!("chapter {n}\n\u{202e}<b>\"ü\u{0}\" =1+1"),
            }));
            let mut records = vec![Record::Span(Span {
                start,
                duration: MINUTE,
                zone: "Europe/Berlin".into(),
                state: Coverage::Active,
                protected: n.is_multiple_of(7),
                redacted: false,
                window: window.clone(),
                counts: Counts::default(),
            })];
            if n.is_multiple_of(10) {
                records.push(Record::Notice(Notice {
                    at: start,
                    zone: "Europe/Berlin".into(),
                    code: NoticeCode::Settings,
                    text: "changed".into(),
                }));
            }
            self.journal
                .commit(Commit {
                    records: &records,
                    at: start,
                    ..Commit::default()
                })
                .unwrap();
            if n.is_multiple_of(5) {
                let screenshot = format!("screenshot of minute {n}").repeat(300).into_bytes();
                let shot = Screenshot {
                    at: start,
                    zone: "Europe/Berlin".into(),
                    sha256: sha256_hex(&screenshot),
                    bytes: screenshot.len() as u64,
                    media: "image/webp".into(),
                    width: 10,
                    height: 10,
                    screen_width: 20,
                    screen_height: 20,
                    blurred: true,
                    redacted: false,
                    window,
                };
                self.journal
                    .add_screenshot(&shot, &screenshot, start)
                    .unwrap();
            }
            self.minutes += 1;
        }
    }

    /// Freezes, and drains through a fresh outbox each time, as after a crash.
    pub(crate) fn drain(&mut self, sink: &dyn Sink) -> Result<DrainReport, UploadError> {
        self.journal.freeze(START, &SMALL).unwrap();
        self.drain_only(sink, None)
    }

    pub(crate) fn drain_only(
        &self,
        sink: &dyn Sink,
        opener: Option<&Opener>,
    ) -> Result<DrainReport, UploadError> {
        upload::drain(&mut self.outbox(), sink, opener, &Still, &mut |_| {
            ControlFlow::Continue(())
        })
    }

    pub(crate) fn drain_to_the_end(&mut self, sink: &dyn Sink) -> DrainReport {
        for _ in 0..200 {
            match self.drain(sink) {
                Ok(drained) => return drained,
                Err(error) => assert!(!error.is_permanent(), "{error}"),
            }
        }
        panic!("never done");
    }

    /// Every object of the sink against the journal. How many of each encoding there are.
    pub(crate) fn assert_delivered(
        &self,
        objects: &BTreeMap<String, Vec<u8>>,
    ) -> BTreeMap<&'static str, usize> {
        let reader = self.reader();
        let mut lines = Vec::new();
        let mut after = 0;
        loop {
            let some = reader.read_raw_lines(after, 100).unwrap();
            let Some((last, _)) = some.last() else { break };
            after = *last;
            for (_, line) in some {
                lines.extend(line);
                lines.push(b'\n');
            }
        }
        let mut segments = BTreeMap::new();
        let mut screenshots = BTreeMap::new();
        let mut forms = BTreeMap::new();
        for (key, body) in objects {
            let parts = ObjectKey::parse(key).unwrap_or_else(|| panic!("a strange key: {key}"));
            assert_eq!(&parts.device, reader.device());
            assert_eq!(parts.epoch, reader.epoch());
            assert!(sha256_hex(body).starts_with(&parts.sha16), "{key}");
            let word = match (parts.kind, parts.encoding) {
                (ObjectKind::Activity, ObjectEncoding::Age) => "segment",
                (ObjectKind::Activity, ObjectEncoding::SealedRows) => "sealed rows",
                (ObjectKind::Activity, _) => "readable segment",
                (ObjectKind::Screenshot, ObjectEncoding::Age) => "screenshot",
                (ObjectKind::Screenshot, _) => "readable screenshot",
                (ObjectKind::Vault, _) => "kit",
                (ObjectKind::Manifest, _) => "manifest",
            };
            *forms.entry(word).or_insert(0) += 1;
            match parts.kind {
                ObjectKind::Activity => {
                    let opened = open_segment(parts.encoding, body, &self.viewer()).unwrap();
                    assert_eq!(opened.damaged, []);
                    let before = segments.insert(parts.seq, opened.lines);
                    assert!(before.is_none(), "twice: {key}");
                }
                ObjectKind::Screenshot => {
                    let screenshot = match parts.encoding {
                        ObjectEncoding::Age => self.viewer().open_file(body).unwrap().to_vec(),
                        _ => body.clone(),
                    };
                    let before = screenshots.insert(parts.seq, sha256_hex(&screenshot));
                    assert!(before.is_none(), "twice: {key}");
                }
                ObjectKind::Vault | ObjectKind::Manifest => {}
            }
        }
        let arrived: Vec<u8> = segments.into_values().flatten().collect();
        assert!(arrived == lines, "the bucket's lines equal the journal's");
        let mut named = BTreeMap::new();
        for line in arrived.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            let line: model::RecordLine = serde_json::from_slice(line).unwrap();
            if let Record::Shot(shot) = line.record {
                named.insert(line.seq, shot.sha256);
            }
        }
        assert_eq!(named, screenshots, "each shot's screenshot is there, once");
        assert_eq!(reader.depth().unwrap(), journal::OutboxDepth::default());
        forms
    }
}

pub(crate) fn all_of(sink: &dyn Sink) -> BTreeMap<String, Vec<u8>> {
    sink.list(object_keys::ROOT, usize::MAX)
        .unwrap()
        .into_iter()
        .map(|head| {
            let body = sink.get(&head.key).unwrap().unwrap();
            assert_eq!(head.bytes, body.len() as u64);
            (head.key, body.to_vec())
        })
        .collect()
}
