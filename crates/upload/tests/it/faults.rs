//! Whatever goes wrong on the way: nothing is lost, nothing is there twice, and the message gives the remedy.

use crate::kit::{Lab, Queue, TIMEOUTS};
use lab::s3::{FaultPlan, S3Fault};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;
use upload::retry::AttemptOutcome;
use upload::{DrainProgress, NewObject, Sink, SinkError, UploadCause, UploadError, open_sink};

fn sink_error(error: &UploadError) -> &SinkError {
    match &error.cause {
        UploadCause::Sink(error) => error,
        UploadCause::Journal(error) => panic!("{error}"),
    }
}

/// Drains again and again while the server has the fault for its n-th puts; every failure must be retriable.
fn survives(fault: &S3Fault) -> Vec<SinkError> {
    // The 1st put, two in a row, one in the midst of screenshots, and one among the segments.
    let plan: Vec<(u64, S3Fault)> = [1, 4, 5, 9, 13]
        .iter()
        .map(|n| (*n, fault.clone()))
        .collect();
    let lab = Lab::with(FaultPlan::puts(&plan));
    let sink = lab.sink(&[]);
    let mut queue = Queue::new(5, 6);
    let expected = queue.expected();
    let mut errors = Vec::new();
    let mut delivered = 0;
    for _ in 0..20 {
        let ended = queue.drain(&sink);
        let drained = ended.as_ref().map_or_else(|e| e.drained, |d| *d);
        delivered += drained.segments + drained.screenshots;
        match ended {
            Ok(_) => break,
            Err(error) => {
                assert!(!error.is_permanent(), "{fault:?}: {error}");
                errors.push(sink_error(&error).clone());
            }
        }
    }
    assert!(
        queue.segments.is_empty() && queue.shots.borrow().is_empty(),
        "{fault:?}: not drained"
    );
    assert_eq!(delivered, 11, "{fault:?}: each is counted once");
    assert_eq!(queue.acked_segments, [1000, 2000, 3000, 4000, 5000]);
    assert_eq!(
        lab.server.objects().unwrap(),
        expected,
        "{fault:?}: the bucket holds each object once, byte for byte"
    );
    assert!(lab.server.totals().faults > 0);
    errors
}

#[test]
fn a_server_that_fails_before_storing() {
    let errors = survives(&S3Fault::Refuse {
        status: 500,
        code: "InternalError",
    });
    assert!(
        errors
            .iter()
            .all(|e| matches!(e, SinkError::Server { status: 500, .. })),
        "{errors:?}"
    );
    assert!(!errors.is_empty());
}

#[test]
fn a_server_that_asks_to_slow_down() {
    let errors = survives(&S3Fault::Refuse {
        status: 503,
        code: "SlowDown",
    });
    assert!(
        errors
            .iter()
            .all(|e| matches!(e, SinkError::Throttled { .. })),
        "{errors:?}"
    );
    assert!(!errors.is_empty());
}

#[test]
fn a_connection_closed_before_anything_was_read() {
    let errors = survives(&S3Fault::Close);
    assert!(
        errors
            .iter()
            .all(|e| matches!(e, SinkError::Interrupted { .. })),
        "{errors:?}"
    );
}

#[test]
fn a_connection_reset_in_the_midst_of_the_body() {
    let errors = survives(&S3Fault::CutBody(10));
    assert!(
        errors
            .iter()
            .all(|e| matches!(e, SinkError::Interrupted { .. })),
        "{errors:?}"
    );
    assert!(!errors.is_empty());
}

#[test]
fn an_answer_lost_after_storing_is_not_a_second_object() {
    let errors = survives(&S3Fault::LoseAnswer);
    assert!(
        errors
            .iter()
            .all(|e| matches!(e, SinkError::Interrupted { .. })),
        "{errors:?}"
    );
    assert!(!errors.is_empty());
}

#[test]
fn a_server_that_stores_and_then_says_it_failed() {
    let errors = survives(&S3Fault::AnswerInstead {
        status: 503,
        code: "SlowDown",
    });
    assert!(
        errors
            .iter()
            .all(|e| matches!(e, SinkError::Throttled { .. })),
        "{errors:?}"
    );
    assert!(!errors.is_empty());
}

#[test]
fn a_conflict_that_stored_nothing_is_not_taken_for_done() {
    let errors = survives(&S3Fault::Refuse {
        status: 409,
        code: "ConditionalRequestConflict",
    });
    assert!(
        errors.iter().all(|e| *e == SinkError::Conflict),
        "{errors:?}"
    );
    assert!(!errors.is_empty());
}

#[test]
fn a_false_412_that_stored_nothing_is_not_taken_for_done() {
    let errors = survives(&S3Fault::Refuse {
        status: 412,
        code: "PreconditionFailed",
    });
    assert!(
        errors.iter().all(|e| *e == SinkError::Conflict),
        "{errors:?}"
    );
}

