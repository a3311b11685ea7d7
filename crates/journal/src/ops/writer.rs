//! The writer: one connection, one data key, and the numbers that are given.
//!
//! Always true:
//! * `Ok` is returned after the fsync of the transaction, never before; an error means that nothing of the step counts.
//! * After the disk failed a write, nothing is believed until it was reverified; see [`crate::ops::io_recovery`].
//! * The data key changes at every start and at every UTC midnight.
//! * Nothing here needs to open records of an earlier lease.

use crate::database::{CHECKPOINT_WAIT, Database};
use crate::error::{JournalError, TxnResult};
use crate::ops::io_recovery;
use crate::ops::rollup_marks::RollupMarks;
use crate::ops::write_txn::{Counters, WriteTxn};
use crate::screenshot_files::remove_file;
use crate::sealing::KeyRing;
use crate::tables::meta::{self, key};
use crate::tables::sessions::{self, SessionRow};
use crate::utc_day::UtcDay;
use model::{RECORD_SCHEMA, Timestamp};
use rusqlite::{Transaction, TransactionBehavior};
use std::path::PathBuf;
use vault::{Sealer, SealingSession};

/// The purpose of the opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenMode {
    /// A run: its end and its last durable moment are noted.
    Run,
    /// A short change while nothing runs: traces of the last run stay as they are.
    Maintenance,
}

/// The single writer.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) db: Database,
    pub(crate) sealer: Sealer,
    pub(crate) ring: KeyRing,
    pub(crate) run: i64,
    pub(crate) counters: Counters,
    pub(crate) marks: RollupMarks,
    /// True after a write failed in a way that leaves the disk's content uncertain.
    pub(crate) suspect: bool,
    /// Files of screenshots whose rows were written then; whether they are there is found out by reverifying. One at
    /// most: until then nothing more is written.
    pub(crate) uncertain_files: Vec<PathBuf>,
    mode: OpenMode,
    session: SealingSession,
    /// The UTC day for which `session` was made.
    session_day: UtcDay,
}

impl Writer {
    /// The key of a run that never seals anything is not kept: the session's row comes with its first use.
    pub(crate) fn new(
        db: Database,
        sealer: Sealer,
        ring: KeyRing,
        (run, mode): (i64, OpenMode),
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        Ok(Self {
            session: sealer.new_session()?,
            session_day: UtcDay::of(now),
            counters: io_recovery::read_counters(&db)?,
            marks: RollupMarks::default(),
            suspect: false,
            uncertain_files: Vec::new(),
            sealer,
            ring,
            run,
            mode,
            db,
        })
    }

    /// True in maintenance.
    pub(crate) fn is_maintenance(&self) -> bool {
        self.mode == OpenMode::Maintenance
    }

    /// Notes an error that leaves the disk's content uncertain.
    pub(crate) fn note_io_error<T>(
        &mut self,
        done: Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        self.suspect |= matches!(done, Err(JournalError::Io { .. }));
        done
    }

    /// After a failed write: reopens the database and compares it with the acknowledged records.
    pub(crate) fn reverify(&mut self) -> Result<(), JournalError> {
        if !self.suspect {
            return Ok(());
        }
        let counters =
            io_recovery::reverify(&mut self.db, &self.ring, self.counters, &mut self.marks)?;
        for file in self.uncertain_files.drain(..) {
            // Best effort: the next start removes a file without a row.
            let _ = remove_file(&file);
        }
        self.counters = counters;
        self.suspect = false;
        Ok(())
    }

    /// Copies the write-ahead log into the database and empties it; false while a reader needs it for a second.
    pub(crate) fn checkpoint(&mut self) -> Result<bool, JournalError> {
        let emptied = self.db.checkpoint(CHECKPOINT_WAIT);
        self.note_io_error(emptied)
    }

    /// Runs `fill` in one transaction that also moves the last durable moment (not in maintenance).
    pub(crate) fn write<T>(
        &mut self,
        at: Timestamp,
        fill: impl FnOnce(&mut WriteTxn<'_>) -> TxnResult<T>,
    ) -> Result<T, JournalError> {
        self.reverify()?;
        self.rotate_session(at)?;
        let result = self.try_write(at, fill);
        self.marks.end_step(result.is_ok());
        result.map_err(|error| {
            // An error that `fill` brings along is not of this transaction.
            self.suspect |= error.is_io_failure();
            self.db.txn("write")(error)
        })
    }

    /// Runs `change` in one transaction that seals nothing.
    pub(crate) fn change<T>(
        &mut self,
        doing: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        self.reverify()?;
        let done = self.db.change(doing, change);
        self.note_io_error(done)
    }

    fn try_write<T>(
        &mut self,
        at: Timestamp,
        fill: impl FnOnce(&mut WriteTxn<'_>) -> TxnResult<T>,
    ) -> TxnResult<T> {
        let tx = self
            .db
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let session = SessionRow {
            id: self.session.id,
            wrapped_key: self.session.wrapped_key.as_slice().into(),
            schema: RECORD_SCHEMA,
        };
        let session_no = sessions::ensure_row(&tx, &session, self.session_day)?;
        let mut txn = WriteTxn {
            tx: &tx,
            marks: &mut self.marks,
            device: &self.db.device,
            session: &self.session,
            session_no,
            run: self.run,
            counters: self.counters,
        };
        let out = fill(&mut txn)?;
        let counters = txn.counters;
        if self.mode == OpenMode::Run {
            meta::set_time(&tx, key::LAST_DURABLE, at)?;
        }
        tx.commit()?;
        self.counters = counters;
        Ok(out)
    }

    /// A new data key when the UTC day is another one.
    fn rotate_session(&mut self, at: Timestamp) -> Result<(), JournalError> {
        let day = UtcDay::of(at);
        if day != self.session_day {
            self.session = self.sealer.new_session()?;
            self.session_day = day;
        }
        Ok(())
    }
}
