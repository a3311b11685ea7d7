//! The single writer.
//!
//! Always true: one process at a time (`journal.lock`); the lock dies with it. The rest is said of [`crate::ops::writer`].

use crate::database::DB_NAME;
use crate::error::JournalError;
use crate::ops::erase::{self, EraseReport};
use crate::ops::freeze::{self, FreezeOptions, FreezeReport, HoldMark};
use crate::ops::recover::{self, IntegrityCheck, RecoveryReport};
use crate::ops::redact::{self, RedactionReport, RedactionTarget};
use crate::ops::writer::{OpenMode, Writer};
use crate::ops::{add_screenshot, commit, retain, rollups};
use crate::quarter_hour::QuarterHour;
use crate::retention::{RetentionReport, RetentionStep, StoredScreenshot};
use crate::sealing::{JournalKeys, KeyRing};
use crate::tables::meta::{self, key};
use crate::tables::{records, screenshots};
use crate::utc_day::UtcDay;
use model::{DeviceId, Record, Screenshot, Span, Timestamp};
use platform::files;
use std::fs::File;
use std::ops::RangeInclusive;
use std::path::Path;
use vault::Opener;

/// One durable step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Commit<'a> {
    /// Records to append, in order.
    pub records: &'a [Record],
    /// Provisional spans to put or replace, each under an id of the caller's choice (rising, below 2^63).
    pub provisional_put: &'a [(u64, Span)],
    /// Provisional spans of this run with an id below this are dropped. Done after `provisional_put`.
    pub provisional_drop_below: u64,
    /// Roll-ups to put: quarter hours, none before the Unix epoch, and their content. One comes after every
    /// record of its time, those of this step included; where it does not, it is left out.
    pub rollups: &'a [(QuarterHour, &'a [u8])],
    /// Now; kept as the last durable moment.
    pub at: Timestamp,
}

/// The single writer.
#[derive(Debug)]
pub struct Journal {
    writer: Writer,
    /// The records that the last freeze held back.
    hold: Option<HoldMark>,
    /// The last durable moment of the run before this one: a row that does not open is not younger.
    previous_durable: Option<Timestamp>,
    /// Held, not read.
    _lock: File,
}

impl Journal {
    /// Opens or creates the journal in `dir` (mode 0700), repairs it after a crash, and starts a session.
    ///
    /// # Errors
    /// [`JournalError::InUse`] while another process writes it, [`JournalError::Newer`], [`JournalError::OtherDevice`],
    /// and errors of the disk. A damaged database is no error: it is set aside ([`RecoveryReport::quarantined`]).
    pub fn open(
        dir: &Path,
        keys: JournalKeys,
        now: Timestamp,
    ) -> Result<(Self, RecoveryReport), JournalError> {
        files::create_private_dir(dir).map_err(JournalError::io("create", dir))?;
        let lock = recover::lock_journal(dir)?;
        let ring = KeyRing::new(keys.opener);
        let (db, recovery, run) = recover::open_for_run(dir, &keys.device, &ring, now)?;
        let writer = Writer::new(db, keys.sealer, ring, (run, OpenMode::Run), now)?;
        let journal = Self {
            writer,
            hold: None,
            previous_durable: recovery.last_durable,
            _lock: lock,
        };
        Ok((journal, recovery))
    }

    /// Opens the journal in `dir` for a short change while no agent runs. It is no run: the next start still repairs the
    /// traces of the last one, and the last durable moment stays.
    ///
    /// # Errors
    /// [`JournalError::InUse`] while an agent writes it (then ask the agent), [`JournalError::Missing`],
    /// [`JournalError::Damaged`] (the next start repairs it), and errors of the disk.
    pub fn open_for_maintenance(
        dir: &Path,
        keys: JournalKeys,
        now: Timestamp,
        check: IntegrityCheck,
    ) -> Result<Self, JournalError> {
        let path = dir.join(DB_NAME);
        if !path.exists() {
            return Err(JournalError::Missing { path });
        }
        let lock = recover::lock_journal(dir)?;
        let (db, run) = recover::open_for_maintenance(dir, &keys.device, check)?;
        let ring = KeyRing::new(keys.opener);
        let mode = (run, OpenMode::Maintenance);
        Ok(Self {
            writer: Writer::new(db, keys.sealer, ring, mode, now)?,
            hold: None,
            previous_durable: None,
            _lock: lock,
        })
    }

