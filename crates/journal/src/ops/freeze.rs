//! Segments are frozen by the writer: only it holds a key that opens its records.
//!
//! Always true:
//! * Segments cover the numbers in order, none twice, and leave none out: a row that does not open goes out as a sealed
//!   row. A segment ends before a missing number.
//! * A frozen segment comes back with the same bytes until the sink acknowledged it. One that is to be made again (its body was
//!   damaged, or something in it was removed) is only made again when no put of it was begun; otherwise the uploader
//!   first looks whether the sink acknowledged it. So there are never two objects of the same records.
//! * Young records are held back, and whatever comes after them waits too.

use crate::error::{JournalError, TxnResult};
use crate::object::{ObjectEncoding, hash_bytes};
use crate::ops::writer::Writer;
use crate::record_line::parse_line;
use crate::sealed_row::SealedRow;
use crate::sealing;
use crate::segment_file::SealedRowLine;
use crate::tables::segments::{self, NewSegmentRow};
use crate::tables::{records, screenshots, sequence};
use crate::utc_day::UtcDay;
use data_encoding::HEXLOWER;
use model::{Record, Timestamp};
use std::ops::ControlFlow;
use std::time::Duration;

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

/// The records to freeze, and the encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FreezeOptions {
    /// How large a segment may become; as many are made as it takes.
    pub limits: SegmentLimits,
    /// A record is held back until its end is this old; zero holds nothing back.
    ///
    /// Two kinds of record have no certain age. A row that does not open is held back as if it had ended at
    /// the last durable moment of the run before this one, for it cannot be younger. A record from the future (the
    /// clock was set back) is held back until a freeze saw it that long ago.
    pub hold: Duration,
    /// True at the end of a run: everything is frozen while it still opens, and the uploader holds young segments
    /// back instead.
    pub last: bool,
    /// True when records and screenshots are to be sent readable. They lie here sealed all the same; whoever puts them
    /// opens them on the way.
    pub readable: bool,
}

/// The result of a freeze.
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

/// The records that a freeze held back: everything up to `seq` was there at `at`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HoldMark {
    seq: u64,
    at: Timestamp,
}

/// How long a new segment is held back.
#[derive(Clone, Copy)]
enum NotBefore {
    /// Until this moment.
    Until(Timestamp),
    /// As long as the one whose range it makes again, from the first number here on.
    Again(u64, u64),
}

/// A screenshot in a batch.
struct ScreenshotDigest {
    seq: u64,
    sha256: Option<[u8; 32]>,
    bytes: u64,
}

/// The records gathered for a new segment.
struct SegmentBatch {
    first_seq: u64,
    last_seq: u64,
    count: u64,
    lines: Vec<u8>,
    /// True when its rows open.
    opened: bool,
    shots: Vec<ScreenshotDigest>,
}

/// The records that may be frozen now.
struct FreezeCutoff {
    now: Timestamp,
    hold: Duration,
    /// Rows that do not open are no younger than this.
    closed: Timestamp,
    /// Rows up to this number were seen long enough ago.
    seen: u64,
}

impl FreezeCutoff {
    fn is_over(&self, seq: u64, record: Option<&Record>) -> bool {
        let end = record.map_or(self.closed, |record| record.end());
        self.hold.is_zero() || seq <= self.seen || end + self.hold <= self.now
    }
}

/// Freezes the records that are old enough into segments. `hold`: the mark of the last freeze; `previous_durable`:
/// the last durable moment of the run before this one.
pub(crate) fn freeze(
    writer: &mut Writer,
    hold: &mut Option<HoldMark>,
    previous_durable: Option<Timestamp>,
    now: Timestamp,
    rules: &FreezeOptions,
) -> Result<FreezeReport, JournalError> {
    writer.reverify()?;
    let mut frozen = FreezeReport::default();
    let seen = hold.filter(|seen| seen.at <= now && now.duration_since(seen.at) >= rules.hold);
    let mut cutoff = FreezeCutoff {
        now,
        hold: Duration::ZERO,
        closed: previous_durable.unwrap_or(Timestamp::MIN),
        seen: seen.map_or(0, |seen| seen.seq),
    };
    // Those to be made again were held back once already.
    for range in writer
        .db
        .query("read the segments", segments::unbuilt_ranges)?
    {
        freeze_range(writer, range, &cutoff, rules, &mut frozen)?;
    }
    let mut not_before = Timestamp::UNIX_EPOCH;
    if rules.last {
        not_before = now + rules.hold;
    } else {
        cutoff.hold = rules.hold;
    }
    let mut after = writer
        .db
        .query("read the segments", sequence::frozen_through)?;
    while let Some(batch) =
        collect_batch(writer, (after, u64::MAX), &cutoff, rules, &mut frozen.held)?
    {
        after = batch.last_seq;
        let until = NotBefore::Until(not_before);
        store_segment(writer, &batch, now, rules, until, &mut frozen)?;
    }
    let stays = hold.filter(|old| seen.is_none() && old.at <= now);
    *hold = match (frozen.held, stays) {
        (false, _) => None,
        (true, Some(old)) => Some(old),
        (true, None) => Some(HoldMark {
            seq: writer.db.query("read the records", sequence::last_seq)?,
            at: now,
        }),
    };
    Ok(frozen)
}

