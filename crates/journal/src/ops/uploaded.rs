//! The objects that the sink has, or may have.

use crate::object::{ObjectEncoding, UploadedObject};
use crate::tables::{screenshots, segments};
use data_encoding::HEXLOWER;
use rusqlite::Connection;

/// The objects of a screenshot's file.
pub(crate) fn objects_of_screenshot(
    conn: &Connection,
    seq: u64,
) -> rusqlite::Result<Vec<UploadedObject>> {
    let Some(row) = screenshots::find_puts(conn, seq)? else {
        return Ok(Vec::new());
    };
    let certain = row.acked != 0;
    let marks = if certain { row.acked } else { row.tried };
    let object = |sha256: &[u8; 32], encoding| UploadedObject {
        first_seq: seq,
        last_seq: seq,
        day: row.day,
        sha256: HEXLOWER.encode(sha256),
        encoding,
        media: Some(row.media.clone()),
        certain,
    };
    let mut out = Vec::new();
    if marks & 1 != 0 {
        out.push(object(&row.sha256, ObjectEncoding::of(row.encoding)?));
    }
    if let Some(plain) = row.plain.filter(|_| marks & 2 != 0) {
        out.push(object(&plain, ObjectEncoding::Unsealed));
    }
    Ok(out)
}

/// Adds the objects of the segment that holds a number, once.
pub(crate) fn add_segment_objects(
    conn: &Connection,
    seq: u64,
    sent: &mut Vec<UploadedObject>,
) -> rusqlite::Result<()> {
    let holds = |object: &UploadedObject| {
        object.media.is_none() && (object.first_seq..=object.last_seq).contains(&seq)
    };
    if !sent.iter().rev().any(holds)
        && let Some(row) = segments::find_of_record(conn, seq)?
    {
        sent.extend(row.uploaded_objects()?);
    }
    Ok(())
}
