//! The start: opening, creating, and mending the state that a crash left.

use crate::database::{AccessMode, DB_NAME, Database, checkpoint_now, quick_check};
use crate::error::JournalError;
use crate::ops::connect::{check_version, connect, create_tables, identify, read_fact};
use crate::ops::reconcile::{ReconcileReport, reconcile};
use crate::ops::salvage::{QuarantineReport, quarantine_database, resume_salvage};
use crate::sealing::KeyRing;
use crate::tables::meta::{self, key};
use crate::tables::{provisional, segments};
use model::{DeviceId, Span, Timestamp};
use platform::files;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use vault::SealError;

/// The findings and repairs of [`crate::Journal::open`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// True when the journal was made just now.
    pub first: bool,
    /// True when the last run ended with [`crate::Journal::close`] (or there was none).
    pub clean: bool,
    /// Provisional spans that earlier runs of this lease left behind, in the order in which they were begun. They stay
    /// in the journal until [`crate::Journal::commit_recovered`] puts records in their place.
    pub pending: Vec<Span>,
    /// Provisional spans of an earlier lease, which nobody here can open; [`crate::Journal::commit_recovered`] makes
    /// records of them as they are.
    pub pending_sealed: u64,
    /// Provisional spans that do not open although their key is at hand; they are kept in the same way.
    pub pending_damaged: u64,
    /// The last moment at which something became durable.
    pub last_durable: Option<Timestamp>,
    /// The repairs of the screenshot files.
    pub swept: ReconcileReport,
    /// Set when the database was damaged and set aside.
    pub quarantined: Option<QuarantineReport>,
}

/// How much of the database is checked when it is opened for maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegrityCheck {
    /// All of it, which takes half a second for a year of records.
    Full,
    /// Nothing, for a caller that opened it minutes ago with [`Self::Full`].
    Skip,
}

/// The right to write; it ends when the file is closed, also by a crash.
pub(crate) fn lock_journal(dir: &Path) -> Result<File, JournalError> {
    let path = dir.join("journal.lock");
    let file = match files::create_private_file(&path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().read(true).write(true).open(&path)
        }
        made => made,
    };
    let file = file.map_err(JournalError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::InUse {
            path: dir.to_owned(),
        }),
        Err(TryLockError::Error(e)) => Err(JournalError::io("lock", &path)(e)),
    }
}

/// Opens the database for a run; also the number of this run. A damaged one is set aside first.
pub(crate) fn open_for_run(
    dir: &Path,
    device: &DeviceId,
    ring: &KeyRing,
    now: Timestamp,
) -> Result<(Database, RecoveryReport, i64), JournalError> {
    let resumed = resume_salvage(dir, device, ring)?;
    match try_open(dir, device, ring, now, resumed) {
        Err(JournalError::Damaged { why, .. }) => {
            let quarantined = quarantine_database(dir, device, ring, &why, now)?;
            try_open(dir, device, ring, now, Some(quarantined))
        }
        opened => opened,
    }
}

/// Opens the database for maintenance: it must be there and whole, and nothing is mended. Also the number of the last
/// run.
pub(crate) fn open_for_maintenance(
    dir: &Path,
    device: &DeviceId,
    check: IntegrityCheck,
) -> Result<(Database, i64), JournalError> {
    let path = dir.join(DB_NAME);
    let conn = connect(&path, AccessMode::Write)?;
    if check == IntegrityCheck::Full {
        quick_check(&conn, &path)?;
    }
    checkpoint_now(&conn, &path)?;
    if check_version(&conn, &path)? {
        return Err(JournalError::Missing { path });
    }
    let db = identify(conn, dir, path)?;
    if db.device != *device {
        return Err(JournalError::OtherDevice {
            path: db.path,
            found: db.device.to_string(),
            vault: device.to_string(),
        });
    }
    let run = read_fact(&db.conn, &db.path, key::RUN)?.unwrap_or(0);
    Ok((db, run))
}

