//! The single writer.
//!
//! Always true:
//! * One process at a time (`journal.lock`); the lock dies with it.
//! * `Ok` is returned after the fsync of the transaction, never before; an error means that nothing of the step counts.
//! * After the disk failed a write, nothing is believed until it was looked after; see [`crate::note_io_error`].
//! * The data key changes at every start and at every UTC midnight.
//! * Nothing here needs to open what an earlier lease sealed.

use crate::blobs;
use crate::db::{self, Database, key};
use crate::freeze::HoldMark;
use crate::keys::{self, KeyRing};
use crate::retention::{RetentionReport, RetentionStep, StoredScreenshot};
use crate::rollup::RollupMarks;
use crate::{JournalError, JournalKeys, RecoveryReport, UtcDay, lines, recover};
use data_encoding::HEXLOWER;
use model::{DeviceId, RECORD_SCHEMA, Record, Screenshot, Span};
use platform::files;
use rusqlite::{ErrorCode, Transaction, TransactionBehavior, params};
use std::fs::File;
use std::path::{Path, PathBuf};
use vault::{Sealer, SealingSession};

/// One durable step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Commit<'a> {
    /// Records to append, in order.
    pub records: &'a [Record],
    /// Provisional spans to put or replace, each under an id of the caller's choice (rising, below 2^63).
    pub pending_put: &'a [(u64, Span)],
    /// Provisional spans of this run with an id below this are dropped. Done after `pending_put`.
    pub pending_drop_below: u64,
    /// Roll-ups to put: quarter hours since the Unix epoch (UTC, not before it), and their content. One comes after every
    /// record of its time, those of this step included; where it does not, it is left out.
    pub rollups: &'a [(i64, &'a [u8])],
    /// Now, in microseconds since the Unix epoch (UTC); kept as the last durable moment.
    pub at_us: i64,
}

/// The single writer.
#[derive(Debug)]
pub struct Journal {
    pub(crate) db: Database,
    pub(crate) maker: Sealer,
    pub(crate) ring: KeyRing,
    session: SealingSession,
    /// The UTC day for which `session` was made.
    session_day: UtcDay,
    pub(crate) run: i64,
    /// The number the next record gets.
    pub(crate) next_seq: u64,
    /// Bytes of all sealed records so far, those erased or made shorter since included.
    pub(crate) total: u64,
    /// The last durable moment of the run before this one: whatever does not open is not younger.
    pub(crate) before_us: Option<i64>,
    pub(crate) slots: RollupMarks,
    /// What the last freeze saw and held back.
    pub(crate) seen: Option<HoldMark>,
    /// True while this is an errand and no run: see [`crate::Errand`].
    pub(crate) errand: bool,
    /// True after a write failed in a way that leaves the disk's content in doubt.
    pub(crate) in_doubt: bool,
    /// Files of pictures whose rows were written then; whether they are there is found out when it is settled. One at
    /// most: until then nothing more is written.
    pub(crate) doubtful: Vec<PathBuf>,
    /// Held, not read.
    _lock: File,
}

/// One transaction being filled.
pub(crate) struct WriteTxn<'a> {
    pub(crate) tx: &'a Transaction<'a>,
    pub(crate) slots: &'a mut RollupMarks,
    device: &'a DeviceId,
    session: &'a SealingSession,
    pub(crate) session_no: i64,
    pub(crate) run: i64,
    next_seq: u64,
    total: u64,
}

pub(crate) type TxnResult<T> = Result<T, TxnError>;

/// Errors inside a transaction, before the path is known.
pub(crate) enum TxnError {
    Sql(rusqlite::Error),
    Other(JournalError),
}

impl From<rusqlite::Error> for TxnError {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sql(e)
    }
}

impl From<JournalError> for TxnError {
    fn from(e: JournalError) -> Self {
        Self::Other(e)
    }
}

impl From<vault::SealError> for TxnError {
    fn from(e: vault::SealError) -> Self {
        Self::Other(e.into())
    }
}

