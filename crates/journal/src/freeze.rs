//! Segments are frozen by the writer: only it holds a key that opens what it wrote.
//!
//! Always true:
//! * Segments cover the numbers in order, none twice, and leave none out: a row that does not open goes out as a sealed
//!   row. A segment ends before a missing number.
//! * A frozen segment comes back with the same bytes until the sink has it. One that is to be made again (its body was
//!   damaged, or something in it was removed) is only made again when no put of it was begun; otherwise the uploader
//!   first looks whether the sink has it. So there are never two objects of the same records.
//! * What is young is held back, and whatever comes after it waits too.

use crate::blobs;
use crate::db::Database;
use crate::form::{ObjectEncoding, SealedRowLine};
use crate::keys;
use crate::lines::{self, RECORD_COLUMNS};
use crate::{Journal, JournalError, UtcDay};
use data_encoding::HEXLOWER;
use model::Record;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::ops::ControlFlow;

/// zstd level: 3 is its own default; higher ones save a few per cent of such small bodies for several times the work.
const ZSTD_LEVEL: i32 = 3;

/// How large a segment may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentLimits {
    /// Records at most; at least one is taken.
    pub records: usize,
    /// Bytes of lines at most, before compression; at least one record is taken.
    pub bytes: usize,
}

impl Default for SegmentLimits {
    /// 10,000 records or 4 MiB: a segment that a slow line still puts within the sink's time limit.
    fn default() -> Self {
        Self {
            records: 10_000,
            bytes: 4 << 20,
        }
    }
}

/// What is frozen, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FreezeOptions {
    /// How large a segment may become; as many are made as it takes.
    pub limits: SegmentLimits,
    /// A record is held back until its end is this old, in microseconds; 0 holds nothing back.
    ///
    /// Two kinds of record have no age that could be told. A row that does not open is held back as if it had ended at
    /// the last durable moment of the run before this one, for it cannot be younger. A record from the future (the
    /// clock was set back) is held back until a freeze saw it that long ago.
    pub hold_us: u64,
    /// True at the end of a run: everything is frozen while it still opens, and what would be held back is held back by
    /// the uploader instead.
    pub last: bool,
    /// True when records and pictures are to be sent readable. They lie here sealed all the same; whoever puts them
    /// opens them on the way.
    pub readable: bool,
}

/// What a freeze did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FreezeReport {
    /// Segments made.
    pub segments: u64,
    /// Records in them.
    pub records: u64,
    /// How many of these go out as sealed rows, because nobody here can open them.
    pub sealed_rows: u64,
    /// True when something young is held back.
    pub held: bool,
}

/// What a freeze held back: everything up to `seq` was there at `at_us`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HoldMark {
    seq: u64,
    at_us: i64,
}

/// How long a new segment is held back.
#[derive(Clone, Copy)]
enum NotBefore {
    /// Until this moment.
    Until(i64),
    /// As long as the one whose range it makes again, from the first number here on.
    Again(u64, u64),
}

/// A shot in a batch.
struct ScreenshotDigest {
    seq: u64,
    sha256: Option<[u8; 32]>,
    bytes: u64,
}

/// What was gathered for a new segment.
struct SegmentBatch {
    first_seq: u64,
    last_seq: u64,
    count: u64,
    lines: Vec<u8>,
    /// True when its rows open.
    opened: bool,
    shots: Vec<ScreenshotDigest>,
}

/// What may be frozen now.
struct FreezeCutoff {
    now_us: i64,
    hold_us: i64,
    /// Rows that do not open are no younger than this.
    closed_us: i64,
    /// Rows up to this number were seen long enough ago.
    seen: u64,
}

impl FreezeCutoff {
    fn is_over(&self, seq: u64, record: Option<&Record>) -> bool {
        let end_us = record.map_or(self.closed_us, Record::end_us);
        self.hold_us == 0 || seq <= self.seen || end_us.saturating_add(self.hold_us) <= self.now_us
    }
}

