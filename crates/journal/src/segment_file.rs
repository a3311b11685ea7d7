//! Segments as the sink acknowledged them: sealed rows as lines, and how a segment is opened again.

use crate::object::ObjectEncoding;
use crate::record_line::{DamagedRow, content_to_line};
use crate::sealed_row::SealedRow;
use data_encoding::{BASE64, HEXLOWER};
use model::DeviceId;
use serde::{Deserialize, Serialize};
use std::io::Read;
use thiserror::Error;
use vault::{Aad, AgeOpenError, Opener};

/// A segment is not unpacked beyond this; the largest one made here is a few MiB.
const MAX_LINES: u64 = 256 << 20;

/// One line of a segment of sealed rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedRowLine {
    /// Version of the record format inside.
    pub schema: u32,
    /// Which installation.
    pub device_id: DeviceId,
    /// The record's number.
    pub seq: u64,
    kind: SealedTag,
    /// Name of the session, hex.
    pub session: String,
    /// The session's data key as an age file, base64.
    pub wrapped_key: String,
    /// Set when the record was a provisional span, which is sealed under this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_id: Option<u64>,
    /// Format, nonce and ciphertext, base64.
    pub sealed: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum SealedTag {
    #[serde(rename = "sealed")]
    Sealed,
}

impl SealedRowLine {
    pub(crate) fn of(device: &DeviceId, row: &SealedRow) -> Self {
        Self {
            schema: row.schema,
            device_id: device.clone(),
            seq: row.seq,
            kind: SealedTag::Sealed,
            session: HEXLOWER.encode(&row.session),
            wrapped_key: BASE64.encode(&row.wrapped_key),
            open_id: row.open_id,
            sealed: BASE64.encode(&row.sealed),
        }
    }

    /// The record's line, without the line feed: the same bytes the journal's reader gives.
    ///
    /// # Errors
    /// [`DamagedRow`] with the reason: another key, or a line that was changed.
    pub fn open(&self, opener: &Opener) -> Result<Vec<u8>, DamagedRow> {
        let damaged = |why: String| DamagedRow { seq: self.seq, why };
        let decoded = |text: &str| {
            BASE64
                .decode(text.as_bytes())
                .map_err(|e| damaged(format!("not base64: {e}")))
        };
        let session: [u8; 16] = HEXLOWER
            .decode(self.session.as_bytes())
            .ok()
            .and_then(|id| id.try_into().ok())
            .ok_or_else(|| damaged("its session is no 32 hex digits".to_owned()))?;
        let aad = Aad {
            device: self.device_id.as_str(),
            session: &session,
            seq: self.open_id.unwrap_or(self.seq),
            schema: self.schema,
            kind: if self.open_id.is_some() {
                "open"
            } else {
                "record"
            },
        };
        let plain = opener
            .open(&decoded(&self.wrapped_key)?, &aad, &decoded(&self.sealed)?)
            .map_err(|e| damaged(e.to_string()))?;
        content_to_line(&self.device_id, self.seq, self.open_id, plain)
            .map_err(|e| damaged(e.to_string()))
    }
}

/// Why a segment does not open.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The age file.
    #[error("the segment does not open: {0}")]
    Seal(#[from] AgeOpenError),
    /// The fault.
    #[error("the segment is damaged: {0}")]
    Damaged(String),
}

/// A segment opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenedSegment {
    /// The records' lines, each ended by a line feed.
    pub lines: Vec<u8>,
    /// Sealed rows that do not open; the others do.
    pub damaged: Vec<DamagedRow>,
}

/// Opens a segment as the sink acknowledged it.
///
/// # Errors
/// [`SegmentError`] when the whole of it does not open; a single row that does not is in [`OpenedSegment::damaged`].
pub fn open_segment(
    encoding: ObjectEncoding,
    body: &[u8],
    opener: &Opener,
) -> Result<OpenedSegment, SegmentError> {
    match encoding {
        ObjectEncoding::Age => Ok(OpenedSegment {
            lines: decompress_lines(&opener.open_file(body)?)?,
            damaged: Vec::new(),
        }),
        ObjectEncoding::Unsealed => Ok(OpenedSegment {
            lines: decompress_lines(body)?,
            damaged: Vec::new(),
        }),
        ObjectEncoding::SealedRows => {
            let mut opened = OpenedSegment::default();
            let text = decompress_lines(body)?;
            for line in text.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
                let row: SealedRowLine = serde_json::from_slice(line).map_err(|e| {
                    SegmentError::Damaged(format!("a line is no sealed row: {:?}", e.classify()))
                })?;
                match row.open(opener) {
                    Ok(line) => {
                        opened.lines.extend_from_slice(&line);
                        opened.lines.push(b'\n');
                    }
                    Err(damaged) => opened.damaged.push(damaged),
                }
            }
            Ok(opened)
        }
    }
}

fn decompress_lines(packed: &[u8]) -> Result<Vec<u8>, SegmentError> {
    let damaged = |e: std::io::Error| SegmentError::Damaged(e.to_string());
    let mut out = Vec::new();
    zstd::Decoder::new(packed)
        .map_err(damaged)?
        .take(MAX_LINES)
        .read_to_end(&mut out)
        .map_err(damaged)?;
    if out.len() as u64 >= MAX_LINES {
        return Err(SegmentError::Damaged("it is too large".to_owned()));
    }
    Ok(out)
}