impl WriteTxn<'_> {
    pub(crate) fn seal(&self, what: &'static str, seq: u64, plain: &[u8]) -> TxnResult<Vec<u8>> {
        let aad = vault::Aad {
            device: self.device.as_str(),
            session: &self.session.id,
            seq,
            schema: RECORD_SCHEMA,
            kind: what,
        };
        Ok(keys::seal_row(self.session, &aad, plain)?)
    }

    /// The sealed line of a record.
    pub(crate) fn seal_record(&self, seq: u64, record: &Record) -> TxnResult<Vec<u8>> {
        let line = lines::encode(self.device, seq, record)?;
        self.seal("record", seq, &line)
    }

    fn append(&mut self, record: &Record) -> TxnResult<u64> {
        if let Record::Span(span) = record {
            self.touch(span)?;
        }
        let sealed = self.seal_record(self.next_seq, record)?;
        let day = UtcDay::of_us(record.start_us());
        self.append_sealed(self.session_no, day, &sealed, None)
    }

    fn append_sealed(
        &mut self,
        session: i64,
        day: UtcDay,
        sealed: &[u8],
        open_id: Option<u64>,
    ) -> TxnResult<u64> {
        let seq = self.next_seq;
        self.total += sealed.len() as u64;
        self.tx
            .prepare_cached(
                "INSERT INTO record (seq, session, day, total, sealed, open_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![seq, session, day.0, self.total, sealed, open_id])?;
        self.next_seq += 1;
        Ok(seq)
    }

    fn append_all(&mut self, records: &[Record]) -> TxnResult<Vec<u64>> {
        records.iter().map(|record| self.append(record)).collect()
    }

    /// Seals a provisional span for its place.
    pub(crate) fn seal_open(&self, id: u64, span: &Span) -> TxnResult<Vec<u8>> {
        let plain = serde_json::to_vec(span).map_err(JournalError::Encode)?;
        self.seal("open", id, &plain)
    }

    fn put_pending(&mut self, id: u64, span: &Span) -> TxnResult<()> {
        if i64::try_from(id).is_err() {
            return Err(JournalError::Range(id).into());
        }
        self.touch_open(id, span)?;
        let sealed = self.seal_open(id, span)?;
        self.tx
            .prepare_cached(
                "INSERT INTO pending (run, id, session, sealed) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (run, id)
                 DO UPDATE SET session = excluded.session, sealed = excluded.sealed",
            )?
            .execute(params![self.run, id, self.session_no, sealed])?;
        Ok(())
    }
}

impl Journal {
    /// Opens or makes the journal in `dir` (mode 0700), mends what a crash left, and starts a session. `now_us`:
    /// microseconds since the Unix epoch (UTC).
    ///
    /// # Errors
    /// [`JournalError::InUse`] while another process writes it, [`JournalError::Newer`], [`JournalError::OtherDevice`],
    /// and what the disk says. A damaged database is no error: it is set aside ([`RecoveryReport::quarantined`]).
    pub fn open(
        dir: &Path,
        keys: JournalKeys,
        now_us: i64,
    ) -> Result<(Self, RecoveryReport), JournalError> {
        files::create_private_dir(dir).map_err(JournalError::io("create", dir))?;
        let lock = recover::lock(dir)?;
        let ring = KeyRing::new(keys.opener);
        let (db, recovery, run) = recover::open(dir, &keys.device, &ring, now_us)?;
        let mut journal = Self::with(db, keys.maker, ring, run, lock, now_us)?;
        journal.before_us = recovery.last_durable_us;
        Ok((journal, recovery))
    }

