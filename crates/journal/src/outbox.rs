//! The uploader's side.
//!
//! Always true:
//! * At most one segment is frozen and not acknowledged. It comes back with the same bytes until it is acknowledged, so
//!   a retry after a crash or a lost answer puts the same object.
//! * Segments cover the numbers in order, none twice. A segment ends before a missing number.
//! * No segment goes past a shot whose picture still waits.
//! * Writing transactions are short (the writer waits for them): reading, compressing and sealing happen before.

use crate::blobs;
use crate::db::{self, Db, Use, key};
use crate::depth::{self, Depth};
use crate::lines::{SESSION_COLUMNS, Sealed};
use crate::retention::{Applied, BlobItem, Step};
use crate::{Day, JournalError, WaitingShot};
use data_encoding::HEXLOWER;
use model::{DeviceId, SCHEMA};
use rusqlite::{OptionalExtension, TransactionBehavior, params};
use std::path::Path;
use vault::{Opener, Session, Vault};

/// zstd level: 3 is its own default; higher ones save a few per cent of such small bodies for several times the work.
const ZSTD_LEVEL: i32 = 3;

/// How large a segment may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Records at most; at least one is taken.
    pub records: usize,
    /// Bytes of lines at most, before compression; at least one record is taken.
    pub bytes: usize,
}

impl Default for Limits {
    /// 10,000 records or 4 MiB: a segment that a slow line still puts within the sink's time limit.
    fn default() -> Self {
        Self {
            records: 10_000,
            bytes: 4 << 20,
        }
    }
}

/// One immutable batch of records, ready to put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Number of its first record.
    pub first_seq: u64,
    /// Number of its last record.
    pub last_seq: u64,
    /// How many records it holds; less than `last - first + 1` only when rows were damaged.
    pub count: u64,
    /// UTC day on which it was frozen; the same at every try.
    pub day: Day,
    /// zstd-compressed JSON lines, each ended by a line feed; the same bytes at every try.
    pub body: Vec<u8>,
    /// SHA-256 of `body`, 64 lower-case hex digits.
    pub sha256: String,
}

/// The uploader's side of the journal; another process than the writer's may hold it.
#[derive(Debug)]
pub struct Outbox {
    db: Db,
    opener: Opener,
    session: Session,
}

/// A segment's row.
struct Frozen {
    segment: Segment,
    body: Sealed,
}

/// What was gathered for a new segment.
#[derive(Default)]
struct Batch {
    first_seq: u64,
    last_seq: u64,
    count: u64,
    lines: Vec<u8>,
}

impl Outbox {
    /// Opens the outbox of the journal in `dir`.
    ///
    /// # Errors
    /// [`JournalError::Missing`] before the writer's first start, [`JournalError::OtherDevice`], and what the disk says.
    pub fn open(dir: &Path, vault: &Vault) -> Result<Self, JournalError> {
        let db = Db::open(dir, Use::Write)?;
        if db.device.as_str() != vault.device() {
            return Err(JournalError::OtherDevice {
                path: db.path,
                found: db.device.to_string(),
                vault: vault.device().to_owned(),
            });
        }
        Ok(Self {
            db,
            opener: vault.opener(),
            session: vault.new_session()?,
        })
    }

    /// The installation's id.
    #[must_use]
    pub fn device(&self) -> &DeviceId {
        &self.db.device
    }

