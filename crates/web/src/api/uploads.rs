//! The uploaded objects, the outbox and the newest manifest.

use crate::backend::{Backend, BackendError, UploadedObjectRow};
use report::query;
use serde::Serialize;

/// Objects listed; whether there are more is said.
const MAX_LISTED_OBJECTS: usize = 300;

#[derive(Serialize)]
pub(crate) struct UploadsJson {
    objects: Vec<UploadedObjectRow>,
    outbox: report::OutboxSummary,
    last_ack_us: Option<i64>,
    last_durable_us: Option<i64>,
    manifest: Option<ManifestJson>,
    /// True when there are more than are listed.
    more: bool,
}

/// The newest manifest.
#[derive(Serialize)]
struct ManifestJson {
    no: u64,
    at_us: i64,
    /// Every record up to this number is in an object that this or an earlier manifest lists.
    through: u64,
    sha256: String,
    /// True when the sink acknowledged it.
    sent: bool,
}

pub(crate) fn read_uploads(backend: &mut dyn Backend) -> Result<UploadsJson, BackendError> {
    let mut objects = backend.list_uploads(MAX_LISTED_OBJECTS + 1)?;
    let more = objects.len() > MAX_LISTED_OBJECTS;
    objects.truncate(MAX_LISTED_OBJECTS);
    let reader = backend.open_reader("the uploaded objects, on the page")?;
    Ok(UploadsJson {
        objects,
        outbox: query::read_outbox_summary(reader)?,
        last_ack_us: reader.last_ack()?.map(model::Timestamp::as_micros),
        last_durable_us: reader.last_durable()?.map(model::Timestamp::as_micros),
        manifest: reader.manifest_head()?.map(|head| ManifestJson {
            no: head.no,
            at_us: head.at.as_micros(),
            through: head.through,
            sha256: head.sha256,
            sent: head.acked,
        }),
        more,
    })
}
