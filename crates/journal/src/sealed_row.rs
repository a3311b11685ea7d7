//! A row with the key that opens it.

use crate::error::JournalError;
use crate::record_line::{
    DamagedRow, SpanFilter, content_to_line, not_a_record, parse_line, parse_span_head,
};
use crate::sealing::KeyRing;
use model::{DeviceId, RecordLine, Span};
use rusqlite::Row;
use std::sync::Arc;
use vault::{Aad, SealError};

/// Sealed bytes, with the key and place that open them.
#[derive(Debug)]
pub(crate) struct SealedRow {
    pub(crate) seq: u64,
    pub(crate) sealed: Vec<u8>,
    /// Set when the row was a provisional span: sealed as such, under this id.
    pub(crate) open_id: Option<u64>,
    pub(crate) session: [u8; 16],
    pub(crate) wrapped_key: Arc<[u8]>,
    pub(crate) schema: u32,
}

/// The columns [`SealedRow::from_row`] reads, of `record r` and `session s`.
pub(crate) const RECORD_COLUMNS: &str = "r.seq, r.sealed, r.open_id, s.id, s.wrapped_key, s.schema";
/// The same of `pending p`.
pub(crate) const PROVISIONAL_COLUMNS: &str = "p.id, p.sealed, p.id, s.id, s.wrapped_key, s.schema";
/// The same of `rollup u`.
pub(crate) const ROLLUP_COLUMNS: &str = "u.slot, u.sealed, NULL, s.id, s.wrapped_key, s.schema";

impl SealedRow {
    /// From the columns `seq, sealed, open_id, id, wrapped_key, schema`.
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            sealed: row.get(1)?,
            open_id: row.get(2)?,
            session: row.get(3)?,
            wrapped_key: row.get::<_, Vec<u8>>(4)?.into(),
            schema: row.get(5)?,
        })
    }

    /// The place of this session's `what` number `seq`.
    fn aad<'a>(&'a self, device: &'a DeviceId, what: &'static str, seq: u64) -> Aad<'a> {
        Aad {
            device: device.as_str(),
            session: &self.session,
            seq,
            schema: self.schema,
            kind: what,
        }
    }

    /// The plain content of a record's row.
    pub(crate) fn open_content(
        &self,
        device: &DeviceId,
        ring: &KeyRing,
    ) -> Result<Vec<u8>, SealError> {
        let aad = match self.open_id {
            Some(id) => self.aad(device, "open", id),
            None => self.aad(device, "record", self.seq),
        };
        ring.open(&self.wrapped_key, &aad, &self.sealed)
    }

    /// The bytes of the record's line.
    pub(crate) fn open_line_bytes(
        &self,
        device: &DeviceId,
        ring: &KeyRing,
    ) -> Result<Vec<u8>, JournalError> {
        let plain = self.open_content(device, ring)?;
        content_to_line(device, self.seq, self.open_id, plain)
    }

    /// The record's line, parsed.
    pub(crate) fn open_line(
        &self,
        device: &DeviceId,
        ring: &KeyRing,
    ) -> Result<RecordLine, DamagedRow> {
        let bytes = self.open_line_bytes(device, ring).map_err(|e| DamagedRow {
            seq: self.seq,
            why: e.to_string(),
        })?;
        parse_line(self.seq, &bytes)
    }

    /// The same of a wanted line; nothing of a span that is not.
    pub(crate) fn open_line_if(
        &self,
        device: &DeviceId,
        ring: &KeyRing,
        wanted: SpanFilter<'_>,
    ) -> Option<Result<RecordLine, DamagedRow>> {
        let damaged = |e: JournalError| DamagedRow {
            seq: self.seq,
            why: e.to_string(),
        };
        match self.open_line_bytes(device, ring) {
            Ok(line) if parse_span_head(self.seq, &line).is_some_and(|head| !wanted(head)) => None,
            Ok(line) => Some(parse_line(self.seq, &line)),
            Err(e) => Some(Err(damaged(e))),
        }
    }

    /// The span in a row of `pending`.
    pub(crate) fn open_provisional_span(
        &self,
        device: &DeviceId,
        ring: &KeyRing,
    ) -> Result<Span, JournalError> {
        let aad = self.aad(device, "open", self.seq);
        let plain = ring.open(&self.wrapped_key, &aad, &self.sealed)?;
        serde_json::from_slice(&plain).map_err(|e| not_a_record(self.seq, &e))
    }

    /// The content of a row of `rollup`.
    pub(crate) fn open_rollup(
        &self,
        device: &DeviceId,
        ring: &KeyRing,
    ) -> Result<Vec<u8>, SealError> {
        let aad = self.aad(device, "rollup", self.seq);
        ring.open(&self.wrapped_key, &aad, &self.sealed)
    }
}
