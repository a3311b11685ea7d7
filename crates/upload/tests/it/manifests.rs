//! Manifests of real journals in real sinks, and what a check says after somebody meddled with what lies there.

use crate::journals::{Recorded, START_US, all_of};
use crate::kit::{Lab, Still};
use journal::{Outbox, RedactionTarget, UtcDay};
use lab::s3::{FaultPlan, S3Fault};
use model::{Clock, DeviceId, Moment};
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use upload::manifest::Manifest;
use upload::object_keys::{self, ObjectKey, ObjectKind};
use upload::verify::{
    FaultKind, JournalExpectation, VerifyError, VerifyOptions, VerifyProgress, VerifyReport,
    VerifyVerdict, verify,
};
use upload::{
    InspectableSink, KEEPALIVE_INTERVAL, ManifestUploadReport, ObjectStoreSink, Sink, sha256_hex,
    upload_manifests,
};
use vault::DeviceKey;

/// A journal that was delivered into a directory in several goes, each with its manifest.
struct Sent {
    recorded: Recorded,
    vault: tempfile::TempDir,
    dir: tempfile::TempDir,
}

impl Sent {
    fn new() -> Self {
        let mut sent = Self {
            recorded: Recorded::new(),
            vault: tempfile::tempdir().unwrap(),
            dir: tempfile::tempdir().unwrap(),
        };
        for _ in 0..4 {
            sent.more(20);
        }
        sent
    }

    fn more(&mut self, minutes: u64) {
        self.recorded.work(minutes);
        self.recorded.drain(&self.sink()).unwrap();
        self.chain(false);
    }

    fn chain(&self, alive: bool) -> ManifestUploadReport {
        let mut outbox = self.recorded.outbox();
        upload_manifests(&mut outbox, &self.sink(), &self.key(), alive, &Still).unwrap()
    }

    fn key(&self) -> DeviceKey {
        DeviceKey::load_or_create(self.vault.path()).unwrap()
    }

    fn sink(&self) -> ObjectStoreSink {
        ObjectStoreSink::directory(self.dir.path()).unwrap()
    }

    /// Names of one kind, in order.
    fn names(&self, kind: ObjectKind) -> Vec<String> {
        names(&self.sink(), kind)
    }

    fn file(&self, key: &str) -> PathBuf {
        self.dir.path().join(key)
    }

    fn verify(&self, options: &VerifyOptions) -> VerifyReport {
        checked(&self.sink(), options, None)
    }

    /// As on the device itself, whose journal remembers.
    fn verify_here(&self) -> VerifyReport {
        let reader = self.recorded.reader();
        let expected = JournalExpectation {
            reader: &reader,
            key: Some(self.key().public()),
        };
        checked(&self.sink(), &VerifyOptions::default(), Some(&expected))
    }
}

fn names(sink: &dyn Sink, kind: ObjectKind) -> Vec<String> {
    let mut names: Vec<String> = sink
        .list(&object_keys::list_prefix(kind), usize::MAX)
        .unwrap()
        .into_iter()
        .map(|head| head.key)
        .collect();
    names.sort_by_key(|name| ObjectKey::parse(name).unwrap().seq);
    names
}

fn checked(
    sink: &dyn InspectableSink,
    options: &VerifyOptions,
    expected: Option<&JournalExpectation<'_>>,
) -> VerifyReport {
    let go_on = &mut |_| ControlFlow::Continue(());
    verify(sink, options, expected, START_US, go_on).unwrap()
}

fn faults(report: &VerifyReport) -> Vec<FaultKind> {
    let mut faults: Vec<FaultKind> = report.findings.iter().map(|f| f.fault).collect();
    faults.sort_unstable();
    faults.dedup();
    faults
}

#[test]
fn what_is_whole_is_complete_wherever_it_lies() {
    let sent = Sent::new();
    let manifests = sent.names(ObjectKind::Manifest);
    assert_eq!(manifests.len(), 4);
    let objects = sent.names(ObjectKind::Activity).len() + sent.names(ObjectKind::Screenshot).len();
    for report in [
        sent.verify(&VerifyOptions::default()),
        sent.verify_here(),
        sent.verify(&VerifyOptions {
            keys: vec![sent.key().public()],
            quick: true,
            ..VerifyOptions::default()
        }),
    ] {
        assert_eq!(report.findings, []);
        assert_eq!(report.verdict, VerifyVerdict::Complete);
        let [one] = report.chains.as_slice() else {
            panic!("one chain")
        };
        assert_eq!(one.manifests, 4);
        assert_eq!(one.objects, objects as u64);
        assert_eq!(one.through, sent.recorded.reader().last_seq().unwrap());
        assert_eq!((one.not_yet_listed, one.waiting), (0, 0));
        assert_eq!(one.key, Some(sent.key().public().to_string()));
        assert_eq!(report.objects, (objects + 4) as u64);
    }
    assert!(sent.verify_here().chains[0].compared_with_journal);
}

