//! The uploader's side. It holds no key: what it hands out is sealed, or was sealed for others to open on the way.
//!
//! Always true:
//! * Segments are handed out in order, the next one only after the one before is acknowledged, and always with the same
//!   bytes.
//! * Ask for the segment first, then put the pictures that go before it, then the segment: so a record in the sink never
//!   names a picture that is not there. No picture is handed out before its segment was frozen.
//! * A put is noted before it is begun, so whether the sink may have something is known after a crash too.
//! * Writing transactions are short: the writer waits for them.

use crate::blobs::{self, ScreenshotFile};
use crate::db::{self, AccessMode, Database, key};
use crate::depth::{self, OutboxDepth};
use crate::form::{ObjectEncoding, PutAttempts, UnsealedDigest, UploadedObject};
use crate::retention::{RetentionReport, RetentionStep, StoredScreenshot};
use crate::{JournalError, UtcDay, WaitingScreenshot};
use data_encoding::HEXLOWER;
use model::DeviceId;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use std::path::Path;

/// One immutable batch of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Number of its first record.
    pub first_seq: u64,
    /// Number of its last record.
    pub last_seq: u64,
    /// How many records it holds.
    pub count: u64,
    /// UTC day on which it was frozen; the same at every try.
    pub day: UtcDay,
    /// [`ObjectEncoding::Age`] or [`ObjectEncoding::Rows`].
    pub form: ObjectEncoding,
    /// Its bytes, the same at every try; `None` when they are gone (damaged on the disk, or withdrawn because something
    /// in them was removed). Then look whether the sink has it from an earlier try, and acknowledge or withdraw it.
    pub body: Option<Vec<u8>>,
    /// Size of the body in bytes.
    pub bytes: u64,
    /// SHA-256 of the body, 64 lower-case hex digits.
    pub sha256: String,
    /// Set when it is to be sent readable.
    pub readable: Option<UnsealedDigest>,
    /// Forms in which a put was begun before.
    pub tried: PutAttempts,
}

/// The copy of the recovery kit that the sink does not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultCopy {
    /// Its number: 1, 2, 3, …
    pub seq: u64,
    /// UTC day on which it was kept.
    pub day: UtcDay,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The uploader's side of the journal; another process than the writer's may hold it.
#[derive(Debug)]
pub struct Outbox {
    db: Database,
    /// The present moment, where what is held back is to stay so.
    now_us: Option<i64>,
}

/// What a segment's row says, without its body.
pub(crate) struct SegmentRow {
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
    day: UtcDay,
    count: u64,
    bytes: u64,
    sha256: [u8; 32],
    form: i64,
    plain: Option<([u8; 32], u64)>,
    pub(crate) tried: PutAttempts,
    pub(crate) acked: i64,
}

/// The columns of [`SegmentRow`].
pub(crate) const SEGMENT_COLUMNS: &str =
    "first_seq, last_seq, day, count, size, sha256, form, plain_sha256, plain_size,
    tried, acked";

impl SegmentRow {
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let sha256: Option<[u8; 32]> = row.get(7)?;
        let size: Option<u64> = row.get(8)?;
        Ok(Self {
            first_seq: row.get(0)?,
            last_seq: row.get(1)?,
            day: UtcDay(row.get(2)?),
            count: row.get(3)?,
            bytes: row.get(4)?,
            sha256: row.get(5)?,
            form: row.get(6)?,
            plain: sha256.zip(size),
            tried: PutAttempts::of(row.get(9)?),
            acked: row.get(10)?,
        })
    }

    /// Bytes of the object in this form.
    pub(crate) fn bytes_of(&self, form: ObjectEncoding) -> u64 {
        match (form, self.plain) {
            (ObjectEncoding::Readable, Some((_, size))) => size,
            _ => self.bytes,
        }
    }

    /// What the sink has of it, or may have.
    pub(crate) fn sent(&self) -> rusqlite::Result<Vec<UploadedObject>> {
        let mut out = Vec::new();
        let certain = self.acked != 0;
        let (stored, readable) = if certain {
            (self.acked == 1, self.acked == 2)
        } else {
            (self.tried.stored, self.tried.readable)
        };
        let mut push = |sha256: [u8; 32], form| {
            out.push(UploadedObject {
                first_seq: self.first_seq,
                last_seq: self.last_seq,
                day: self.day,
                sha256: HEXLOWER.encode(&sha256),
                form,
                media: None,
                certain,
            });
        };
        if stored {
            push(self.sha256, ObjectEncoding::of(self.form)?);
        }
        if let Some((sha256, _)) = self.plain.filter(|_| readable) {
            push(sha256, ObjectEncoding::Readable);
        }
        Ok(out)
    }
}