impl Journal {
    /// Freezes what is old enough into segments for the uploader, which needs no key for them. `now_us`: microseconds
    /// since the Unix epoch (UTC).
    ///
    /// # Errors
    /// See [`JournalError`]; the segments made before it stay, and it may be tried again.
    pub fn freeze(
        &mut self,
        now_us: i64,
        rules: &FreezeOptions,
    ) -> Result<FreezeReport, JournalError> {
        self.reverify()?;
        let mut frozen = FreezeReport::default();
        let hold_us = i64::try_from(rules.hold_us).unwrap_or(i64::MAX);
        let seen = self.seen.filter(|seen| {
            now_us
                .checked_sub(seen.at_us)
                .is_some_and(|ago| ago >= hold_us)
        });
        let mut due = FreezeCutoff {
            now_us,
            hold_us: 0,
            closed_us: self.before_us.unwrap_or(i64::MIN),
            seen: seen.map_or(0, |seen| seen.seq),
        };
        // Those to be made again were held back once already.
        for range in unbuilt_ranges(&self.db)? {
            self.freeze_range(range, &due, rules, &mut frozen)?;
        }
        let mut not_before_us = 0;
        if rules.last {
            not_before_us = now_us.saturating_add(hold_us);
        } else {
            due.hold_us = hold_us;
        }
        let mut after = self.db.frozen_through()?;
        while let Some(batch) =
            self.collect_batch(after, u64::MAX, &due, rules, &mut frozen.held)?
        {
            after = batch.last_seq;
            let hold = NotBefore::Until(not_before_us);
            self.store_segment(batch, now_us, rules, hold, &mut frozen)?;
        }
        let stays = self
            .seen
            .filter(|old| seen.is_none() && old.at_us <= now_us);
        self.seen = match (frozen.held, stays) {
            (false, _) => None,
            (true, Some(old)) => Some(old),
            (true, None) => Some(HoldMark {
                seq: self.db.last_seq()?,
                at_us: now_us,
            }),
        };
        Ok(frozen)
    }

    /// Makes the segment of a range again, as one or more; numbers that are missing meanwhile are left out.
    fn freeze_range(
        &mut self,
        (first, last): (u64, u64),
        due: &FreezeCutoff,
        rules: &FreezeOptions,
        frozen: &mut FreezeReport,
    ) -> Result<(), JournalError> {
        let mut from = first;
        while let Some(batch) = self.collect_batch(from - 1, last, due, rules, &mut frozen.held)? {
            let next = batch.last_seq + 1;
            self.store_segment(
                batch,
                due.now_us,
                rules,
                NotBefore::Again(from, last),
                frozen,
            )?;
            from = next;
        }
        if from <= last {
            self.change("forget an empty segment", |tx| delete_unbuilt(tx, from))?;
        }
        Ok(())
    }

