//! Whether what lies in a sink is what was sent: all of it, unchanged, in order. No key that opens anything is needed.
//!
//! Names are listed once and kept on the disk; manifests are followed from the first to the last; every object they list
//! is read and hashed. So a missing, edited, cut, reordered, replayed or foreign piece is found and named, and memory
//! does not grow with what lies there.
//!
//! What it cannot find by itself is an end that was cut off whole. For that there is somebody who remembers: the
//! journal of the device ([`JournalExpectation`]), or the report of an earlier check ([`VerifyOptions::since`]).

mod index;
mod report;
mod walk;

pub use report::{
    FaultKind, MAX_FINDINGS, VerifiedChain, VerifiedHead, VerifyFinding, VerifyReport,
    VerifyVerdict,
};

use crate::error::SinkError;
use crate::keys;
use crate::look::InspectableSink;
use index::ObjectIndex;
use journal::{JournalError, Reader, UploadedObject};
use model::DeviceId;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use thiserror::Error;
use vault::DevicePublicKey;

/// How to check.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// The keys that may sign. Empty: the one that signed a device's first manifest, for all of that device's.
    pub keys: Vec<DevicePublicKey>,
    /// Looks at names and sizes alone and reads only the manifests.
    pub quick: bool,
    /// The report of an earlier check: what it found must still be there.
    pub since: Option<VerifyReport>,
}

/// What the journal of a device says it sent.
pub struct JournalExpectation<'a> {
    /// The journal; it need not open anything.
    pub reader: &'a Reader,
    /// The device's own key.
    pub key: Option<DevicePublicKey>,
}

/// How far a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyProgress {
    /// So many names were listed.
    Listed(u64),
    /// So many of these manifests were followed, and so many objects read.
    Followed {
        /// Manifests followed.
        manifests: u64,
        /// Manifests there are.
        of: u64,
        /// Objects that were read through.
        objects: u64,
    },
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The sink could not be listed.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] Box<JournalError>),
    /// The temporary list of names could not be kept.
    #[error("cannot keep the list of names in a temporary file: {0}; make room, or set TMPDIR")]
    Index(#[from] rusqlite::Error),
    /// The caller asked to stop.
    #[error("stopped before the end")]
    Stopped,
}

/// Checks a sink. `progress` is told of each step and may break. `at_us` goes into the report.
///
/// # Errors
/// [`VerifyError`] when there is no answer; what is wrong with what lies there is no error but in the [`VerifyReport`].
pub fn verify(
    sink: &dyn InspectableSink,
    options: &VerifyOptions,
    expected: Option<&JournalExpectation<'_>>,
    at_us: i64,
    progress: &mut dyn FnMut(VerifyProgress) -> ControlFlow<()>,
) -> Result<VerifyReport, VerifyError> {
    let mut report = VerifyReport::new(sink.describe(), at_us, !options.quick);
    let mut index = list(sink, &mut report, progress)?;
    let mut trusted = TrustedKeys::new(options, expected);
    let mut walk = walk::ChainWalk {
        sink,
        quick: options.quick,
        of: index.count_manifests()?,
        index: &mut index,
        report: &mut report,
        progress,
        followed: 0,
        read: 0,
        to_read: Vec::new(),
    };
    for chain in walk.index.chains()? {
        walk.chain(&chain, &mut trusted, expected)?;
    }
    walk.finish()?;
    if let Some(expected) = expected {
        compare_with_journal(expected, &index, &mut report)?;
    }
    if let Some(since) = &options.since {
        compare_with_report(since, &index, &mut report)?;
    }
    Ok(report)
}

