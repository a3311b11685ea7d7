//! Taking something out: window names, counts and pictures go, the time and its state stay.
//!
//! Always true:
//! * A row is replaced in its own place and under its own number, sealed anew; the old content lies in no file of the
//!   journal afterwards: freed pages are overwritten, and the write-ahead log is emptied. A damaged journal that was set
//!   aside earlier is not touched.
//! * What is not sent yet is not sent with it any more. What the sink has, or may have, is named.
//! * Roll-ups of the time go with it.
//! * A span that reaches over an edge is taken out whole.

use crate::blobs::ScreenshotLocation;
use crate::erase::{self, UnusedKeys};
use crate::form::{ObjectEncoding, UploadedObject};
use crate::freeze;
use crate::keys::KeyRing;
use crate::lines::{RECORD_COLUMNS, SealedRow};
use crate::recover::{self, ProvisionalRow};
use crate::rollup;
use crate::writer::TxnResult;
use crate::{Journal, JournalError, UtcDay, chain, sweep};
use data_encoding::HEXLOWER;
use model::{Counts, Record, Screenshot, Span};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use vault::Opener;

/// A span that names a window is cut at each whole minute, so none that began earlier than this reaches into a range.
const LONGEST_US: i64 = 86_400_000_000;

/// What to take out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedactionTarget {
    /// Everything that touches this time (microseconds since the Unix epoch, UTC).
    Time(Range<i64>),
    /// The shot of this number.
    Shot(u64),
}

/// What was taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedactionReport {
    /// Spans, those still open included.
    pub spans: u64,
    /// Shots.
    pub shots: u64,
    /// Start (microseconds since the Unix epoch, UTC) and counts of each span that had counted something.
    pub counted: Vec<(i64, Counts)>,
    /// When the first of what was taken out began, in microseconds since the Unix epoch (UTC).
    pub first_us: Option<i64>,
    /// Rows of those days that do not open here, so that nobody knows whether they belong to the time: unlock, and do it
    /// again. Those that are certainly older than the time are not counted.
    pub closed: u64,
    /// Objects that hold what was removed and that the sink has, or may have.
    pub sent: Vec<UploadedObject>,
    /// Files that were set aside earlier (damaged databases, pictures without rows). They may hold what was removed, and
    /// are left to their owner.
    pub aside: Vec<PathBuf>,
    /// False when somebody who was looking kept the old content in the write-ahead log: call [`Journal::checkpoint`] later.
    pub folded: bool,
}

/// A span that still says when and in what state, and nothing else.
fn without_content(span: &Span) -> Span {
    Span {
        protected: false,
        removed: true,
        window: None,
        counts: Counts::default(),
        zone: span.zone.clone(),
        ..*span
    }
}

/// A shot that still says when, and nothing else.
fn without_picture(shot: &Screenshot) -> Screenshot {
    Screenshot {
        at_us: shot.at_us,
        zone: shot.zone.clone(),
        sha256: String::new(),
        bytes: 0,
        media: shot.media.clone(),
        width: 0,
        height: 0,
        screen_width: 0,
        screen_height: 0,
        blurred: false,
        removed: true,
        window: None,
    }
}

/// True when there is something to take out of a span.
fn has_content(span: &Span) -> bool {
    !span.removed
        && (span.state.is_recording()
            || span.protected
            || span.window.is_some()
            || !span.counts.is_zero())
}

/// True when a time of `start_us` to `end_us` (an instant when both are the same) touches `range`.
fn touches(range: &Range<i64>, start_us: i64, end_us: i64) -> bool {
    start_us < range.end && (end_us > range.start || start_us == end_us && start_us >= range.start)
}

/// The writer's own opener while it is lent another one.
#[derive(Debug)]
#[must_use = "without it the writer keeps the lent opener"]
pub struct Lender(KeyRing);

/// Provisional spans, without their content.
type ProvisionalRedaction = Vec<(ProvisionalRow, Span)>;