#[test]
fn a_manifest_says_what_was_sent_and_names_the_one_before() {
    let sent = Sent::new();
    let objects = all_of(&sent.sink());
    let mut before: Option<String> = None;
    let mut through = 0;
    let mut listed = BTreeMap::new();
    for (no, name) in (1..).zip(sent.names(ObjectKind::Manifest)) {
        let bytes = &objects[&name];
        let manifest = Manifest::parse(bytes).unwrap();
        assert_eq!((manifest.no, manifest.prev), (no, before));
        assert_eq!(manifest.after, through);
        through = manifest.through;
        before = Some(sha256_hex(bytes));
        for entry in manifest.objects {
            let content = &objects[&entry.key];
            assert_eq!(entry.sha256, sha256_hex(content));
            assert_eq!(entry.bytes, content.len() as u64);
            assert!(listed.insert(entry.key, no).is_none());
        }
    }
    let all = objects
        .keys()
        .filter(|key| ObjectKey::parse(key).unwrap().kind != ObjectKind::Manifest)
        .count();
    assert_eq!(listed.len(), all, "each object is listed once");
}

/// What somebody does to a sink, and what a check that knows nothing else must say.
type Meddling = (&'static str, fn(&Sent), VerifyVerdict, &'static [FaultKind]);

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    let at = at % bytes.len();
    bytes[at] ^= 0x20;
    fs::write(file, bytes).unwrap();
}

fn cut(file: &Path) {
    let bytes = fs::read(file).unwrap();
    fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
}

/// Signs a changed manifest with a key and puts it in the place of the old one, under the right name.
fn forge(sent: &Sent, nth: usize, key: &DeviceKey, change: impl FnOnce(&mut Manifest)) -> String {
    let name = sent.names(ObjectKind::Manifest)[nth].clone();
    let mut manifest = Manifest::parse(&fs::read(sent.file(&name)).unwrap()).unwrap();
    change(&mut manifest);
    manifest.key = key.public();
    let bytes = manifest.sign(key).unwrap();
    let parts = ObjectKey::parse(&name).unwrap();
    let device: &DeviceId = &parts.device;
    let new = object_keys::manifest_key(
        device,
        parts.epoch,
        &parts.day,
        parts.seq,
        &sha256_hex(&bytes),
    );
    fs::remove_file(sent.file(&name)).unwrap();
    fs::write(sent.file(&new), bytes).unwrap();
    new
}

fn stranger() -> DeviceKey {
    let dir = tempfile::tempdir().unwrap();
    DeviceKey::load_or_create(dir.path()).unwrap()
}

