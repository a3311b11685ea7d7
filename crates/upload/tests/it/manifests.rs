//! Manifests of real journals in real sinks, and the findings of a check after somebody meddled with the objects.

use crate::kit::{Lab, Still};
use crate::meddling::{MEDDLING, flip, forge};
use crate::recorded_journal::{Recorded, START, all_of};
use crate::uploaded_journal::{Sent, checked, faults, names};
use journal::{Outbox, RedactionTarget, UtcDay};
use lab::s3::{FaultPlan, S3Fault};
use model::{Clock, Moment, Timestamp};
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::time::Duration;
use upload::manifest::Manifest;
use upload::object_keys::{ObjectKey, ObjectKind};
use upload::verify::{
    FaultKind, VerifyError, VerifyOptions, VerifyProgress, VerifyReport, VerifyVerdict, verify,
};
use upload::{KEEPALIVE_INTERVAL, sha256_hex, upload_manifests};
use vault::DeviceKey;

#[test]
fn an_intact_copy_is_complete_wherever_it_is() {
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
fn objects_their_owner_deleted_are_not_missing() {
    let mut sent = Sent::new();
    let erased = sent.names(ObjectKind::Screenshot)[0].clone();
    let kept = sent.names(ObjectKind::Screenshot)[1].clone();
    fs::remove_file(sent.file(&erased)).unwrap();
    assert_eq!(sent.verify_here().verdict, VerifyVerdict::Incomplete);
    for name in [erased, kept] {
        let shot = RedactionTarget::Shot(ObjectKey::parse(&name).unwrap().seq);
        sent.recorded.journal.redact(&shot, START).unwrap();
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
    let today = UtcDay::of(START);
    let erased = sent.recorded.journal.erase(today..=today, START).unwrap();
    let sent_before = erased.sent.len() as u64;
    sent.more(3);
    let report = sent.verify_here();
    assert_eq!(report.findings, []);
    // Ten spans, two screenshots, a notice.
    assert_eq!(report.chains[0].erased_records, 13);
    // Nothing was deleted in the folder, and the list names the surplus objects.
    assert!(sent_before > 0);
    assert_eq!(report.chains[0].erased_objects, sent_before);
    assert_eq!(report.chains[0].erased_but_there, sent_before);
}

/// A clock of the test's own.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Moment {
        Moment {
            utc: self.0,
            boot: Duration::from_micros(1),
            awake: Duration::from_micros(1),
        }
    }
}

#[test]
fn silence_is_seen_because_there_is_a_sign_of_life() {
    let sent = Sent::new();
    let mut outbox = sent.recorded.outbox();
    let pause = i64::try_from(KEEPALIVE_INTERVAL.as_micros()).unwrap();
    let at = |outbox: &mut Outbox, us: i64, alive| {
        let clock = At(Timestamp::from_micros(START.as_micros() + us));
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
        START,
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