#[test]
fn a_captive_portal_is_not_taken_for_a_store() {
    for fault in [
        S3Fault::Portal { etag: false },
        S3Fault::Portal { etag: true },
        S3Fault::Redirect,
    ] {
        let errors = survives(&fault);
        assert!(
            errors
                .iter()
                .all(|e| matches!(e, SinkError::BadAnswer { .. })),
            "{errors:?}"
        );
        assert!(!errors.is_empty());
        assert!(errors[0].hint().contains("Log in to the network"));
    }
}

#[test]
fn a_stall_ends_in_time() {
    let lab = Lab::with(FaultPlan::puts(&[(2, S3Fault::Stall)]));
    let destination = lab.destination(&[]);
    let timeouts = upload::Timeouts {
        answer: Duration::from_millis(300),
        ..TIMEOUTS
    };
    let sink = open_sink(&destination, timeouts).unwrap();
    let mut queue = Queue::new(3, 0);
    let expected = queue.expected();
    let error = queue.drain(&sink).unwrap_err();
    assert_eq!(*sink_error(&error), SinkError::Timeout);
    assert_eq!(error.drained.segments, 1);
    assert_eq!(
        error.outcome(),
        AttemptOutcome::Retriable { retry_after: None }
    );
    queue.drain(&sink).unwrap();
    assert_eq!(lab.server.objects().unwrap(), expected);
}

/// Drains once; the error must be permanent, clear, and leave the outbox as it was.
fn stops(lab: &Lab, changed: &[(&str, &str)]) -> SinkError {
    let sink = lab.sink(changed);
    let mut queue = Queue::new(2, 2);
    let error = queue.drain(&sink).unwrap_err();
    assert!(error.is_permanent(), "{error:?}");
    assert_eq!(error.outcome(), AttemptOutcome::Permanent);
    assert_eq!((queue.segments.len(), queue.shots.borrow().len()), (2, 2));
    assert_eq!(error.drained, upload::DrainReport::default());
    let whole = format!(
        "{error} {error:?} {} {sink:?} {}",
        error.hint(),
        sink.describe()
    );
    assert!(
        !whole.contains("lab-secret") && !whole.contains("bad-secret"),
        "{whole}"
    );
    assert!(!error.hint().is_empty());
    sink_error(&error).clone()
}

#[test]
fn a_wrong_secret() {
    let lab = Lab::new();
    let error = stops(&lab, &[("AWS_SECRET_ACCESS_KEY", "bad-secret")]);
    assert_eq!(
        error.to_string(),
        "the store does not accept the access key or its secret (SignatureDoesNotMatch)"
    );
    assert!(error.hint().contains("AWS_SECRET_ACCESS_KEY"));
    assert!(lab.server.objects().unwrap().is_empty());
}

#[test]
fn an_unknown_key() {
    let lab = Lab::new();
    let error = stops(&lab, &[("AWS_ACCESS_KEY_ID", "who-is-this")]);
    assert!(
        matches!(
            &error,
            SinkError::WrongKey { .. } | SinkError::AccessDenied { .. }
        ),
        "{error:?}"
    );
}

#[test]
fn a_missing_bucket() {
    let lab = Lab::new();
    let error = stops(&lab, &[("S3_BUCKET_NAME", "no-such-bucket")]);
    assert_eq!(error.to_string(), "there is no bucket named no-such-bucket");
    assert!(error.hint().contains("S3_BUCKET_NAME"));
}

#[test]
fn a_skewed_clock_is_measured() {
    let lab = Lab::with(FaultPlan::each(|_| S3Fault::Skewed(-2 * 3600)));
    let error = stops(&lab, &[]);
    let SinkError::SkewedClock {
        ahead_s: Some(ahead),
    } = error
    else {
        panic!("{error:?}")
    };
    assert!((ahead - 7200).abs() <= 60, "{ahead}");
    assert!(
        error
            .to_string()
            .starts_with("this computer's clock is 2 h"),
        "{error}"
    );
    assert!(
        error.to_string().contains("ahead of the store's"),
        "{error}"
    );
    assert!(error.hint().contains("clock"));
}

#[test]
fn another_region_is_named() {
    let lab = Lab::with(FaultPlan::each(|_| S3Fault::OtherRegion("eu-west-3")));
    let error = stops(&lab, &[]);
    assert_eq!(error.hint(), "Set AWS_REGION=eu-west-3.");
}

#[test]
fn nobody_listens() {
    let mut lab = Lab::new();
    let sink = lab.sink(&[]);
    lab.server.stop();
    let mut queue = Queue::new(2, 2);
    let error = queue.drain(&sink).unwrap_err();
    assert!(
        matches!(sink_error(&error), SinkError::Unreachable { .. }),
        "{error:?}"
    );
    assert!(!error.is_permanent());
}