const MEDDLING: &[Meddling] = &[
    (
        "a segment is deleted",
        |s| fs::remove_file(s.file(&s.names(ObjectKind::Activity)[2])).unwrap(),
        VerifyVerdict::Incomplete,
        &[FaultKind::MissingObject],
    ),
    (
        "a picture is deleted",
        |s| fs::remove_file(s.file(&s.names(ObjectKind::Screenshot)[5])).unwrap(),
        VerifyVerdict::Incomplete,
        &[FaultKind::MissingObject],
    ),
    (
        "a byte of a segment is changed",
        |s| flip(&s.file(&s.names(ObjectKind::Activity)[1]), 100),
        VerifyVerdict::Tampered,
        &[FaultKind::Edited],
    ),
    (
        "a segment is cut",
        |s| cut(&s.file(&s.names(ObjectKind::Activity)[1])),
        VerifyVerdict::Tampered,
        &[FaultKind::Truncated],
    ),
    (
        "a picture grows",
        |s| {
            let file = s.file(&s.names(ObjectKind::Screenshot)[0]);
            let mut bytes = fs::read(&file).unwrap();
            bytes.push(0);
            fs::write(file, bytes).unwrap();
        },
        VerifyVerdict::Tampered,
        &[FaultKind::Edited],
    ),
    (
        "two segments change places",
        |s| {
            let names = s.names(ObjectKind::Activity);
            let (a, b) = (s.file(&names[0]), s.file(&names[1]));
            let (one, other) = (fs::read(&a).unwrap(), fs::read(&b).unwrap());
            fs::write(a, other).unwrap();
            fs::write(b, one).unwrap();
        },
        VerifyVerdict::Tampered,
        // By size or by content, as it happens.
        &[],
    ),
    (
        "a segment lies there a second time, under another day",
        |s| {
            let name = s.names(ObjectKind::Activity)[0].clone();
            let parts = ObjectKey::parse(&name).unwrap();
            let copy = name.replace(&format!("dt={}", parts.day), "dt=2027-01-01");
            fs::create_dir_all(s.file(&copy).parent().unwrap()).unwrap();
            fs::copy(s.file(&name), s.file(&copy)).unwrap();
        },
        VerifyVerdict::Tampered,
        &[FaultKind::Foreign],
    ),
    (
        "something of nobody lies there",
        |s| fs::write(s.file("raw/v1/readme.txt"), b"hello").unwrap(),
        VerifyVerdict::Tampered,
        &[FaultKind::Foreign],
    ),
    (
        "a manifest in the middle is deleted",
        |s| fs::remove_file(s.file(&s.names(ObjectKind::Manifest)[1])).unwrap(),
        VerifyVerdict::Incomplete,
        &[FaultKind::MissingManifest, FaultKind::Unlisted],
    ),
    (
        "the first manifest is deleted",
        |s| fs::remove_file(s.file(&s.names(ObjectKind::Manifest)[0])).unwrap(),
        VerifyVerdict::Incomplete,
        &[FaultKind::MissingManifest, FaultKind::Unlisted],
    ),
    (
        "every manifest is deleted",
        |s| {
            for name in s.names(ObjectKind::Manifest) {
                fs::remove_file(s.file(&name)).unwrap();
            }
        },
        VerifyVerdict::Incomplete,
        &[FaultKind::NoManifest],
    ),
    (
        "a byte of a manifest is changed",
        |s| flip(&s.file(&s.names(ObjectKind::Manifest)[1]), 300),
        VerifyVerdict::Tampered,
        &[
            FaultKind::MissingManifest,
            FaultKind::Unlisted,
            FaultKind::Edited,
        ],
    ),
    (
        "a manifest is cut",
        |s| cut(&s.file(&s.names(ObjectKind::Manifest)[3])),
        VerifyVerdict::Tampered,
        &[FaultKind::Edited],
    ),
    (
        "a manifest is signed anew by a stranger",
        |s| {
            forge(s, 1, &stranger(), |m| m.waiting = 7);
        },
        VerifyVerdict::Tampered,
        &[
            FaultKind::MissingManifest,
            FaultKind::Unlisted,
            FaultKind::ForeignKey,
        ],
    ),
    (
        "the device itself writes its history anew",
        |s| {
            forge(s, 1, &s.key(), |m| m.waiting = 7);
        },
        VerifyVerdict::Tampered,
        &[FaultKind::Reordered],
    ),
    (
        "the device leaves a segment out of its list",
        |s| {
            forge(s, 3, &s.key(), |m| {
                m.objects.remove(0);
            });
        },
        VerifyVerdict::Tampered,
        &[FaultKind::Foreign, FaultKind::Reordered],
    ),
    (
        "a manifest comes again under a later number",
        |s| {
            let name = s.names(ObjectKind::Manifest)[1].clone();
            let again = name.replace("-0000000002-", "-0000000005-");
            fs::copy(s.file(&name), s.file(&again)).unwrap();
        },
        VerifyVerdict::Tampered,
        &[FaultKind::Replayed],
    ),
    (
        "there are two manifests of one number",
        |s| {
            let name = s.names(ObjectKind::Manifest)[3].clone();
            let old = fs::read(s.file(&name)).unwrap();
            forge(s, 3, &s.key(), |m| m.waiting = 9);
            fs::write(s.file(&name), old).unwrap();
        },
        VerifyVerdict::Tampered,
        &[FaultKind::Replayed],
    ),
    (
        "an object is listed twice",
        |s| {
            forge(s, 3, &s.key(), |m| {
                let shot = m.objects.iter().find(|o| o.key.contains("kind=shot"));
                let again = shot.unwrap().clone();
                m.objects.push(again);
            });
        },
        VerifyVerdict::Tampered,
        &[FaultKind::Replayed],
    ),
];

