//! A real journal into real sinks: what arrives, opened by who may read it, equals what was recorded, record for record
//! and byte for byte.

use crate::kit::{Lab, Still};
use crate::recorded_journal::{MINUTE, Recorded, SMALL, START, all_of};
use journal::{Commit, ObjectEncoding, RedactionTarget, open_segment};
use lab::s3::{FaultPlan, S3Fault};
use model::{Clock, Counts, Coverage, Span, Timestamp};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use upload::object_keys::{self, ObjectKey};
use upload::{DrainProgress, DrainReport, ObjectStoreSink, Sink};

#[test]
fn the_bucket_equals_the_journal() {
    let lab = Lab::new();
    let sink = lab.sink(&[("S3_PREFIX", "team")]);
    let mut recorded = Recorded::new();
    assert_eq!(recorded.drain(&sink).unwrap(), DrainReport::default());
    recorded.work(60);
    let first = recorded.drain(&sink).unwrap();
    assert_eq!(first.screenshots, 12);
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
    // Put the objects of the outbox, and "crash" before the journal hears of it.
    recorded.journal.freeze(START, &SMALL).unwrap();
    let mut outbox = recorded.outbox();
    for shot in outbox.next_screenshots(10).unwrap() {
        let file = outbox.open_screenshot_file(shot.seq).unwrap();
        let key = object_keys::screenshot_key(
            outbox.device(),
            outbox.epoch(),
            shot.day,
            shot.seq,
            &file.sha256,
            &shot.media,
            shot.encoding,
        );
        sink.put_new(&upload::NewObject::new(key, file.bytes))
            .unwrap();
        outbox
            .acknowledge_screenshot(shot.seq, shot.encoding, START)
            .unwrap();
    }
    let segment = outbox.next_segment().unwrap().unwrap();
    outbox
        .begin_segment_put(&segment, segment.encoding)
        .unwrap();
    let key = object_keys::segment_key(
        outbox.device(),
        outbox.epoch(),
        segment.day,
        segment.first_seq,
        &segment.sha256,
        segment.encoding,
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
    recorded.journal.freeze(START, &SMALL).unwrap();
    recorded.journal.store_vault_copy(b"{}", START).unwrap();
    let mut outbox = recorded.outbox();
    let mut told = Vec::new();
    upload::drain(&mut outbox, &sink, None, &Still, &mut |step| {
        if let DrainProgress::Screenshot { key, .. }
        | DrainProgress::Segment { key, .. }
        | DrainProgress::VaultCopy { key, .. } = step
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
        for word in [&b"Editor"[..], b"chapter", b"screenshot of", b"Berlin"] {
            assert!(!text.windows(word.len()).any(|w| w == word), "{key}");
        }
    }
}

#[test]
fn records_of_a_dead_lease_are_delivered_sealed_for_the_viewer() {
    let lab = Lab::new();
    let sink = lab.sink(&[]);
    let mut recorded = Recorded::new();
    recorded.work(20);
    recorded
        .journal
        .commit(Commit {
            provisional_put: &[(1, recorded_span(20))],
            at: START,
            ..Commit::default()
        })
        .unwrap();
    let mut recorded = recorded.new_lease();
    recorded.work(11);
    recorded.drain(&sink).unwrap();
    let encodings = recorded.assert_delivered(&lab.server.objects().unwrap());
    assert_eq!(
        (encodings["sealed rows"], encodings["segment"]),
        (2, 1),
        "{encodings:?}"
    );
    assert_eq!(encodings["screenshot"], 7);
}

fn recorded_span(n: u64) -> Span {
    Span {
        start: START + u32::try_from(n).unwrap() * MINUTE,
        duration: MINUTE,
        zone: "UTC".into(),
        state: Coverage::Active,
        protected: false,
        redacted: false,
        window: None,
        counts: Counts::default(),
    }
}

#[test]
fn a_body_damaged_after_its_answer_was_lost_makes_no_double() {
    for stored in [true, false] {
        // The first segment is the fourth put, after three screenshots.
        let fault = if stored {
            S3Fault::LoseAnswer
        } else {
            S3Fault::Close
        };
        let lab = Lab::with(FaultPlan::puts(&[(4, fault)]));
        let sink = lab.sink(&[]);
        let mut recorded = Recorded::new();
        recorded.work(16);
        recorded.journal.freeze(START, &SMALL).unwrap();
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
        // The writer makes missing segments again.
        recorded.drain(&sink).unwrap();
        recorded.assert_delivered(&lab.server.objects().unwrap());
    }
}

#[test]
fn a_record_redacted_during_a_put_is_named_by_its_key() {
    let lab = Lab::with(FaultPlan::puts(&[(4, S3Fault::LoseAnswer)]));
    let sink = lab.sink(&[]);
    let mut recorded = Recorded::new();
    recorded.work(16);
    recorded.journal.freeze(START, &SMALL).unwrap();
    recorded.drain_only(&sink, None).unwrap_err();
    let all =
        RedactionTarget::Time(Timestamp::from_micros(i64::MIN)..Timestamp::from_micros(i64::MAX));
    let redacted = recorded.journal.redact(&all, START).unwrap();
    let device = recorded.journal.device().clone();
    let epoch = recorded.journal.epoch();
    let mut named: Vec<String> = redacted
        .sent
        .iter()
        .map(|object| object_keys::uploaded_key(&device, epoch, object))
        .collect();
    named.sort();
    let there: Vec<String> = lab.server.objects().unwrap().into_keys().collect();
    assert_eq!(named, there, "three screenshots and a segment");
    // The segment counts as uploaded once it is found; later ones go out without the redacted records.
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
        .store_vault_copy(b"{\"slots\":1}", START)
        .unwrap();
    assert_eq!(recorded.drain(&sink).unwrap().vault_copies, 1);
    assert_eq!(recorded.drain(&sink).unwrap().vault_copies, 0);
    recorded
        .journal
        .store_vault_copy(b"{\"slots\":2}", START)
        .unwrap();
    assert_eq!(recorded.drain(&sink).unwrap().vault_copies, 1);
    let objects = lab.server.objects().unwrap();
    let seqs: Vec<u64> = objects
        .keys()
        .map(|key| ObjectKey::parse(key).unwrap().seq)
        .collect();
    assert_eq!(seqs, [1, 2]);
    assert_eq!(Still.now().utc, START);
}