/// Takes up every name.
fn list(
    sink: &dyn InspectableSink,
    report: &mut VerifyReport,
    progress: &mut dyn FnMut(VerifyProgress) -> ControlFlow<()>,
) -> Result<ObjectIndex, VerifyError> {
    let mut index = ObjectIndex::new()?;
    let mut failed = None;
    let mut stopped = false;
    sink.for_each_object(keys::ROOT, &mut |head| {
        report.objects += 1;
        report.bytes = report.bytes.saturating_add(head.bytes);
        match index.add(&head.key, head.bytes) {
            Ok(true) => {}
            Ok(false) => report.add_finding(
                FaultKind::Foreign,
                &head.key,
                "no uam names its objects like that",
            ),
            Err(e) => {
                failed = Some(e);
                return ControlFlow::Break(());
            }
        }
        if report.objects.is_multiple_of(1_000) {
            stopped = progress(VerifyProgress::Listed(report.objects)).is_break();
        }
        match stopped {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if stopped || progress(VerifyProgress::Listed(report.objects)).is_break() {
        return Err(VerifyError::Stopped);
    }
    index.filled()?;
    Ok(index)
}

/// Whose signatures count.
struct TrustedKeys {
    /// For every device.
    given: Vec<DevicePublicKey>,
    /// By device: what this computer knows, or what its first manifest named.
    first: HashMap<String, DevicePublicKey>,
}

impl TrustedKeys {
    fn new(options: &VerifyOptions, expected: Option<&JournalExpectation<'_>>) -> Self {
        let own = expected.and_then(|e| Some((e.reader.device().as_str().to_owned(), e.key?)));
        Self {
            given: options.keys.clone(),
            first: own.into_iter().collect(),
        }
    }

    /// True when this key may sign for this device.
    fn accepts(&mut self, device: &DeviceId, key: DevicePublicKey) -> bool {
        if !self.given.is_empty() {
            return self.given.contains(&key);
        }
        *self.first.entry(device.as_str().to_owned()).or_insert(key) == key
    }
}

/// What the journal says was sent must be there.
fn compare_with_journal(
    expected: &JournalExpectation<'_>,
    index: &ObjectIndex,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let reader = expected.reader;
    let name =
        |object: &UploadedObject| keys::uploaded_key(reader.device(), reader.epoch(), object);
    let entombed = reader.tombstones().map_err(Box::new)?;
    let entombed: HashSet<String> = entombed.iter().map(name).collect();
    let mut failed = None;
    reader
        .for_each_uploaded(&mut |sent| {
            if !sent.object.certain || failed.is_some() {
                return;
            }
            let key = name(&sent.object);
            match index.has(&key) {
                Ok(false) if !entombed.contains(&key) => report.add_finding(
                    FaultKind::CutOff,
                    &key,
                    "the journal knows that it was sent, and it is not there",
                ),
                Ok(_) => {}
                Err(e) => failed = Some(e),
            }
        })
        .map_err(Box::new)?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if let Some(head) = reader
        .manifest_head()
        .map_err(Box::new)?
        .filter(|h| h.acked)
    {
        let (device, epoch) = (reader.device(), reader.epoch());
        check_newest(
            device,
            epoch,
            (head.no, &head.sha256),
            "the journal",
            report,
        );
    }
    for chain in &mut report.chains {
        if chain.device == *reader.device() && chain.epoch == reader.epoch() {
            chain.compared_with_journal = true;
        }
    }
    Ok(())
}

/// What an earlier check found last must still be there.
fn compare_with_report(
    since: &VerifyReport,
    index: &ObjectIndex,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    for chain in &since.chains {
        let Some(head) = &chain.head else { continue };
        let there = index.manifest_named(&chain.device, chain.epoch, head.no, &head.sha256)?;
        if !there {
            report.add_finding(
                FaultKind::CutOff,
                &format!("manifest {} of {} {}", head.no, chain.device, chain.epoch),
                "an earlier check found it, and it is not there",
            );
        }
    }
    Ok(())
}

/// The newest manifest of a chain must be this one, or a later one.
fn check_newest(
    device: &DeviceId,
    epoch: u64,
    (no, sha256): (u64, &str),
    who: &str,
    report: &mut VerifyReport,
) {
    let chain = report
        .chains
        .iter()
        .find(|c| c.device == *device && c.epoch == epoch);
    let name = format!("manifest {no} of {device}");
    match chain.and_then(|c| c.head.as_ref()) {
        Some(head) if head.no == no && head.sha256 != sha256 => report.add_finding(
            FaultKind::Replayed,
            &name,
            format!("{who} knows another manifest of that number"),
        ),
        Some(head) if head.no >= no => {}
        _ => report.add_finding(
            FaultKind::CutOff,
            &name,
            format!("{who} knows that it was sent, and it is not there"),
        ),
    }
}