#[test]
fn every_kind_of_meddling_is_found_and_named() {
    for (what, meddle, verdict, expected) in MEDDLING {
        let sent = Sent::new();
        meddle(&sent);
        let report = sent.verify(&VerifyOptions::default());
        assert_eq!(report.verdict, *verdict, "{what}: {:?}", report.findings);
        if !expected.is_empty() {
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(faults(&report), expected, "{what}: {:?}", report.findings);
        }
    }
}

#[test]
fn names_alone_do_not_show_a_changed_byte() {
    let sent = Sent::new();
    flip(&sent.file(&sent.names(ObjectKind::Screenshot)[0]), 50);
    let quick = VerifyOptions {
        quick: true,
        ..VerifyOptions::default()
    };
    let report = sent.verify(&quick);
    assert_eq!(report.verdict, VerifyVerdict::Complete);
    assert!(!report.contents_read, "and the report says so");
}

#[test]
fn a_chain_of_a_stranger_is_found_by_whoever_knows_the_key() {
    let sent = Sent::new();
    let mut before = None;
    for nth in 0..4 {
        let new = forge(&sent, nth, &stranger_of(&sent), |m| m.prev = before.take());
        before = Some(sha256_hex(&fs::read(sent.file(&new)).unwrap()));
    }
    let trusting = sent.verify(&VerifyOptions::default());
    assert_eq!(
        trusting.verdict,
        VerifyVerdict::Complete,
        "a chain like any other"
    );
    let knowing = sent.verify(&VerifyOptions {
        keys: vec![sent.key().public()],
        ..VerifyOptions::default()
    });
    assert_eq!(knowing.verdict, VerifyVerdict::Tampered);
    assert!(faults(&knowing).contains(&FaultKind::ForeignKey));
    assert_eq!(sent.verify_here().verdict, VerifyVerdict::Tampered);
}

/// The same stranger each time.
fn stranger_of(sent: &Sent) -> DeviceKey {
    DeviceKey::load_or_create(&sent.vault.path().join("stranger")).unwrap()
}

#[test]
fn an_end_that_was_cut_off_is_found_by_whoever_remembers() {
    let sent = Sent::new();
    let earlier = sent.verify(&VerifyOptions::default());
    let last = sent.names(ObjectKind::Manifest).pop().unwrap();
    let listed = Manifest::parse(&fs::read(sent.file(&last)).unwrap()).unwrap();
    fs::remove_file(sent.file(&last)).unwrap();
    let alone = sent.verify(&VerifyOptions::default());
    assert_eq!(alone.verdict, VerifyVerdict::Complete);
    assert_eq!(alone.chains[0].not_yet_listed, listed.objects.len() as u64);
    for entry in &listed.objects {
        fs::remove_file(sent.file(&entry.key)).unwrap();
    }
    let alone = sent.verify(&VerifyOptions::default());
    assert_eq!((alone.verdict, alone.found), (VerifyVerdict::Complete, 0));
    let here = sent.verify_here();
    assert_eq!(here.verdict, VerifyVerdict::Incomplete);
    assert_eq!(here.found, 1 + listed.objects.len() as u64);
    let later = sent.verify(&VerifyOptions {
        since: Some(earlier),
        ..VerifyOptions::default()
    });
    assert_eq!(later.verdict, VerifyVerdict::Incomplete);
    assert_eq!(faults(&later), [FaultKind::CutOff]);
}

#[test]
fn what_its_owner_had_deleted_is_not_missing() {
    let mut sent = Sent::new();
    let erased = sent.names(ObjectKind::Screenshot)[0].clone();
    let kept = sent.names(ObjectKind::Screenshot)[1].clone();
    fs::remove_file(sent.file(&erased)).unwrap();
    assert_eq!(sent.verify_here().verdict, VerifyVerdict::Incomplete);
    for name in [erased, kept] {
        let shot = RedactionTarget::Shot(ObjectKey::parse(&name).unwrap().seq);
        sent.recorded.journal.redact(&shot, START_US).unwrap();
    }
    assert_eq!(sent.chain(false).manifests, 1);
    for report in [sent.verify(&VerifyOptions::default()), sent.verify_here()] {
        assert_eq!(report.findings, []);
        assert_eq!(report.chains[0].erased_objects, 2);
        assert_eq!(report.chains[0].erased_but_there, 1);
    }
}

