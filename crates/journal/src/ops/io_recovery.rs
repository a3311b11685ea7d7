//! Recovery after a failed write: when records count as durable again.
//!
//! Always true:
//! * After an input/output error (a failed fsync above all) nothing is acknowledged until the database was reopened,
//!   its log was copied into it, and every acknowledged record was found there and opened.
//! * The content of the log is copied, not believed. After a failed fsync the system may show pages that never reached the
//!   disk, and does not write them again: another fsync of the same file says nothing of them. A checkpoint writes
//!   each page again, into the database, and the fsync of that one counts. So does the start, for the run before it may
//!   have ended at such an error.
//! * Records that were written but never acknowledged are withdrawn: their caller writes them again. Until then a
//!   screenshot's file stays, for its row may be in the log, and this process may end before it is reverified.

use crate::database::{AccessMode, CHECKPOINT_WAIT, Database};
use crate::error::{JournalError, TxnError, TxnResult};
use crate::ops::connect::connect;
use crate::ops::rollup_marks::RollupMarks;
use crate::ops::write_txn::Counters;
use crate::sealed_row::SealedRow;
use crate::sealing::KeyRing;
use crate::tables::{records, rollups, screenshots, sequence};
use std::ops::ControlFlow;
use vault::SealError;

/// How many of the newest records are opened again.
const REOPENED: u64 = 256;

/// The name of this step in messages.
const DOING: &str = "look after a failed write";

/// Reopens the database after a failed write and compares it with the acknowledged records; the counters after it.
pub(crate) fn reverify(
    db: &mut Database,
    ring: &KeyRing,
    acknowledged: Counters,
    marks: &mut RollupMarks,
) -> Result<Counters, JournalError> {
    db.conn = connect(&db.path, AccessMode::Write)?;
    if !db.checkpoint(CHECKPOINT_WAIT)? {
        return Err(JournalError::Busy {
            path: db.path.clone(),
        });
    }
    db.quick_check()?;
    check_acknowledged(db, ring, acknowledged)?;
    undo_unacknowledged(db, acknowledged, marks)?;
    read_counters(db)
}

/// The counters as the database has them.
pub(crate) fn read_counters(db: &Database) -> Result<Counters, JournalError> {
    db.query("read the records", |conn| {
        Ok(Counters {
            next_seq: sequence::next_seq(conn)?,
            total_bytes: sequence::total_bytes(conn)?,
        })
    })
}

/// Fails when something acknowledged is not there as it was written.
fn check_acknowledged(
    db: &Database,
    ring: &KeyRing,
    acknowledged: Counters,
) -> Result<(), JournalError> {
    let last = acknowledged.next_seq - 1;
    let gone = |why: String| JournalError::Damaged {
        path: db.path.clone(),
        why,
    };
    let (next_seq, total) = db.query(DOING, |conn| {
        Ok((sequence::next_seq(conn)?, records::total_at(conn, last)?))
    })?;
    if next_seq < acknowledged.next_seq || total.is_some_and(|t| t != acknowledged.total_bytes) {
        return Err(gone(format!("record {last} was durable and is gone")));
    }
    let reopen = &mut |row: SealedRow| -> TxnResult<ControlFlow<()>> {
        match row.open_line_bytes(&db.device, ring) {
            // Records of an earlier lease open elsewhere.
            Ok(_) | Err(JournalError::Seal(SealError::Key { .. })) => Ok(ControlFlow::Continue(())),
            Err(e) => Err(TxnError::Other(gone(format!(
                "record {} was durable and is not readable: {e}",
                row.seq
            )))),
        }
    };
    records::for_each_between(&db.conn, last.saturating_sub(REOPENED), last, reopen)
        .map_err(db.txn("read the records"))
}

/// Removes records that were written although their caller saw the write fail and will write them again. No segment
/// can hold them: they are frozen only after this. A promoted row stays, for its provisional span is gone; the
/// caller's records come after it.
fn undo_unacknowledged(
    db: &mut Database,
    acknowledged: Counters,
    marks: &mut RollupMarks,
) -> Result<(), JournalError> {
    let last = acknowledged.next_seq - 1;
    db.change(DOING, |tx| {
        screenshots::delete_after(tx, last)?;
        records::delete_after(tx, last)?;
        for put in marks.take_put() {
            rollups::invalidate(tx, &(put..=put))?;
        }
        Ok(())
    })
}
