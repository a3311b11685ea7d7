//! A check of a synthetic bucket: objects are made when they are read and need no disk, so there can be a million.

use crate::lab::{LabVerdict, ProgressBar, RunLength};
use crate::memory;
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use model::{DeviceId, Timestamp};
use std::fs;
use std::ops::ControlFlow;
use std::time::Instant;
use upload::manifest::{Manifest, ManifestEntry};
use upload::verify::{FaultKind, VerifyOptions, VerifyProgress, verify};
use upload::{
    InspectableSink, LookupResults, NewObject, ObjectDigest, ObjectHead, PutOutcome, Sink,
    SinkError, object_keys, sha256_hex,
};
use vault::DeviceKey;

/// Objects that one manifest lists.
const LISTED: u64 = 1_000;
/// Days over which they are spread.
const DAYS: u64 = 28;
/// Memory that a check may need in addition to the program itself.
const MEMORY_KIB: u64 = 48 * 1024;

/// `whole` segments of one record each, and the manifests that list them.
struct SyntheticBucket {
    device: DeviceId,
    key: DeviceKey,
    whole: u64,
    /// Hash of each manifest.
    chain: Vec<String>,
    /// One segment whose content is another one.
    edited: Option<u64>,
    /// One that is not there.
    missing: Option<u64>,
}

impl SyntheticBucket {
    fn new(whole: u64, key: DeviceKey) -> Result<Self> {
        let mut bucket = Self {
            device: DeviceId::from_bytes([7; 16]),
            key,
            whole,
            chain: Vec::new(),
            edited: None,
            missing: None,
        };
        for no in 1..=whole / LISTED {
            let bytes = bucket.manifest(no)?;
            bucket.chain.push(sha256_hex(&bytes));
        }
        Ok(bucket)
    }

    fn content(&self, seq: u64) -> Vec<u8> {
        match self.edited == Some(seq) {
            true => format!("segment {seq}!").into_bytes(),
            false => format!("segment {seq}.").into_bytes(),
        }
    }

    fn name(&self, seq: u64) -> (String, String) {
        let sha256 = sha256_hex(format!("segment {seq}.").as_bytes());
        let day = format!("2026-02-{:02}", 1 + seq * DAYS / (self.whole + 1));
        let encoding = journal::ObjectEncoding::Age;
        let name = object_keys::segment_key(&self.device, 1, day, seq, &sha256, encoding);
        (name, sha256)
    }

    fn manifest(&self, no: u64) -> Result<Vec<u8>> {
        let after = (no - 1) * LISTED;
        let through = after + LISTED;
        let objects = (after + 1..=through)
            .map(|seq| {
                let (key, sha256) = self.name(seq);
                ManifestEntry {
                    key,
                    bytes: format!("segment {seq}.").len() as u64,
                    sha256,
                    first: seq,
                    last: seq,
                }
            })
            .collect();
        let before = no.checked_sub(2).and_then(|n| usize::try_from(n).ok());
        let manifest = Manifest {
            format: "uam-manifest/1".to_owned(),
            device: self.device.clone(),
            epoch: 1,
            no,
            prev: before.and_then(|n| self.chain.get(n).cloned()),
            at: Timestamp::from_seconds(1_790_000_000),
            agent: "lab".to_owned(),
            key: self.key.public(),
            after,
            through,
            objects,
            skipped: Vec::new(),
            erased: Vec::new(),
            waiting: 0,
        };
        Ok(manifest.sign(&self.key)?)
    }

    fn manifest_name(&self, no: u64) -> String {
        let sha256 = usize::try_from(no - 1).ok().and_then(|n| self.chain.get(n));
        let sha256 = sha256.map_or("", String::as_str);
        object_keys::manifest_key(&self.device, 1, "2026-02-28", no, sha256)
    }
}

/// A check uses none of these.
fn unused<T>() -> Result<T, SinkError> {
    Err(SinkError::Other {
        what: "nobody asks for that here".to_owned(),
    })
}

impl Sink for SyntheticBucket {
    fn put_new(&self, _: &NewObject) -> Result<PutOutcome, SinkError> {
        unused()
    }

    fn head(&self, _: &str) -> Result<Option<ObjectHead>, SinkError> {
        unused()
    }

