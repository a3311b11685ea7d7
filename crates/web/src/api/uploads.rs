//! The uploaded objects, the outbox and the newest manifest.

use crate::backend::{Backend, BackendError, UploadedObjectRow};
use model::Timestamp;
use report::query;
use serde::Serialize;

/// Objects listed; whether there are more is said.
const MAX_LISTED_OBJECTS: usize = 300;

#[derive(Serialize)]
pub(crate) struct UploadsJson {
    objects: Vec<UploadedObjectRow>,
    outbox: report::OutboxSummary,
    #[serde(rename = "last_ack_us")]
    last_ack: Option<Timestamp>,
    #[serde(rename = "last_durable_us")]
    last_durable: Option<Timestamp>,
    manifest: Option<ManifestJson>,
    /// True when there are more than are listed.
    more: bool,
}

/// The newest manifest.
#[derive(Serialize)]
struct ManifestJson {
    no: u64,
    #[serde(rename = "at_us")]
    at: Timestamp,
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
        last_ack: reader.last_ack()?,
        last_durable: reader.last_durable()?,
        manifest: reader.manifest_head()?.map(|head| ManifestJson {
            no: head.no,
            at: head.at,
            through: head.through,
            sha256: head.sha256,
            sent: head.acked,
        }),
        more,
    })
}