/// Something that was sent, as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedObjectInfo {
    /// Which object; its name is made of this.
    pub object: UploadedObject,
    /// Size in bytes of what was sent.
    pub bytes: u64,
    /// How many records a segment holds; 1 for a picture.
    pub count: u64,
    /// When the sink acknowledged it, in microseconds since the Unix epoch (UTC); none when it never did, or before
    /// this was kept.
    pub acked_us: Option<i64>,
    /// True for a picture that is not in the journal any more.
    pub gone: bool,
}

/// The copy of the recovery kit kept last, and whether the sink has it.
pub(crate) fn kept_kit(db: &Database) -> Result<Option<(VaultCopy, bool)>, JournalError> {
    let seq: u64 = db.meta(key::KIT_SEQ)?.unwrap_or(0);
    let acked: u64 = db.meta(key::KIT_ACKED)?.unwrap_or(0);
    let (Some(bytes), Some(day)) = (db.meta(key::KIT)?, db.meta(key::KIT_DAY)?) else {
        return Ok(None);
    };
    let day = UtcDay(day);
    Ok(Some((VaultCopy { seq, day, bytes }, seq <= acked)))
}

/// Everything that was sent, or may have been.
pub(crate) fn each_sent(
    db: &Database,
    visit: &mut dyn FnMut(UploadedObjectInfo),
) -> Result<(), JournalError> {
    let sql = format!(
        "SELECT {SEGMENT_COLUMNS}, NULL AS media, acked_us, 0 AS gone FROM segment
         WHERE acked <> 0 OR tried <> 0
         UNION ALL
         SELECT seq, seq, day, 1, stored, sha256, form, plain_sha256, plain_size, tried, acked, media,
                acked_us, place IN (2, 3)
         FROM blob WHERE acked <> 0 OR tried <> 0
         ORDER BY 1"
    );
    let failed = || db.failed("read what was sent");
    let mut query = db.conn.prepare_cached(&sql).map_err(failed())?;
    let mut rows = query.query([]).map_err(failed())?;
    while let Some(row) = rows.next().map_err(failed())? {
        let found = SegmentRow::from_row(row).map_err(failed())?;
        let media: Option<String> = row.get(11).map_err(failed())?;
        let acked_us: Option<i64> = row.get(12).map_err(failed())?;
        let gone: bool = row.get(13).map_err(failed())?;
        for mut object in found.sent().map_err(failed())? {
            object.media.clone_from(&media);
            visit(UploadedObjectInfo {
                bytes: found.bytes_of(object.form),
                object,
                count: found.count,
                acked_us,
                gone,
            });
        }
    }
    Ok(())
}

impl Outbox {
    /// Opens the outbox of the journal in `dir`.
    ///
    /// # Errors
    /// [`JournalError::Missing`] before the writer's first start, and what the disk says.
    pub fn open(dir: &Path) -> Result<Self, JournalError> {
        let db = Database::open(dir, AccessMode::Write)?;
        Ok(Self { db, now_us: None })
    }

    /// Leaves alone what is to be held back at `now_us` (microseconds since the Unix epoch, UTC).
    #[must_use]
    pub fn hold_back_until_due(mut self, now_us: i64) -> Self {
        self.now_us = Some(now_us);
        self
    }

    /// A clock that was set back to before the freezing would hold for as long as it was ahead; so it holds nothing.
    fn holds(&self, frozen_us: Option<i64>, not_before_us: i64) -> bool {
        self.now_us
            .is_some_and(|now_us| (frozen_us.unwrap_or(i64::MIN)..not_before_us).contains(&now_us))
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

    /// The oldest `limit` pictures that go before the segment [`Self::next_segment`] gives, or the last ones when it gives
    /// none.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn next_screenshots(&self, limit: usize) -> Result<Vec<WaitingScreenshot>, JournalError> {
        let next: Option<(u64, Option<i64>, i64)> = self
            .db
            .conn
            .prepare_cached(
                "SELECT last_seq, frozen_us, not_before_us FROM segment WHERE acked = 0
                 ORDER BY first_seq LIMIT 1",
            )
            .and_then(|mut s| {
                s.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .optional()
            })
            .map_err(self.db.failed("read the segments"))?;
        let up_to = match next {
            Some((_, frozen, before)) if self.holds(frozen, before) => return Ok(Vec::new()),
            Some((last_seq, ..)) => last_seq,
            // Pictures that were lost and came back after their segment had gone.
            None => self.db.frozen_through()?,
        };
        blobs::waiting(&self.db, up_to, limit)
    }

