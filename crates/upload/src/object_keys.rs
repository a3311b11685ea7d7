//! Names of objects.
//!
//! ```text
//! raw/v1/kind=activity/sh=<2 hex>/dt=<UTC day>/dev=<device>/<epoch>-<seq:010>-<sha256[..16]>.jsonl.zst.age
//! raw/v1/kind=activity/…                                                                    .sealed.jsonl.zst
//! raw/v1/kind=activity/…                                                                    .jsonl.zst
//! raw/v1/kind=shot/sh=<2 hex>/dt=<UTC day>/dev=<device>/<epoch>-<seq:010>-<sha256[..16]>.webp.age
//! raw/v1/kind=shot/…                                                                    .webp
//! raw/v1/kind=vault/sh=<2 hex>/dt=<UTC day>/dev=<device>/<epoch>-<seq:010>-<sha256[..16]>.json
//! raw/v1/kind=manifest/sh=<2 hex>/dt=<UTC day>/dev=<device>/<epoch>-<no:010>-<sha256[..16]>.json
//! ```
//!
//! * `.age` is an age file for the recipients; the ending before it names the content that `age -d` gives. `.sealed.jsonl.zst` holds
//!   sealed rows ([`journal::SealedRowLine`]), which open with the same keys. Without either the object is readable.
//! * `kind=shot` is a screenshot.
//! * `kind=vault` is a vault copy: public keys, and secret ones wrapped.
//! * `kind=manifest` is a signed list of uploaded objects ([`crate::manifest`]).
//! * `sh` is the first byte of the SHA-256 of the device's id; it spreads the writes of a large fleet.
//! * `dt` is the day the journal froze with the segment or the screenshot, so it is the same at every try.
//! * `epoch` tells a reinstalled device's counter from its earlier one; `seq` is the journal's own counter.
//! * The content's hash is part of the name: an object of that name has that content or is not ours.
//!
//! Day and device in the key make retention rules, put-only policies per device and hive-style readers work.

use journal::{ObjectEncoding, UploadedObject};
use model::DeviceId;
use sha2::{Digest, Sha256};
use std::fmt::Display;
use strum::{EnumString, IntoStaticStr};

/// The folder everything lies in; a new layout gets a new number.
pub const ROOT: &str = "raw/v1";

/// The content of an object; its word in the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum ObjectKind {
    /// A segment: zstd-compressed JSON lines.
    Activity,
    /// A screenshot.
    #[strum(serialize = "shot")]
    Screenshot,
    /// A vault copy: public keys, and secret ones wrapped.
    Vault,
    /// A signed list of uploaded objects.
    Manifest,
}

impl ObjectKind {
    /// The word after `kind=` in a key.
    fn wire_name(self) -> &'static str {
        self.into()
    }
}

/// The key of a segment whose first record is `first_seq`.
///
/// `epoch`: seconds since the Unix epoch at which the journal was made. `day`: `YYYY-MM-DD`. `sha256`: of the uploaded
/// bytes, in hex. `encoding`: of the uploaded bytes.
#[must_use]
pub fn segment_key(
    device: &DeviceId,
    epoch: u64,
    day: impl Display,
    first_seq: u64,
    sha256: &str,
    encoding: ObjectEncoding,
) -> String {
    let ending = match encoding {
        ObjectEncoding::Age => "jsonl.zst.age",
        ObjectEncoding::SealedRows => "sealed.jsonl.zst",
        ObjectEncoding::Unsealed => "jsonl.zst",
    };
    format_key(
        ObjectKind::Activity,
        device,
        epoch,
        day,
        first_seq,
        sha256,
        ending,
    )
}

/// The key of a screenshot; `media` is the media type of the image itself, such as `image/webp`. The rest as in
/// [`segment_key`].
#[must_use]
pub fn screenshot_key(
    device: &DeviceId,
    epoch: u64,
    day: impl Display,
    seq: u64,
    sha256: &str,
    media: &str,
    encoding: ObjectEncoding,
) -> String {
    let image = match media {
        "image/webp" => "webp",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => "bin",
    };
    let sealed = match encoding {
        ObjectEncoding::Age | ObjectEncoding::SealedRows => ".age",
        ObjectEncoding::Unsealed => "",
    };
    let ending = format!("{image}{sealed}");
    format_key(
        ObjectKind::Screenshot,
        device,
        epoch,
        day,
        seq,
        sha256,
        &ending,
    )
}

