//! Manifests: signed lists of uploaded objects, each naming the one before.
//!
//! Two lines of text. The first is a JSON object ([`Manifest`]); the second is `{"signature":"<base64>"}`, an Ed25519
//! signature by the device's key over [`DOMAIN`] and the bytes of the first line. Hashes in it are of the uploaded bytes,
//! so checking needs no key that opens anything. The shape is that of AWS CloudTrail's digest files
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>):
//! hash of every file, hash of the list before.
//!
//! It proves that this device uploaded these bytes, in this order, and that nothing between the first and the last list is
//! missing. It cannot prove that the records are true, nor (without a later list kept elsewhere) that nothing was cut off
//! at the end.

use data_encoding::BASE64;
use journal::SequenceGap;
use model::{DeviceId, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vault::{DeviceKey, DevicePublicKey};

/// The bytes before the signed ones, so that a signature is good for a manifest alone.
pub const DOMAIN: &[u8] = b"uam-manifest/1\n";

/// Name of the format; a newer one gets a new number.
const FORMAT: &str = "uam-manifest/1";

/// Larger ones are refused: the largest made here lists 2,500 objects and 2,000 tombstones.
pub const MAX_BYTES: usize = 8 << 20;

/// The content of one manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `uam-manifest/1`.
    pub format: String,
    /// Which installation.
    pub device: DeviceId,
    /// Seconds since the Unix epoch at which its journal was made; each journal has a chain of its own.
    pub epoch: u64,
    /// 1, 2, 3, …
    pub no: u64,
    /// SHA-256 of the whole manifest before, 64 lower-case hex digits; none for the first.
    pub prev: Option<String>,
    /// When it was made, by the device's clock.
    #[serde(rename = "at_us")]
    pub at: Timestamp,
    /// Version of the uam that made it.
    pub agent: String,
    /// The public key that signs.
    #[serde(with = "as_text")]
    pub key: DevicePublicKey,
    /// It takes up the records after this number, where the one before ended …
    pub after: u64,
    /// … and ends with this one. Equal when it holds none.
    pub through: u64,
    /// The uploaded objects.
    pub objects: Vec<ManifestEntry>,
    /// Numbers between `after` and `through` that are in none of the objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SequenceGap>,
    /// Objects that their owner had deleted where they were sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<Withdrawal>,
    /// Records that still waited to be sent when it was made.
    pub waiting: u64,
}

/// An object that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    /// Its name, without the destination's prefix; see [`crate::object_keys`].
    pub key: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hex digits.
    pub sha256: String,
    /// Number of its first record (of a screenshot, its own number; of a vault copy, the copy's).
    pub first: u64,
    /// Number of its last record.
    pub last: u64,
}

/// An object that its owner had deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Its name.
    pub key: String,
    /// When.
    #[serde(rename = "at_us")]
    pub at: Timestamp,
}

/// The second line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureLine {
    signature: String,
}

/// Why bytes are no manifest that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidManifest {
    /// Not in this format.
    #[error("it is not a manifest: {0}")]
    Format(String),
    /// A newer format.
    #[error("its format is {0}, which a newer uam reads")]
    Newer(String),
    /// The signature is not by the key it names.
    #[error("its signature does not fit its content")]
    Signature,
}

impl Manifest {
    /// Both lines, signed.
    ///
    /// # Errors
    /// The encoder's; it refuses nothing that a manifest can hold.
    pub fn sign(&self, key: &DeviceKey) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec(self)?;
        let signature = key.sign(&[DOMAIN, &bytes].concat());
        bytes.push(b'\n');
        serde_json::to_writer(
            &mut bytes,
            &SignatureLine {
                signature: BASE64.encode(&signature),
            },
        )?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads both lines and checks the signature against the key that the manifest itself names; whether that is the right
    /// key is the caller's question.
    ///
    /// # Errors
    /// [`InvalidManifest`].
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidManifest> {
        let format = |what: &str| InvalidManifest::Format(what.to_owned());
        if bytes.len() > MAX_BYTES {
            return Err(format("it is too large"));
        }
        let text = bytes
            .strip_suffix(b"\n")
            .ok_or_else(|| format("its end is missing"))?;
        let end = text
            .iter()
            .position(|b| *b == b'\n')
            .ok_or_else(|| format("its signature is missing"))?;
        let (content, seal) = (&text[..end], &text[end + 1..]);
        let manifest: Self =
            serde_json::from_slice(content).map_err(|e| match read_format(content) {
                Some(other) if other != FORMAT => InvalidManifest::Newer(other),
                _ => InvalidManifest::Format(e.to_string()),
            })?;
        if manifest.format != FORMAT {
            return Err(InvalidManifest::Newer(model::to_printable(
                &manifest.format,
                40,
            )));
        }
        let seal: SignatureLine =
            serde_json::from_slice(seal).map_err(|e| InvalidManifest::Format(e.to_string()))?;
        let signature = BASE64
            .decode(seal.signature.as_bytes())
            .map_err(|_| InvalidManifest::Signature)?;
        if !manifest
            .key
            .verifies(&[DOMAIN, content].concat(), &signature)
        {
            return Err(InvalidManifest::Signature);
        }
        Ok(manifest)
    }

