//! A journal that was delivered into a directory with its manifests, and ways to check that.

use crate::kit::Still;
use crate::recorded_journal::{Recorded, START};
use std::ops::ControlFlow;
use std::path::PathBuf;
use upload::object_keys::{self, ObjectKey, ObjectKind};
use upload::verify::{FaultKind, JournalExpectation, VerifyOptions, VerifyReport, verify};
use upload::{InspectableSink, ManifestUploadReport, ObjectStoreSink, Sink, upload_manifests};
use vault::DeviceKey;

/// A journal that was delivered into a directory in several goes, each with its manifest.
pub(crate) struct Sent {
    pub(crate) recorded: Recorded,
    pub(crate) vault: tempfile::TempDir,
    dir: tempfile::TempDir,
}

impl Sent {
    pub(crate) fn new() -> Self {
        let mut sent = Self {
            recorded: Recorded::new(),
            vault: tempfile::tempdir().unwrap(),
            dir: tempfile::tempdir().unwrap(),
        };
        for _ in 0..4 {
            sent.more(20);
        }
        sent
    }

    pub(crate) fn more(&mut self, minutes: u64) {
        self.recorded.work(minutes);
        self.recorded.drain(&self.sink()).unwrap();
        self.chain(false);
    }

    pub(crate) fn chain(&self, alive: bool) -> ManifestUploadReport {
        let mut outbox = self.recorded.outbox();
        upload_manifests(&mut outbox, &self.sink(), &self.key(), alive, &Still).unwrap()
    }

    pub(crate) fn key(&self) -> DeviceKey {
        DeviceKey::load_or_create(self.vault.path()).unwrap()
    }

    pub(crate) fn sink(&self) -> ObjectStoreSink {
        ObjectStoreSink::directory(self.dir.path()).unwrap()
    }

    /// Names of one kind, in order.
    pub(crate) fn names(&self, kind: ObjectKind) -> Vec<String> {
        names(&self.sink(), kind)
    }

    pub(crate) fn file(&self, key: &str) -> PathBuf {
        self.dir.path().join(key)
    }

    pub(crate) fn verify(&self, options: &VerifyOptions) -> VerifyReport {
        checked(&self.sink(), options, None)
    }

    /// As on the device itself, whose journal remembers.
    pub(crate) fn verify_here(&self) -> VerifyReport {
        let reader = self.recorded.reader();
        let expected = JournalExpectation {
            reader: &reader,
            key: Some(self.key().public()),
        };
        checked(&self.sink(), &VerifyOptions::default(), Some(&expected))
    }
}

pub(crate) fn names(sink: &dyn Sink, kind: ObjectKind) -> Vec<String> {
    let mut names: Vec<String> = sink
        .list(&object_keys::list_prefix(kind), usize::MAX)
        .unwrap()
        .into_iter()
        .map(|head| head.key)
        .collect();
    names.sort_by_key(|name| ObjectKey::parse(name).unwrap().seq);
    names
}

pub(crate) fn checked(
    sink: &dyn InspectableSink,
    options: &VerifyOptions,
    expected: Option<&JournalExpectation<'_>>,
) -> VerifyReport {
    let go_on = &mut |_| ControlFlow::Continue(());
    verify(sink, options, expected, START, go_on).unwrap()
}

pub(crate) fn faults(report: &VerifyReport) -> Vec<FaultKind> {
    let mut faults: Vec<FaultKind> = report.findings.iter().map(|f| f.fault).collect();
    faults.sort_unstable();
    faults.dedup();
    faults
}