    /// Seconds since the Unix epoch (UTC) at which this journal was made.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.db.epoch
    }

    /// The oldest `limit` pictures the sink does not have. Put them before the segments: a segment is never frozen past
    /// a shot whose picture still waits, so a record in the sink never names a picture that is not there.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn next_shots(&self, limit: usize) -> Result<Vec<WaitingShot>, JournalError> {
        self.db
            .conn
            .prepare_cached(
                "SELECT seq, sha256, size, day, media FROM blob
                 WHERE acked = 0 AND place = 0 ORDER BY seq LIMIT ?1",
            )
            .and_then(|mut s| {
                s.query_map([limit], |row| {
                    Ok(WaitingShot {
                        seq: row.get(0)?,
                        sha256: HEXLOWER.encode(&row.get::<_, [u8; 32]>(1)?),
                        bytes: row.get(2)?,
                        day: Day(row.get(3)?),
                        media: row.get(4)?,
                    })
                })?
                .collect()
            })
            .map_err(self.db.failed("read the waiting shots"))
    }

    /// The encoded picture of a shot, checked against its hash.
    ///
    /// # Errors
    /// [`JournalError::PictureLost`] when it is gone or does not open; it is then marked lost and waits no more.
    pub fn picture(&self, seq: u64) -> Result<Vec<u8>, JournalError> {
        let picture = blobs::picture(&self.db, &self.opener, seq);
        if let Err(JournalError::PictureLost { .. }) = picture {
            blobs::mark_lost(&self.db, seq)?;
        }
        picture
    }

    /// The sink has the picture durably. Repeating it does no harm.
    ///
    /// # Errors
    /// [`JournalError::NoShot`]; see [`JournalError`] for the rest.
    pub fn ack_shot(&mut self, seq: u64, at_us: i64) -> Result<(), JournalError> {
        let changed = self.change("note an acknowledged shot", |conn| {
            db::set_meta(conn, key::LAST_ACK, &at_us)?;
            conn.execute("UPDATE blob SET acked = 1 WHERE seq = ?1", [seq])
        })?;
        if changed == 0 {
            return Err(JournalError::NoShot { seq });
        }
        Ok(())
    }

    /// The next segment to put, or `None` when nothing waits (or only behind a picture that waits). As long as it is not
    /// acknowledged, the same segment with the same bytes comes back, also after a crash. `now_us`: microseconds since
    /// the Unix epoch (UTC).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn freeze(&mut self, now_us: i64, limits: Limits) -> Result<Option<Segment>, JournalError> {
        let (mut limits, mut day, mut up_to) = (limits, Day::of_us(now_us), u64::MAX);
        if let Some(frozen) = self.frozen()? {
            let body = frozen.body.open(&self.db, &self.opener, "segment");
            match body
                .ok()
                .filter(|b| HEXLOWER.encode(&blobs::sha256(b)) == frozen.segment.sha256)
            {
                Some(body) => {
                    return Ok(Some(Segment {
                        body,
                        ..frozen.segment
                    }));
                }
                None => {
                    // Damaged on the disk. The same lines compressed again are the same bytes (as long as the
                    // compressor is the same version), so the object is the same one.
                    limits = Limits {
                        records: usize::MAX,
                        bytes: usize::MAX,
                    };
                    day = frozen.segment.day;
                    up_to = frozen.segment.last_seq;
                    self.thaw(frozen.segment.first_seq)?;
                }
            }
        }
        loop {
            let Some(batch) = self.gather(limits, up_to)? else {
                return Ok(None);
            };
            if batch.count > 0 {
                return self.keep(batch, day).map(Some);
            }
            // Only damaged rows: there is nothing to put, but they must not stop what follows.
            self.pass_over(&batch, day)?;
        }
    }

    /// The sink has the segment durably. Repeating it does no harm.
    ///
    /// # Errors
    /// [`JournalError::NoSegment`] when no such segment was frozen; see [`JournalError`] for the rest.
    pub fn ack_segment(
        &mut self,
        first_seq: u64,
        last_seq: u64,
        at_us: i64,
    ) -> Result<(), JournalError> {
        let known = self.change("note an acknowledged segment", |conn| {
            let row: Option<(Option<i64>, bool)> = conn
                .prepare_cached(
                    "SELECT session, acked FROM segment WHERE first_seq = ?1 AND last_seq = ?2",
                )?
                .query_row([first_seq, last_seq], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((session, acked)) = row else {
                return Ok(false);
            };
            if acked {
                return Ok(true);
            }
            conn.prepare_cached(
                "UPDATE segment SET acked = 1, body = NULL, session = NULL WHERE first_seq = ?1",
            )?
            .execute([first_seq])?;
            // Its key sealed nothing but bodies of segments; with the last of them it may go.
            conn.prepare_cached(
                "DELETE FROM session WHERE no = ?1
                 AND NOT EXISTS (SELECT 1 FROM segment WHERE session = ?1)",
            )?
            .execute([session])?;
            db::set_meta(conn, key::LAST_ACK, &at_us)?;
            Ok(true)
        })?;
        if !known {
            return Err(JournalError::NoSegment {
                first_seq,
                last_seq,
            });
        }
        Ok(())
    }

    /// What waits for the sink.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn depth(&self) -> Result<Depth, JournalError> {
        depth::measure(&self.db, &self.opener)
    }

    /// Keeps one line for `uam status` (the state of uploading; free text, in clear, so never anything personal or
    /// secret).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn set_note(&mut self, note: &str) -> Result<(), JournalError> {
        self.change("keep a note", |conn| db::set_meta(conn, key::NOTE, &note))
    }

    /// The line kept last.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn note(&self) -> Result<Option<String>, JournalError> {
        self.db.meta(key::NOTE)
    }

    /// The pictures that lie here, for [`crate::retention::plan`].
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn blob_items(&self) -> Result<Vec<BlobItem>, JournalError> {
        blobs::items(&self.db)
    }

    /// Carries out a plan; repeating it after a crash does no harm.
    ///
    /// # Errors
    /// See [`JournalError`]; the steps before are done.
    pub fn apply(&mut self, plan: &[Step]) -> Result<Applied, JournalError> {
        blobs::apply(&mut self.db, plan)
    }

    /// One short writing transaction.
    fn change<T>(
        &mut self,
        doing: &'static str,
        change: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let failed = || JournalError::sqlite(doing, &self.db.path);
        let tx = self
            .db
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed())?;
        let out = change(&tx).map_err(failed())?;
        tx.commit().map_err(failed())?;
        Ok(out)
    }

    /// The segment that is frozen and not acknowledged.
    fn frozen(&self) -> Result<Option<Frozen>, JournalError> {
        let sql = format!(
            "SELECT g.first_seq, g.body, {SESSION_COLUMNS}, g.last_seq, g.day, g.count, g.sha256
             FROM segment g JOIN session s ON s.no = g.session
             WHERE g.acked = 0 ORDER BY g.first_seq LIMIT 1"
        );
        self.db
            .conn
            .prepare_cached(&sql)
            .and_then(|mut s| {
                s.query_row([], |row| {
                    let body = Sealed::from_row(row)?;
                    Ok(Frozen {
                        segment: Segment {
                            first_seq: body.seq,
                            last_seq: row.get(5)?,
                            day: Day(row.get(6)?),
                            count: row.get(7)?,
                            sha256: HEXLOWER.encode(&row.get::<_, [u8; 32]>(8)?),
                            body: Vec::new(),
                        },
                        body,
                    })
                })
                .optional()
            })
            .map_err(self.db.failed("read the frozen segment"))
    }

    fn thaw(&mut self, first_seq: u64) -> Result<(), JournalError> {
        self.change("forget a damaged segment", |conn| {
            conn.execute(
                "DELETE FROM segment WHERE first_seq = ?1 AND acked = 0",
                [first_seq],
            )
        })?;
        Ok(())
    }

    /// The lines that belong into the next segment; `None` when there are none.
    fn gather(&self, limits: Limits, up_to: u64) -> Result<Option<Batch>, JournalError> {
        let failed = || self.db.failed("read the waiting records");
        let after = self.db.acked_through()?;
        let barrier: Option<u64> = self
            .db
            .conn
            .prepare_cached("SELECT min(seq) FROM blob WHERE acked = 0 AND place = 0")
            .and_then(|mut s| s.query_row([], |row| row.get(0)))
            .map_err(failed())?;
        let up_to = barrier.map_or(up_to, |barrier| up_to.min(barrier.saturating_sub(1)));
        let up_to = i64::try_from(up_to).unwrap_or(i64::MAX);
        let sql = format!(
            "SELECT r.seq, r.sealed, {SESSION_COLUMNS}
             FROM record r JOIN session s ON s.no = r.session
             WHERE r.seq > ?1 AND r.seq <= ?2 ORDER BY r.seq"
        );
        let mut query = self.db.conn.prepare_cached(&sql).map_err(failed())?;
        let mut rows = query.query(params![after, up_to]).map_err(failed())?;
        let mut batch: Option<Batch> = None;
        while let Some(row) = rows.next().map_err(failed())? {
            let sealed = Sealed::from_row(row).map_err(failed())?;
            let line = sealed.open(&self.db, &self.opener, "record").ok();
            let batch = batch.get_or_insert_with(|| Batch {
                first_seq: sealed.seq,
                last_seq: sealed.seq - 1,
                ..Batch::default()
            });
            let more = line.as_ref().map_or(0, |l| l.len() + 1);
            let full = batch.count >= limits.records as u64
                || (batch.count > 0 && batch.lines.len() + more > limits.bytes);
            if sealed.seq != batch.last_seq + 1 || (full && batch.count > 0) {
                break;
            }
            batch.last_seq = sealed.seq;
            if let Some(line) = line {
                batch.lines.extend_from_slice(&line);
                batch.lines.push(b'\n');
                batch.count += 1;
            }
        }
        Ok(batch)
    }

    /// Compresses, seals and keeps a batch.
    fn keep(&mut self, batch: Batch, day: Day) -> Result<Segment, JournalError> {
        let body = zstd::bulk::compress(&batch.lines, ZSTD_LEVEL)
            .map_err(JournalError::io("compress records of", &self.db.path))?;
        drop(batch.lines);
        let hash = blobs::sha256(&body);
        let aad = self
            .db
            .aad(&self.session.id, SCHEMA, "segment", batch.first_seq);
        let sealed = self.session.sealer().seal(&aad, &body)?;
        let failed = || JournalError::sqlite("keep a segment", &self.db.path);
        let tx = self
            .db
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed())?;
        let session = db::session_row(&tx, &self.session, day.0).map_err(failed())?;
        // Another uploader that froze the same numbers first makes this fail, and nothing is kept twice.
        tx.prepare_cached(
            "INSERT INTO segment (first_seq, last_seq, day, count, size, sha256, session, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .and_then(|mut s| {
            s.execute(params![
                batch.first_seq,
                batch.last_seq,
                day.0,
                batch.count,
                body.len(),
                hash,
                session,
                sealed
            ])
        })
        .map_err(failed())?;
        tx.commit().map_err(failed())?;
        Ok(Segment {
            first_seq: batch.first_seq,
            last_seq: batch.last_seq,
            count: batch.count,
            day,
            body,
            sha256: HEXLOWER.encode(&hash),
        })
    }

    /// Notes numbers of which nothing can be read as done.
    fn pass_over(&mut self, batch: &Batch, day: Day) -> Result<(), JournalError> {
        self.change("pass over damaged records", |conn| {
            conn.execute(
                "INSERT INTO segment (first_seq, last_seq, day, count, size, sha256, acked)
                 VALUES (?1, ?2, ?3, 0, 0, ?4, 1)",
                params![batch.first_seq, batch.last_seq, day.0, blobs::sha256(&[])],
            )
        })?;
        Ok(())
    }
}
