//! Erasing whole days for good.
//!
//! Always true:
//! * The records' rows, their screenshots, their roll-ups and every data key that sealed nothing else are gone:
//!   copies of them anywhere do not open.
//! * Their numbers are never given again, and it is written down which they were.
//! * Screenshot files are named in the same step that deletes their rows, and deleted after it; a crash in between is made
//!   good at the next start.

use crate::database::Database;
use crate::error::{JournalError, TxnResult};
use crate::object::UploadedObject;
use crate::ops::doomed_files::delete_doomed_files;
use crate::ops::unused_keys::UnusedKeys;
use crate::ops::uploaded::{add_segment_objects, objects_of_screenshot};
use crate::ops::write_txn::WriteTxn;
use crate::ops::writer::Writer;
use crate::quarter_hour::QuarterHour;
use crate::screenshot_files::list_set_aside;
use crate::tables::{
    erased, provisional, records, rollups, screenshots, segments, sequence, sessions, tombstones,
};
use crate::utc_day::UtcDay;
use model::Timestamp;
use rusqlite::Transaction;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// The result of an erasure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EraseReport {
    /// Records, screenshots included.
    pub records: u64,
    /// Screenshots.
    pub shots: u64,
    /// Data keys.
    pub keys: u64,
    /// The numbers, as first and last of each unbroken range.
    pub ranges: Vec<(u64, u64)>,
    /// Objects with erased records that the sink has, or may have.
    pub sent: Vec<UploadedObject>,
    /// Files that were set aside earlier (damaged databases, screenshots without rows). They may hold erased records,
    /// and are left to their owner.
    pub aside: Vec<PathBuf>,
    /// False when a reader kept the old content in the write-ahead log: call [`crate::Journal::checkpoint`] later.
    pub folded: bool,
}

/// Erases every record that began on one of these UTC days, then deletes the files of its screenshots and empties the
/// write-ahead log.
pub(crate) fn erase(
    writer: &mut Writer,
    days: &RangeInclusive<UtcDay>,
    now: Timestamp,
) -> Result<EraseReport, JournalError> {
    writer.reverify()?;
    // Records from later than now come from a wrong clock, and may be summed up all the same.
    let last = days.end().end() + UtcDay::LENGTH;
    writer.marks.note_changed(now.min(last));
    let mut report = writer.write(now, |txn| erase_rows(txn, days, now))?;
    delete_doomed_files(&writer.db)?;
    report.aside = list_set_aside(&writer.db.dir);
    report.folded = writer.checkpoint()?;
    Ok(report)
}

fn erase_rows(
    txn: &mut WriteTxn<'_>,
    days: &RangeInclusive<UtcDay>,
    now: Timestamp,
) -> TxnResult<EraseReport> {
    let tx = txn.tx;
    let (first, last) = (*days.start(), *days.end());
    let mut report = EraseReport::default();
    let mut keys = UnusedKeys::default();
    let seqs = records::numbers_of_days(tx, days)?;
    for &seq in &seqs {
        keys.note_record(tx, seq)?;
        erase_row(tx, seq, &mut report)?;
    }
    report.records = seqs.len() as u64;
    for range in seqs.chunk_by(|a, b| a + 1 == *b) {
        if let (Some(&from), Some(&to)) = (range.first(), range.last()) {
            erased::insert_range(tx, (from, to), (first, last), now)?;
            sequence::raise_floor(tx, to)?;
            segments::clear_bodies(tx, from, to)?;
            report.ranges.push((from, to));
        }
    }
    for session in sessions::numbers_of_days(tx, days)? {
        keys.note_session(session);
        provisional::delete_of_session(tx, session)?;
    }
    // A span that began before these days and reaches into them is found through the days in `erased`.
    let end = last.end();
    if !seqs.is_empty() {
        rollups::delete(tx, &QuarterHour::touched_by(&(first.start()..end)))?;
    }
    // A span that names a window ends within a minute; longer ones hold only a state.
    let day_after = QuarterHour::touched_by(&(end..end + UtcDay::LENGTH));
    rollups::invalidate(tx, &day_after)?;
    report.keys = keys.delete_unused(tx, txn.session_no)?;
    let mut whole = Vec::new();
    for object in &report.sent {
        if object.media.is_some() || !records::any_between(tx, object.first_seq, object.last_seq)? {
            whole.push(object);
        }
    }
    tombstones::insert_objects(tx, whole, now)?;
    Ok(report)
}

/// Deletes one record and its screenshot's row.
fn erase_row(tx: &Transaction<'_>, seq: u64, report: &mut EraseReport) -> TxnResult<()> {
    if screenshots::has_row(tx, seq)? {
        report.sent.extend(objects_of_screenshot(tx, seq)?);
        screenshots::doom_file(tx, seq)?;
        screenshots::delete_row(tx, seq)?;
        report.shots += 1;
    }
    add_segment_objects(tx, seq, &mut report.sent)?;
    records::delete_row(tx, seq)?;
    Ok(())
}

/// The report of an erasure, without doing it.
pub(crate) fn erase_dry_run(
    db: &Database,
    days: &RangeInclusive<UtcDay>,
) -> Result<EraseReport, JournalError> {
    db.query("look at the days to erase", |conn| {
        let mut report = EraseReport::default();
        for (seq, is_shot) in records::numbers_and_kinds_of_days(conn, days)? {
            report.records += 1;
            if is_shot {
                report.shots += 1;
                report.sent.extend(objects_of_screenshot(conn, seq)?);
            }
            add_segment_objects(conn, seq, &mut report.sent)?;
            match report.ranges.last_mut() {
                Some((_, end)) if *end + 1 == seq => *end = seq,
                _ => report.ranges.push((seq, seq)),
            }
        }
        Ok(report)
    })
}