/// Makes the segment of a range again, as one or more; numbers that are missing meanwhile are left out.
fn freeze_range(
    writer: &mut Writer,
    (first, last): (u64, u64),
    cutoff: &FreezeCutoff,
    rules: &FreezeOptions,
    frozen: &mut FreezeReport,
) -> Result<(), JournalError> {
    let mut from = first;
    while let Some(batch) =
        collect_batch(writer, (from - 1, last), cutoff, rules, &mut frozen.held)?
    {
        let next = batch.last_seq + 1;
        let hold = NotBefore::Again(from, last);
        store_segment(writer, &batch, cutoff.now, rules, hold, frozen)?;
        from = next;
    }
    if from <= last {
        writer.change("delete an empty segment", |tx| {
            segments::delete_unbuilt(tx, from)
        })?;
    }
    Ok(())
}

/// The rows above `after`, up to `up_to`, that belong into the next segment; `None` when there are none.
fn collect_batch(
    writer: &Writer,
    (after, up_to): (u64, u64),
    cutoff: &FreezeCutoff,
    rules: &FreezeOptions,
    held: &mut bool,
) -> Result<Option<SegmentBatch>, JournalError> {
    let (db, ring) = (&writer.db, &writer.ring);
    let mut batch: Option<SegmentBatch> = None;
    let add = &mut |row: SealedRow| -> TxnResult<ControlFlow<()>> {
        let (line, is_open) = match row.open_line_bytes(&db.device, ring) {
            Ok(line) => (line, true),
            Err(_) => {
                let line = SealedRowLine::of(&db.device, &row);
                let line = serde_json::to_vec(&line).map_err(JournalError::Encode)?;
                (line, false)
            }
        };
        let record = is_open
            .then(|| parse_line(row.seq, &line).ok())
            .flatten()
            .map(|line| line.record);
        if !cutoff.is_over(row.seq, record.as_ref()) {
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
        if row.seq != batch.last_seq + 1 || batch.opened != is_open || (full && batch.count > 0) {
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
    };
    let first = after.saturating_add(1);
    records::for_each_between(&db.conn, first, up_to, add).map_err(db.txn("read the records"))?;
    Ok(batch)
}

/// Compresses, seals and stores a batch.
fn store_segment(
    writer: &mut Writer,
    batch: &SegmentBatch,
    now: Timestamp,
    rules: &FreezeOptions,
    hold: NotBefore,
    frozen: &mut FreezeReport,
) -> Result<(), JournalError> {
    let packed = zstd::bulk::compress(&batch.lines, ZSTD_LEVEL)
        .map_err(JournalError::io("compress records of", &writer.db.path))?;
    let plain = (rules.readable && batch.opened).then(|| (hash_bytes(&packed), packed.len()));
    let (encoding, body) = if batch.opened {
        let sealed = sealing::seal_file(&writer.sealer, &packed)?;
        (ObjectEncoding::Age, sealed)
    } else {
        (ObjectEncoding::SealedRows, packed)
    };
    let day = UtcDay::of(now);
    writer.change("store a segment", |tx| {
        let not_before = match hold {
            NotBefore::Until(moment) => moment,
            NotBefore::Again(first, last) => {
                let before = segments::not_before(tx, first)?;
                segments::delete_unbuilt(tx, first)?;
                if last > batch.last_seq {
                    segments::insert_unbuilt(tx, batch.last_seq + 1, last, day, before)?;
                }
                before
            }
        };
        segments::insert_row(
            tx,
            &NewSegmentRow {
                first_seq: batch.first_seq,
                last_seq: batch.last_seq,
                day,
                count: batch.count,
                body: &body,
                sha256: hash_bytes(&body),
                encoding,
                plain,
                frozen_at: now,
                not_before,
            },
        )?;
        for shot in &batch.shots {
            let plain = shot.sha256.filter(|_| rules.readable);
            let digest = plain.map(|sha256| (sha256, shot.bytes));
            screenshots::set_unsealed_digest(tx, shot.seq, digest)?;
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
