//! Following one chain after the other.

use super::index::{ChainId, IndexedObject, ListingState, ObjectIndex};
use super::report::{FaultKind, VerifiedChain, VerifiedHead, VerifyReport};
use super::{JournalExpectation, TrustedKeys, VerifyError, VerifyProgress};
use crate::keys::{self, ObjectKind};
use crate::look::InspectableSink;
use crate::manifest::{InvalidManifest, Manifest, ManifestEntry};
use crate::sha256_hex;
use bytes::Bytes;
use journal::GapReason;
use std::ops::ControlFlow;

/// Manifests read at once.
const MANIFESTS: usize = 16;
/// Objects whose content is read at once.
const OBJECTS: usize = 64;

/// A check under way.
pub(super) struct ChainWalk<'a> {
    pub(super) sink: &'a dyn InspectableSink,
    pub(super) quick: bool,
    pub(super) index: &'a mut ObjectIndex,
    pub(super) report: &'a mut VerifyReport,
    pub(super) progress: &'a mut dyn FnMut(VerifyProgress) -> ControlFlow<()>,
    /// Manifests there are.
    pub(super) of: u64,
    pub(super) followed: u64,
    pub(super) read: u64,
    pub(super) to_read: Vec<ManifestEntry>,
}

/// Where a chain stands.
struct ChainPosition {
    chain: VerifiedChain,
    /// The manifest before.
    last: Option<VerifiedHead>,
    /// The record up to which it went.
    through: u64,
    /// True once a number was left out.
    broken: bool,
}

