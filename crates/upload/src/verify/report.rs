//! The report of a check, for people and for programs.

use model::{DeviceId, Timestamp};
use serde::{Deserialize, Serialize};

/// How many findings a report names; further ones are counted.
pub const MAX_FINDINGS: usize = 1_000;

/// The answer in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerifyVerdict {
    /// Everything that was uploaded is there, unchanged.
    Complete,
    /// Something is missing or could not be read; the rest is as it was uploaded.
    Incomplete,
    /// Something differs from the upload.
    Tampered,
}

/// The kind of one fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A listed object is not there.
    MissingObject,
    /// The number of a manifest is left out.
    MissingManifest,
    /// The end is missing: a manifest or object that the journal, or an earlier report, knows.
    CutOff,
    /// Objects of a device without any manifest.
    NoManifest,
    /// An object that no manifest lists, while manifests are missing.
    Unlisted,
    /// It could not be read, so nothing is known of it.
    Unreadable,
    /// A newer uam wrote it.
    Newer,
    /// An object is shorter than it was.
    Truncated,
    /// The content differs from the uploaded one.
    Edited,
    /// A signature that does not fit.
    BadSignature,
    /// Signed by another key than the device's.
    ForeignKey,
    /// An object that no manifest lists.
    Foreign,
    /// A manifest does not follow from the one before, or records are out of order.
    Reordered,
    /// The same thing twice: two manifests of one number, or an object listed twice.
    Replayed,
}

impl FaultKind {
    /// The verdict on the whole that follows from it.
    #[must_use]
    pub fn verdict(self) -> VerifyVerdict {
        match self {
            Self::MissingObject
            | Self::MissingManifest
            | Self::CutOff
            | Self::NoManifest
            | Self::Unlisted
            | Self::Unreadable
            | Self::Newer => VerifyVerdict::Incomplete,
            Self::Truncated
            | Self::Edited
            | Self::BadSignature
            | Self::ForeignKey
            | Self::Foreign
            | Self::Reordered
            | Self::Replayed => VerifyVerdict::Tampered,
        }
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyFinding {
    /// Its kind.
    pub fault: FaultKind,
    /// Name of the object or manifest, without the destination's prefix.
    pub key: String,
    /// One sentence.
    pub text: String,
}

/// The newest manifest of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedHead {
    /// Its number.
    pub no: u64,
    /// SHA-256 of it, 64 lower-case hex digits.
    pub sha256: String,
    /// When it was made, by the device's clock.
    #[serde(rename = "at_us")]
    pub at: Timestamp,
}

/// One journal of one device: its chain of manifests and their objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedChain {
    /// Which device.
    pub device: DeviceId,
    /// Seconds since the Unix epoch at which its journal was made.
    pub epoch: u64,
    /// The public key that signed it, 64 lower-case hex digits; none where there is no manifest.
    pub key: Option<String>,
    /// A short name of that key.
    pub fingerprint: Option<String>,
    /// Manifests that are there and good.
    pub manifests: u64,
    /// The newest of them.
    pub head: Option<VerifiedHead>,
    /// Every record up to this number is accounted for.
    pub through: u64,
    /// Objects listed.
    pub objects: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Records that their owner erased before they were sent.
    pub erased_records: u64,
    /// Records that were lost on the device when its journal was damaged.
    pub lost_records: u64,
    /// Objects that their owner had deleted.
    pub erased_objects: u64,
    /// Objects of these that are there all the same (a bucket that keeps, or did not allow it).
    pub erased_but_there: u64,
    /// Objects newer than the newest manifest, which the next one will list.
    pub not_yet_listed: u64,
    /// Records that waited to be sent when the newest manifest was made.
    pub waiting: u64,
    /// True when it was compared with the journal of this computer.
    pub compared_with_journal: bool,
}

/// The report of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyReport {
    /// The answer.
    pub verdict: VerifyVerdict,
    /// Where.
    pub place: String,
    /// When.
    #[serde(rename = "at_us")]
    pub at: Timestamp,
    /// False when only names and sizes were looked at.
    pub contents_read: bool,
    /// Objects that lie there, manifests included.
    pub objects: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Each journal of each device.
    pub chains: Vec<VerifiedChain>,
    /// The faults, the first [`MAX_FINDINGS`] of them.
    pub findings: Vec<VerifyFinding>,
    /// How many findings there are in all.
    pub found: u64,
}

impl VerifyReport {
    pub(super) fn new(place: String, at: Timestamp, contents_read: bool) -> Self {
        Self {
            verdict: VerifyVerdict::Complete,
            place,
            at,
            contents_read,
            objects: 0,
            bytes: 0,
            chains: Vec::new(),
            findings: Vec::new(),
            found: 0,
        }
    }

    pub(super) fn add_finding(&mut self, fault: FaultKind, key: &str, text: impl Into<String>) {
        self.verdict = self.verdict.max(fault.verdict());
        self.found += 1;
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(VerifyFinding {
                fault,
                key: model::to_printable(key, 300),
                text: text.into(),
            });
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// An earlier report is read again, so an old one must still be read.
    #[test]
    fn the_report_keeps_its_json() {
        let sample = include_str!("../../tests/wire/verify_report.json");
        let read: VerifyReport = serde_json::from_str(sample).unwrap();
        assert_eq!(serde_json::to_string_pretty(&read).unwrap() + "\n", sample);
    }
}
