//! Redacting something: window names, counts and screenshots go, the time and its state stay.
//!
//! Always true:
//! * A row is replaced in its own place and under its own number, sealed again; the old content lies in no file of the
//!   journal afterwards: freed pages are overwritten, and the write-ahead log is emptied. A damaged journal that was set
//!   aside earlier is not touched.
//! * Objects that are not uploaded yet are uploaded without it. Objects that the sink has, or may have, are named.
//! * Roll-ups of the time go with it.
//! * A span that reaches over an edge is redacted whole.

use crate::database::Database;
use crate::error::{JournalError, TxnError, TxnResult};
use crate::object::UploadedObject;
use crate::ops::doomed_files::delete_doomed_files;
use crate::ops::unused_keys::UnusedKeys;
use crate::ops::uploaded::{add_segment_objects, objects_of_screenshot};
use crate::ops::write_txn::WriteTxn;
use crate::ops::writer::Writer;
use crate::quarter_hour::QuarterHour;
use crate::screenshot_files::list_set_aside;
use crate::sealed_row::SealedRow;
use crate::sealing::KeyRing;
use crate::tables::provisional::{self, ProvisionalRow};
use crate::tables::{records, rollups, screenshots, segments, tombstones};
use crate::utc_day::UtcDay;
use model::{Counts, Record, Span, Timestamp, touches};
use rusqlite::Connection;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::time::Duration;

/// A span that names a window is cut at each whole minute, so none that began earlier than this reaches into a range.
const LONGEST_SPAN: Duration = Duration::from_secs(86_400);

/// The records to redact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedactionTarget {
    /// Everything that touches this time.
    Time(Range<Timestamp>),
    /// The screenshot of this number.
    Shot(u64),
}

/// The result of a redaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedactionReport {
    /// Spans, those still open included.
    pub spans: u64,
    /// Screenshots.
    pub shots: u64,
    /// Start and counts of each span that had counted something.
    pub counted: Vec<(Timestamp, Counts)>,
    /// When the first redacted record began.
    pub first: Option<Timestamp>,
    /// Rows of those days that do not open here, so that nobody knows whether they belong to the time: unlock, and do it
    /// again. Those that are certainly older than the time are not counted.
    pub closed: u64,
    /// Objects with redacted records that the sink has, or may have.
    pub sent: Vec<UploadedObject>,
    /// Files that were set aside earlier (damaged databases, screenshots without rows). They may hold redacted records,
    /// and are left to their owner.
    pub aside: Vec<PathBuf>,
    /// False when a reader kept the old content in the write-ahead log: call [`crate::Journal::checkpoint`] later.
    pub folded: bool,
}

/// A plan: the rows and provisional spans to replace, and the report so far.
#[derive(Default)]
struct RedactionPlan {
    rows: Vec<RowRedaction>,
    provisional: Vec<ProvisionalRedaction>,
    report: RedactionReport,
}

/// A provisional span and its replacement.
struct ProvisionalRedaction {
    row: ProvisionalRow,
    span: Span,
}

/// A record's replacement.
struct RowRedaction {
    seq: u64,
    record: Record,
    /// The counts of the record before.
    counts: Counts,
    /// The time whose roll-ups go.
    time: Range<Timestamp>,
}

impl RedactionReport {
    fn note_content(&mut self, start: Timestamp, counts: Counts) {
        self.first = Some(self.first.map_or(start, |first| first.min(start)));
        if !counts.is_zero() {
            self.counted.push((start, counts));
        }
    }
}

/// Redacts the target as far as it opens here, then deletes the files of its screenshots and empties the write-ahead log.
/// `previous_durable`: the last durable moment of the run before this one.
pub(crate) fn redact(
    writer: &mut Writer,
    previous_durable: Option<Timestamp>,
    what: &RedactionTarget,
    now: Timestamp,
) -> Result<RedactionReport, JournalError> {
    writer.reverify()?;
    let plan = plan_redaction(&writer.db, &writer.ring, previous_durable, what)?;
    let RedactionPlan {
        rows,
        provisional,
        mut report,
    } = plan;
    report.aside = list_set_aside(&writer.db.dir);
    for row in &rows {
        writer.marks.note_changed(row.time.end);
    }
    for change in &provisional {
        writer.marks.note_changed(change.span.end());
    }
    if rows.is_empty() && provisional.is_empty() {
        report.folded = writer.checkpoint()?;
        return Ok(report);
    }
    report.sent = writer.write(now, |txn| apply_redaction(txn, &rows, &provisional, now))?;
    delete_doomed_files(&writer.db)?;
    report.folded = writer.checkpoint()?;
    Ok(report)
}

/// The report of a redaction, without doing it.
pub(crate) fn redact_dry_run(
    db: &Database,
    ring: &KeyRing,
    previous_durable: Option<Timestamp>,
    what: &RedactionTarget,
) -> Result<RedactionReport, JournalError> {
    let RedactionPlan {
        rows, mut report, ..
    } = plan_redaction(db, ring, previous_durable, what)?;
    db.query("read the uploaded objects", |conn| {
        for row in &rows {
            add_uploaded_objects(conn, row, &mut report.sent)?;
        }
        Ok(())
    })?;
    Ok(report)
}