    /// The rows above `after` that belong into the next segment; `None` when there are none.
    fn collect_batch(
        &self,
        after: u64,
        up_to: u64,
        due: &FreezeCutoff,
        rules: &FreezeOptions,
        held: &mut bool,
    ) -> Result<Option<SegmentBatch>, JournalError> {
        let sql = format!(
            "SELECT {RECORD_COLUMNS} FROM record r JOIN session s ON s.no = r.session
             WHERE r.seq > ?1 AND r.seq <= ?2 ORDER BY r.seq"
        );
        let up_to = i64::try_from(up_to).unwrap_or(i64::MAX);
        let mut batch: Option<SegmentBatch> = None;
        self.db.each_row(&sql, params![after, up_to], &mut |row| {
            let opened = row.bytes(&self.db, &self.ring);
            let (line, is_open) = match opened {
                Ok(line) => (line, true),
                Err(_) => {
                    let line = SealedRowLine::of(&self.db.device, &row);
                    (
                        serde_json::to_vec(&line).map_err(JournalError::Encode)?,
                        false,
                    )
                }
            };
            let record = is_open
                .then(|| lines::parse(row.seq, &line).ok())
                .flatten()
                .map(|line| line.record);
            if !due.is_over(row.seq, record.as_ref()) {
                *held = true;
                return Ok(ControlFlow::Break(()));
            }
            let batch = batch.get_or_insert_with(|| SegmentBatch {
                first_seq: row.seq,
                last_seq: row.seq - 1,
                count: 0,
                lines: Vec::new(),
                opened: is_open,
                shots: Vec::new(),
            });
            let full = batch.count >= rules.limits.records as u64
                || batch.lines.len() + line.len() + 1 > rules.limits.bytes;
            if row.seq != batch.last_seq + 1 || batch.opened != is_open || (full && batch.count > 0)
            {
                return Ok(ControlFlow::Break(()));
            }
            batch.last_seq = row.seq;
            batch.lines.extend_from_slice(&line);
            batch.lines.push(b'\n');
            batch.count += 1;
            if let Some(Record::Shot(shot)) = record {
                let sha256 = HEXLOWER.decode(shot.sha256.as_bytes());
                batch.shots.push(ScreenshotDigest {
                    seq: row.seq,
                    sha256: sha256.ok().and_then(|hash| hash.try_into().ok()),
                    bytes: shot.bytes,
                });
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(batch)
    }

    /// Compresses, seals and keeps a batch.
    fn store_segment(
        &mut self,
        batch: SegmentBatch,
        now_us: i64,
        rules: &FreezeOptions,
        hold: NotBefore,
        frozen: &mut FreezeReport,
    ) -> Result<(), JournalError> {
        let packed = zstd::bulk::compress(&batch.lines, ZSTD_LEVEL)
            .map_err(JournalError::io("compress records of", &self.db.path))?;
        let plain =
            (rules.readable && batch.opened).then(|| (blobs::sha256(&packed), packed.len()));
        let (form, body) = if batch.opened {
            (ObjectEncoding::Age, keys::seal_file(&self.maker, &packed)?)
        } else {
            (ObjectEncoding::Rows, packed)
        };
        let day = UtcDay::of_us(now_us);
        self.change("keep a segment", |tx| {
            let not_before_us = match hold {
                NotBefore::Until(moment) => moment,
                NotBefore::Again(first, last) => {
                    let before = not_before(tx, first)?;
                    delete_unbuilt(tx, first)?;
                    if last > batch.last_seq {
                        insert_unbuilt(tx, batch.last_seq + 1, last, day, before)?;
                    }
                    before
                }
            };
            tx.prepare_cached(
                "INSERT INTO segment (first_seq, last_seq, day, count, size, sha256, body, form,
                                      plain_sha256, plain_size, frozen_us, not_before_us)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                batch.first_seq,
                batch.last_seq,
                day.0,
                batch.count,
                body.len(),
                blobs::sha256(&body),
                body,
                form.number(),
                plain.map(|(sha256, _)| sha256),
                plain.map(|(_, size)| size),
                now_us,
                not_before_us
            ])?;
            for shot in &batch.shots {
                let plain = shot.sha256.filter(|_| rules.readable);
                tx.prepare_cached(
                    "UPDATE blob SET plain_sha256 = ?2, plain_size = ?3
                     WHERE seq = ?1 AND acked = 0 AND tried & 2 = 0",
                )?
                .execute(params![shot.seq, plain, plain.map(|_| shot.bytes)])?;
            }
            Ok(())
        })?;
        frozen.segments += 1;
        frozen.records += batch.count;
        if !batch.opened {
            frozen.sealed_rows += batch.count;
        }
        Ok(())
    }
}

/// The ranges whose segments are to be made again: their bodies are gone, and no put of them was begun.
fn unbuilt_ranges(db: &Database) -> Result<Vec<(u64, u64)>, JournalError> {
    db.conn
        .prepare_cached(
            "SELECT first_seq, last_seq FROM segment
             WHERE acked = 0 AND body IS NULL AND tried = 0 ORDER BY first_seq",
        )
        .and_then(|mut s| {
            s.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .map_err(db.failed("read the segments"))
}

/// Forgets a segment without a body.
fn delete_unbuilt(tx: &Transaction<'_>, first_seq: u64) -> rusqlite::Result<usize> {
    tx.execute(
        "DELETE FROM segment WHERE first_seq = ?1 AND acked = 0 AND body IS NULL AND tried = 0",
        [first_seq],
    )
}

/// Notes a range as one to be made again.
pub(crate) fn insert_unbuilt(
    tx: &Transaction<'_>,
    first: u64,
    last: u64,
    day: UtcDay,
    not_before_us: i64,
) -> rusqlite::Result<usize> {
    tx.execute(
        "INSERT INTO segment (first_seq, last_seq, day, count, size, sha256, not_before_us)
         VALUES (?1, ?2, ?3, 0, 0, zeroblob(32), ?4)",
        params![first, last, day.0, not_before_us],
    )
}

/// Before which moment a segment is not to be put; 0 when nothing holds it.
pub(crate) fn not_before(tx: &Transaction<'_>, first: u64) -> rusqlite::Result<i64> {
    tx.query_row(
        "SELECT coalesce(max(not_before_us), 0) FROM segment WHERE first_seq = ?1",
        [first],
        |row| row.get(0),
    )
}

/// Takes the body from every segment that waits and holds one of the numbers `first` to `last`.
pub(crate) fn clear_bodies(tx: &Transaction<'_>, first: u64, last: u64) -> rusqlite::Result<usize> {
    tx.prepare_cached(
        "UPDATE segment SET body = NULL WHERE acked = 0 AND first_seq <= ?2 AND last_seq >= ?1",
    )?
    .execute([first, last])
}

/// The segment that holds a number, if there is one.
pub(crate) fn segment_of(
    tx: &Connection,
    seq: u64,
) -> rusqlite::Result<Option<crate::outbox::SegmentRow>> {
    let sql = format!(
        "SELECT {} FROM segment WHERE first_seq <= ?1 ORDER BY first_seq DESC LIMIT 1",
        crate::outbox::SEGMENT_COLUMNS
    );
    let row = tx
        .prepare_cached(&sql)?
        .query_row([seq], crate::outbox::SegmentRow::from_row)
        .optional()?;
    Ok(row.filter(|row| row.last_seq >= seq))
}