/// The key of the vault copy `seq`; the rest as in [`segment_key`].
#[must_use]
pub fn vault_copy_key(
    device: &DeviceId,
    epoch: u64,
    day: impl Display,
    seq: u64,
    sha256: &str,
) -> String {
    format_key(ObjectKind::Vault, device, epoch, day, seq, sha256, "json")
}

/// The key of the manifest `no`; the rest as in [`segment_key`].
#[must_use]
pub fn manifest_key(
    device: &DeviceId,
    epoch: u64,
    day: impl Display,
    no: u64,
    sha256: &str,
) -> String {
    format_key(ObjectKind::Manifest, device, epoch, day, no, sha256, "json")
}

/// The key of an object that the sink has, or may have, as the journal knows it.
#[must_use]
pub fn uploaded_key(device: &DeviceId, epoch: u64, object: &UploadedObject) -> String {
    let UploadedObject {
        first_seq,
        day,
        sha256,
        encoding,
        ..
    } = object;
    match &object.media {
        Some(media) => screenshot_key(device, epoch, day, *first_seq, sha256, media, *encoding),
        None => segment_key(device, epoch, day, *first_seq, sha256, *encoding),
    }
}

/// The folder that holds one kind of one layout, for listing.
#[must_use]
pub fn list_prefix(kind: ObjectKind) -> String {
    format!("{ROOT}/kind={}", kind.wire_name())
}

fn format_key(
    kind: ObjectKind,
    device: &DeviceId,
    epoch: u64,
    day: impl Display,
    seq: u64,
    sha256: &str,
    ending: &str,
) -> String {
    let shard = Sha256::digest(device.as_str().as_bytes())[0];
    let start = sha256.get(..16).unwrap_or(sha256);
    format!(
        "{ROOT}/kind={}/sh={shard:02x}/dt={day}/dev={device}/{epoch}-{seq:010}-{start}.{ending}",
        kind.wire_name()
    )
}

/// A key taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectKey {
    /// Its content.
    pub kind: ObjectKind,
    /// The encoding of its bytes; of a vault copy and a manifest [`ObjectEncoding::Unsealed`].
    pub encoding: ObjectEncoding,
    /// UTC day, as written.
    pub day: String,
    /// Which installation.
    pub device: DeviceId,
    /// Seconds since the Unix epoch at which the journal was made.
    pub epoch: u64,
    /// Number of the screenshot, of the segment's first record, of the vault copy, or of the manifest.
    pub seq: u64,
    /// The first 16 hex digits of the content's SHA-256.
    pub sha16: String,
}

