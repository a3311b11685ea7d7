//! A real journal into real sinks: what arrives equals what was recorded, record for record and byte for byte.

use crate::kit::{Lab, Still};
use journal::{Commit, Journal, Limits, Outbox, Reader};
use lab::s3::{Fault, Faults};
use model::{Counts, Coverage, Notice, NoticeCode, Record, Shot, Span, Window};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use upload::keys::{self, Kind};
use upload::{Drained, Progress, Sink, Store, UploadError, sha256_hex};
use vault::Vault;

const START_US: i64 = 1_790_000_000_000_000;
const MINUTE_US: u64 = 60_000_000;

/// Small, so that a short test makes many segments.
const SMALL: Limits = Limits {
    records: 17,
    bytes: 1 << 20,
};

struct Recorded {
    dir: tempfile::TempDir,
    vault: Vault,
    journal: Journal,
    minutes: u64,
}

impl Recorded {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open_or_create(dir.path()).unwrap();
        let (journal, _) = Journal::open(dir.path(), &vault, START_US).unwrap();
        Self {
            dir,
            vault,
            journal,
            minutes: 0,
        }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// `minutes` more of work: a span each, a picture every fifth, a notice every tenth.
    fn work(&mut self, minutes: u64) {
        for _ in 0..minutes {
            let n = self.minutes;
            let start_us = START_US + i64::try_from(n * MINUTE_US).unwrap();
            let window = Some(Arc::new(Window {
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
                let shot = Shot {
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
                    window,
                };
                self.journal.add_shot(&shot, &picture, start_us).unwrap();
            }
            self.minutes += 1;
        }
    }

    /// A fresh outbox each time, as after a crash.
    fn drain(&self, sink: &dyn Sink) -> Result<Drained, UploadError> {
        let mut outbox = Outbox::open(self.path(), &self.vault).unwrap();
        upload::drain(&mut outbox, sink, SMALL, &Still, &mut |_| {
            ControlFlow::Continue(())
        })
    }

    fn drain_to_the_end(&self, sink: &dyn Sink) -> Drained {
        for _ in 0..200 {
            match self.drain(sink) {
                Ok(drained) => return drained,
                Err(error) => assert!(!error.is_permanent(), "{error}"),
            }
        }
        panic!("never done");
    }

    /// Every object of the sink against the journal.
    fn assert_delivered(&self, objects: &BTreeMap<String, Vec<u8>>) {
        let reader = Reader::open(self.path(), self.vault.opener()).unwrap();
        let mut lines = Vec::new();
        let mut after = 0;
        loop {
            let some = reader.raw_lines(after, 100).unwrap();
            let Some((last, _)) = some.last() else { break };
            after = *last;
            for (_, line) in some {
                lines.extend(line);
                lines.push(b'\n');
            }
        }
        let mut segments = BTreeMap::new();
        let mut pictures = Vec::new();
        for (key, body) in objects {
            let parts = keys::parse(key).unwrap_or_else(|| panic!("a strange key: {key}"));
            assert_eq!(&parts.device, reader.device());
            assert_eq!(parts.epoch, reader.epoch());
            assert!(sha256_hex(body).starts_with(&parts.sha16), "{key}");
            match parts.kind {
                Kind::Activity => {
                    let text = zstd::decode_all(body.as_slice()).unwrap();
                    assert!(segments.insert(parts.seq, text).is_none(), "twice: {key}");
                }
                Kind::Shot => pictures.push(sha256_hex(body)),
            }
        }
        let arrived: Vec<u8> = segments.into_values().flatten().collect();
        assert!(arrived == lines, "the bucket's lines equal the journal's");
        let mut named: Vec<String> = Vec::new();
        for line in arrived.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            let line: model::Line = serde_json::from_slice(line).unwrap();
            if let Record::Shot(shot) = line.record {
                named.push(shot.sha256);
            }
        }
        named.sort();
        pictures.sort();
        assert_eq!(named, pictures, "each shot's picture is there, once");
        assert_eq!(reader.depth().unwrap().records, 0);
        assert_eq!(reader.depth().unwrap().shots, 0);
    }
}

fn all_of(sink: &dyn Sink) -> BTreeMap<String, Vec<u8>> {
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
    assert_eq!(recorded.drain(&sink).unwrap(), Drained::default());
    recorded.work(60);
    let first = recorded.drain(&sink).unwrap();
    assert_eq!(first.shots, 12);
    assert!(first.segments >= 4, "{first:?}");
    recorded.work(31);
    recorded.drain(&sink).unwrap();
    assert_eq!(
        recorded.drain(&sink).unwrap(),
        Drained::default(),
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
    let directory = Store::directory(dir.path()).unwrap();
    let memory = Store::memory().unwrap();
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
        Fault::Close,
        Fault::CutBody(3),
        Fault::Refuse {
            status: 500,
            code: "InternalError",
        },
        Fault::LoseAnswer,
        Fault::Refuse {
            status: 503,
            code: "SlowDown",
        },
        Fault::AnswerInstead {
            status: 500,
            code: "InternalError",
        },
        Fault::Portal { etag: true },
        Fault::Refuse {
            status: 409,
            code: "ConditionalRequestConflict",
        },
        Fault::Redirect,
        Fault::Refuse {
            status: 429,
            code: "",
        },
    ];
    // Every third request goes wrong, reads as well as writes, each time in another way.
    let lab = Lab::with(Faults::each(move |seen| {
        if seen.request.is_multiple_of(3) {
            let n = usize::try_from(seen.request / 3).unwrap() % troubles.len();
            troubles[n].clone()
        } else {
            Fault::None
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
    let mut outbox = Outbox::open(recorded.path(), &recorded.vault).unwrap();
    for shot in outbox.next_shots(10).unwrap() {
        let picture = outbox.picture(shot.seq).unwrap();
        let key = keys::shot(
            outbox.device(),
            outbox.epoch(),
            shot.day,
            shot.seq,
            &shot.sha256,
            &shot.media,
        );
        sink.put_new(&upload::Object::new(key, picture)).unwrap();
        outbox.ack_shot(shot.seq, START_US).unwrap();
    }
    let segment = outbox.freeze(START_US, SMALL).unwrap().unwrap();
    let key = keys::activity(
        outbox.device(),
        outbox.epoch(),
        segment.day,
        segment.first_seq,
        &segment.sha256,
    );
    sink.put_new(&upload::Object::new(key, segment.body))
        .unwrap();
    drop(outbox);
    recorded.work(3);
    let drained = recorded.drain(&sink).unwrap();
    assert_eq!(drained.already_there, 1, "{drained:?}");
    recorded.assert_delivered(&lab.server.objects().unwrap());
}

#[test]
fn progress_names_each_object() {
    let sink = Store::memory().unwrap();
    let mut recorded = Recorded::new();
    recorded.work(20);
    let mut outbox = Outbox::open(recorded.path(), &recorded.vault).unwrap();
    let mut told = Vec::new();
    upload::drain(&mut outbox, &sink, SMALL, &Still, &mut |step| {
        if let Progress::Shot { key, .. } | Progress::Segment { key, .. } = step {
            told.push(key);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    told.sort();
    assert_eq!(told, all_of(&sink).into_keys().collect::<Vec<_>>());
}