    /// A picture's file as it lies here, checked against its hash.
    ///
    /// # Errors
    /// [`JournalError::PictureLost`] when it is gone or was changed; it is then marked lost and waits no more.
    /// [`JournalError::PictureDeleted`] when it was removed in the meantime.
    pub fn open_screenshot_file(&self, seq: u64) -> Result<ScreenshotFile, JournalError> {
        let file = blobs::file(&self.db, seq);
        if let Err(JournalError::PictureLost { .. }) = file {
            blobs::mark_lost(&self.db, seq)?;
        }
        file
    }

    /// Notes that puts of these pictures begin. Returns those that still wait: the others were removed meanwhile and
    /// must not be put.
    ///
    /// # Errors
    /// See [`JournalError`]; then nothing may be put.
    pub fn begin_screenshot_puts(
        &mut self,
        shots: &[(u64, ObjectEncoding)],
    ) -> Result<Vec<u64>, JournalError> {
        self.change("note the begin of a put", |conn| {
            let mut waiting = Vec::with_capacity(shots.len());
            for (seq, form) in shots {
                let changed = conn
                    .prepare_cached(
                        "UPDATE blob SET tried = tried | ?2
                         WHERE seq = ?1 AND acked = 0 AND place = 0",
                    )?
                    .execute(params![seq, form.mark()])?;
                if changed > 0 {
                    waiting.push(*seq);
                }
            }
            Ok(waiting)
        })
    }

    /// The sink has the picture durably, in this form. Repeating it does no harm.
    ///
    /// # Errors
    /// [`JournalError::NoShot`], also when it was erased meanwhile; see [`JournalError`] for the rest.
    pub fn acknowledge_screenshot(
        &mut self,
        seq: u64,
        form: ObjectEncoding,
        at_us: i64,
    ) -> Result<(), JournalError> {
        let changed = self.change("note an acknowledged shot", |conn| {
            db::set_meta(conn, key::LAST_ACK, &at_us)?;
            conn.execute(
                "UPDATE blob SET acked_us = CASE acked WHEN 0 THEN ?3 ELSE acked_us END,
                        acked = CASE acked WHEN 0 THEN ?2 ELSE acked END WHERE seq = ?1",
                params![seq, form.mark(), at_us],
            )
        })?;
        if changed == 0 {
            return Err(JournalError::NoShot { seq });
        }
        Ok(())
    }