/// What a row becomes.
struct RowRedaction {
    seq: u64,
    record: Record,
    /// What it had counted.
    counts: Counts,
    /// The time whose roll-ups go.
    time_us: Range<i64>,
}

impl RedactionReport {
    fn note(&mut self, start_us: i64, counts: Counts) {
        self.first_us = Some(self.first_us.map_or(start_us, |first| first.min(start_us)));
        if !counts.is_zero() {
            self.counted.push((start_us, counts));
        }
    }
}

impl Journal {
    /// Opens with another opener than the writer's own until [`Self::take_back`], so that its owner can have something
    /// taken out that only the viewer's key opens. Returns the writer's own.
    pub fn lend(&mut self, opener: Opener) -> Lender {
        Lender(std::mem::replace(&mut self.ring, KeyRing::new(opener)))
    }

    /// The end of a loan.
    pub fn take_back(&mut self, own: Lender) {
        self.ring = own.0;
    }

    /// Takes something out for good, as far as it opens here; the write-ahead log is emptied afterwards. A recorder that
    /// runs closes its open span first: an open span that it puts again comes back with everything in it.
    ///
    /// # Errors
    /// [`JournalError::NoShot`]; see [`JournalError`] for the rest. After an error nothing was taken out, or all of it;
    /// it may be repeated.
    pub fn redact(
        &mut self,
        what: &RedactionTarget,
        now_us: i64,
    ) -> Result<RedactionReport, JournalError> {
        self.reverify()?;
        let mut removed = RedactionReport {
            aside: sweep::list_set_aside(&self.db),
            ..RedactionReport::default()
        };
        let (changes, pending) = self.found(what, &mut removed)?;
        for change in &changes {
            self.slots.changed(change.time_us.end);
        }
        for (_, span) in &pending {
            self.slots.changed(span.end_us());
        }
        if changes.is_empty() && pending.is_empty() {
            removed.folded = self.checkpoint()?;
            return Ok(removed);
        }
        removed.sent = self.write(now_us, |fill| {
            let mut sent = Vec::new();
            let mut orphans = UnusedKeys::default();
            for change in &changes {
                let sealed = fill.seal_record(change.seq, &change.record)?;
                orphans.of_record(fill.tx, change.seq)?;
                fill.tx
                    .prepare_cached(
                        "UPDATE record SET session = ?2, sealed = ?3, open_id = NULL WHERE seq = ?1",
                    )?
                    .execute(params![change.seq, fill.session_no, sealed])?;
                if matches!(change.record, Record::Shot(_)) {
                    sent.extend(delete_screenshot(fill.tx, change.seq)?);
                }
                add_segment_objects(fill.tx, change.seq, &mut sent)?;
                freeze::clear_bodies(fill.tx, change.seq, change.seq)?;
                rollup::invalidate(fill.tx, change.time_us.clone())?;
            }
            for (row, span) in &pending {
                let sealed = fill.seal_open(row.sealed.seq, span)?;
                orphans.of(row.session_no);
                fill.tx
                    .prepare_cached(
                        "UPDATE pending SET session = ?3, sealed = ?4 WHERE run = ?1 AND id = ?2",
                    )?
                    .execute(params![row.run, row.sealed.seq, fill.session_no, sealed])?;
                rollup::invalidate(fill.tx, span.start_us..span.end_us())?;
            }
            orphans.forget(fill.tx, fill.session_no)?;
            let pictures = sent.iter().filter(|object| object.media.is_some());
            chain::insert(fill.tx, pictures, now_us)?;
            Ok(sent)
        })?;
        erase::finish(&self.db)?;
        removed.folded = self.checkpoint()?;
        Ok(removed)
    }

