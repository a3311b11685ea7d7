//! Pictures: sealed files beside the database.

use crate::Day;
use model::Shot;
use std::path::PathBuf;

/// Where a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the journal's `shots` directory.
    Here,
    /// Moved into the archive.
    Archived,
    /// Deleted by the retention rule.
    Deleted,
    /// Its file is missing or does not open.
    Lost,
}

/// A shot as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShotRow {
    /// Its number.
    pub seq: u64,
    /// Its facts.
    pub shot: Shot,
    /// Where its picture is.
    pub place: Place,
    /// The picture's sealed file, when there is one.
    pub file: Option<PathBuf>,
    /// True when the sink has the picture.
    pub acked: bool,
}

/// A picture the sink does not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingShot {
    /// Its shot's number.
    pub seq: u64,
    /// SHA-256 of the picture, 64 lower-case hex digits.
    pub sha256: String,
    /// Size of the picture in bytes.
    pub bytes: u64,
    /// UTC day of the shot; the same at every try.
    pub day: Day,
    /// Media type, `image/webp`.
    pub media: String,
}
