//! The promises of every sink: the same suite for memory, directories and every S3 server.
//!
//! An error says which promise was not kept. The sink must be empty at the beginning, and holds objects at the end.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use std::fmt::Debug;
use std::sync::Arc;
use std::thread;
use upload::{NewObject, PutOutcome, Sink, SinkError};

fn check_equal<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> Result<()> {
    ensure!(found == expected, "{what}: {found:?}, not {expected:?}");
    Ok(())
}

/// Checks put, head, get, list and delete.
///
/// # Errors
/// The first promise that was not kept.
pub fn check_sink(sink: &dyn Sink) -> Result<()> {
    check_equal("a look in an empty sink", &sink.head("raw/v1/a")?, &None)?;
    check_equal("a read in an empty sink", &sink.get("raw/v1/a")?, &None)?;
    check_equal("a list of an empty sink", &sink.list("", 10)?, &vec![])?;
    check_equal("a list of no folder", &sink.list("raw/v1", 10)?, &vec![])?;
    check_puts(sink)?;
    check_lists(sink)?;
    check_batches(sink)?;
    // A key that leaves its folder is refused.
    for key in ["../escape", "a//b"] {
        let put = sink.put_new(&NewObject::new(key, &b"x"[..]));
        ensure!(put.is_err(), "the key {key} was taken");
    }
    ensure!(
        sink.delete("../escape").is_err(),
        "the key ../escape was deleted"
    );
    ensure!(!sink.describe().is_empty(), "the sink has no name");
    Ok(())
}

/// A put is readable, byte for byte, also an empty one and one with every byte in it; the same again is recognised; other
/// content under the same name is refused and changes nothing.
fn check_puts(sink: &dyn Sink) -> Result<()> {
    let every: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let objects = [
        NewObject::new("raw/v1/a", &b"one"[..]),
        NewObject::new("raw/v1/kind=shot/dt=2026-09-21/x-1.webp", every),
        NewObject::new("raw/v1/empty", &b""[..]),
        NewObject::new("raw/v10/other", &b"not below raw/v1"[..]),
    ];
    for object in &objects {
        let key = object.key.as_str();
        check_equal(key, &sink.put_new(object), &Ok(PutOutcome::Stored))?;
        check_object(sink, object)?;
    }
    for object in &objects {
        check_equal(
            &format!("{} again", object.key),
            &sink.put_new(object),
            &Ok(PutOutcome::AlreadyThere),
        )?;
    }
    for body in [&b"two"[..], b"longer than one"] {
        let refused = sink.put_new(&NewObject::new("raw/v1/a", body));
        let different = SinkError::Different {
            key: "raw/v1/a".into(),
        };
        check_equal("other content", &refused, &Err(different))?;
    }
    let kept = Some(Bytes::from_static(b"one"));
    check_equal("what was there before", &sink.get("raw/v1/a")?, &kept)
}

/// Checks that the sink holds exactly this object.
fn check_object(sink: &dyn Sink, object: &NewObject) -> Result<()> {
    let key = object.key.as_str();
    ensure!(
        sink.get(key)?.as_ref() == Some(&object.body),
        "{key} was not read as it was put"
    );
    let head = sink.head(key)?.with_context(|| format!("no {key}"))?;
    check_equal("the key of a look", &head.key.as_str(), &key)?;
    check_equal(
        "the size of a look",
        &head.bytes,
        &(object.body.len() as u64),
    )?;
    if let Some(sha256) = head.sha256 {
        check_equal("the hash of a look", &sha256, &object.sha256)?;
    }
    Ok(())
}

/// Lists are by key, below whole folders only, and bounded.
fn check_lists(sink: &dyn Sink) -> Result<()> {
    let keys = |folder, limit| -> Result<Vec<String>> {
        let found = sink.list(folder, limit)?;
        Ok(found.into_iter().map(|head| head.key).collect())
    };
    let all = [
        "raw/v1/a",
        "raw/v1/empty",
        "raw/v1/kind=shot/dt=2026-09-21/x-1.webp",
        "raw/v10/other",
    ]
    .map(String::from);
    check_equal("a list", &keys("", 10)?, &all.to_vec())?;
    check_equal(
        "a list of a folder",
        &keys("raw/v1", 10)?,
        &all[..3].to_vec(),
    )?;
    check_equal("a short list", &keys("raw/v1", 2)?, &all[..2].to_vec())?;
    let first = sink.list("raw/v1", 1)?;
    check_equal(
        "the size in a list",
        &first.first().map(|head| head.bytes),
        &Some(3),
    )
}

/// Many at once: one result each, in order. A delete takes one object and no other.
fn check_batches(sink: &dyn Sink) -> Result<()> {
    let many: Vec<NewObject> = (0..20)
        .map(|n| NewObject::new(format!("many/{n:02}"), format!("content {n}").into_bytes()))
        .collect();
    let (first, _) = many.split_at(10);
    check_equal(
        "ten at once",
        &sink.put_all(first),
        &vec![Ok(PutOutcome::Stored); 10],
    )?;
    let mut expected = vec![Ok(PutOutcome::AlreadyThere); 10];
    expected.extend(vec![Ok(PutOutcome::Stored); 10]);
    check_equal("twenty at once", &sink.put_all(&many), &expected)?;
    sink.delete("many/00")?;
    check_equal("a deleted object", &sink.get("many/00")?, &None)?;
    // Deleting a missing object succeeds.
    sink.delete("many/00")?;
    check_equal("those left", &sink.list("many", 100)?.len(), &19)
}

/// Checks writers that race for one key: one stores it, the others recognise it, whatever the order.
///
/// # Errors
/// The first promise that was not kept.
pub fn check_races(sink: Arc<dyn Sink>) -> Result<()> {
    let object = NewObject::new("race/one", vec![7_u8; 30_000]);
    let racers: Vec<_> = (0..6)
        .map(|_| {
            let (sink, object) = (Arc::clone(&sink), object.clone());
            thread::spawn(move || sink.put_new(&object))
        })
        .collect();
    let mut stored = false;
    for racer in racers {
        match racer.join() {
            Ok(Ok(put)) => stored |= put == PutOutcome::Stored,
            Ok(Err(error)) => ensure!(!error.is_permanent(), "a race ended with: {error}"),
            Err(_) => bail!("a writer in a race panicked"),
        }
    }
    ensure!(stored, "nobody stored the object of a race");
    check_object(&*sink, &object)?;
    check_equal("after a race", &sink.list("race", 10)?.len(), &1)
}

/// Checks an object too large for one request.
///
/// # Errors
/// When it is not stored whole and once.
pub fn check_large_objects(sink: &dyn Sink) -> Result<()> {
    let body: Vec<u8> = (0..17_u32 << 20)
        .map(|n| (n >> 8) as u8 ^ n as u8)
        .collect();
    let object = NewObject::new("large/one", body);
    check_equal(
        "a large put",
        &sink.put_new(&object),
        &Ok(PutOutcome::Stored),
    )?;
    check_object(sink, &object)?;
    check_equal(
        "a large put again",
        &sink.put_new(&object),
        &Ok(PutOutcome::AlreadyThere),
    )?;
    let other = NewObject::new("large/one", vec![1_u8; object.body.len()]);
    let different = SinkError::Different {
        key: "large/one".into(),
    };
    check_equal("another large put", &sink.put_new(&other), &Err(different))?;
    check_object(sink, &object)?;
    check_equal("after it", &sink.list("large", 10)?.len(), &1)
}