impl ChainWalk<'_> {
    /// Follows a chain from its first manifest to its last.
    pub(super) fn chain(
        &mut self,
        id: &ChainId,
        trusted: &mut TrustedKeys,
        expected: Option<&JournalExpectation<'_>>,
    ) -> Result<(), VerifyError> {
        let mut link = ChainPosition::new(id);
        let mut after: Option<IndexedObject> = None;
        loop {
            let rows = self.index.manifests(id, after.as_ref(), MANIFESTS)?;
            if rows.is_empty() {
                break;
            }
            let names: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
            for (row, content) in rows.iter().zip(self.sink.read_contents(&names)) {
                match content {
                    Ok(Some(content)) => self.manifest(&mut link, row, &content, trusted)?,
                    Ok(None) => self.unreadable(&row.key, "it went away during the check"),
                    Err(e) => self.unreadable(&row.key, &e.to_string()),
                }
                self.followed += 1;
                self.tell()?;
            }
            after = rows.into_iter().next_back();
        }
        self.end(link, id, expected)
    }

    fn unreadable(&mut self, key: &str, why: &str) {
        self.report.add_finding(FaultKind::Unreadable, key, why);
    }

    fn manifest(
        &mut self,
        link: &mut ChainPosition,
        row: &IndexedObject,
        content: &Bytes,
        trusted: &mut TrustedKeys,
    ) -> Result<(), VerifyError> {
        let sha256 = sha256_hex(content);
        let named = keys::parse(&row.key);
        if named.is_none_or(|parts| !sha256.starts_with(&parts.sha16)) {
            self.report.add_finding(
                FaultKind::Edited,
                &row.key,
                "its content is not the one its name was made of",
            );
            return Ok(());
        }
        let manifest = match Manifest::parse(content) {
            Ok(manifest) => manifest,
            Err(error) => {
                let fault = match error {
                    InvalidManifest::Signature => FaultKind::BadSignature,
                    InvalidManifest::Newer(_) => FaultKind::Newer,
                    InvalidManifest::Format(_) => FaultKind::Edited,
                };
                self.report.add_finding(fault, &row.key, error.to_string());
                return Ok(());
            }
        };
        if manifest.device != link.chain.device
            || manifest.epoch != link.chain.epoch
            || manifest.no != row.seq
        {
            let text = format!(
                "it is manifest {} of {} {}, and lies under another name",
                manifest.no, manifest.device, manifest.epoch
            );
            self.report.add_finding(FaultKind::Replayed, &row.key, text);
            return Ok(());
        }
        if !trusted.accepts(&manifest.device, manifest.key) {
            let text = format!(
                "signed by the key {}, which is not this device's",
                manifest.key.fingerprint()
            );
            self.report
                .add_finding(FaultKind::ForeignKey, &row.key, text);
            return Ok(());
        }
        if link
            .last
            .as_ref()
            .is_some_and(|last| last.no == manifest.no)
        {
            self.report.add_finding(
                FaultKind::Replayed,
                &row.key,
                format!("there are two manifests {}", manifest.no),
            );
            return Ok(());
        }
        self.follows(link, row, &manifest);
        self.objects(link, row, &manifest)?;
        for erasure in &manifest.erased {
            link.chain.erased_objects += 1;
            if self.index.erase(&erasure.key)? {
                link.chain.erased_but_there += 1;
            }
        }
        for gap in &manifest.skipped {
            let count = gap.last.saturating_sub(gap.first).saturating_add(1);
            let sum = match gap.why {
                GapReason::Erased => &mut link.chain.erased_records,
                GapReason::Lost => &mut link.chain.lost_records,
            };
            *sum = sum.saturating_add(count);
        }
        link.chain.manifests += 1;
        link.chain.waiting = manifest.waiting;
        link.chain.key = Some(manifest.key.to_string());
        link.chain.fingerprint = Some(manifest.key.fingerprint());
        link.through = manifest.through;
        link.last = Some(VerifiedHead {
            no: manifest.no,
            sha256,
            at_us: manifest.at_us,
        });
        Ok(())
    }

    /// Whether it takes up where the one before ended.
    fn follows(&mut self, link: &mut ChainPosition, row: &IndexedObject, manifest: &Manifest) {
        let expected = link.last.as_ref().map_or(1, |last| last.no + 1);
        if manifest.no > expected {
            link.broken = true;
            let missing = manifest.no - expected;
            let text = match missing {
                1 => format!("manifest {expected} is missing before it"),
                _ => format!(
                    "manifests {expected} to {} are missing before it",
                    manifest.no - 1
                ),
            };
            self.report
                .add_finding(FaultKind::MissingManifest, &row.key, text);
        } else if manifest.prev.as_deref() != link.last.as_ref().map(|last| last.sha256.as_str()) {
            self.report.add_finding(
                FaultKind::Reordered,
                &row.key,
                "the manifest before it is not the one it names",
            );
        } else if manifest.after != link.through {
            let text = format!(
                "it takes up after record {}, and the one before ended with {}",
                manifest.after, link.through
            );
            self.report
                .add_finding(FaultKind::Reordered, &row.key, text);
        }
        if let Err(text) = numbers(manifest) {
            self.report
                .add_finding(FaultKind::Reordered, &row.key, text);
        }
    }

    /// What it lists must be there, once, and hold what it says.
    fn objects(
        &mut self,
        link: &mut ChainPosition,
        row: &IndexedObject,
        manifest: &Manifest,
    ) -> Result<(), VerifyError> {
        for entry in &manifest.objects {
            link.chain.objects += 1;
            link.chain.bytes = link.chain.bytes.saturating_add(entry.bytes);
            let ours = keys::parse(&entry.key).is_some_and(|parts| {
                parts.device == manifest.device
                    && parts.epoch == manifest.epoch
                    && parts.kind != ObjectKind::Manifest
                    && parts.seq == entry.first
                    && entry.sha256.starts_with(&parts.sha16)
            });
            if !ours {
                let text = format!("listed by manifest {}, of which it cannot be", row.seq);
                self.report
                    .add_finding(FaultKind::Foreign, &entry.key, text);
                continue;
            }
            match self.index.list(&entry.key, row.seq)? {
                // Looked at when the chain is whole: it may have been erased.
                ListingState::Absent => {}
                ListingState::Twice => {
                    self.report
                        .add_finding(FaultKind::Replayed, &entry.key, "it is listed twice");
                }
                ListingState::There(bytes) if bytes < entry.bytes => {
                    let text = format!("{bytes} bytes of {}", entry.bytes);
                    self.report
                        .add_finding(FaultKind::Truncated, &entry.key, text);
                }
                ListingState::There(bytes) if bytes > entry.bytes => {
                    let text = format!("{bytes} bytes instead of {}", entry.bytes);
                    self.report.add_finding(FaultKind::Edited, &entry.key, text);
                }
                ListingState::There(_) if self.quick => {}
                ListingState::There(_) => {
                    self.to_read.push(entry.clone());
                    if self.to_read.len() >= OBJECTS {
                        self.read()?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads and hashes what was put aside for it.
    fn read(&mut self) -> Result<(), VerifyError> {
        let entries = std::mem::take(&mut self.to_read);
        let names: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        for (entry, found) in entries.iter().zip(self.sink.read_digests(&names)) {
            match found {
                Ok(Some(found)) if found.sha256 == entry.sha256 => {}
                Ok(Some(found)) if found.bytes < entry.bytes => {
                    let text = format!("{} bytes of {}", found.bytes, entry.bytes);
                    self.report
                        .add_finding(FaultKind::Truncated, &entry.key, text);
                }
                Ok(Some(_)) => self.report.add_finding(
                    FaultKind::Edited,
                    &entry.key,
                    "its SHA-256 is not the one that was signed",
                ),
                Ok(None) => self.unreadable(&entry.key, "it went away during the check"),
                Err(e) => self.unreadable(&entry.key, &e.to_string()),
            }
            self.read += 1;
        }
        self.tell()
    }

    fn tell(&mut self) -> Result<(), VerifyError> {
        let step = VerifyProgress::Followed {
            manifests: self.followed,
            of: self.of,
            objects: self.read,
        };
        match (self.progress)(step) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(VerifyError::Stopped),
        }
    }

    /// What is left over once the last manifest was followed.
    fn end(
        &mut self,
        link: ChainPosition,
        id: &ChainId,
        expected: Option<&JournalExpectation<'_>>,
    ) -> Result<(), VerifyError> {
        let ChainPosition {
            mut chain,
            last,
            through,
            broken,
        } = link;
        let report = &mut *self.report;
        // What was sent after the newest manifest is listed by the next one.
        let mut strays = 0_u64;
        self.index.each_unlisted(id, &mut |kind, row| {
            let newer = match kind {
                ObjectKind::Activity | ObjectKind::Shot => row.seq > through,
                ObjectKind::Vault | ObjectKind::Manifest => true,
            };
            match (&last, newer) {
                (None, _) => {
                    strays += 1;
                }
                (Some(_), true) => chain.not_yet_listed += 1,
                (Some(_), false) if broken => {
                    report.add_finding(
                        FaultKind::Unlisted,
                        &row.key,
                        "no manifest that is there lists it",
                    );
                }
                (Some(_), false) => {
                    report.add_finding(FaultKind::Foreign, &row.key, "no manifest lists it");
                }
            }
        })?;
        if strays > 0 {
            let own = expected
                .is_some_and(|e| *e.reader.device() == id.device && e.reader.epoch() == id.epoch);
            let text = match own {
                true => format!("{strays} objects and no manifest yet; the next upload lists them"),
                false => format!("{strays} objects and not one manifest that is good"),
            };
            let name = format!("device {} {}", id.device, id.epoch);
            report.add_finding(FaultKind::NoManifest, &name, text);
        }
        self.index.end_chain(&mut |key, no| {
            report.add_finding(
                FaultKind::MissingObject,
                key,
                format!("listed by manifest {no}, and not there"),
            );
        })?;
        chain.head = last;
        chain.through = through;
        report.chains.push(chain);
        Ok(())
    }

    /// Reads what is still put aside.
    pub(super) fn finish(&mut self) -> Result<(), VerifyError> {
        self.read()
    }
}

impl ChainPosition {
    fn new(id: &ChainId) -> Self {
        Self {
            chain: VerifiedChain {
                device: id.device.clone(),
                epoch: id.epoch,
                key: None,
                fingerprint: None,
                manifests: 0,
                head: None,
                through: 0,
                objects: 0,
                bytes: 0,
                erased_records: 0,
                lost_records: 0,
                erased_objects: 0,
                erased_but_there: 0,
                not_yet_listed: 0,
                waiting: 0,
                compared_with_journal: false,
            },
            last: None,
            through: 0,
            broken: false,
        }
    }
}

/// Every number from `after` to `through` lies in one object or one gap, in order.
fn numbers(manifest: &Manifest) -> Result<(), String> {
    let segments = manifest
        .objects
        .iter()
        .filter(|entry| {
            keys::parse(&entry.key).is_some_and(|parts| parts.kind == ObjectKind::Activity)
        })
        .map(|entry| (entry.first, entry.last));
    let gaps = manifest.skipped.iter().map(|gap| (gap.first, gap.last));
    let mut ranges: Vec<(u64, u64)> = segments.chain(gaps).collect();
    ranges.sort_unstable();
    let mut done = manifest.after;
    for (first, last) in ranges {
        if first != done.saturating_add(1) || last < first {
            return Err(format!(
                "its records {first} to {last} do not follow record {done}"
            ));
        }
        done = last;
    }
    match done == manifest.through {
        true => Ok(()),
        false => Err(format!(
            "its records end with {done}, and it says {}",
            manifest.through
        )),
    }
}