/// Replaces the rows; the objects that hold them and that the sink has, or may have.
fn apply_redaction(
    txn: &mut WriteTxn<'_>,
    rows: &[RowRedaction],
    provisional: &[ProvisionalRedaction],
    now: Timestamp,
) -> TxnResult<Vec<UploadedObject>> {
    let mut sent = Vec::new();
    let mut keys = UnusedKeys::default();
    for row in rows {
        let sealed = txn.seal_record(row.seq, &row.record)?;
        keys.note_record(txn.tx, row.seq)?;
        records::replace_content(txn.tx, row.seq, txn.session_no, &sealed)?;
        add_uploaded_objects(txn.tx, row, &mut sent)?;
        if matches!(row.record, Record::Shot(_)) {
            screenshots::doom_file(txn.tx, row.seq)?;
        }
        segments::clear_bodies(txn.tx, row.seq, row.seq)?;
        rollups::invalidate(txn.tx, &QuarterHour::touched_by(&row.time))?;
    }
    for ProvisionalRedaction { row, span } in provisional {
        let sealed = txn.seal_provisional(row.sealed.seq, span)?;
        keys.note_session(row.session_no);
        provisional::replace_content(txn.tx, row.run, row.sealed.seq, txn.session_no, &sealed)?;
        let touched = QuarterHour::touched_by(&(span.start..span.end()));
        rollups::invalidate(txn.tx, &touched)?;
    }
    keys.delete_unused(txn.tx, txn.session_no)?;
    let screenshots = sent.iter().filter(|object| object.media.is_some());
    tombstones::insert_objects(txn.tx, screenshots, now)?;
    Ok(sent)
}

/// Adds the objects that hold a row, each segment once.
fn add_uploaded_objects(
    conn: &Connection,
    row: &RowRedaction,
    sent: &mut Vec<UploadedObject>,
) -> rusqlite::Result<()> {
    if matches!(row.record, Record::Shot(_)) {
        sent.extend(objects_of_screenshot(conn, row.seq)?);
    }
    add_segment_objects(conn, row.seq, sent)
}

/// Plans a redaction; reads only.
fn plan_redaction(
    db: &Database,
    ring: &KeyRing,
    previous_durable: Option<Timestamp>,
    what: &RedactionTarget,
) -> Result<RedactionPlan, JournalError> {
    let mut plan = RedactionPlan::default();
    // Records of an earlier start ended before its last durable moment.
    let mut add = |row: &SealedRow, range: &Range<Timestamp>| match row.open_line(&db.device, ring)
    {
        Ok(line) => plan
            .rows
            .extend(redact_record(row.seq, &line.record, range)),
        Err(_) if previous_durable.is_some_and(|before| range.start > before) => {}
        Err(_) => plan.report.closed += 1,
    };
    match what {
        RedactionTarget::Time(range) if range.is_empty() => {}
        RedactionTarget::Time(range) => {
            let days = UtcDay::touched_by(&(range.start - LONGEST_SPAN..range.end));
            let visit = &mut |row: SealedRow| -> Result<ControlFlow<()>, TxnError> {
                add(&row, range);
                Ok(ControlFlow::Continue(()))
            };
            records::for_each_that_may_touch(&db.conn, &days, visit)
                .map_err(db.txn("read the records"))?;
        }
        RedactionTarget::Shot(seq) => {
            let row = db
                .query("read the records", |conn| {
                    records::find_of_screenshot(conn, *seq)
                })?
                .ok_or(JournalError::NoScreenshot { seq: *seq })?;
            add(&row, &(Timestamp::MIN..Timestamp::MAX));
        }
    }
    if let RedactionTarget::Time(range) = what {
        plan_provisional(db, ring, range, &mut plan)?;
    }
    for row in &plan.rows {
        plan.report.note_content(row.record.start(), row.counts);
        match row.record {
            Record::Shot(_) => plan.report.shots += 1,
            _ => plan.report.spans += 1,
        }
    }
    plan.report.spans += plan.provisional.len() as u64;
    Ok(plan)
}

/// Adds the provisional spans in `range` to the plan.
fn plan_provisional(
    db: &Database,
    ring: &KeyRing,
    range: &Range<Timestamp>,
    plan: &mut RedactionPlan,
) -> Result<(), JournalError> {
    let rows = db.query("read the open spans", |conn| {
        provisional::rows_before_run(conn, i64::MAX)
    })?;
    for row in rows {
        let Ok(span) = row.sealed.open_provisional_span(&db.device, ring) else {
            continue;
        };
        if span.has_content() && touches(range, span.start, span.end()) {
            plan.report.note_content(span.start, span.counts);
            let span = span.without_content();
            plan.provisional.push(ProvisionalRedaction { row, span });
        }
    }
    Ok(())
}

/// The replacement of a record, if there is something to redact in it.
fn redact_record(seq: u64, record: &Record, range: &Range<Timestamp>) -> Option<RowRedaction> {
    let mut counts = Counts::default();
    let record = match record {
        Record::Span(span) if span.has_content() && touches(range, span.start, span.end()) => {
            counts = span.counts;
            Record::Span(span.without_content())
        }
        Record::Shot(shot) if !shot.redacted && touches(range, shot.at, shot.at) => {
            Record::Shot(shot.without_content())
        }
        _ => return None,
    };
    Some(RowRedaction {
        seq,
        counts,
        time: record.start()..record.end(),
        record,
    })
}