    /// What [`Self::redact`] would take out. Nothing is changed; [`RedactionReport::folded`] says nothing.
    ///
    /// # Errors
    /// As there.
    pub fn redact_dry_run(&self, what: &RedactionTarget) -> Result<RedactionReport, JournalError> {
        let mut removed = RedactionReport::default();
        let (changes, _) = self.found(what, &mut removed)?;
        let conn = &self.db.conn;
        for change in &changes {
            let is_shot = matches!(change.record, Record::Shot(_));
            is_shot
                .then(|| objects_of_screenshot(conn, change.seq))
                .transpose()
                .map(|sent| removed.sent.extend(sent.into_iter().flatten()))
                .and_then(|()| add_segment_objects(conn, change.seq, &mut removed.sent))
                .map_err(self.db.failed("look what was sent"))?;
        }
        Ok(removed)
    }

    /// What is to be taken out, and its numbers.
    fn found(
        &self,
        what: &RedactionTarget,
        removed: &mut RedactionReport,
    ) -> Result<(Vec<RowRedaction>, ProvisionalRedaction), JournalError> {
        let changes = self.changes(what, removed)?;
        let pending = match what {
            RedactionTarget::Time(range) => self.open_spans(range, removed)?,
            RedactionTarget::Shot(_) => Vec::new(),
        };
        for change in &changes {
            removed.note(change.record.start_us(), change.counts);
            match change.record {
                Record::Shot(_) => removed.shots += 1,
                _ => removed.spans += 1,
            }
        }
        removed.spans += pending.len() as u64;
        Ok((changes, pending))
    }

    /// The rows that change.
    fn changes(
        &self,
        what: &RedactionTarget,
        removed: &mut RedactionReport,
    ) -> Result<Vec<RowRedaction>, JournalError> {
        let mut changes = Vec::new();
        // What an earlier start wrote ended before its last durable moment.
        let before_us = self.before_us;
        let mut look = |row: &SealedRow, range: &Range<i64>| match row.line(&self.db, &self.ring) {
            Ok(line) => changes.extend(change_of(row.seq, &line.record, range)),
            Err(_) if before_us.is_some_and(|before| range.start > before) => {}
            Err(_) => removed.closed += 1,
        };
        match what {
            RedactionTarget::Time(range) if range.is_empty() => {}
            RedactionTarget::Time(range) => {
                let first = UtcDay::of_us(range.start.saturating_sub(LONGEST_US));
                let last = UtcDay::of_us(range.end - 1);
                let sql = format!(
                    "SELECT {RECORD_COLUMNS} FROM record r JOIN session s ON s.no = r.session
                     WHERE r.seq IN (SELECT seq FROM record WHERE day BETWEEN ?1 AND ?2
                                     UNION SELECT seq FROM record
                                           WHERE open_id IS NOT NULL AND day = ?2 + 1)
                     ORDER BY r.seq"
                );
                self.db.each_row(&sql, [first.0, last.0], &mut |row| {
                    look(&row, range);
                    Ok(ControlFlow::Continue(()))
                })?;
            }
            RedactionTarget::Shot(seq) => {
                let sql = format!(
                    "SELECT {RECORD_COLUMNS} FROM blob b JOIN record r ON r.seq = b.seq
                     JOIN session s ON s.no = r.session WHERE b.seq = ?1"
                );
                let mut found = false;
                self.db.each_row(&sql, [seq], &mut |row| {
                    found = true;
                    look(&row, &(i64::MIN..i64::MAX));
                    Ok(ControlFlow::Continue(()))
                })?;
                if !found {
                    return Err(JournalError::NoShot { seq: *seq });
                }
            }
        }
        Ok(changes)
    }

    /// The provisional spans in `range`, without their content.
    fn open_spans(
        &self,
        range: &Range<i64>,
        removed: &mut RedactionReport,
    ) -> Result<ProvisionalRedaction, JournalError> {
        let mut out = Vec::new();
        for row in recover::pending(&self.db, i64::MAX)? {
            let Ok(span) = row.sealed.open_span(&self.db, &self.ring) else {
                continue;
            };
            if has_content(&span) && touches(range, span.start_us, span.end_us()) {
                removed.note(span.start_us, span.counts);
                out.push((row, without_content(&span)));
            }
        }
        Ok(out)
    }
}