impl ObjectKey {
    /// Reads a key (without the destination's prefix); `None` when uam makes no such key.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let mut folders = key.strip_prefix(ROOT)?.strip_prefix('/')?.split('/');
        let kind = folders.next()?.strip_prefix("kind=")?.parse().ok()?;
        let shard = folders.next()?.strip_prefix("sh=")?;
        let day = folders.next()?.strip_prefix("dt=")?.to_owned();
        let device = DeviceId::parse(folders.next()?.strip_prefix("dev=")?)?;
        let (name, ending) = folders.next()?.split_once('.')?;
        if folders.next().is_some()
            || shard != format!("{:02x}", Sha256::digest(device.as_str().as_bytes())[0])
        {
            return None;
        }
        let encoding = match (kind, ending) {
            (ObjectKind::Activity, "jsonl.zst.age") => ObjectEncoding::Age,
            (ObjectKind::Activity, "sealed.jsonl.zst") => ObjectEncoding::SealedRows,
            (ObjectKind::Activity, "jsonl.zst")
            | (ObjectKind::Vault | ObjectKind::Manifest, "json") => ObjectEncoding::Unsealed,
            (ObjectKind::Screenshot, ending) => match ending.split_once('.') {
                None => ObjectEncoding::Unsealed,
                Some((_, "age")) => ObjectEncoding::Age,
                Some(_) => return None,
            },
            _ => return None,
        };
        let mut parts = name.split('-');
        let epoch = parts.next()?.parse().ok()?;
        let seq = parts.next()?.parse().ok()?;
        let sha16 = parts.next()?.to_owned();
        (parts.next().is_none()).then_some(Self {
            kind,
            encoding,
            day,
            device,
            epoch,
            seq,
            sha16,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_laid_out_as_documented() {
        let device = DeviceId::from_bytes([0xab; 16]);
        let sha = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        let shard = Sha256::digest("ab".repeat(16).as_bytes())[0];
        let middle = format!("sh={shard:02x}/dt=2026-09-21/dev=abababababababababababababababab");
        let at = |encoding| segment_key(&device, 1_790_000_000, "2026-09-21", 7, sha, encoding);
        let name = format!("raw/v1/kind=activity/{middle}/1790000000-0000000007-0123456789abcdef");
        assert_eq!(at(ObjectEncoding::Age), format!("{name}.jsonl.zst.age"));
        assert_eq!(
            at(ObjectEncoding::SealedRows),
            format!("{name}.sealed.jsonl.zst")
        );
        assert_eq!(at(ObjectEncoding::Unsealed), format!("{name}.jsonl.zst"));
        let at = |encoding| {
            screenshot_key(
                &device,
                1,
                "2026-09-21",
                12_345_678_901,
                sha,
                "image/webp",
                encoding,
            )
        };
        let name = format!("raw/v1/kind=shot/{middle}/1-12345678901-0123456789abcdef");
        assert_eq!(at(ObjectEncoding::Age), format!("{name}.webp.age"));
        assert_eq!(ObjectKey::parse(&format!("{name}.webp.uam")), None);
        assert_eq!(at(ObjectEncoding::Unsealed), format!("{name}.webp"));
        assert_eq!(
            vault_copy_key(&device, 1, "2026-09-21", 2, sha),
            format!("raw/v1/kind=vault/{middle}/1-0000000002-0123456789abcdef.json")
        );
    }

    proptest! {
        #[test]
        fn a_key_is_taken_apart_as_it_was_made(id: [u8; 16], epoch: u64, seq: u64, kind in 0..4, encoding in 0..3) {
            let device = DeviceId::from_bytes(id);
            let sha = "f".repeat(64);
            let (kind, encoding) = match (kind, encoding) {
                (0, 0) => (ObjectKind::Activity, ObjectEncoding::Age),
                (0, 1) => (ObjectKind::Activity, ObjectEncoding::SealedRows),
                (0, _) => (ObjectKind::Activity, ObjectEncoding::Unsealed),
                (1, 0) => (ObjectKind::Screenshot, ObjectEncoding::Age),
                (1, _) => (ObjectKind::Screenshot, ObjectEncoding::Unsealed),
                (2, _) => (ObjectKind::Manifest, ObjectEncoding::Unsealed),
                _ => (ObjectKind::Vault, ObjectEncoding::Unsealed),
            };
            let key = match kind {
                ObjectKind::Activity => segment_key(&device, epoch, "2026-01-31", seq, &sha, encoding),
                ObjectKind::Screenshot => screenshot_key(&device, epoch, "2026-01-31", seq, &sha, "image/webp", encoding),
                ObjectKind::Vault => vault_copy_key(&device, epoch, "2026-01-31", seq, &sha),
                ObjectKind::Manifest => manifest_key(&device, epoch, "2026-01-31", seq, &sha),
            };
            let parts = ObjectKey::parse(&key).unwrap();
            prop_assert_eq!(parts.device, device);
            prop_assert_eq!((parts.epoch, parts.seq), (epoch, seq));
            prop_assert_eq!((parts.kind, parts.encoding), (kind, encoding));
            prop_assert_eq!(parts.day, "2026-01-31");
        }

        #[test]
        fn other_names_are_refused(key in ".{0,80}") {
            prop_assert_eq!(ObjectKey::parse(&key), None);
        }
    }

    #[test]
    fn other_endings_are_refused() {
        let device = DeviceId::from_bytes([1; 16]);
        let key = segment_key(
            &device,
            1,
            "2026-01-31",
            1,
            &"0".repeat(64),
            ObjectEncoding::Age,
        );
        for ending in [
            "jsonl.zst.gpg",
            "age",
            "sealed.jsonl.zst.age",
            "webp",
            "json",
        ] {
            assert_eq!(
                ObjectKey::parse(&key.replace("jsonl.zst.age", ending)),
                None,
                "{ending}"
            );
        }
    }
}
