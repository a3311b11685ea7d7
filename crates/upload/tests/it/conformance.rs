//! What every sink must do, whatever lies behind it.

use crate::kit::{Lab, TIMEOUTS};
use std::sync::Arc;
use std::thread;
use upload::{Destination, Object, Put, Sink, SinkError, Store};

fn conforms(sink: &dyn Sink) {
    // Nothing there yet.
    assert_eq!(sink.head("raw/v1/a").unwrap(), None);
    assert_eq!(sink.get("raw/v1/a").unwrap(), None);
    assert_eq!(sink.list("", 10).unwrap(), []);
    assert_eq!(sink.list("raw/v1", 10).unwrap(), []);

    // A put is readable, byte for byte, also an empty one and one with every byte in it.
    let every: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let objects = [
        Object::new("raw/v1/a", &b"one"[..]),
        Object::new("raw/v1/kind=shot/dt=2026-09-21/x-1.webp", every.clone()),
        Object::new("raw/v1/empty", &b""[..]),
        Object::new("raw/v10/other", &b"not below raw/v1"[..]),
    ];
    for object in &objects {
        assert_eq!(sink.put_new(object), Ok(Put::Stored), "{}", object.key);
        assert_eq!(
            sink.get(&object.key).unwrap().as_ref(),
            Some(&object.body),
            "{}",
            object.key
        );
        let head = sink.head(&object.key).unwrap().unwrap();
        assert_eq!(
            (head.key.as_str(), head.bytes),
            (object.key.as_str(), object.body.len() as u64)
        );
        if let Some(sha256) = head.sha256 {
            assert_eq!(sha256, object.sha256);
        }
    }

    // The same again is recognised; other content under the same name is refused and changes nothing.
    for object in &objects {
        assert_eq!(
            sink.put_new(object),
            Ok(Put::AlreadyThere),
            "{}",
            object.key
        );
    }
    for body in [&b"two"[..], b"longer than one"] {
        let other = Object::new("raw/v1/a", body);
        let refused = sink.put_new(&other).unwrap_err();
        assert_eq!(
            refused,
            SinkError::Different {
                key: "raw/v1/a".into()
            }
        );
        assert!(refused.is_permanent());
    }
    assert_eq!(sink.get("raw/v1/a").unwrap().unwrap(), &b"one"[..]);

    // Lists are by key, below whole folders only, and bounded.
    let keys = |folder, limit| -> Vec<String> {
        let found = sink.list(folder, limit).unwrap();
        found.into_iter().map(|head| head.key).collect()
    };
    assert_eq!(
        keys("", 10),
        [
            "raw/v1/a",
            "raw/v1/empty",
            "raw/v1/kind=shot/dt=2026-09-21/x-1.webp",
            "raw/v10/other"
        ]
    );
    assert_eq!(keys("raw/v1", 10).len(), 3);
    assert_eq!(keys("raw/v1", 2), ["raw/v1/a", "raw/v1/empty"]);
    assert_eq!(sink.list("raw/v1", 1).unwrap()[0].bytes, 3);

    // Many at once: one result each, in order.
    let many: Vec<Object> = (0..20)
        .map(|n| Object::new(format!("many/{n:02}"), format!("content {n}").into_bytes()))
        .collect();
    let first = sink.put_all(&many[..10]);
    assert!(first.iter().all(|r| *r == Ok(Put::Stored)), "{first:?}");
    let all = sink.put_all(&many);
    let expected: Vec<_> = (0..20)
        .map(|n| {
            Ok(if n < 10 {
                Put::AlreadyThere
            } else {
                Put::Stored
            })
        })
        .collect();
    assert_eq!(all, expected);

    // A delete takes one object and no other; one that is not there is as good as deleted.
    sink.delete("many/00").unwrap();
    assert_eq!(sink.get("many/00").unwrap(), None);
    sink.delete("many/00").unwrap();
    assert_eq!(sink.list("many", 100).unwrap().len(), 19);
    assert!(sink.delete("../escape").is_err());

    // A key that leaves its folder is refused.
    assert!(sink.put_new(&Object::new("../escape", &b"x"[..])).is_err());
    assert!(sink.put_new(&Object::new("a//b", &b"x"[..])).is_err());
    assert!(!sink.describe().is_empty());
}

/// Writers that race for one key: one stores it, the others recognise it, whatever the order.
fn races_end_well(sink: Arc<dyn Sink>) {
    let object = Object::new("race/one", vec![7_u8; 30_000]);
    let racers: Vec<_> = (0..6)
        .map(|_| {
            let (sink, object) = (Arc::clone(&sink), object.clone());
            thread::spawn(move || sink.put_new(&object))
        })
        .collect();
    let ends: Vec<_> = racers.into_iter().map(|r| r.join().unwrap()).collect();
    assert!(
        ends.iter().all(|end| match end {
            Ok(_) => true,
            Err(error) => !error.is_permanent(),
        }),
        "{ends:?}"
    );
    assert!(ends.contains(&Ok(Put::Stored)), "{ends:?}");
    assert_eq!(sink.get("race/one").unwrap().unwrap(), object.body);
    assert_eq!(sink.list("race", 10).unwrap().len(), 1);
}

#[test]
fn memory_conforms() {
    conforms(&Store::memory().unwrap());
    races_end_well(Arc::new(Store::memory().unwrap()));
}

#[test]
fn a_directory_conforms() {
    let dir = tempfile::tempdir().unwrap();
    let open = |name: &str| {
        let url = format!("file://{}/{name}", dir.path().display());
        Destination::choose(Some(&url), &|_| None, dir.path())
            .unwrap()
            .open(TIMEOUTS)
            .unwrap()
    };
    conforms(&open("made when missing"));
    races_end_well(Arc::new(open("races")));
}

#[test]
fn s3_conforms() {
    let lab = Lab::new();
    conforms(&lab.sink(&[]));
    let raced = Lab::new();
    races_end_well(Arc::new(raced.sink(&[])));
}

#[test]
fn s3_below_a_prefix_conforms_and_writes_nowhere_else() {
    let lab = Lab::new();
    lab.server.objects().unwrap();
    let neighbour = lab.sink(&[("S3_PREFIX", "team/laptop")]);
    neighbour.put_new(&Object::new("mine", &b"x"[..])).unwrap();
    conforms(&lab.sink(&[("S3_PREFIX", "/team/lap=1/")]));
    let keys: Vec<String> = lab.server.objects().unwrap().into_keys().collect();
    assert!(
        keys.iter()
            .all(|k| k.starts_with("team/lap=1/") || k == "team/laptop/mine"),
        "{keys:?}"
    );
}

#[test]
fn a_bucket_by_url_conforms() {
    let lab = Lab::new();
    let vars = lab.server.env();
    let get = |name: &str| {
        let (_, value) = vars.iter().find(|(n, _)| *n == name)?;
        (name != "S3_BUCKET_NAME").then(|| value.clone())
    };
    let destination = Destination::choose(Some("s3://lab/by/url"), &get, lab.dir.path()).unwrap();
    conforms(&destination.open(TIMEOUTS).unwrap());
}

#[test]
fn a_directory_that_may_not_be_written_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let error = Store::directory(&file.join("below")).unwrap_err();
    assert!(matches!(error, SinkError::Disk { .. }), "{error:?}");
    assert!(error.is_permanent());
    assert!(error.to_string().contains(&file.display().to_string()));

    let sink = Store::directory(dir.path()).unwrap();
    let error = sink
        .put_new(&Object::new("file/below", &b"x"[..]))
        .unwrap_err();
    assert!(matches!(error, SinkError::Disk { .. }), "{error:?}");
}
