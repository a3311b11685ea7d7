//! Roll-ups: sealed sums of a quarter hour, so that a year is shown without opening a year of records. Their content is
//! the business of the crate that asks questions; here they are only kept, and invalidated when their records change.
//!
//! Always true of every slot from [`crate::Reader::rollups_complete_since`] on, outside days that were erased:
//! * A slot that a span touches (closed or open) has one row, and the other way round: **a slot without a row holds no
//!   time**. The row is a *mark* (nothing is in it) until a roll-up comes in its place.
//! * A span that is put, and one that is redacted, turns the roll-ups of its slots into marks, in the same step. So
//!   **a roll-up that opens was made after every record of its slot**, and no crash parts it from them.
//! * No roll-up is taken while an open span touches its slot, nor after something was redacted that its maker may have
//!   counted already: such a slot stays a mark, and is read from its records.

use crate::database::Database;
use crate::error::{JournalError, TxnResult};
use crate::ops::write_txn::WriteTxn;
use crate::quarter_hour::QuarterHour;
use crate::sealing::KeyRing;
use crate::tables::{meta, rollups};
use model::Span;
use std::ops::Range;

/// The most quarter hours that a span may touch, more than a year; one that claims more is a fault of the clock, and everything
/// up to its end is read from the records.
const MAX_QUARTER_HOURS: i64 = 40_000;

/// The roll-up of one quarter hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRollup {
    /// Its quarter hour.
    pub quarter_hour: QuarterHour,
    /// Its content; `None` for a mark, or when it does not open: the quarter hour is to be read from its records.
    pub content: Option<Vec<u8>>,
}

/// Reads the roll-ups of these quarter hours, by rising number.
pub(crate) fn for_each_rollup(
    db: &Database,
    ring: &KeyRing,
    quarter_hours: &Range<QuarterHour>,
    visit: &mut dyn FnMut(StoredRollup),
) -> Result<(), JournalError> {
    db.query("read the roll-ups", |conn| {
        rollups::for_each_of(conn, quarter_hours, &mut |row| {
            visit(StoredRollup {
                quarter_hour: QuarterHour(row.seq.cast_signed()),
                content: match row.sealed.is_empty() {
                    true => None,
                    false => row.open_rollup(&db.device, ring).ok(),
                },
            });
        })
    })
}

/// The first quarter hour that holds nothing yet, and neither does any after it.
pub(crate) fn first_free(db: &Database) -> Result<QuarterHour, JournalError> {
    db.query("read the roll-ups", |conn| {
        Ok(rollups::first_free(conn)?.max(meta::rollups_complete_since(conn)?))
    })
}

/// Marks the quarter hours of a span.
pub(crate) fn mark_span(txn: &mut WriteTxn<'_>, span: &Span) -> TxnResult<()> {
    let (first, last) = QuarterHour::touched_by(&(span.start..span.end())).into_inner();
    let first = first.max(QuarterHour(0));
    if last.0.saturating_sub(first.0) > MAX_QUARTER_HOURS {
        meta::raise_rollups_complete_since(txn.tx, last + 1)?;
        return Ok(());
    }
    for quarter_hour in (first.0..=last.0).map(QuarterHour) {
        if !txn.marks.is_marked(quarter_hour) {
            rollups::replace_row(txn.tx, quarter_hour, txn.session_no, &[])?;
        }
    }
    if first <= last {
        txn.marks.note_marked(first, last);
    }
    Ok(())
}

/// The same of a provisional span.
pub(crate) fn mark_provisional(txn: &mut WriteTxn<'_>, id: u64, span: &Span) -> TxnResult<()> {
    mark_span(txn, span)?;
    let touched = QuarterHour::touched_by(&(span.start..span.end()));
    txn.marks.note_open(id, touched);
    Ok(())
}

/// Puts the roll-ups that may be put while the provisional spans from `open_from` on are open.
pub(crate) fn put_rollups(
    txn: &mut WriteTxn<'_>,
    contents: &[(QuarterHour, &[u8])],
    open_from: u64,
) -> TxnResult<()> {
    for &(quarter_hour, content) in contents {
        let QuarterHour(slot) = quarter_hour;
        let number =
            u64::try_from(slot).map_err(|_| JournalError::NumberTooLarge(slot.cast_unsigned()))?;
        if !txn.marks.takes_rollup(quarter_hour, open_from) {
            continue;
        }
        let sealed = txn.seal_rollup(number, content)?;
        rollups::replace_row(txn.tx, quarter_hour, txn.session_no, &sealed)?;
        txn.marks.note_put(quarter_hour);
    }
    Ok(())
}
