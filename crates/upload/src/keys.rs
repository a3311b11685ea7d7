//! Names of objects.
//!
//! ```text
//! raw/v1/kind=activity/sh=<2 hex>/dt=<UTC day>/dev=<device>/<epoch>-<seq:010>-<sha256[..16]>.jsonl.zst
//! raw/v1/kind=shot/sh=<2 hex>/dt=<UTC day>/dev=<device>/<epoch>-<seq:010>-<sha256[..16]>.webp
//! ```
//!
//! * `sh` is the first byte of the SHA-256 of the device's id; it spreads the writes of a large fleet.
//! * `dt` is the day the journal froze with the segment or the shot, so it is the same at every try.
//! * `epoch` tells a reinstalled device's counter from its earlier one; `seq` is the journal's own counter.
//! * The content's hash is part of the name: an object of that name has that content or is not ours.
//!
//! Day and device in the key make retention rules, put-only policies per device and hive-style readers work.

use model::DeviceId;
use sha2::{Digest, Sha256};
use std::fmt::Display;

/// The folder everything lies in; a new layout gets a new number.
pub const ROOT: &str = "raw/v1";

/// What an object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A segment: zstd-compressed JSON lines.
    Activity,
    /// A picture.
    Shot,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Shot => "shot",
        }
    }
}

/// The key of a segment whose first record is `first_seq`.
///
/// `epoch`: seconds since the Unix epoch at which the journal was made. `day`: `YYYY-MM-DD`. `sha256`: of the uploaded
/// bytes, in hex.
#[must_use]
pub fn activity(
    device: &DeviceId,
    epoch: u64,
    day: impl Display,
    first_seq: u64,
    sha256: &str,
) -> String {
    key(
        Kind::Activity,
        device,
        epoch,
        day,
        first_seq,
        sha256,
        "jsonl.zst",
    )
}

/// The key of a shot's picture; `media` is its media type, such as `image/webp`. The rest as in [`activity`].
#[must_use]
pub fn shot(
    device: &DeviceId,
    epoch: u64,
    day: impl Display,
    seq: u64,
    sha256: &str,
    media: &str,
) -> String {
    let ending = match media {
        "image/webp" => "webp",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => "bin",
    };
    key(Kind::Shot, device, epoch, day, seq, sha256, ending)
}

/// The folder that holds one kind of one layout, for listing.
#[must_use]
pub fn folder(kind: Kind) -> String {
    format!("{ROOT}/kind={}", kind.word())
}

fn key(
    kind: Kind,
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
        kind.word()
    )
}

/// A key taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// What the object holds.
    pub kind: Kind,
    /// UTC day, as written.
    pub day: String,
    /// Which installation.
    pub device: DeviceId,
    /// Seconds since the Unix epoch at which the journal was made.
    pub epoch: u64,
    /// Number of the shot, or of the segment's first record.
    pub seq: u64,
    /// The first 16 hex digits of the content's SHA-256.
    pub sha16: String,
}

/// Takes a key (without the destination's prefix) apart; `None` when it is not one of ours.
#[must_use]
pub fn parse(key: &str) -> Option<Parts> {
    let mut folders = key.strip_prefix(ROOT)?.strip_prefix('/')?.split('/');
    let kind = match folders.next()?.strip_prefix("kind=")? {
        "activity" => Kind::Activity,
        "shot" => Kind::Shot,
        _ => return None,
    };
    let shard = folders.next()?.strip_prefix("sh=")?;
    let day = folders.next()?.strip_prefix("dt=")?.to_owned();
    let device = DeviceId::parse(folders.next()?.strip_prefix("dev=")?)?;
    let (name, _) = folders.next()?.split_once('.')?;
    if folders.next().is_some()
        || shard != format!("{:02x}", Sha256::digest(device.as_str().as_bytes())[0])
    {
        return None;
    }
    let mut parts = name.split('-');
    let epoch = parts.next()?.parse().ok()?;
    let seq = parts.next()?.parse().ok()?;
    let sha16 = parts.next()?.to_owned();
    (parts.next().is_none()).then_some(Parts {
        kind,
        day,
        device,
        epoch,
        seq,
        sha16,
    })
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
        assert_eq!(
            activity(&device, 1_790_000_000, "2026-09-21", 7, sha),
            format!(
                "raw/v1/kind=activity/sh={shard:02x}/dt=2026-09-21/dev=abababababababababababababababab/1790000000-0000000007-0123456789abcdef.jsonl.zst"
            )
        );
        assert!(
            shot(&device, 1, "2026-09-21", 12_345_678_901, sha, "image/webp")
                .ends_with("/1-12345678901-0123456789abcdef.webp")
        );
    }

    proptest! {
        #[test]
        fn a_key_is_taken_apart_as_it_was_made(id: [u8; 16], epoch: u64, seq: u64, picture: bool) {
            let device = DeviceId::from_bytes(id);
            let sha = "f".repeat(64);
            let key = if picture {
                shot(&device, epoch, "2026-01-31", seq, &sha, "image/webp")
            } else {
                activity(&device, epoch, "2026-01-31", seq, &sha)
            };
            let parts = parse(&key).unwrap();
            prop_assert_eq!(parts.device, device);
            prop_assert_eq!((parts.epoch, parts.seq), (epoch, seq));
            prop_assert_eq!(parts.kind == Kind::Shot, picture);
            prop_assert_eq!(parts.day, "2026-01-31");
        }

        #[test]
        fn other_names_are_refused(key in ".{0,80}") {
            prop_assert_eq!(parse(&key), None);
        }
    }
}