    /// The next segment to put, or `None` when nothing waits, only what is held back ([`Self::hold_back_until_due`]), or something
    /// that the writer has to freeze first. The same one until it is acknowledged.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn next_segment(&self) -> Result<Option<Segment>, JournalError> {
        let sql = format!(
            "SELECT {SEGMENT_COLUMNS}, body, frozen_us, not_before_us FROM segment
             WHERE acked = 0 ORDER BY first_seq LIMIT 1"
        );
        let found: Option<(SegmentRow, Option<Vec<u8>>, bool)> = self
            .db
            .conn
            .prepare_cached(&sql)
            .and_then(|mut s| {
                s.query_row([], |row| {
                    let held = self.holds(row.get(12)?, row.get(13)?);
                    Ok((SegmentRow::from_row(row)?, row.get(11)?, held))
                })
                .optional()
            })
            .map_err(self.db.failed("read the next segment"))?;
        let Some((row, body, held)) = found else {
            return Ok(None);
        };
        if held || body.is_none() && row.tried.never() {
            return Ok(None);
        }
        Ok(Some(Segment {
            first_seq: row.first_seq,
            last_seq: row.last_seq,
            count: row.count,
            day: row.day,
            form: ObjectEncoding::of(row.form).map_err(self.db.failed("read the next segment"))?,
            body: body.filter(|body| blobs::sha256(body) == row.sha256),
            bytes: row.bytes,
            sha256: HEXLOWER.encode(&row.sha256),
            readable: row.plain.map(|(sha256, bytes)| UnsealedDigest {
                sha256: HEXLOWER.encode(&sha256),
                bytes,
            }),
            tried: row.tried,
        }))
    }

    /// Notes that a put of the segment begins. False when it was withdrawn meanwhile (and perhaps made again with other
    /// bytes); then it must not be put.
    ///
    /// # Errors
    /// See [`JournalError`]; then nothing may be put.
    pub fn begin_segment_put(
        &mut self,
        segment: &Segment,
        form: ObjectEncoding,
    ) -> Result<bool, JournalError> {
        let sha256 = HEXLOWER
            .decode(segment.sha256.as_bytes())
            .unwrap_or_default();
        self.change("note the begin of a put", |conn| {
            let changed = conn
                .prepare_cached(
                    "UPDATE segment SET tried = tried | ?4
                     WHERE first_seq = ?1 AND last_seq = ?2 AND sha256 = ?3
                       AND acked = 0 AND body IS NOT NULL",
                )?
                .execute(params![
                    segment.first_seq,
                    segment.last_seq,
                    sha256,
                    form.mark()
                ])?;
            Ok(changed > 0)
        })
    }

    /// Until when what is frozen is held back, in microseconds since the Unix epoch (UTC); `None` when nothing is.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn held_until(&self) -> Result<Option<i64>, JournalError> {
        self.db
            .conn
            .query_row(
                "SELECT max(not_before_us) FROM segment
                 WHERE acked = 0 AND not_before_us > ?1 AND coalesce(frozen_us, ?1) <= ?1",
                [self.now_us.unwrap_or(i64::MAX)],
                |row| row.get(0),
            )
            .map_err(self.db.failed("read the segments"))
    }

    /// The sink does not have the segment and its body is gone: the writer makes it again.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn rebuild_segment(&mut self, first_seq: u64, last_seq: u64) -> Result<(), JournalError> {
        self.change("withdraw a damaged segment", |conn| {
            conn.execute(
                "UPDATE segment SET body = NULL, tried = 0
                 WHERE first_seq = ?1 AND last_seq = ?2 AND acked = 0",
                [first_seq, last_seq],
            )
        })?;
        Ok(())
    }

    /// The sink has the segment durably, in this form. In order; repeating it does no harm.
    ///
    /// # Errors
    /// [`JournalError::NoSegment`] when no such segment was frozen; see [`JournalError`] for the rest.
    pub fn acknowledge_segment(
        &mut self,
        first_seq: u64,
        last_seq: u64,
        form: ObjectEncoding,
        at_us: i64,
    ) -> Result<(), JournalError> {
        let through = self.db.acked_through()?.max(last_seq);
        let known = self.change("note an acknowledged segment", |conn| {
            let acked: Option<bool> = conn
                .prepare_cached(
                    "SELECT acked <> 0 FROM segment WHERE first_seq = ?1 AND last_seq = ?2",
                )?
                .query_row([first_seq, last_seq], |row| row.get(0))
                .optional()?;
            if acked == Some(false) {
                conn.prepare_cached(
                    "UPDATE segment SET acked = ?2, acked_us = ?3, body = NULL WHERE first_seq = ?1",
                )?
                .execute(params![first_seq, form.mark(), at_us])?;
                db::set_meta(conn, key::ACKED_THROUGH, &through)?;
                db::set_meta(conn, key::LAST_ACK, &at_us)?;
            }
            Ok(acked.is_some())
        })?;
        if !known {
            return Err(JournalError::NoSegment {
                first_seq,
                last_seq,
            });
        }
        Ok(())
    }

    /// The copy of the recovery kit that the sink does not have yet ([`crate::Journal::store_vault_copy`]).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn unsent_vault_copy(&self) -> Result<Option<VaultCopy>, JournalError> {
        Ok(kept_kit(&self.db)?.and_then(|(kit, sent)| (!sent).then_some(kit)))
    }

    /// The sink has the copy `seq` of the recovery kit durably.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn acknowledge_vault_copy(&mut self, seq: u64, at_us: i64) -> Result<(), JournalError> {
        self.change("note an acknowledged recovery kit", |conn| {
            db::set_meta(conn, key::KIT_ACKED, &seq)?;
            db::set_meta(conn, key::LAST_ACK, &at_us)
        })
    }

    /// What waits for the sink.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn depth(&self) -> Result<OutboxDepth, JournalError> {
        depth::measure(&self.db)
    }

    /// Keeps one line for `uam status` (the state of uploading; free text, in clear, so never anything personal or
    /// secret).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn set_upload_note(&mut self, note: &str) -> Result<(), JournalError> {
        self.change("keep a note", |conn| db::set_meta(conn, key::NOTE, &note))
    }

    /// The line kept last.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn upload_note(&self) -> Result<Option<String>, JournalError> {
        self.db.meta(key::NOTE)
    }

    /// The pictures that lie here, for [`crate::retention::plan_retention`].
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn list_local_screenshots(&self) -> Result<Vec<StoredScreenshot>, JournalError> {
        blobs::items(&self.db)
    }

    /// Carries out a plan; repeating it after a crash does no harm.
    ///
    /// # Errors
    /// See [`JournalError`]; the steps before are done.
    pub fn apply_retention(
        &mut self,
        plan: &[RetentionStep],
    ) -> Result<RetentionReport, JournalError> {
        blobs::apply(&mut self.db, plan)
    }

    pub(crate) fn db(&self) -> &Database {
        &self.db
    }

    /// One short writing transaction.
    pub(crate) fn change<T>(
        &mut self,
        doing: &'static str,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
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
}