    /// The installation's id.
    #[must_use]
    pub fn device(&self) -> &DeviceId {
        &self.writer.db.device
    }

    /// Seconds since the Unix epoch (UTC) at which this journal was made.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.writer.db.epoch
    }

    /// One durable transaction: records, provisional spans, roll-ups and the last durable moment. Returns the records'
    /// numbers.
    ///
    /// # Errors
    /// See [`JournalError`]; nothing of the step was written, and it may be tried again.
    pub fn commit(&mut self, step: Commit<'_>) -> Result<Vec<u64>, JournalError> {
        let seqs = self.writer.write(step.at, |txn| {
            let seqs = commit::append_records(txn, step.records)?;
            for (id, span) in step.provisional_put {
                commit::put_provisional(txn, *id, span)?;
            }
            rollups::put_rollups(txn, step.rollups, step.provisional_drop_below)?;
            commit::drop_provisional(txn, step.provisional_drop_below)?;
            Ok(seqs)
        })?;
        self.writer
            .marks
            .forget_open_below(step.provisional_drop_below);
        Ok(seqs)
    }

    /// Ends spans that earlier runs left open, in one step: the provisional spans nobody here opens become records as
    /// they are ([`RecoveryReport::pending_sealed`], [`RecoveryReport::pending_damaged`]; in the order in which they
    /// were begun), then come the records made from [`RecoveryReport::pending`], and all those provisional spans are
    /// dropped. Returns the numbers of `records`. Call it once, also with no records; a crash before it leaves
    /// everything for the next start.
    ///
    /// # Errors
    /// See [`JournalError`]; nothing of the step was written, and it may be tried again.
    pub fn commit_recovered(
        &mut self,
        records: &[Record],
        at: Timestamp,
    ) -> Result<Vec<u64>, JournalError> {
        self.writer.reverify()?;
        let closed = commit::closed_provisional(&self.writer)?;
        self.writer
            .write(at, |txn| commit::promote_provisional(txn, &closed, records))
    }

    /// Keeps a screenshot and its facts; returns the record's number.
    ///
    /// # Errors
    /// [`JournalError::ScreenshotMismatch`] when hash or size do not match; see [`JournalError`] for the rest. Neither file nor
    /// row is left, and it may be tried again.
    pub fn add_screenshot(
        &mut self,
        shot: &Screenshot,
        picture: &[u8],
        at: Timestamp,
    ) -> Result<u64, JournalError> {
        add_screenshot::add_screenshot(&mut self.writer, shot, picture, at)
    }

    /// Keeps a copy of the recovery kit (public keys and wrapped ones; never a secret) for the sink. One that is the
    /// same as the last is not sent again.
    ///
    /// # Errors
    /// See [`JournalError`]; it may be tried again.
    pub fn store_vault_copy(&mut self, kit: &[u8], at: Timestamp) -> Result<(), JournalError> {
        commit::store_vault_copy(&mut self.writer, kit, at)
    }

    /// Freezes records that are old enough into segments for the uploader, which needs no key for them.
    ///
    /// # Errors
    /// See [`JournalError`]; the segments made before it stay, and it may be tried again.
    pub fn freeze(
        &mut self,
        now: Timestamp,
        rules: &FreezeOptions,
    ) -> Result<FreezeReport, JournalError> {
        freeze::freeze(
            &mut self.writer,
            &mut self.hold,
            self.previous_durable,
            now,
            rules,
        )
    }

    /// The first quarter hour that holds nothing yet, and neither does any after it. Sums of later records are made with all
    /// of these known.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn first_free_quarter_hour(&self) -> Result<QuarterHour, JournalError> {
        rollups::first_free(&self.writer.db)
    }

    /// Redacts something for good, as far as it opens here; the write-ahead log is emptied afterwards. A recorder that
    /// runs closes its open span first: an open span that it puts again comes back with everything in it.
    ///
    /// # Errors
    /// [`JournalError::NoScreenshot`]; see [`JournalError`] for the rest. After an error nothing was redacted, or all of it;
    /// it may be repeated.
    pub fn redact(
        &mut self,
        what: &RedactionTarget,
        now: Timestamp,
    ) -> Result<RedactionReport, JournalError> {
        redact::redact(&mut self.writer, self.previous_durable, what, now)
    }

    /// The report that [`Self::redact`] would give. Nothing is changed; [`RedactionReport::folded`] says nothing.
    ///
    /// # Errors
    /// As [`Self::redact`].
    pub fn redact_dry_run(&self, what: &RedactionTarget) -> Result<RedactionReport, JournalError> {
        let (db, ring) = (&self.writer.db, &self.writer.ring);
        redact::redact_dry_run(db, ring, self.previous_durable, what)
    }

    /// Opens with another opener than the writer's own until `action` ends, so that something can be redacted that only
    /// the viewer's key opens.
    pub fn with_opener<T>(&mut self, opener: Opener, action: impl FnOnce(&mut Self) -> T) -> T {
        let own = std::mem::replace(&mut self.writer.ring, KeyRing::new(opener));
        let done = action(self);
        self.writer.ring = own;
        done
    }

    /// Erases every record that began on one of these UTC days, whether it opens here or not; of a span that nobody here
    /// could open after a crash, the day of its session counts. The write-ahead log is emptied afterwards. A recorder
    /// that runs closes its open span first.
    ///
    /// # Errors
    /// See [`JournalError`]. After an error nothing was erased, or all of it; it may be repeated.
    pub fn erase(
        &mut self,
        days: RangeInclusive<UtcDay>,
        now: Timestamp,
    ) -> Result<EraseReport, JournalError> {
        erase::erase(&mut self.writer, &days, now)
    }

    /// The report that [`Self::erase`] would give. Nothing is changed; [`EraseReport::keys`] and
    /// [`EraseReport::folded`] say nothing.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn erase_dry_run(&self, days: RangeInclusive<UtcDay>) -> Result<EraseReport, JournalError> {
        erase::erase_dry_run(&self.writer.db, &days)
    }

    /// True when a record with one of the numbers `first_seq` to `last_seq` is of none of these days.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn segment_has_other_days(
        &self,
        segment: (u64, u64),
        days: RangeInclusive<UtcDay>,
    ) -> Result<bool, JournalError> {
        self.writer.db.query("look at the days to erase", |conn| {
            records::any_of_other_days(conn, segment, &days)
        })
    }

    /// The screenshots that lie here, for [`crate::retention::plan_retention`].
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn list_local_screenshots(&self) -> Result<Vec<StoredScreenshot>, JournalError> {
        self.writer
            .db
            .query("list the screenshots", screenshots::local_rows)
    }

    /// Executes a plan; repeating it after a crash does no harm.
    ///
    /// # Errors
    /// See [`JournalError`]; the steps before are done.
    pub fn apply_retention(
        &mut self,
        plan: &[RetentionStep],
    ) -> Result<RetentionReport, JournalError> {
        self.writer.reverify()?;
        let applied = retain::apply_retention(&mut self.writer.db, plan);
        self.writer.note_io_error(applied)
    }

    /// SQLite's own check of the database that is open.
    ///
    /// # Errors
    /// [`JournalError::Damaged`], or an error of the disk.
    pub fn check_integrity(&self) -> Result<(), JournalError> {
        self.writer.db.quick_check()
    }

    /// The end: marks it as clean (not in maintenance, which is no run) and copies the write-ahead log into the database.
    ///
    /// # Errors
    /// See [`JournalError`]; everything acknowledged is kept, only the mark may be missing.
    pub fn close(mut self, at: Timestamp) -> Result<(), JournalError> {
        if !self.writer.is_maintenance() {
            self.writer.write(at, |txn| {
                meta::set_value(txn.tx, key::CLEAN, &1)?;
                Ok(())
            })?;
        }
        // A reader may keep the log; it is copied another time.
        self.checkpoint().map(drop)
    }

    /// Copies the write-ahead log into the database and empties it, so that nothing that was overwritten is left in it.
    /// False when a reader prevented that for a second; call it again later.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn checkpoint(&mut self) -> Result<bool, JournalError> {
        self.writer.checkpoint()
    }
}

#[cfg(test)]
mod tests;
