//! Appending records, putting provisional spans, and turning those of earlier runs into records.

use crate::error::{JournalError, TxnResult};
use crate::ops::rollups;
use crate::ops::write_txn::WriteTxn;
use crate::ops::writer::Writer;
use crate::tables::meta::{self, key};
use crate::tables::provisional::{self, ProvisionalRow};
use crate::utc_day::UtcDay;
use model::{Record, Span, Timestamp};

/// Appends a record; its number.
pub(crate) fn append_record(txn: &mut WriteTxn<'_>, record: &Record) -> TxnResult<u64> {
    if let Record::Span(span) = record {
        rollups::mark_span(txn, span)?;
    }
    let sealed = txn.seal_record(txn.counters.next_seq, record)?;
    let day = UtcDay::of(record.start());
    txn.append_sealed(txn.session_no, day, &sealed, None)
}

/// Appends records in order; their numbers.
pub(crate) fn append_records(txn: &mut WriteTxn<'_>, records: &[Record]) -> TxnResult<Vec<u64>> {
    records
        .iter()
        .map(|record| append_record(txn, record))
        .collect()
}

/// Puts a provisional span of this run, or replaces it.
pub(crate) fn put_provisional(txn: &mut WriteTxn<'_>, id: u64, span: &Span) -> TxnResult<()> {
    if i64::try_from(id).is_err() {
        return Err(JournalError::NumberTooLarge(id).into());
    }
    rollups::mark_provisional(txn, id, span)?;
    let sealed = txn.seal_provisional(id, span)?;
    provisional::put_row(txn.tx, txn.run, id, txn.session_no, &sealed)?;
    Ok(())
}

/// Drops the provisional spans of this run below an id.
pub(crate) fn drop_provisional(txn: &mut WriteTxn<'_>, below: u64) -> TxnResult<()> {
    if below > 0 {
        provisional::delete_below(txn.tx, txn.run, below)?;
    }
    Ok(())
}

/// The provisional spans of earlier runs that do not open here.
pub(crate) fn closed_provisional(writer: &Writer) -> Result<Vec<ProvisionalRow>, JournalError> {
    let db = &writer.db;
    let mut rows = db.query("read the open spans", |conn| {
        provisional::rows_before_run(conn, writer.run)
    })?;
    rows.retain(|row| {
        row.sealed
            .open_provisional_span(&db.device, &writer.ring)
            .is_err()
    });
    Ok(rows)
}

/// Ends spans that earlier runs left open: appends `closed` as they are and `records` after them, whose numbers it
/// returns, and drops all provisional spans of earlier runs.
pub(crate) fn promote_provisional(
    txn: &mut WriteTxn<'_>,
    closed: &[ProvisionalRow],
    records: &[Record],
) -> TxnResult<Vec<u64>> {
    for row in closed {
        let id = Some(row.sealed.seq);
        txn.append_sealed(row.session_no, row.day, &row.sealed.sealed, id)?;
    }
    let seqs = append_records(txn, records)?;
    provisional::delete_before_run(txn.tx, txn.run)?;
    Ok(seqs)
}

/// Stores a copy of the vault for the sink, unless it is the same as the last.
pub(crate) fn store_vault_copy(
    writer: &mut Writer,
    bytes: &[u8],
    at: Timestamp,
) -> Result<(), JournalError> {
    writer.reverify()?;
    let (newest, seq) = writer.db.query("read a fact", |conn| {
        let newest: Option<Vec<u8>> = meta::read_value(conn, key::KIT)?;
        let seq: u64 = meta::read_value(conn, key::KIT_SEQ)?.unwrap_or(0);
        Ok((newest, seq))
    })?;
    if newest.as_deref() == Some(bytes) {
        return Ok(());
    }
    writer.change("store a copy of the vault", |tx| {
        meta::set_vault_copy(tx, seq + 1, UtcDay::of(at), bytes)
    })
}
