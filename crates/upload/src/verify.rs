//! Checks that a sink holds the uploaded objects: all of them, unchanged, in order. No key that opens anything is needed.
//!
//! Names are listed once and kept on the disk; manifests are followed from the first to the last; every object they list
//! is read and hashed. So a missing, edited, cut, reordered, replayed or foreign piece is found and named, and memory
//! does not grow with the number of objects.
//!
//! It cannot find by itself that the end was cut off whole. That needs a memory: the journal of the device
//! ([`JournalExpectation`]), or the report of an earlier check ([`VerifyOptions::since`]).

mod chain_walk;
mod object_index;
mod report;
mod request;
mod trusted_keys;

pub use report::{
    FaultKind, MAX_FINDINGS, VerifiedChain, VerifiedHead, VerifyFinding, VerifyReport,
    VerifyVerdict,
};
pub use request::{JournalExpectation, VerifyError, VerifyOptions, VerifyProgress};

use crate::object_keys::{self, uploaded_key};
use crate::sink::interface::InspectableSink;
use chain_walk::ChainWalk;
use journal::UploadedObject;
use model::{DeviceId, Timestamp};
use object_index::ObjectIndex;
use std::collections::HashSet;
use std::ops::ControlFlow;
use trusted_keys::TrustedKeys;

/// Checks a sink. `progress` receives each step and may break. `at` goes into the report.
///
/// # Errors
/// [`VerifyError`] when there is no answer; faults in the sink are no error but findings in the [`VerifyReport`].
pub fn verify(
    sink: &dyn InspectableSink,
    options: &VerifyOptions,
    expected: Option<&JournalExpectation<'_>>,
    at: Timestamp,
    progress: &mut dyn FnMut(VerifyProgress) -> ControlFlow<()>,
) -> Result<VerifyReport, VerifyError> {
    let mut report = VerifyReport::new(sink.describe(), at, !options.quick);
    let mut index = list_names(sink, &mut report, progress)?;
    let mut trusted = TrustedKeys::new(options, expected);
    let mut walk = ChainWalk {
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
    for chain in walk.index.list_chains()? {
        walk.follow_chain(&chain, &mut trusted, expected)?;
    }
    walk.finish_reading()?;
    if let Some(expected) = expected {
        compare_with_journal(expected, &index, &mut report)?;
    }
    if let Some(since) = &options.since {
        compare_with_report(since, &index, &mut report)?;
    }
    Ok(report)
}

/// Lists every name into an index.
fn list_names(
    sink: &dyn InspectableSink,
    report: &mut VerifyReport,
    progress: &mut dyn FnMut(VerifyProgress) -> ControlFlow<()>,
) -> Result<ObjectIndex, VerifyError> {
    let mut index = ObjectIndex::new()?;
    let mut failed = None;
    let mut stopped = false;
    sink.for_each_object(object_keys::ROOT, &mut |head| {
        report.objects += 1;
        report.bytes = report.bytes.saturating_add(head.bytes);
        match index.add_object(&head.key, head.bytes) {
            Ok(true) => {}
            Ok(false) => {
                report.add_finding(FaultKind::Foreign, &head.key, "uam never uses such a name")
            }
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
    index.finish_listing()?;
    Ok(index)
}

/// Every upload that the journal knows of must be there.
fn compare_with_journal(
    expected: &JournalExpectation<'_>,
    index: &ObjectIndex,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let reader = expected.reader;
    let name = |object: &UploadedObject| uploaded_key(reader.device(), reader.epoch(), object);
    let withdrawn = reader.tombstones().map_err(Box::new)?;
    let withdrawn: HashSet<String> = withdrawn.iter().map(name).collect();
    let mut failed = None;
    reader
        .for_each_uploaded(&mut |sent| {
            if !sent.object.certain || failed.is_some() {
                return;
            }
            let key = name(&sent.object);
            match index.contains_key(&key) {
                Ok(false) if !withdrawn.contains(&key) => report.add_finding(
                    FaultKind::CutOff,
                    &key,
                    "uploaded according to the journal, but missing",
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

/// The newest manifests of an earlier check must still be there.
fn compare_with_report(
    since: &VerifyReport,
    index: &ObjectIndex,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    for chain in &since.chains {
        let Some(head) = &chain.head else { continue };
        let there = index.contains_manifest(&chain.device, chain.epoch, head.no, &head.sha256)?;
        if !there {
            report.add_finding(
                FaultKind::CutOff,
                &format!("manifest {} of {} {}", head.no, chain.device, chain.epoch),
                "found by an earlier check, but missing",
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
            format!("{who} has another manifest with this number"),
        ),
        Some(head) if head.no >= no => {}
        _ => report.add_finding(
            FaultKind::CutOff,
            &name,
            format!("uploaded according to {who}, but missing"),
        ),
    }
}
