//! Changes of a sink that a check must find.

use crate::uploaded_journal::Sent;
use model::DeviceId;
use std::fs;
use std::path::Path;
use upload::manifest::Manifest;
use upload::object_keys::{self, ObjectKey, ObjectKind};
use upload::sha256_hex;
use upload::verify::{FaultKind, VerifyVerdict};
use vault::DeviceKey;

/// A change of a sink, and the verdict of a check that knows nothing else.
pub(crate) type Meddling = (&'static str, fn(&Sent), VerifyVerdict, &'static [FaultKind]);

pub(crate) fn flip(file: &Path, at: usize) {
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
pub(crate) fn forge(
    sent: &Sent,
    nth: usize,
    key: &DeviceKey,
    change: impl FnOnce(&mut Manifest),
) -> String {
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

pub(crate) const MEDDLING: &[Meddling] = &[
    (
        "a segment is deleted",
        |s| fs::remove_file(s.file(&s.names(ObjectKind::Activity)[2])).unwrap(),
        VerifyVerdict::Incomplete,
        &[FaultKind::MissingObject],
    ),
    (
        "a screenshot is deleted",
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
        "a screenshot grows",
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
        "a manifest is signed again by a stranger",
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
        "the device itself rewrites its history",
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
