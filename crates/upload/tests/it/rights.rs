//! Buckets that are open to anyone, and keys that may only store; large objects under both.

use crate::kit::{Lab, Queue};
use lab::s3::{BucketAccess, FaultPlan, S3Fault, S3Server, S3ServerOptions};
use upload::{NewObject, PutOutcome, Sink, SinkError};

fn lab(access: BucketAccess, faults: FaultPlan) -> Lab {
    let dir = tempfile::tempdir().unwrap();
    let options = S3ServerOptions {
        access,
        faults,
        ..S3ServerOptions::new(dir.path())
    };
    let server = S3Server::start(options).unwrap();
    Lab { server, dir }
}

#[test]
fn a_bucket_that_anyone_can_list_gets_nothing() {
    let lab = lab(BucketAccess::PublicList, FaultPlan::none());
    for prefix in ["", "team/laptop"] {
        let sink = lab.sink(&[("S3_PREFIX", prefix)]);
        for _ in 0..3 {
            let mut queue = Queue::new(2, 2);
            let error = queue.drain(&sink).unwrap_err();
            assert!(error.is_permanent());
            assert_eq!(
                error.to_string(),
                "anyone can list the objects in the bucket lab, so nothing is uploaded"
            );
            assert!(error.hint().contains("Block public access"));
        }
    }
    assert!(lab.server.objects().unwrap().is_empty());
    let asked: Vec<_> = lab.server.log().iter().map(|e| e.method.clone()).collect();
    assert_eq!(
        asked,
        ["GET", "GET"],
        "once for each sink, and nothing else"
    );
}

#[test]
fn whatever_else_an_unsigned_look_is_answered_with_is_fine() {
    for fault in [
        S3Fault::Portal { etag: false },
        S3Fault::Redirect,
        S3Fault::Close,
        S3Fault::Refuse {
            status: 500,
            code: "InternalError",
        },
    ] {
        let look = fault.clone();
        let faults = FaultPlan::each(move |seen| match seen.method {
            "GET" => look.clone(),
            _ => S3Fault::None,
        });
        let lab = lab(BucketAccess::Whole, faults);
        let mut queue = Queue::new(2, 1);
        queue.drain(&lab.sink(&[])).unwrap();
        assert_eq!(lab.server.objects().unwrap().len(), 3, "{fault:?}");
    }
}

/// Puts are answered as the plan says, the first of each object; then drains with a key that may only store.
#[test]
fn a_key_that_may_only_store_loses_and_doubles_nothing() {
    for fault in [
        S3Fault::None,
        S3Fault::LoseAnswer,
        // Those put at the same time may be stored, and not heard of.
        S3Fault::Close,
        S3Fault::CutAnswer(20),
        S3Fault::Garbage,
        S3Fault::AnswerInstead {
            status: 503,
            code: "SlowDown",
        },
    ] {
        let plan: Vec<(u64, S3Fault)> = [1, 4, 5, 9].iter().map(|n| (*n, fault.clone())).collect();
        let lab = lab(BucketAccess::PutOnly, FaultPlan::puts(&plan));
        let sink = lab.sink(&[]);
        let mut queue = Queue::new(5, 4);
        let expected = queue.expected();
        let mut tries = 0;
        while let Err(error) = queue.drain(&sink) {
            assert!(!error.is_permanent(), "{fault:?}: {error}");
            tries += 1;
            assert!(tries < 20, "{fault:?}");
        }
        assert_eq!(lab.server.objects().unwrap(), expected, "{fault:?}");
        // Whoever took the store's word says so. Whether puts that were under way when a connection closed were stored is
        // not for this test to say.
        if fault != S3Fault::Close {
            assert_eq!(
                sink.remarks().iter().any(|r| r.contains("may not read")),
                fault != S3Fault::None,
                "{fault:?} {:?}",
                sink.remarks()
            );
        }
    }
}

#[test]
fn a_name_without_the_hash_is_not_taken_for_the_content() {
    let lab = lab(BucketAccess::PutOnly, FaultPlan::none());
    let sink = lab.sink(&[]);
    let object = NewObject::new("plain", &b"one"[..]);
    assert_eq!(sink.put_new(&object), Ok(PutOutcome::Stored));
    let error = sink.put_new(&object).unwrap_err();
    assert!(
        matches!(error, SinkError::AccessDenied { doing: "read", .. }),
        "{error:?}"
    );
    // A conflict is not "exists".
    let hash = format!("x-{}", &object.sha256[..16]);
    lab.server.set_faults(FaultPlan::each(|_| S3Fault::Refuse {
        status: 409,
        code: "ConditionalRequestConflict",
    }));
    let other = NewObject::new(hash, &b"one"[..]);
    // The refusal of the check is a fault too here; the point is that the object does not count as stored.
    assert!(sink.put_new(&other).is_err());
}

fn large() -> NewObject {
    let body: Vec<u8> = (0..17_u32 << 20).map(|n| (n >> 7) as u8).collect();
    let name = upload::sha256_hex(&body);
    NewObject::new(format!("large/{}", &name[..16]), body)
}

#[test]
fn a_large_object_is_stored_once_whatever_happens_to_its_requests() {
    let object = large();
    // In order: the unsigned look, a look, the beginning, three parts, the end.
    for (n, fault) in [
        (3, S3Fault::Close),
        (4, S3Fault::CutBody(3 << 20)),
        (5, S3Fault::LoseAnswer),
        (
            6,
            S3Fault::Refuse {
                status: 503,
                code: "SlowDown",
            },
        ),
        (7, S3Fault::LoseAnswer),
        (7, S3Fault::CutAnswer(30)),
        (7, S3Fault::Portal { etag: true }),
        (
            7,
            S3Fault::Refuse {
                status: 412,
                code: "PreconditionFailed",
            },
        ),
    ] {
        let plan = fault.clone();
        let lab = lab(
            BucketAccess::Whole,
            FaultPlan::each(move |seen| match seen.request == n {
                true => plan.clone(),
                false => S3Fault::None,
            }),
        );
        let sink = lab.sink(&[]);
        let error = sink.put_new(&object).unwrap_err();
        assert!(!error.is_permanent(), "{n} {fault:?}: {error}");
        let stored = n == 7 && matches!(fault, S3Fault::LoseAnswer | S3Fault::CutAnswer(_));
        let again = if stored {
            PutOutcome::AlreadyThere
        } else {
            PutOutcome::Stored
        };
        assert_eq!(sink.put_new(&object), Ok(again), "{n} {fault:?}");
        let objects = lab.server.objects().unwrap();
        assert_eq!(objects.len(), 1, "{n} {fault:?}");
        assert!(objects[&object.key] == object.body, "{n} {fault:?}");
        let aborted = lab.server.log().iter().any(|e| e.method == "DELETE");
        assert_eq!(
            aborted,
            n > 3,
            "{n} {fault:?}: what was begun is thrown away"
        );
    }
}

#[test]
fn a_large_object_of_a_key_that_may_only_store() {
    let lab = lab(BucketAccess::PutOnly, FaultPlan::none());
    let object = large();
    assert_eq!(lab.sink(&[]).put_new(&object), Ok(PutOutcome::Stored));
    assert_eq!(lab.sink(&[]).put_new(&object), Ok(PutOutcome::AlreadyThere));
    assert_eq!(lab.server.objects().unwrap().len(), 1);
}