    /// A manifest of this format with nothing in it; the caller fills it.
    pub(crate) fn empty(device: DeviceId, epoch: u64, no: u64, key: DevicePublicKey) -> Self {
        Self {
            format: FORMAT.to_owned(),
            device,
            epoch,
            no,
            prev: None,
            at: Timestamp::UNIX_EPOCH,
            agent: env!("CARGO_PKG_VERSION").to_owned(),
            key,
            after: 0,
            through: 0,
            objects: Vec::new(),
            skipped: Vec::new(),
            erased: Vec::new(),
            waiting: 0,
        }
    }
}

/// The format that is named, where the rest is not understood.
fn read_format(content: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(content).ok()?;
    let format = value.get("format")?.as_str()?;
    format
        .starts_with("uam-manifest/")
        .then(|| model::to_printable(format, 40))
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use vault::DevicePublicKey;

    pub(super) fn serialize<S: Serializer>(
        key: &DevicePublicKey,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.collect_str(key)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<DevicePublicKey, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use journal::GapReason;
    use proptest::prelude::*;

    fn key() -> (tempfile::TempDir, DeviceKey) {
        let dir = tempfile::tempdir().unwrap();
        let key = DeviceKey::load_or_create(dir.path()).unwrap();
        (dir, key)
    }

    fn manifest(key: &DeviceKey) -> Manifest {
        Manifest {
            prev: Some("ab".repeat(32)),
            after: 4,
            through: 9,
            objects: vec![ManifestEntry {
                key: "raw/v1/x".into(),
                bytes: 12,
                sha256: "cd".repeat(32),
                first: 5,
                last: 8,
            }],
            skipped: vec![SequenceGap {
                first: 9,
                last: 9,
                why: GapReason::Erased,
            }],
            erased: vec![Withdrawal {
                key: "raw/v1/y".into(),
                at: Timestamp::from_micros(7),
            }],
            ..Manifest::empty(DeviceId::from_bytes([3; 16]), 17, 2, key.public())
        }
    }

    #[test]
    fn a_signed_manifest_is_read_back() {
        let (_dir, key) = key();
        let manifest = manifest(&key);
        let bytes = manifest.sign(&key).unwrap();
        assert_eq!(bytes.iter().filter(|b| **b == b'\n').count(), 2);
        assert_eq!(Manifest::parse(&bytes), Ok(manifest));
    }

    #[test]
    fn another_keys_signature_is_none() {
        let ((_a, one), (_b, other)) = (key(), key());
        let bytes = manifest(&one).sign(&other).unwrap();
        assert_eq!(Manifest::parse(&bytes), Err(InvalidManifest::Signature));
    }

    #[test]
    fn a_newer_format_is_named() {
        let (_dir, key) = key();
        let mut newer = manifest(&key);
        newer.format = "uam-manifest/2".into();
        let bytes = newer.sign(&key).unwrap();
        let expected = Err(InvalidManifest::Newer("uam-manifest/2".into()));
        assert_eq!(Manifest::parse(&bytes), expected);
        let bytes = b"{\"format\":\"uam-manifest/3\",\"more\":1}\n{}\n";
        let expected = Err(InvalidManifest::Newer("uam-manifest/3".into()));
        assert_eq!(Manifest::parse(bytes), expected);
    }

    proptest! {
        #[test]
        fn no_changed_byte_goes_unnoticed(at in 0.0..1.0f64, flip in 1..=255u8) {
            let (_dir, key) = key();
            let mut bytes = manifest(&key).sign(&key).unwrap();
            let at = (at * bytes.len() as f64) as usize;
            bytes[at] ^= flip;
            prop_assert!(Manifest::parse(&bytes).is_err());
        }

        #[test]
        fn no_cut_goes_unnoticed(at in 0.0..1.0f64) {
            let (_dir, key) = key();
            let bytes = manifest(&key).sign(&key).unwrap();
            let at = (at * bytes.len() as f64) as usize;
            prop_assert!(Manifest::parse(&bytes[..at]).is_err());
        }
    }
}