    fn get(&self, _: &str) -> Result<Option<Bytes>, SinkError> {
        unused()
    }

    fn list(&self, _: &str, _: usize) -> Result<Vec<ObjectHead>, SinkError> {
        unused()
    }

    fn delete(&self, _: &str) -> Result<(), SinkError> {
        unused()
    }

    fn describe(&self) -> String {
        "a bucket that is made up".to_owned()
    }
}

impl InspectableSink for SyntheticBucket {
    fn for_each_object(
        &self,
        _: &str,
        visit: &mut dyn FnMut(ObjectHead) -> ControlFlow<()>,
    ) -> Result<(), SinkError> {
        let segments = (1..=self.whole)
            .filter(|seq| self.missing != Some(*seq))
            .map(|seq| (self.name(seq).0, self.content(seq).len()));
        let manifests = (1..=self.chain.len() as u64).map(|no| (self.manifest_name(no), 1));
        for (key, bytes) in segments.chain(manifests) {
            let head = ObjectHead {
                key,
                bytes: bytes as u64,
                sha256: None,
            };
            if visit(head).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn read_digests(&self, names: &[String]) -> LookupResults<ObjectDigest> {
        names
            .iter()
            .map(|name| {
                Ok(object_keys::ObjectKey::parse(name).map(|parts| {
                    let content = self.content(parts.seq);
                    ObjectDigest {
                        bytes: content.len() as u64,
                        sha256: sha256_hex(&content),
                    }
                }))
            })
            .collect()
    }

    fn read_contents(&self, names: &[String]) -> LookupResults<Bytes> {
        names
            .iter()
            .map(|name| {
                let parts = object_keys::ObjectKey::parse(name);
                let bytes = parts.and_then(|parts| self.manifest(parts.seq).ok());
                Ok(bytes.map(Bytes::from))
            })
            .collect()
    }
}

/// Checks a whole bucket, then one with flaws.
pub(crate) fn run(length: RunLength) -> Result<LabVerdict> {
    let whole = length.pick(20_000, 1_000_000);
    let dir = tempfile::tempdir()?;
    let mut bucket = SyntheticBucket::new(whole, DeviceKey::load_or_create(dir.path())?)?;
    let before = memory::read_status_kib("self", "VmRSS")?;
    // Resets the peak of memory (proc(5), clear_refs).
    fs::write("/proc/self/clear_refs", "5").context("cannot reset the peak of memory")?;
    let begun = Instant::now();
    check_bucket(&bucket, &[])?;
    let seconds = begun.elapsed().as_secs_f64();
    let peak = memory::read_status_kib("self", "VmHWM")?.saturating_sub(before);
    ensure!(
        peak <= MEMORY_KIB,
        "it took {peak} KiB, more than {MEMORY_KIB} KiB"
    );
    if length == RunLength::Short {
        bucket.edited = Some(whole / 2);
        bucket.missing = Some(whole / 3);
        check_bucket(&bucket, &[FaultKind::MissingObject, FaultKind::Edited])?;
    }
    Ok(LabVerdict::Passed(format!(
        "{whole} objects and {} manifests in {seconds:.1} s, {:.0} objects/s, {:.1} MiB of memory at most",
        bucket.chain.len(),
        whole as f64 / seconds,
        peak as f64 / 1024.0
    )))
}

fn check_bucket(bucket: &SyntheticBucket, expected: &[FaultKind]) -> Result<()> {
    let mut bar = ProgressBar::new(bucket.whole, RunLength::Long);
    let report = verify(
        bucket,
        &VerifyOptions::default(),
        None,
        Timestamp::UNIX_EPOCH,
        &mut |step| {
            if let VerifyProgress::Followed { objects, .. } = step {
                bar.at(objects);
            }
            ControlFlow::Continue(())
        },
    )?;
    let mut found: Vec<FaultKind> = report.findings.iter().map(|f| f.fault).collect();
    found.sort_unstable();
    if found != expected {
        let first = report.findings.first();
        bail!("expected {expected:?}, found {found:?}: {first:?}");
    }
    let listed: u64 = report.chains.iter().map(|c| c.objects).sum();
    ensure!(
        listed == bucket.whole,
        "{listed} objects of {}",
        bucket.whole
    );
    Ok(())
}
