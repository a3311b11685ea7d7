//! Objects that the sink has, may have, or gets next; and numbers that are in none.

use crate::utc_day::UtcDay;
use data_encoding::HEXLOWER;
use model::{Screenshot, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// SHA-256 of `bytes`.
pub(crate) fn hash_bytes(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The bytes of a hash in hex; empty when it is none, so that it matches no row.
pub(crate) fn parse_hash(sha256: &str) -> Vec<u8> {
    HEXLOWER.decode(sha256.as_bytes()).unwrap_or_default()
}

/// The shape of an object's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectEncoding {
    /// An age file for the recipients: of a screenshot, or of zstd-compressed JSON lines.
    Age,
    /// Zstd-compressed JSON lines, each a [`crate::SealedRowLine`]: records that nobody here could open.
    SealedRows,
    /// Not sealed: the screenshot itself, or zstd-compressed JSON lines.
    Unsealed,
}

impl ObjectEncoding {
    /// The number in the column `form`.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Age => 1,
            Self::SealedRows => 2,
            Self::Unsealed => 3,
        }
    }

    /// From the column `form`; fails on a number that was never written.
    pub(crate) fn of(number: i64) -> rusqlite::Result<Self> {
        match number {
            1 => Ok(Self::Age),
            2 => Ok(Self::SealedRows),
            3 => Ok(Self::Unsealed),
            _ => Err(rusqlite::Error::IntegralValueOutOfRange(0, number)),
        }
    }

    /// Bit and value of the columns `tried` and `acked`: 1 as it lies here, 2 readable.
    pub(crate) fn mark(self) -> i64 {
        match self {
            Self::Unsealed => 2,
            _ => 1,
        }
    }
}

/// The encodings in which a put was begun whose answer never came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PutAttempts {
    /// As it lies here.
    pub stored: bool,
    /// Readable.
    pub readable: bool,
}

impl PutAttempts {
    pub(crate) fn of(bits: i64) -> Self {
        Self {
            stored: bits & 1 != 0,
            readable: bits & 2 != 0,
        }
    }

    /// True when there was none.
    #[must_use]
    pub fn never(self) -> bool {
        self == Self::default()
    }
}

/// Size and hash of the readable object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsealedDigest {
    /// SHA-256, 64 lower-case hex digits.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// An object that the sink has, or may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedObject {
    /// Number of its first record; of a screenshot its own.
    pub first_seq: u64,
    /// Number of its last record; of a screenshot the same.
    pub last_seq: u64,
    /// UTC day in its name.
    pub day: UtcDay,
    /// SHA-256 of the uploaded bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// Encoding of the uploaded bytes.
    pub encoding: ObjectEncoding,
    /// Media type of a screenshot; `None` for a segment.
    pub media: Option<String>,
    /// False when a put was begun and its answer never came.
    pub certain: bool,
}

/// One immutable batch of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Number of its first record.
    pub first_seq: u64,
    /// Number of its last record.
    pub last_seq: u64,
    /// How many records it holds.
    pub count: u64,
    /// UTC day on which it was frozen; the same at every try.
    pub day: UtcDay,
    /// [`ObjectEncoding::Age`] or [`ObjectEncoding::SealedRows`].
    pub encoding: ObjectEncoding,
    /// Its bytes, the same at every try; `None` when they are gone (damaged on the disk, or withdrawn because something
    /// in them was removed). Then look whether the sink acknowledged it from an earlier try, and acknowledge or withdraw it.
    pub body: Option<Vec<u8>>,
    /// Size of the body in bytes.
    pub bytes: u64,
    /// SHA-256 of the body, 64 lower-case hex digits.
    pub sha256: String,
    /// Set when it is to be sent readable.
    pub readable: Option<UnsealedDigest>,
    /// Encodings in which a put was begun before.
    pub tried: PutAttempts,
}

/// The copy of the recovery kit that the sink does not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultCopy {
    /// Its number: 1, 2, 3, …
    pub seq: u64,
    /// UTC day on which it was kept.
    pub day: UtcDay,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Something that was sent, as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedObjectInfo {
    /// Which object; its name is made of this.
    pub object: UploadedObject,
    /// Size of the upload in bytes.
    pub bytes: u64,
    /// How many records a segment holds; 1 for a screenshot.
    pub count: u64,
    /// When the sink acknowledged it; none when it never did, or before this was kept.
    pub acked_at: Option<Timestamp>,
    /// True for a screenshot that is not in the journal any more.
    pub gone: bool,
}

/// Where a screenshot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScreenshotLocation {
    /// In the journal's `shots` directory.
    Local,
    /// Moved into the archive.
    Archived,
    /// Deleted by the retention rule, or removed by its owner.
    Deleted,
    /// Its file is missing or does not open.
    Lost,
}

impl ScreenshotLocation {
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Local => 0,
            Self::Archived => 1,
            Self::Deleted => 2,
            Self::Lost => 3,
        }
    }

    pub(crate) fn of(number: i64) -> Self {
        match number {
            0 => Self::Local,
            1 => Self::Archived,
            2 => Self::Deleted,
            _ => Self::Lost,
        }
    }
}

/// A screenshot as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenshotEntry {
    /// Its number.
    pub seq: u64,
    /// Its facts.
    pub shot: Screenshot,
    /// Where its file is.
    pub place: ScreenshotLocation,
    /// The screenshot's sealed file, when there is one.
    pub file: Option<PathBuf>,
    /// True when the sink has the screenshot.
    pub acked: bool,
    /// True while it is held back: nothing of it was packed for sending yet.
    pub held: bool,
    /// Once it is packed: not to be sent before this moment.
    pub not_before: Timestamp,
}

/// A screenshot the sink does not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingScreenshot {
    /// Its screenshot's number.
    pub seq: u64,
    /// UTC day of the screenshot; the same at every try.
    pub day: UtcDay,
    /// Media type of the screenshot inside, `image/webp`.
    pub media: String,
    /// How its file is sealed: [`ObjectEncoding::Age`].
    pub encoding: ObjectEncoding,
    /// Size of its file in bytes.
    pub bytes: u64,
    /// Set when it is to be sent readable.
    pub readable: Option<UnsealedDigest>,
    /// Encodings in which a put was begun before.
    pub tried: PutAttempts,
}

/// A screenshot's file, sealed as it lies here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenshotFile {
    /// Its content.
    pub bytes: Vec<u8>,
    /// SHA-256 of it, 64 lower-case hex digits.
    pub sha256: String,
}

/// An object to be listed in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// Its identity.
    pub object: UploadedObject,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Numbers that are in no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceGap {
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
    /// The reason they are missing.
    pub why: GapReason,
}

/// The reason numbers are in no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapReason {
    /// Their records were erased on request before they were uploaded.
    Erased,
    /// They were lost when the journal was damaged.
    Lost,
}
