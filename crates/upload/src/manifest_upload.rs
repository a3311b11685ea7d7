//! Delivery of manifests: acknowledged objects are listed, signed, stored, and put like everything else.
//!
//! Always true:
//! * A manifest is kept in the journal, whole, before it is put, and put again with the same bytes until it is acknowledged.
//! * They are put in order, the next one only when the one before is acknowledged.

use crate::drain::outcome::UploadCause;
use crate::manifest::{Manifest, ManifestEntry, Withdrawal};
use crate::object_keys::{manifest_key, uploaded_key, vault_copy_key};
use crate::sink::interface::{NewObject, Sink, sha256_hex};
use journal::{ListedObject, ManifestDraft, Outbox, UploadedObject};
use model::{Clock, Timestamp};
use std::time::Duration;
use vault::DeviceKey;

/// A manifest is made after this time even when there is nothing to say, so that silence is seen. Shorter than the usual
/// interval of uploads, so that each of them that runs in time makes one.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(4 * 60);

/// The manifests that were delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ManifestUploadReport {
    /// Manifests the sink acknowledged.
    pub manifests: u64,
    /// Bytes of these.
    pub bytes: u64,
}

/// Lists the acknowledged objects that no manifest lists yet, and delivers every manifest that waits. With `alive`, one
/// is made after [`KEEPALIVE_INTERVAL`] even when there is nothing to list.
///
/// # Errors
/// The sink's or the journal's; calling again goes on where this ended.
pub fn upload_manifests(
    outbox: &mut Outbox,
    sink: &dyn Sink,
    key: &DeviceKey,
    alive: bool,
    clock: &dyn Clock,
) -> Result<ManifestUploadReport, UploadCause> {
    let mut report = ManifestUploadReport::default();
    put_stored_manifests(outbox, sink, clock, &mut report)?;
    let mut keepalive = alive;
    loop {
        let draft = outbox.draft_manifest()?;
        let now = clock.now().utc;
        if draft.is_empty() && !(keepalive && is_due(&draft, now)) {
            return Ok(report);
        }
        keepalive = false;
        let bytes = build_manifest(outbox, &draft, key, now)
            .sign(key)
            .map_err(journal::JournalError::Encode)?;
        outbox.store_manifest(&draft, &bytes, now)?;
        put_stored_manifests(outbox, sink, clock, &mut report)?;
    }
}

/// A clock that was set back does not silence it.
fn is_due(draft: &ManifestDraft, now: Timestamp) -> bool {
    draft
        .before
        .as_ref()
        .is_none_or(|before| !(before.at..before.at + KEEPALIVE_INTERVAL).contains(&now))
}

fn put_stored_manifests(
    outbox: &mut Outbox,
    sink: &dyn Sink,
    clock: &dyn Clock,
    report: &mut ManifestUploadReport,
) -> Result<(), UploadCause> {
    while let Some(kept) = outbox.next_manifest()? {
        let sha256 = sha256_hex(&kept.bytes);
        let object = NewObject {
            key: manifest_key(outbox.device(), outbox.epoch(), kept.day, kept.no, &sha256),
            body: kept.bytes.into(),
            sha256,
        };
        sink.put_new(&object)?;
        outbox.acknowledge_manifest(kept.no, clock.now().utc)?;
        report.manifests += 1;
        report.bytes += object.body.len() as u64;
    }
    Ok(())
}

fn build_manifest(
    outbox: &Outbox,
    draft: &ManifestDraft,
    key: &DeviceKey,
    now: Timestamp,
) -> Manifest {
    let (device, epoch) = (outbox.device(), outbox.epoch());
    let mut objects: Vec<ManifestEntry> = draft
        .objects
        .iter()
        .map(|ListedObject { object, bytes }: &ListedObject| {
            let UploadedObject {
                first_seq,
                last_seq,
                sha256,
                ..
            } = object;
            ManifestEntry {
                key: uploaded_key(device, epoch, object),
                bytes: *bytes,
                sha256: sha256.clone(),
                first: *first_seq,
                last: *last_seq,
            }
        })
        .collect();
    objects.extend(draft.kit.iter().map(|kit| {
        let sha256 = sha256_hex(&kit.bytes);
        ManifestEntry {
            key: vault_copy_key(device, epoch, kit.day, kit.seq, &sha256),
            bytes: kit.bytes.len() as u64,
            sha256,
            first: kit.seq,
            last: kit.seq,
        }
    }));
    Manifest {
        prev: draft.before.as_ref().map(|before| before.sha256.clone()),
        at: now,
        after: draft.after,
        through: draft.through,
        objects,
        skipped: draft.skipped.clone(),
        erased: draft
            .tombstones
            .iter()
            .map(|t| Withdrawal {
                key: uploaded_key(device, epoch, &t.object),
                at: t.at,
            })
            .collect(),
        waiting: draft.waiting,
        ..Manifest::empty(device.clone(), epoch, draft.no, key.public())
    }
}
