//! Signed lists of what the broken program delivered, and what a check says of them.

use crate::desk::{Desk, Still};
use anyhow::{Result, ensure};
use journal::Outbox;
use std::ops::ControlFlow;
use std::path::Path;
use upload::verify::{JournalExpectation, VerifyOptions, VerifyVerdict, verify};
use upload::{Destination, DrainReport, Sink, Timeouts, UploadError, chain};
use vault::DeviceKey;

/// Lists and delivers; the key lies beside the journal.
pub(crate) fn deliver(dir: &Path, outbox: &mut Outbox, sink: &dyn Sink) -> Result<()> {
    let key = DeviceKey::find_or_make(&dir.join("device"))?;
    // The same error as for the rest of a delivery: it says whether trying again can help.
    chain(outbox, sink, &key, true, &Still).map_err(|cause| UploadError {
        cause,
        drained: DrainReport::default(),
    })?;
    Ok(())
}

/// The sink that `env` names, or else the folder `sent`, must be complete: by its own lists, and by the journal.
pub(crate) fn check(desk: &Desk, env: &[(&str, String)]) -> Result<()> {
    let find = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
    let sink =
        Destination::choose(None, &find, &desk.dir.join("sent"))?.open(Timeouts::default())?;
    let reader = desk.reader()?;
    let expected = JournalExpectation {
        reader: &reader,
        key: DeviceKey::find(&desk.dir.join("device"))?.map(|key| key.public()),
    };
    let report = verify(
        &sink,
        &VerifyOptions::default(),
        Some(&expected),
        0,
        &mut |_| ControlFlow::Continue(()),
    )?;
    ensure!(
        report.verdict == VerifyVerdict::Complete,
        "the check says {:?}: {:?}",
        report.verdict,
        report.findings.first()
    );
    let listed: u64 = report.chains.iter().map(|c| c.objects).sum();
    let manifests: u64 = report.chains.iter().map(|c| c.manifests).sum();
    ensure!(
        listed + manifests == report.objects,
        "{} objects, {listed} of them listed, in {manifests} lists",
        report.objects
    );
    Ok(())
}
