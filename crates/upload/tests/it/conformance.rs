//! The requirements of every sink, whatever store is behind it.

use crate::kit::{Lab, TIMEOUTS};
use lab::sink_conformance::{check_large_objects, check_races, check_sink};
use std::sync::Arc;
use upload::{Destination, NewObject, ObjectStoreSink, Sink, SinkError, open_sink};

#[test]
fn memory_conforms() {
    check_sink(&ObjectStoreSink::memory().unwrap()).unwrap();
    check_races(Arc::new(ObjectStoreSink::memory().unwrap())).unwrap();
}

#[test]
fn a_directory_conforms() {
    let dir = tempfile::tempdir().unwrap();
    let open = |name: &str| {
        let url = format!("file://{}/{name}", dir.path().display());
        let destination = Destination::resolve(Some(&url), &|_| None, dir.path()).unwrap();
        open_sink(&destination, TIMEOUTS).unwrap()
    };
    check_sink(&open("made when missing")).unwrap();
    check_races(Arc::new(open("races"))).unwrap();
}

#[test]
fn s3_conforms() {
    let lab = Lab::new();
    check_sink(&lab.sink(&[])).unwrap();
    let raced = Lab::new();
    check_races(Arc::new(raced.sink(&[]))).unwrap();
    check_large_objects(&raced.sink(&[])).unwrap();
}

#[test]
fn s3_below_a_prefix_conforms_and_writes_nowhere_else() {
    let lab = Lab::new();
    lab.server.objects().unwrap();
    let neighbour = lab.sink(&[("S3_PREFIX", "team/laptop")]);
    neighbour
        .put_new(&NewObject::new("mine", &b"x"[..]))
        .unwrap();
    check_sink(&lab.sink(&[("S3_PREFIX", "/team/lap=1/")])).unwrap();
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
    let destination = Destination::resolve(Some("s3://lab/by/url"), &get, lab.dir.path()).unwrap();
    check_sink(&open_sink(&destination, TIMEOUTS).unwrap()).unwrap();
}

#[test]
fn a_directory_that_may_not_be_written_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let error = ObjectStoreSink::directory(&file.join("below")).unwrap_err();
    assert!(matches!(error, SinkError::Disk { .. }), "{error:?}");
    assert!(error.is_permanent());
    assert!(error.to_string().contains(&file.display().to_string()));

    let sink = ObjectStoreSink::directory(dir.path()).unwrap();
    let error = sink
        .put_new(&NewObject::new("file/below", &b"x"[..]))
        .unwrap_err();
    assert!(matches!(error, SinkError::Disk { .. }), "{error:?}");
}