/// What becomes of a record, if anything.
fn change_of(seq: u64, record: &Record, range: &Range<i64>) -> Option<RowRedaction> {
    let mut counts = Counts::default();
    let record = match record {
        Record::Span(span) if has_content(span) && touches(range, span.start_us, span.end_us()) => {
            counts = span.counts;
            Record::Span(without_content(span))
        }
        Record::Shot(shot) if !shot.removed && touches(range, shot.at_us, shot.at_us) => {
            Record::Shot(without_picture(shot))
        }
        _ => return None,
    };
    Some(RowRedaction {
        seq,
        counts,
        time_us: record.start_us()..record.end_us(),
        record,
    })
}

/// Deletes a picture's row; its file follows. Returns what the sink has of it, or may have.
pub(crate) fn delete_screenshot(tx: &Transaction<'_>, seq: u64) -> TxnResult<Vec<UploadedObject>> {
    let sent = objects_of_screenshot(tx, seq)?;
    tx.prepare_cached(
        "INSERT OR IGNORE INTO doomed SELECT path FROM blob WHERE seq = ?1 AND place IN (0, 1, 3)",
    )?
    .execute([seq])?;
    tx.prepare_cached(
        "UPDATE blob SET place = ?2,
                plain_sha256 = CASE WHEN acked = 0 AND tried = 0 THEN NULL ELSE plain_sha256 END
         WHERE seq = ?1",
    )?
    .execute(params![seq, ScreenshotLocation::Deleted.number()])?;
    Ok(sent)
}

/// What the sink has of a shot's picture, or may have.
pub(crate) fn objects_of_screenshot(
    tx: &Connection,
    seq: u64,
) -> rusqlite::Result<Vec<UploadedObject>> {
    struct ScreenshotPutRow {
        day: UtcDay,
        media: String,
        form: i64,
        sha256: [u8; 32],
        plain: Option<[u8; 32]>,
        tried: i64,
        acked: i64,
    }
    let row = tx
        .prepare_cached(
            "SELECT day, media, form, sha256, plain_sha256, tried, acked FROM blob WHERE seq = ?1",
        )?
        .query_row([seq], |row| {
            Ok(ScreenshotPutRow {
                day: UtcDay(row.get(0)?),
                media: row.get(1)?,
                form: row.get(2)?,
                sha256: row.get(3)?,
                plain: row.get(4)?,
                tried: row.get(5)?,
                acked: row.get(6)?,
            })
        })
        .optional()?;
    let Some(row) = row else {
        return Ok(Vec::new());
    };
    let certain = row.acked != 0;
    let marks = if certain { row.acked } else { row.tried };
    let object = |sha256: &[u8; 32], form| UploadedObject {
        first_seq: seq,
        last_seq: seq,
        day: row.day,
        sha256: HEXLOWER.encode(sha256),
        form,
        media: Some(row.media.clone()),
        certain,
    };
    let mut out = Vec::new();
    if marks & 1 != 0 {
        out.push(object(&row.sha256, ObjectEncoding::of(row.form)?));
    }
    if let Some(plain) = row.plain.filter(|_| marks & 2 != 0) {
        out.push(object(&plain, ObjectEncoding::Readable));
    }
    Ok(out)
}

/// Notes the objects of the segment that holds a number, once.
pub(crate) fn add_segment_objects(
    tx: &Connection,
    seq: u64,
    sent: &mut Vec<UploadedObject>,
) -> rusqlite::Result<()> {
    let known = |object: &&UploadedObject| {
        object.media.is_none() && (object.first_seq..=object.last_seq).contains(&seq)
    };
    if !sent.iter().rev().any(|object| known(&object))
        && let Some(row) = freeze::segment_of(tx, seq)?
    {
        sent.extend(row.sent()?);
    }
    Ok(())
}
