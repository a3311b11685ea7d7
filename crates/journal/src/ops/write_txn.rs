//! One transaction being filled: the only place where a row is sealed.

use crate::error::{JournalError, TxnResult};
use crate::ops::rollup_marks::RollupMarks;
use crate::record_line::encode_line;
use crate::sealing;
use crate::tables::records::{self, NewRecordRow};
use crate::utc_day::UtcDay;
use model::{DeviceId, RECORD_SCHEMA, Record, Span};
use rusqlite::Transaction;
use vault::{Aad, SealingSession};

/// The writer's counters; they count on only when a transaction was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counters {
    /// The number the next record gets.
    pub(crate) next_seq: u64,
    /// Bytes of all sealed records so far, those erased or made shorter since included.
    pub(crate) total_bytes: u64,
}

/// One transaction being filled.
pub(crate) struct WriteTxn<'a> {
    pub(crate) tx: &'a Transaction<'a>,
    pub(crate) marks: &'a mut RollupMarks,
    pub(crate) device: &'a DeviceId,
    pub(crate) session: &'a SealingSession,
    pub(crate) session_no: i64,
    pub(crate) run: i64,
    pub(crate) counters: Counters,
}

impl WriteTxn<'_> {
    fn seal_row(&self, kind: &'static str, seq: u64, content: &[u8]) -> TxnResult<Vec<u8>> {
        let aad = Aad {
            device: self.device.as_str(),
            session: &self.session.id,
            seq,
            schema: RECORD_SCHEMA,
            kind,
        };
        Ok(sealing::seal_row(self.session, &aad, content)?)
    }

    /// Seals the line of a record for its number.
    pub(crate) fn seal_record(&self, seq: u64, record: &Record) -> TxnResult<Vec<u8>> {
        let line = encode_line(self.device, seq, record)?;
        self.seal_row("record", seq, &line)
    }

    /// Seals a provisional span for its id.
    pub(crate) fn seal_provisional(&self, id: u64, span: &Span) -> TxnResult<Vec<u8>> {
        let content = serde_json::to_vec(span).map_err(JournalError::Encode)?;
        self.seal_row("open", id, &content)
    }

    /// Seals a roll-up for its slot.
    pub(crate) fn seal_rollup(&self, slot: u64, content: &[u8]) -> TxnResult<Vec<u8>> {
        self.seal_row("rollup", slot, content)
    }

    /// Appends a sealed row of a session under the next number, which it returns. `open_id`: set when it is a
    /// provisional span as it was.
    pub(crate) fn append_sealed(
        &mut self,
        session_no: i64,
        day: UtcDay,
        sealed: &[u8],
        open_id: Option<u64>,
    ) -> TxnResult<u64> {
        let seq = self.counters.next_seq;
        self.counters.total_bytes += sealed.len() as u64;
        records::insert_row(
            self.tx,
            &NewRecordRow {
                seq,
                session_no,
                day,
                total: self.counters.total_bytes,
                sealed,
                open_id,
            },
        )?;
        self.counters.next_seq += 1;
        Ok(seq)
    }
}
