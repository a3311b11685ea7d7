//! Follows one chain after the other.

use super::object_index::{ChainId, IndexedObject, ListingState, ObjectIndex};
use super::report::{FaultKind, VerifiedChain, VerifiedHead, VerifyReport};
use super::request::{JournalExpectation, VerifyError, VerifyProgress};
use super::trusted_keys::TrustedKeys;
use crate::manifest::{InvalidManifest, Manifest, ManifestEntry};
use crate::object_keys::{ObjectKey, ObjectKind};
use crate::sink::interface::{InspectableSink, sha256_hex};
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

/// The position in a chain.
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
    pub(super) fn follow_chain(
        &mut self,
        id: &ChainId,
        trusted: &mut TrustedKeys,
        expected: Option<&JournalExpectation<'_>>,
    ) -> Result<(), VerifyError> {
        let mut position = ChainPosition::new(id);
        let mut after: Option<IndexedObject> = None;
        loop {
            let rows = self.index.next_manifests(id, after.as_ref(), MANIFESTS)?;
            if rows.is_empty() {
                break;
            }
            let names: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
            for (row, content) in rows.iter().zip(self.sink.read_contents(&names)) {
                match content {
                    Ok(Some(content)) => {
                        self.check_manifest(&mut position, row, &content, trusted)?
                    }
                    Ok(None) => self.report_unreadable(&row.key, "it disappeared during the check"),
                    Err(e) => self.report_unreadable(&row.key, &e.to_string()),
                }
                self.followed += 1;
                self.report_step()?;
            }
            after = rows.into_iter().next_back();
        }
        self.end_chain(position, id, expected)
    }

    fn report_unreadable(&mut self, key: &str, why: &str) {
        self.report.add_finding(FaultKind::Unreadable, key, why);
    }

    fn check_manifest(
        &mut self,
        position: &mut ChainPosition,
        row: &IndexedObject,
        content: &Bytes,
        trusted: &mut TrustedKeys,
    ) -> Result<(), VerifyError> {
        let sha256 = sha256_hex(content);
        let named = ObjectKey::parse(&row.key);
        if named.is_none_or(|parts| !sha256.starts_with(&parts.sha16)) {
            self.report.add_finding(
                FaultKind::Edited,
                &row.key,
                "its content does not match its name",
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
        if manifest.device != position.chain.device
            || manifest.epoch != position.chain.epoch
            || manifest.no != row.seq
        {
            let text = format!(
                "it is manifest {} of {} {}, but has another name",
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
        if position
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
        self.check_sequence(position, row, &manifest);
        self.check_objects(position, row, &manifest)?;
        for erasure in &manifest.erased {
            position.chain.erased_objects += 1;
            if self.index.mark_withdrawn(&erasure.key)? {
                position.chain.erased_but_there += 1;
            }
        }
        for gap in &manifest.skipped {
            let count = gap.last.saturating_sub(gap.first).saturating_add(1);
            let sum = match gap.why {
                GapReason::Erased => &mut position.chain.erased_records,
                GapReason::Lost => &mut position.chain.lost_records,
            };
            *sum = sum.saturating_add(count);
        }
        position.chain.manifests += 1;
        position.chain.waiting = manifest.waiting;
        position.chain.key = Some(manifest.key.to_string());
        position.chain.fingerprint = Some(manifest.key.fingerprint());
        position.through = manifest.through;
        position.last = Some(VerifiedHead {
            no: manifest.no,
            sha256,
            at: manifest.at,
        });
        Ok(())
    }

    /// Checks that it continues where the one before ended.
    fn check_sequence(
        &mut self,
        position: &mut ChainPosition,
        row: &IndexedObject,
        manifest: &Manifest,
    ) {
        let expected = position.last.as_ref().map_or(1, |last| last.no + 1);
        if manifest.no > expected {
            position.broken = true;
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
        } else if manifest.prev.as_deref()
            != position.last.as_ref().map(|last| last.sha256.as_str())
        {
            self.report.add_finding(
                FaultKind::Reordered,
                &row.key,
                "the manifest before it is not the one that it names",
            );
        } else if manifest.after != position.through {
            let text = format!(
                "it begins after record {}, but the one before ended with {}",
                manifest.after, position.through
            );
            self.report
                .add_finding(FaultKind::Reordered, &row.key, text);
        }
        if let Err(text) = check_numbers(manifest) {
            self.report
                .add_finding(FaultKind::Reordered, &row.key, text);
        }
    }

    /// Its objects must be there, each listed once, with the listed content.
    fn check_objects(
        &mut self,
        position: &mut ChainPosition,
        row: &IndexedObject,
        manifest: &Manifest,
    ) -> Result<(), VerifyError> {
        for entry in &manifest.objects {
            position.chain.objects += 1;
            position.chain.bytes = position.chain.bytes.saturating_add(entry.bytes);
            let ours = ObjectKey::parse(&entry.key).is_some_and(|parts| {
                parts.device == manifest.device
                    && parts.epoch == manifest.epoch
                    && parts.kind != ObjectKind::Manifest
                    && parts.seq == entry.first
                    && entry.sha256.starts_with(&parts.sha16)
            });
            if !ours {
                let text = format!("listed by manifest {}, where it does not belong", row.seq);
                self.report
                    .add_finding(FaultKind::Foreign, &entry.key, text);
                continue;
            }
            match self.index.mark_listed(&entry.key, row.seq)? {
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
                        self.read_pending()?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads and hashes the objects that wait for it.
    fn read_pending(&mut self) -> Result<(), VerifyError> {
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
                Ok(None) => self.report_unreadable(&entry.key, "it disappeared during the check"),
                Err(e) => self.report_unreadable(&entry.key, &e.to_string()),
            }
            self.read += 1;
        }
        self.report_step()
    }

    fn report_step(&mut self) -> Result<(), VerifyError> {
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

    /// Judges the rest once the last manifest was followed.
    fn end_chain(
        &mut self,
        position: ChainPosition,
        id: &ChainId,
        expected: Option<&JournalExpectation<'_>>,
    ) -> Result<(), VerifyError> {
        let ChainPosition {
            mut chain,
            last,
            through,
            broken,
        } = position;
        let report = &mut *self.report;
        // Objects newer than the newest manifest are listed by the next one.
        let mut strays = 0_u64;
        self.index.for_each_unlisted(id, &mut |kind, row| {
            let newer = match kind {
                ObjectKind::Activity | ObjectKind::Screenshot => row.seq > through,
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
                        "none of the manifests found lists it",
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
                true => {
                    format!("{strays} objects, but no manifest yet; the next upload lists them")
                }
                false => format!("{strays} objects, but no valid manifest"),
            };
            let name = format!("device {} {}", id.device, id.epoch);
            report.add_finding(FaultKind::NoManifest, &name, text);
        }
        self.index.end_chain(&mut |key, no| {
            report.add_finding(
                FaultKind::MissingObject,
                key,
                format!("listed by manifest {no}, but missing"),
            );
        })?;
        chain.head = last;
        chain.through = through;
        report.chains.push(chain);
        Ok(())
    }

    /// Reads the objects that still wait.
    pub(super) fn finish_reading(&mut self) -> Result<(), VerifyError> {
        self.read_pending()
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
fn check_numbers(manifest: &Manifest) -> Result<(), String> {
    let segments = manifest
        .objects
        .iter()
        .filter(|entry| {
            ObjectKey::parse(&entry.key).is_some_and(|parts| parts.kind == ObjectKind::Activity)
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
            "its records end with {done}, but it says {}",
            manifest.through
        )),
    }
}
