//! Reading records: opened, by days, quarter hours or number. A row that does not open hides no other.

use crate::database::Database;
use crate::error::{JournalError, TxnResult};
use crate::quarter_hour::QuarterHour;
use crate::record_line::{DamagedRow, SpanFilter};
use crate::sealed_row::SealedRow;
use crate::sealing::KeyRing;
use crate::tables::records::{self, RecordRow};
use crate::tables::sessions::{self, SessionRow};
use crate::utc_day::UtcDay;
use model::RecordLine;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;

/// The records of whole days, without the spans that `wanted` refuses; those are not parsed, which is most of the cost of
/// a line. A promoted row's day is only that of its session, so all of them are looked at; there is one for each hard
/// crash.
pub(crate) fn for_each_of_days(
    db: &Database,
    ring: &KeyRing,
    days: &RangeInclusive<UtcDay>,
    wanted: SpanFilter<'_>,
    visit: &mut dyn FnMut(Result<RecordLine, DamagedRow>),
) -> Result<(), JournalError> {
    // Few sessions wrote the many records of a day; each is fetched once.
    let mut sessions: HashMap<i64, Option<SessionRow>> = HashMap::new();
    let open = &mut |row: RecordRow| -> TxnResult<()> {
        let known = match sessions.entry(row.session_no) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(sessions::find_row(&db.conn, row.session_no)?),
        };
        let Some(session) = known else {
            return Ok(());
        };
        let sealed = SealedRow {
            seq: row.seq,
            sealed: row.sealed,
            open_id: row.open_id,
            session: session.id,
            wrapped_key: Arc::clone(&session.wrapped_key),
            schema: session.schema,
        };
        match sealed.open_line_if(&db.device, ring, wanted) {
            None => {}
            Some(Err(_)) if !days.contains(&row.day) => {}
            Some(line) => visit(line),
        }
        Ok(())
    };
    records::for_each_of_days(&db.conn, days, open).map_err(db.txn("read the records"))
}

/// The records that start in one of these quarter hours, by rising number within each run of neighbouring days.
pub(crate) fn for_each_of_quarter_hours(
    db: &Database,
    ring: &KeyRing,
    quarter_hours: &BTreeSet<QuarterHour>,
    visit: &mut dyn FnMut(Result<RecordLine, DamagedRow>),
) -> Result<(), JournalError> {
    let mut days = quarter_hours.iter().map(|of| of.utc_day()).peekable();
    while let Some(first) = days.next() {
        let mut last = first;
        while let Some(day) = days.next_if(|day| day.0 <= last.0.saturating_add(1)) {
            last = day;
        }
        let days = first..=last;
        for_each_of_days(db, ring, &days, &mut |_| true, &mut |line| match line {
            Ok(line) if !quarter_hours.contains(&QuarterHour::of(line.record.start())) => {}
            line => visit(line),
        })?;
    }
    Ok(())
}

/// Up to `limit` rows above `seq`.
pub(crate) fn for_each_after(
    db: &Database,
    seq: u64,
    limit: usize,
    visit: &mut dyn FnMut(&SealedRow) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let add = &mut |row: SealedRow| -> TxnResult<ControlFlow<()>> {
        visit(&row)?;
        Ok(ControlFlow::Continue(()))
    };
    records::for_each_after(&db.conn, seq, limit, add).map_err(db.txn("read the records"))
}