#[test]
fn a_server_away_for_the_first_half_changes_nothing_but_the_delay() {
    let mut lab = Lab::new();
    let sink = lab.sink(&[]);
    let mut queue = Queue::new(8, 5);
    let expected = queue.expected();
    lab.server.stop();
    for _ in 0..3 {
        assert!(!queue.drain(&sink).unwrap_err().is_permanent());
    }
    lab.server.restart().unwrap();
    let drained = queue.drain(&sink).unwrap();
    assert_eq!(
        (drained.segments, drained.screenshots, drained.already_there),
        (8, 5, 0)
    );
    assert_eq!(lab.server.objects().unwrap(), expected);
    // In the order of the journal's counter, screenshots first. One is put twice, to learn whether conditions are honoured.
    let mut seen = BTreeSet::new();
    let numbers: Vec<(bool, u64)> = lab
        .server
        .log()
        .iter()
        .filter(|entry| entry.method == "PUT")
        .map(|entry| {
            let key = entry.key.replace("%3D", "=");
            let parts = upload::object_keys::ObjectKey::parse(&key).unwrap();
            (
                parts.kind == upload::object_keys::ObjectKind::Activity,
                parts.seq,
            )
        })
        .filter(|number| seen.insert(*number))
        .collect();
    let mut shots: Vec<_> = numbers[..5].to_vec();
    shots.sort_unstable();
    assert_eq!(shots, (1..=5).map(|n| (false, n)).collect::<Vec<_>>());
    let segments: Vec<_> = (1..=8).map(|n| (true, n * 1000)).collect();
    assert_eq!(numbers[5..], segments);
}

#[test]
fn draining_stops_when_asked_and_goes_on_later() {
    let lab = Lab::new();
    let sink = lab.sink(&[]);
    let mut queue = Queue::new(4, 0);
    let expected = queue.expected();
    let stopped = upload::drain(
        &mut queue,
        &sink,
        None,
        &crate::kit::Still,
        &mut |step| match step {
            DrainProgress::Segment {
                first_seq: 2000, ..
            } => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        },
    )
    .unwrap();
    assert!(stopped.stopped);
    assert_eq!(stopped.segments, 2);
    assert_eq!(queue.drain(&sink).unwrap().segments, 2);
    assert_eq!(lab.server.objects().unwrap(), expected);
}

#[test]
fn another_object_under_our_name_is_told_and_not_replaced() {
    let lab = Lab::new();
    let sink = lab.sink(&[]);
    let mut queue = Queue::new(1, 0);
    let key = queue.expected().into_keys().next().unwrap();
    sink.put_new(&NewObject::new(&key, &b"somebody else's"[..]))
        .unwrap();
    let error = queue.drain(&sink).unwrap_err();
    assert_eq!(
        *sink_error(&error),
        SinkError::Different { key: key.clone() }
    );
    assert_eq!(queue.segments.len(), 1);
    assert_eq!(lab.server.objects().unwrap()[&key], b"somebody else's");
}

#[test]
fn a_picture_lost_on_the_disk_holds_nothing_up() {
    let lab = Lab::new();
    let sink = lab.sink(&[]);
    let mut queue = Queue::new(2, 40);
    let mut expected = queue.expected();
    for seq in [1, 17, 40] {
        queue.lost.get_mut().insert(seq);
        let gone = format!("-{seq:010}-");
        expected.retain(|key, _| !key.contains(&gone));
    }
    let drained = queue.drain(&sink).unwrap();
    assert_eq!(
        (
            drained.segments,
            drained.screenshots,
            drained.lost_screenshots
        ),
        (2, 37, 3)
    );
    assert_eq!(lab.server.objects().unwrap(), expected);
}

#[test]
fn a_store_without_conditional_puts_is_found_out_and_used() {
    let lab = Lab::with(FaultPlan::each(|seen| {
        if seen.conditional {
            S3Fault::Refuse {
                status: 501,
                code: "NotImplemented",
            }
        } else {
            S3Fault::None
        }
    }));
    let sink = lab.sink(&[]);
    assert!(sink.remarks().is_empty());
    let mut queue = Queue::new(2, 2);
    let expected = queue.expected();
    queue.drain(&sink).unwrap();
    assert_eq!(lab.server.objects().unwrap(), expected);
    assert_eq!(sink.remarks().len(), 1);
    // Still nothing is replaced.
    let key = expected.keys().next().unwrap();
    let other = NewObject::new(key, &b"other"[..]);
    assert_eq!(
        sink.put_new(&other),
        Err(SinkError::Different { key: key.clone() })
    );
    assert_eq!(lab.server.objects().unwrap(), expected);
}

#[test]
fn a_store_that_speaks_no_tls_is_told_by_type() {
    let lab = Lab::new();
    let url = lab.server.url().replace("http://", "https://");
    // On a computer without root certificates the sink says so at once; otherwise the handshake fails.
    let error = match open_sink(&lab.destination(&[("AWS_ENDPOINT_URL", &url)]), TIMEOUTS) {
        Err(error) => error,
        Ok(sink) => sink.head("a").unwrap_err(),
    };
    assert!(matches!(error, SinkError::Tls { .. }), "{error:?}");
    assert!(error.hint().contains("ca-certificates"));
}