    /// The key of a run that never seals anything is not kept: the session's row comes with its first use.
    pub(crate) fn with(
        db: Database,
        maker: Sealer,
        ring: KeyRing,
        run: i64,
        lock: File,
        now_us: i64,
    ) -> Result<Self, JournalError> {
        Ok(Self {
            session: maker.new_session()?,
            session_day: UtcDay::of_us(now_us),
            maker,
            ring,
            run,
            next_seq: recover::next_seq(&db)?,
            total: recover::total(&db)?,
            before_us: None,
            slots: RollupMarks::default(),
            seen: None,
            errand: false,
            in_doubt: false,
            doubtful: Vec::new(),
            db,
            _lock: lock,
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

    /// One durable transaction: records, provisional spans, roll-ups and the last durable moment. Returns the records'
    /// numbers.
    ///
    /// # Errors
    /// See [`JournalError`]; nothing of the step was written, and it may be tried again.
    pub fn commit(&mut self, step: Commit<'_>) -> Result<Vec<u64>, JournalError> {
        let seqs = self.write(step.at_us, |fill| {
            let seqs = fill.append_all(step.records)?;
            for (id, span) in step.pending_put {
                fill.put_pending(*id, span)?;
            }
            fill.put_rollups(step.rollups, step.pending_drop_below)?;
            if step.pending_drop_below > 0 {
                let below = i64::try_from(step.pending_drop_below).unwrap_or(i64::MAX);
                fill.tx
                    .prepare_cached("DELETE FROM pending WHERE run = ?1 AND id < ?2")?
                    .execute(params![fill.run, below])?;
            }
            Ok(seqs)
        })?;
        self.slots.dropped(step.pending_drop_below);
        Ok(seqs)
    }

    /// Ends what the runs before left open, in one step: the provisional spans nobody here opens become records as they
    /// are ([`RecoveryReport::pending_sealed`], [`RecoveryReport::pending_damaged`]; in the order in which they were begun), then
    /// come the records made from [`RecoveryReport::provisional_spans`], and all those provisional spans are dropped. Returns the
    /// numbers of `records`. Call it once, also with no records; a crash before it leaves everything for the next start.
    ///
    /// # Errors
    /// See [`JournalError`]; nothing of the step was written, and it may be tried again.
    pub fn commit_recovered(
        &mut self,
        records: &[Record],
        at_us: i64,
    ) -> Result<Vec<u64>, JournalError> {
        self.reverify()?;
        let mut closed = recover::pending(&self.db, self.run)?;
        closed.retain(|row| row.sealed.open_span(&self.db, &self.ring).is_err());
        self.write(at_us, |fill| {
            for row in &closed {
                let id = Some(row.sealed.seq);
                fill.append_sealed(row.session_no, row.day, &row.sealed.sealed, id)?;
            }
            let seqs = fill.append_all(records)?;
            fill.tx
                .execute("DELETE FROM pending WHERE run < ?1", [fill.run])?;
            Ok(seqs)
        })
    }

    /// Keeps a picture and its facts; returns the record's number.
    ///
    /// # Errors
    /// [`JournalError::WrongPicture`] when hash or size do not match; see [`JournalError`] for the rest. Neither file nor
    /// row is left, and it may be tried again.
    pub fn add_screenshot(
        &mut self,
        shot: &Screenshot,
        picture: &[u8],
        at_us: i64,
    ) -> Result<u64, JournalError> {
        let sha256 = blobs::sha256(picture);
        if HEXLOWER.encode(&sha256) != shot.sha256 {
            return Err(JournalError::WrongPicture { what: "sha256" });
        }
        if picture.len() as u64 != shot.bytes {
            return Err(JournalError::WrongPicture { what: "size" });
        }
        self.reverify()?;
        let day = UtcDay::of_us(shot.at_us);
        let stored = blobs::store(&self.db, &self.maker, day, self.next_seq, picture);
        let stored = self.note_io_error(stored)?;
        let record = Record::Shot(shot.clone());
        let written = self.write(at_us, |fill| {
            let seq = fill.append(&record)?;
            fill.tx
                .prepare_cached(
                    "INSERT INTO blob (seq, path, sha256, size, stored, media, day, form)
                     VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, 1)",
                )?
                .execute(params![
                    seq,
                    stored.path,
                    stored.sha256,
                    stored.bytes,
                    shot.media,
                    day.0
                ])?;
            Ok(seq)
        });
        if written.is_err() {
            if self.in_doubt {
                // The row may be there after all, and then it needs its file.
                self.doubtful.push(stored.file);
            } else {
                // Best effort: the next start removes a file without a row.
                let _ = blobs::remove(&stored.file);
            }
        }
        written
    }

    /// Keeps a copy of the recovery kit (public keys and wrapped ones; never a secret) for the sink. One that is the
    /// same as the last is not sent again.
    ///
    /// # Errors
    /// See [`JournalError`]; it may be tried again.
    pub fn store_vault_copy(&mut self, kit: &[u8], at_us: i64) -> Result<(), JournalError> {
        self.reverify()?;
        if self.db.meta::<Vec<u8>>(key::KIT)?.as_deref() == Some(kit) {
            return Ok(());
        }
        let seq: u64 = self.db.meta(key::KIT_SEQ)?.unwrap_or(0) + 1;
        self.change("keep the recovery kit", |tx| {
            db::set_meta(tx, key::KIT, &kit)?;
            db::set_meta(tx, key::KIT_SEQ, &seq)?;
            db::set_meta(tx, key::KIT_DAY, &UtcDay::of_us(at_us).0)
        })
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
        self.reverify()?;
        let applied = blobs::apply(&mut self.db, plan);
        self.note_io_error(applied)
    }

    /// SQLite's own check of the database that is open.
    ///
    /// # Errors
    /// [`JournalError::DamagedRow`], or what the disk says.
    pub fn check_integrity(&self) -> Result<(), JournalError> {
        recover::quick_check(&self.db.conn, &self.db.path)
    }

    /// The clean end: marks it and folds the write-ahead log into the database.
    ///
    /// # Errors
    /// See [`JournalError`]; everything acknowledged is kept, only the mark may be missing.
    pub fn close(mut self, at_us: i64) -> Result<(), JournalError> {
        self.write(at_us, |fill| {
            db::set_meta(fill.tx, key::CLEAN, &1)?;
            Ok(())
        })?;
        // Somebody who is looking right now may keep the log; it is folded in another time.
        self.checkpoint().map(drop)
    }

    /// Folds the write-ahead log into the database and empties it, so that nothing that was overwritten lies in it any
    /// more. False when somebody who is looking kept it from that for a second; call it again later.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn checkpoint(&mut self) -> Result<bool, JournalError> {
        let folded = db::checkpoint(&self.db.conn, &self.db.path, db::FOLD);
        self.note_io_error(folded)
    }

    /// Runs `fill` in one transaction that also moves the last durable moment.
    pub(crate) fn write<T>(
        &mut self,
        at_us: i64,
        fill: impl FnOnce(&mut WriteTxn<'_>) -> TxnResult<T>,
    ) -> Result<T, JournalError> {
        self.reverify()?;
        self.rotate(at_us)?;
        let result = self.try_write(at_us, fill);
        self.slots.written(result.is_ok());
        result.map_err(|failure| match failure {
            TxnError::Other(e) => e,
            TxnError::Sql(e) => self.failed_write("write", e),
        })
    }

    /// Runs `change` in one transaction that seals nothing.
    pub(crate) fn change<T>(
        &mut self,
        doing: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        self.reverify()?;
        let tried = (|| {
            let tx = self
                .db
                .conn
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let out = change(&tx)?;
            tx.commit()?;
            Ok(out)
        })();
        tried.map_err(|e| self.failed_write(doing, e))
    }

    fn failed_write(&mut self, doing: &'static str, e: rusqlite::Error) -> JournalError {
        if e.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
            self.in_doubt = true;
        }
        JournalError::sqlite(doing, &self.db.path)(e)
    }

    fn try_write<T>(
        &mut self,
        at_us: i64,
        fill: impl FnOnce(&mut WriteTxn<'_>) -> TxnResult<T>,
    ) -> TxnResult<T> {
        let tx = self
            .db
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let session_no = db::session_row(&tx, &self.session, self.session_day.0)?;
        let mut filling = WriteTxn {
            tx: &tx,
            slots: &mut self.slots,
            device: &self.db.device,
            session: &self.session,
            session_no,
            run: self.run,
            next_seq: self.next_seq,
            total: self.total,
        };
        let out = fill(&mut filling)?;
        let (next_seq, total) = (filling.next_seq, filling.total);
        if !self.errand {
            db::set_meta(&tx, key::LAST_DURABLE, &at_us)?;
        }
        tx.commit()?;
        self.next_seq = next_seq;
        self.total = total;
        Ok(out)
    }

    /// A new data key when the UTC day is another one.
    fn rotate(&mut self, at_us: i64) -> Result<(), JournalError> {
        let day = UtcDay::of_us(at_us);
        if day != self.session_day {
            self.session = self.maker.new_session()?;
            self.session_day = day;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use model::{Notice, NoticeCode};

    fn records(n: usize) -> Vec<Record> {
        let notice = Notice {
            at_us: 1,
            zone: "UTC".into(),
            code: NoticeCode::Started,
            text: "x".repeat(500),
        };
        vec![Record::Notice(notice); n]
    }

    pub(crate) fn commit(journal: &mut Journal, n: usize) -> Result<Vec<u64>, JournalError> {
        journal.commit(Commit {
            records: &records(n),
            at_us: 1,
            ..Commit::default()
        })
    }

    /// A shot and its picture.
    pub(crate) fn shot() -> (Screenshot, Vec<u8>) {
        let picture = b"a picture".to_vec();
        let shot = Screenshot {
            at_us: 1,
            zone: "UTC".into(),
            sha256: HEXLOWER.encode(&blobs::sha256(&picture)),
            bytes: picture.len() as u64,
            media: "image/webp".into(),
            width: 1,
            height: 1,
            screen_width: 1,
            screen_height: 1,
            blurred: false,
            removed: false,
            window: None,
        };
        (shot, picture)
    }

    pub(crate) fn keys(lease: &vault::Identity) -> JournalKeys {
        JournalKeys {
            device: DeviceId::from_bytes([7; 16]),
            maker: Sealer::new([lease.recipient()]).unwrap(),
            opener: vault::Opener::new([lease.clone()]),
        }
    }

    pub(crate) fn journal() -> (tempfile::TempDir, Journal) {
        let dir = tempfile::TempDir::new().unwrap();
        let lease = vault::Identity::generate();
        let (journal, _) = Journal::open(dir.path(), keys(&lease), 1).unwrap();
        (dir, journal)
    }

    #[test]
    fn without_room_nothing_of_a_step_counts_and_with_room_it_goes_on() {
        let (_dir, mut journal) = journal();
        assert_eq!(commit(&mut journal, 2).unwrap(), [1, 2]);
        let conn = &journal.db.conn;
        let pages: i64 = conn
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        conn.pragma_update(None, "max_page_count", pages).unwrap();
        let error = commit(&mut journal, 100).unwrap_err();
        assert!(matches!(error, JournalError::DiskFull { .. }), "{error}");
        assert!(error.is_temporary());
        let conn = &journal.db.conn;
        conn.pragma_update(None, "max_page_count", 1 << 20).unwrap();
        assert_eq!(commit(&mut journal, 1).unwrap(), [3]);
    }
}
