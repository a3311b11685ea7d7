//! The agreement to the notice.

use model::Timestamp;
use serde::{Deserialize, Serialize};

/// The record that somebody read the notice and agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Version of the notice.
    pub version: u32,
    /// SHA-256 of the text that was shown, 64 lower-case hex digits.
    pub text_sha256: String,
    /// When they agreed.
    #[serde(rename = "at_us")]
    pub at: Timestamp,
}
