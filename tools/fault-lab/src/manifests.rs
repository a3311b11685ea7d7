//! Signed manifests of the child's uploads, and their check.

use crate::fixture::{self, FixedClock, JournalFixture, START};
use anyhow::{Result, ensure};
use journal::Outbox;
use model::Timestamp;
use std::ops::ControlFlow;
use std::path::Path;
use upload::verify::{JournalExpectation, VerifyOptions, VerifyVerdict, verify};
use upload::{DrainReport, Sink, Timeouts, UploadError, upload_manifests};
use vault::DeviceKey;

/// Uploads the manifests of the delivered objects; the key is next to the journal.
pub(crate) fn put_manifests(dir: &Path, outbox: &mut Outbox, sink: &dyn Sink) -> Result<()> {
    let key = DeviceKey::load_or_create(&dir.join("device"))?;
    // The same error as for the rest of a delivery: it says whether a retry can help.
    upload_manifests(outbox, sink, &key, true, &FixedClock(START)).map_err(|cause| {
        UploadError {
            cause,
            drained: DrainReport::default(),
        }
    })?;
    Ok(())
}

/// The sink that `env` names, or else the folder `sent`, must be complete: by its own manifests, and by the journal.
pub(crate) fn check_uploads(
    fixture: &JournalFixture,
    env: &[(&'static str, String)],
) -> Result<()> {
    let find = fixture::find_in(env.iter().cloned());
    let otherwise = fixture.dir.join("sent");
    let sink = fixture::open_sink(&find, &otherwise, Timeouts::default())?;
    let reader = fixture.open_reader()?;
    let expected = JournalExpectation {
        reader: &reader,
        key: DeviceKey::load(&fixture.dir.join("device"))?.map(|key| key.public()),
    };
    let report = verify(
        &sink,
        &VerifyOptions::default(),
        Some(&expected),
        Timestamp::UNIX_EPOCH,
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