fn try_open(
    dir: &Path,
    device: &DeviceId,
    ring: &KeyRing,
    now: Timestamp,
    quarantined: Option<QuarantineReport>,
) -> Result<(Database, RecoveryReport, i64), JournalError> {
    let path = dir.join(DB_NAME);
    let mut recovery = RecoveryReport {
        quarantined,
        ..RecoveryReport::default()
    };
    if !path.exists() {
        files::create_private_file(&path)
            .and_then(|file| file.sync_all())
            .map_err(JournalError::io("create", &path))?;
        files::sync_dir(dir).map_err(JournalError::io("sync", dir))?;
    }
    files::restrict_to_owner(&path).map_err(JournalError::io("protect", &path))?;
    let mut conn = connect(&path, AccessMode::Write)?;
    quick_check(&conn, &path)?;
    checkpoint_now(&conn, &path)?;
    recovery.first = create_tables(&mut conn, &path)?;
    let run = begin_run(&mut conn, &path, device, now, &mut recovery)?;
    let mut db = identify(conn, dir, path)?;
    read_provisional(&db, ring, run, &mut recovery)?;
    recovery.swept = reconcile(&mut db, recovery.quarantined.is_some())?;
    Ok((db, recovery, run))
}

/// Notes that a run began, so that a missing clean end is seen at the next start.
fn begin_run(
    conn: &mut Connection,
    path: &Path,
    device: &DeviceId,
    now: Timestamp,
    recovery: &mut RecoveryReport,
) -> Result<i64, JournalError> {
    let failed = || JournalError::sqlite("begin in", path);
    let found: Option<String> = read_fact(conn, path, key::DEVICE)?;
    if let Some(found) = &found
        && found != device.as_str()
    {
        if DeviceId::parse(found).is_none() {
            return Err(JournalError::Damaged {
                path: path.to_owned(),
                why: "the device id is none".to_owned(),
            });
        }
        return Err(JournalError::OtherDevice {
            path: path.to_owned(),
            found: found.clone(),
            vault: device.to_string(),
        });
    }
    recovery.first = recovery.first && found.is_none();
    let clean: Option<bool> = read_fact(conn, path, key::CLEAN)?;
    recovery.clean = clean.unwrap_or(recovery.first);
    recovery.last_durable = read_fact(conn, path, key::LAST_DURABLE)?.map(Timestamp::from_micros);
    let epoch: Option<u64> = read_fact(conn, path, key::EPOCH)?;
    let run: i64 = read_fact(conn, path, key::RUN)?.unwrap_or(0) + 1;
    let begin = |tx: &Transaction<'_>| {
        meta::set_value(tx, key::DEVICE, &device.as_str())?;
        if epoch.is_none() {
            meta::set_value(tx, key::EPOCH, &now.as_seconds().max(0))?;
            segments::disown_uploaded(tx)?;
        }
        meta::set_value(tx, key::RUN, &run)?;
        meta::set_value(tx, key::CLEAN, &0)?;
        meta::note_rollups_complete_since(tx)
    };
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed())?;
    begin(&tx).and_then(|()| tx.commit()).map_err(failed())?;
    Ok(run)
}

/// Reads the provisional spans of earlier runs into the report.
fn read_provisional(
    db: &Database,
    ring: &KeyRing,
    run: i64,
    recovery: &mut RecoveryReport,
) -> Result<(), JournalError> {
    let rows = db.query("read the open spans", |conn| {
        provisional::rows_before_run(conn, run)
    })?;
    for row in rows {
        match row.sealed.open_provisional_span(&db.device, ring) {
            Ok(span) => recovery.pending.push(span),
            Err(JournalError::Seal(SealError::Key { .. })) => recovery.pending_sealed += 1,
            Err(_) => recovery.pending_damaged += 1,
        }
    }
    Ok(())
}
