//! A real journal into real sinks: what arrives, opened by who may read it, equals what was recorded, record for record
//! and byte for byte.

use crate::kit::{Lab, Still};
use journal::{
    Commit, FreezeOptions, Journal, JournalKeys, ObjectEncoding, Outbox, Reader, RedactionTarget,
    SegmentLimits, open_segment,
};
use lab::s3::{FaultPlan, S3Fault};
use model::{
    Clock, Counts, Coverage, DeviceId, Notice, NoticeCode, Record, Screenshot, Span, WindowInfo,
};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use upload::keys::{self, ObjectKind};
use upload::{DrainProgress, DrainReport, ObjectStoreSink, Sink, UploadError, sha256_hex};
use vault::{Identity, KeyMaker, Opener};

pub(crate) const START_US: i64 = 1_790_000_000_000_000;
const MINUTE_US: u64 = 60_000_000;

/// Small, so that a short test makes many segments.
pub(crate) const SMALL: FreezeOptions = FreezeOptions {
    last: false,
    limits: SegmentLimits {
        records: 17,
        bytes: 1 << 20,
    },
    hold_us: 0,
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
        maker: KeyMaker::new([viewer.recipient(), lease.recipient()]).unwrap(),
        opener: Opener::new([lease.clone()]),
    };
    Journal::open(path, keys, START_US).unwrap().0
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
        journal.commit_recovered(&[], START_US).unwrap();
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

    fn viewer(&self) -> Opener {
        Opener::new([self.viewer.clone()])
    }

    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::open(self.path()).unwrap()
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(self.path(), self.viewer()).unwrap()
    }

    /// `minutes` more of work: a span each, a picture every fifth, a notice every tenth.
    pub(crate) fn work(&mut self, minutes: u64) {
        for _ in 0..minutes {
            let n = self.minutes;
            let start_us = START_US + i64::try_from(n * MINUTE_US).unwrap();
            let window = Some(Arc::new(WindowInfo {
                app: "Editor".into(),
                exe: "/usr/bin/editor".into(),
                title: format!("chapter {n}\n\u{202e}<b>\"ü\u{0}\" =1+1"),
            }));
            let mut records = vec![Record::Span(Span {
                start_us,
                dur_us: MINUTE_US,
                zone: "Europe/Berlin".into(),
                state: Coverage::Active,
                protected: n.is_multiple_of(7),
                removed: false,
                window: window.clone(),
                counts: Counts::default(),
            })];
            if n.is_multiple_of(10) {
                records.push(Record::Notice(Notice {
                    at_us: start_us,
                    zone: "Europe/Berlin".into(),
                    code: NoticeCode::Settings,
                    text: "changed".into(),
                }));
            }
            self.journal
                .commit(Commit {
                    records: &records,
                    at_us: start_us,
                    ..Commit::default()
                })
                .unwrap();
            if n.is_multiple_of(5) {
                let picture = format!("picture of minute {n}").repeat(300).into_bytes();
                let shot = Screenshot {
                    at_us: start_us,
                    zone: "Europe/Berlin".into(),
                    sha256: sha256_hex(&picture),
                    bytes: picture.len() as u64,
                    media: "image/webp".into(),
                    width: 10,
                    height: 10,
                    screen_width: 20,
                    screen_height: 20,
                    blurred: true,
                    removed: false,
                    window,
                };
                self.journal
                    .add_screenshot(&shot, &picture, start_us)
                    .unwrap();
            }
            self.minutes += 1;
        }
    }

    /// Freezes, and drains through a fresh outbox each time, as after a crash.
    pub(crate) fn drain(&mut self, sink: &dyn Sink) -> Result<DrainReport, UploadError> {
        self.journal.freeze(START_US, &SMALL).unwrap();
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

    fn drain_to_the_end(&mut self, sink: &dyn Sink) -> DrainReport {
        for _ in 0..200 {
            match self.drain(sink) {
                Ok(drained) => return drained,
                Err(error) => assert!(!error.is_permanent(), "{error}"),
            }
        }
        panic!("never done");
    }

    /// Every object of the sink against the journal. How many of each form there are.
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
        let mut pictures = BTreeMap::new();
        let mut forms = BTreeMap::new();
        for (key, body) in objects {
            let parts = keys::parse(key).unwrap_or_else(|| panic!("a strange key: {key}"));
            assert_eq!(&parts.device, reader.device());
            assert_eq!(parts.epoch, reader.epoch());
            assert!(sha256_hex(body).starts_with(&parts.sha16), "{key}");
            let word = match (parts.kind, parts.form) {
                (ObjectKind::Activity, ObjectEncoding::Age) => "segment",
                (ObjectKind::Activity, ObjectEncoding::SealedRows) => "sealed rows",
                (ObjectKind::Activity, _) => "readable segment",
                (ObjectKind::Shot, ObjectEncoding::Age) => "picture",
                (ObjectKind::Shot, _) => "readable picture",
                (ObjectKind::Vault, _) => "kit",
                (ObjectKind::Manifest, _) => "manifest",
            };
            *forms.entry(word).or_insert(0) += 1;
            match parts.kind {
                ObjectKind::Activity => {
                    let opened = open_segment(parts.form, body, &self.viewer()).unwrap();
                    assert_eq!(opened.damaged, []);
                    let before = segments.insert(parts.seq, opened.lines);
                    assert!(before.is_none(), "twice: {key}");
                }
                ObjectKind::Shot => {
                    let picture = match parts.form {
                        ObjectEncoding::Age => self.viewer().open_file(body).unwrap().to_vec(),
                        _ => body.clone(),
                    };
                    let before = pictures.insert(parts.seq, sha256_hex(&picture));
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
        assert_eq!(named, pictures, "each shot's picture is there, once");
        assert_eq!(reader.depth().unwrap(), journal::OutboxDepth::default());
        forms
    }
}

pub(crate) fn all_of(sink: &dyn Sink) -> BTreeMap<String, Vec<u8>> {
    sink.list(keys::ROOT, usize::MAX)
        .unwrap()
        .into_iter()
        .map(|head| {
            let body = sink.get(&head.key).unwrap().unwrap();
            assert_eq!(head.bytes, body.len() as u64);
            (head.key, body.to_vec())
        })
        .collect()
}

#[test]
fn the_bucket_equals_the_journal() {
    let lab = Lab::new();
    let sink = lab.sink(&[("S3_PREFIX", "team")]);
    let mut recorded = Recorded::new();
    assert_eq!(recorded.drain(&sink).unwrap(), DrainReport::default());
    recorded.work(60);
    let first = recorded.drain(&sink).unwrap();
    assert_eq!(first.shots, 12);
    assert!(first.segments >= 4, "{first:?}");
    recorded.work(31);
    recorded.drain(&sink).unwrap();
    assert_eq!(
        recorded.drain(&sink).unwrap(),
        DrainReport::default(),
        "nothing is left"
    );
    recorded.assert_delivered(&all_of(&sink));
    // The server's own directory says the same.
    let raw: BTreeMap<String, Vec<u8>> = lab
        .server
        .objects()
        .unwrap()
        .into_iter()
        .map(|(key, body)| (key.trim_start_matches("team/").to_owned(), body))
        .collect();
    recorded.assert_delivered(&raw);
}

#[test]
fn a_directory_and_memory_equal_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let directory = ObjectStoreSink::directory(dir.path()).unwrap();
    let memory = ObjectStoreSink::memory().unwrap();
    for sink in [&directory, &memory] {
        let mut recorded = Recorded::new();
        recorded.work(25);
        recorded.drain(sink).unwrap();
        recorded.assert_delivered(&all_of(sink));
    }
}

#[test]
fn a_server_away_for_the_first_half_of_the_day() {
    let mut lab = Lab::new();
    let sink = lab.sink(&[]);
    let mut recorded = Recorded::new();
    lab.server.stop();
    for _ in 0..4 {
        recorded.work(10);
        assert!(!recorded.drain(&sink).unwrap_err().is_permanent());
    }
    lab.server.restart().unwrap();
    for _ in 0..4 {
        recorded.work(10);
        recorded.drain(&sink).unwrap();
    }
    recorded.assert_delivered(&lab.server.objects().unwrap());
}

#[test]
fn every_kind_of_trouble_in_one_day() {
    let troubles = [
        S3Fault::Close,
        S3Fault::CutBody(3),
        S3Fault::Refuse {
            status: 500,
            code: "InternalError",
        },
        S3Fault::LoseAnswer,
        S3Fault::Refuse {
            status: 503,
            code: "SlowDown",
        },
        S3Fault::AnswerInstead {
            status: 500,
            code: "InternalError",
        },
        S3Fault::Portal { etag: true },
        S3Fault::Refuse {
            status: 409,
            code: "ConditionalRequestConflict",
        },
        S3Fault::Redirect,
        S3Fault::Refuse {
            status: 429,
            code: "",
        },
    ];
    // About every third request goes wrong, reads as well as writes, each time in another way; scattered, for a try that
    // takes three requests would meet the same trouble for ever at every third.
    let lab = Lab::with(FaultPlan::each(move |seen| {
        let scattered = seen.request.wrapping_mul(2_654_435_761) >> 7;
        if scattered.is_multiple_of(3) {
            let n = usize::try_from(scattered / 3).unwrap() % troubles.len();
            troubles[n].clone()
        } else {
            S3Fault::None
        }
    }));
    let sink = lab.sink(&[]);
    let mut recorded = Recorded::new();
    for _ in 0..5 {
        recorded.work(20);
        recorded.drain_to_the_end(&sink);
    }
    assert!(
        lab.server.totals().faults >= 15,
        "{:?}",
        lab.server.totals()
    );
    recorded.assert_delivered(&lab.server.objects().unwrap());
}

#[test]
fn a_crash_between_storing_and_noting_it_makes_no_double() {
    let lab = Lab::new();
    let sink = lab.sink(&[]);
    let mut recorded = Recorded::new();
    recorded.work(3);
    // Put what the outbox offers, and "crash" before the journal hears of it.
    recorded.journal.freeze(START_US, &SMALL).unwrap();
    let mut outbox = recorded.outbox();
    for shot in outbox.next_screenshots(10).unwrap() {
        let file = outbox.open_screenshot_file(shot.seq).unwrap();
        let key = keys::screenshot_key(
            outbox.device(),
            outbox.epoch(),
            shot.day,
            shot.seq,
            &file.sha256,
            &shot.media,
            shot.form,
        );
        sink.put_new(&upload::NewObject::new(key, file.bytes))
            .unwrap();
        outbox
            .acknowledge_screenshot(shot.seq, shot.form, START_US)
            .unwrap();
    }
    let segment = outbox.next_segment().unwrap().unwrap();
    outbox.begin_segment_put(&segment, segment.form).unwrap();
    let key = keys::segment_key(
        outbox.device(),
        outbox.epoch(),
        segment.day,
        segment.first_seq,
        &segment.sha256,
        segment.form,
    );
    sink.put_new(&upload::NewObject::new(key, segment.body.unwrap()))
        .unwrap();
    drop(outbox);
    recorded.work(3);
    let drained = recorded.drain(&sink).unwrap();
    assert_eq!(drained.already_there, 1, "{drained:?}");
    recorded.assert_delivered(&lab.server.objects().unwrap());
}

#[test]
fn progress_names_each_object() {
    let sink = ObjectStoreSink::memory().unwrap();
    let mut recorded = Recorded::new();
    recorded.work(20);
    recorded.journal.freeze(START_US, &SMALL).unwrap();
    recorded.journal.store_vault_copy(b"{}", START_US).unwrap();
    let mut outbox = recorded.outbox();
    let mut told = Vec::new();
    upload::drain(&mut outbox, &sink, None, &Still, &mut |step| {
        if let DrainProgress::Shot { key, .. }
        | DrainProgress::Segment { key, .. }
        | DrainProgress::Kit { key, .. } = step
        {
            told.push(key);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    told.sort();
    assert_eq!(told, all_of(&sink).into_keys().collect::<Vec<_>>());
}

#[test]
fn nothing_in_the_sink_can_be_read_without_a_key() {
    let sink = ObjectStoreSink::memory().unwrap();
    let mut recorded = Recorded::new();
    recorded.work(25);
    recorded.drain(&sink).unwrap();
    let mut recorded = recorded.new_lease();
    recorded.work(1);
    recorded.drain(&sink).unwrap();
    for (key, body) in all_of(&sink) {
        let text = zstd::decode_all(body.as_slice()).unwrap_or(body);
        for word in [&b"Editor"[..], b"chapter", b"picture of", b"Berlin"] {
            assert!(!text.windows(word.len()).any(|w| w == word), "{key}");
        }
    }
}

#[test]
fn what_a_dead_lease_left_is_delivered_sealed_and_the_viewer_reads_it() {
    let lab = Lab::new();
    let sink = lab.sink(&[]);
    let mut recorded = Recorded::new();
    recorded.work(20);
    recorded
        .journal
        .commit(Commit {
            pending_put: &[(1, recorded_span(20))],
            at_us: START_US,
            ..Commit::default()
        })
        .unwrap();
    let mut recorded = recorded.new_lease();
    recorded.work(11);
    recorded.drain(&sink).unwrap();
    let forms = recorded.assert_delivered(&lab.server.objects().unwrap());
    assert_eq!(
        (forms["sealed rows"], forms["segment"]),
        (2, 1),
        "{forms:?}"
    );
    assert_eq!(forms["picture"], 7);
}

fn recorded_span(n: u64) -> Span {
    Span {
        start_us: START_US + i64::try_from(n * MINUTE_US).unwrap(),
        dur_us: MINUTE_US,
        zone: "UTC".into(),
        state: Coverage::Active,
        protected: false,
        removed: false,
        window: None,
        counts: Counts::default(),
    }
}

#[test]
fn a_body_damaged_after_its_answer_was_lost_makes_no_double() {
    for stored in [true, false] {
        // The first segment is the fourth put, after three pictures.
        let fault = if stored {
            S3Fault::LoseAnswer
        } else {
            S3Fault::Close
        };
        let lab = Lab::with(FaultPlan::puts(&[(4, fault)]));
        let sink = lab.sink(&[]);
        let mut recorded = Recorded::new();
        recorded.work(16);
        recorded.journal.freeze(START_US, &SMALL).unwrap();
        let error = recorded.drain_only(&sink, None).unwrap_err();
        assert!(!error.is_permanent());
        let sql = rusqlite::Connection::open(recorded.path().join(journal::DB_NAME)).unwrap();
        sql.execute(
            "UPDATE segment SET body = zeroblob(99) WHERE first_seq = 1",
            [],
        )
        .unwrap();
        let drained = recorded.drain_only(&sink, None).unwrap();
        assert_eq!(drained.already_there, u64::from(stored), "{drained:?}");
        // What was not there is made again by the writer.
        recorded.drain(&sink).unwrap();
        recorded.assert_delivered(&lab.server.objects().unwrap());
    }
}

#[test]
fn what_is_removed_in_the_midst_of_a_put_is_named_by_its_key() {
    let lab = Lab::with(FaultPlan::puts(&[(4, S3Fault::LoseAnswer)]));
    let sink = lab.sink(&[]);
    let mut recorded = Recorded::new();
    recorded.work(16);
    recorded.journal.freeze(START_US, &SMALL).unwrap();
    recorded.drain_only(&sink, None).unwrap_err();
    let all = RedactionTarget::Time(i64::MIN..i64::MAX);
    let removed = recorded.journal.redact(&all, START_US).unwrap();
    let device = recorded.journal.device().clone();
    let epoch = recorded.journal.epoch();
    let mut named: Vec<String> = removed
        .sent
        .iter()
        .map(|object| keys::uploaded_key(&device, epoch, object))
        .collect();
    named.sort();
    let there: Vec<String> = lab.server.objects().unwrap().into_keys().collect();
    assert_eq!(named, there, "three pictures and a segment");
    // The segment counts as sent once it is found; what follows goes out without what was removed.
    recorded.drain(&sink).unwrap();
    recorded.drain(&sink).unwrap();
    assert_eq!(
        recorded.reader().depth().unwrap(),
        journal::OutboxDepth::default()
    );
    let after = lab.server.objects().unwrap();
    let new: Vec<&String> = after.keys().filter(|k| !there.contains(k)).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    let body = &after[new[0]];
    let opened = open_segment(ObjectEncoding::Age, body, &recorded.viewer()).unwrap();
    let text = String::from_utf8(opened.lines).unwrap();
    assert!(
        text.contains("\"removed\":true") && !text.contains("chapter"),
        "{text}"
    );
}

#[test]
fn the_recovery_kit_is_put_once() {
    let lab = Lab::new();
    let sink = lab.sink(&[]);
    let mut recorded = Recorded::new();
    recorded
        .journal
        .store_vault_copy(b"{\"slots\":1}", START_US)
        .unwrap();
    assert_eq!(recorded.drain(&sink).unwrap().kits, 1);
    assert_eq!(recorded.drain(&sink).unwrap().kits, 0);
    recorded
        .journal
        .store_vault_copy(b"{\"slots\":2}", START_US)
        .unwrap();
    assert_eq!(recorded.drain(&sink).unwrap().kits, 1);
    let objects = lab.server.objects().unwrap();
    let seqs: Vec<u64> = objects
        .keys()
        .map(|key| keys::parse(key).unwrap().seq)
        .collect();
    assert_eq!(seqs, [1, 2]);
    assert_eq!(Still.now().utc_us, START_US);
}