#[test]
fn numbers_erased_before_they_were_sent_are_explained() {
    let mut sent = Sent::new();
    sent.recorded.work(10);
    let today = UtcDay::of_us(START_US);
    let erased = sent
        .recorded
        .journal
        .erase(today..=today, START_US)
        .unwrap();
    let sent_before = erased.sent.len() as u64;
    sent.more(3);
    let report = sent.verify_here();
    assert_eq!(report.findings, []);
    // Ten spans, two pictures, a notice.
    assert_eq!(report.chains[0].erased_records, 13);
    // Nothing was deleted in the folder, and the list says what is there too much.
    assert!(sent_before > 0);
    assert_eq!(report.chains[0].erased_objects, sent_before);
    assert_eq!(report.chains[0].erased_but_there, sent_before);
}

/// A clock of the test's own.
struct At(i64);

impl Clock for At {
    fn now(&self) -> Moment {
        Moment {
            utc_us: self.0,
            boot_us: 1,
            awake_us: 1,
        }
    }
}

#[test]
fn silence_is_seen_because_there_is_a_sign_of_life() {
    let sent = Sent::new();
    let mut outbox = sent.recorded.outbox();
    let pause = i64::try_from(KEEPALIVE_INTERVAL.as_micros()).unwrap();
    let at = |outbox: &mut Outbox, us: i64, alive| {
        let clock = At(START_US + us);
        upload_manifests(outbox, &sent.sink(), &sent.key(), alive, &clock)
            .unwrap()
            .manifests
    };
    assert_eq!(at(&mut outbox, pause - 1, true), 0);
    assert_eq!(at(&mut outbox, pause, false), 0, "nobody is there");
    assert_eq!(at(&mut outbox, pause, true), 1);
    assert_eq!(at(&mut outbox, pause + 1, true), 0);
    // A clock that was set back by a year.
    assert_eq!(at(&mut outbox, -365 * 86_400_000_000, true), 1);
    let report = sent.verify_here();
    assert_eq!(report.findings, []);
    assert_eq!(report.chains[0].manifests, 6);
}

#[test]
fn a_manifest_whose_answer_was_lost_is_put_again_as_it_was() {
    let lab = Lab::new();
    let sink = lab.sink(&[]);
    let vault = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(vault.path()).unwrap();
    let mut recorded = Recorded::new();
    recorded.work(30);
    recorded.drain(&sink).unwrap();
    let mut outbox = recorded.outbox();
    lab.server
        .set_faults(FaultPlan::each(|_| S3Fault::LoseAnswer));
    upload_manifests(&mut outbox, &sink, &key, false, &Still).unwrap_err();
    lab.server.set_faults(FaultPlan::none());
    drop(outbox);
    // Meanwhile there is more; the old one comes first, unchanged.
    recorded.work(10);
    recorded.drain(&sink).unwrap();
    let done = upload_manifests(&mut recorded.outbox(), &sink, &key, false, &Still).unwrap();
    assert_eq!(done.manifests, 2);
    assert_eq!(names(&sink, ObjectKind::Manifest).len(), 2, "none twice");
    let report = checked(&sink, &VerifyOptions::default(), None);
    assert_eq!(report.findings, []);
    assert_eq!(report.chains[0].manifests, 2);
}

#[test]
fn a_long_check_can_be_watched_and_stopped() {
    let sent = Sent::new();
    let mut steps = Vec::new();
    let stopped = verify(
        &sent.sink(),
        &VerifyOptions::default(),
        None,
        START_US,
        &mut |step| {
            steps.push(step);
            match step {
                VerifyProgress::Followed { manifests: 2, .. } => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        },
    );
    assert!(matches!(stopped, Err(VerifyError::Stopped)));
    assert!(
        matches!(steps[0], VerifyProgress::Listed(n) if n > 20),
        "{steps:?}"
    );
    let last = steps.pop().unwrap();
    assert!(
        matches!(last, VerifyProgress::Followed { of: 4, .. }),
        "{last:?}"
    );
}

#[test]
fn a_report_is_read_back() {
    let sent = Sent::new();
    flip(&sent.file(&sent.names(ObjectKind::Screenshot)[0]), 50);
    let report = sent.verify(&VerifyOptions::default());
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.contains("\"verdict\":\"tampered\""), "{text}");
    assert_eq!(serde_json::from_str::<VerifyReport>(&text).unwrap(), report);
}
