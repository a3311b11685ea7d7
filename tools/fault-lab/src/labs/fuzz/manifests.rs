//! The reader of manifests: with any bytes, and with nonsense that is signed as it should be.

use super::target::FuzzTarget;
use crate::fixture;
use anyhow::{Context, Result};
use data_encoding::BASE64;
use journal::{GapReason, SequenceGap};
use model::Timestamp;
use std::ops::ControlFlow;
use std::path::Path;
use upload::manifest::{DOMAIN, Manifest, ManifestEntry, Withdrawal};
use upload::verify::{VerifyOptions, verify};
use upload::{NewObject, ObjectStoreSink, Sink, object_keys, sha256_hex};
use vault::DeviceKey;

const WORDS: &[&[u8]] = &[
    b"18446744073709551615",
    b"-9223372036854775808",
    b"\"prev\":null",
    b"\"skipped\":[{\"first\":0,\"last\":18446744073709551615,\"why\":\"lost\"}]",
    b"\"first\":",
    b"\"last\":",
    b"\"after\":",
    b"\"through\":",
    b"\"bytes\":",
    b"\"key\":\"raw/v1/",
    b"uam-manifest/2",
    b"\n{\"signature\":\"",
];

fn make_manifest(key: &DeviceKey) -> Manifest {
    let sha256 = sha256_hex(b"content");
    Manifest {
        format: "uam-manifest/1".to_owned(),
        device: fixture::lab_device(),
        epoch: 1,
        no: 1,
        prev: None,
        at: fixture::START,
        agent: "lab".to_owned(),
        key: key.public(),
        after: 0,
        through: 9,
        objects: vec![ManifestEntry {
            key: object_keys::segment_key(
                &fixture::lab_device(),
                1,
                "2026-09-21",
                1,
                &sha256,
                journal::ObjectEncoding::Age,
            ),
            bytes: 7,
            sha256,
            first: 1,
            last: 7,
        }],
        skipped: vec![SequenceGap {
            first: 8,
            last: 9,
            why: GapReason::Erased,
        }],
        erased: vec![Withdrawal {
            key: "raw/v1/kind=shot/x".to_owned(),
            at: Timestamp::from_micros(1),
        }],
        waiting: 3,
    }
}

/// A file as it is in a bucket.
pub(super) fn manifest_file(dir: &Path) -> Result<FuzzTarget> {
    let key = DeviceKey::load_or_create(&dir.join("device"))?;
    Ok(FuzzTarget {
        name: "manifest",
        share: 1,
        seeds: vec![make_manifest(&key).sign(&key)?],
        words: WORDS,
        read: Box::new(|input| drop(Manifest::parse(input))),
    })
}

/// A first line that its device signed, whatever it says; then a whole check of a bucket that holds it.
pub(super) fn signed_nonsense(dir: &Path) -> Result<FuzzTarget> {
    let key = DeviceKey::load_or_create(&dir.join("device"))?;
    let mut seed = make_manifest(&key).sign(&key)?;
    let end = seed.iter().position(|b| *b == b'\n').context("a line")?;
    seed.truncate(end);
    Ok(FuzzTarget {
        name: "manifest, signed",
        share: 10,
        seeds: vec![seed],
        words: WORDS,
        read: Box::new(move |line| {
            let signature = key.sign(&[DOMAIN, line].concat());
            let seal = format!("\n{{\"signature\":\"{}\"}}\n", BASE64.encode(&signature));
            let bytes = [line, seal.as_bytes()].concat();
            if let Ok(manifest) = Manifest::parse(&bytes) {
                check_bucket(&manifest, bytes);
            }
        }),
    })
}

fn check_bucket(manifest: &Manifest, bytes: Vec<u8>) {
    let Ok(sink) = ObjectStoreSink::memory() else {
        return;
    };
    let sha256 = sha256_hex(&bytes);
    let (device, day) = (&manifest.device, "2026-09-21");
    let name = object_keys::manifest_key(device, manifest.epoch, day, manifest.no, &sha256);
    let segment = name_segment(manifest);
    let _ = sink.put_new(&NewObject::new(name, bytes));
    let _ = sink.put_new(&NewObject::new(segment, b"content".to_vec()));
    let on = &mut |_| ControlFlow::Continue(());
    drop(verify(
        &sink,
        &VerifyOptions::default(),
        None,
        Timestamp::UNIX_EPOCH,
        on,
    ));
}

fn name_segment(manifest: &Manifest) -> String {
    let sha256 = sha256_hex(b"content");
    let encoding = journal::ObjectEncoding::Age;
    object_keys::segment_key(
        &manifest.device,
        manifest.epoch,
        "2026-09-21",
        1,
        &sha256,
        encoding,
    )
}
