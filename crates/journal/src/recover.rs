//! The start: opening, making, and mending what a crash left.

use crate::db::{self, AccessMode, Database, key};
use crate::keys::KeyRing;
use crate::lines::{PENDING_COLUMNS, SealedRow};
use crate::{DB_NAME, JournalError, UtcDay, doubt, migrate, rollup, salvage, sweep};
use model::{DeviceId, Span};
use platform::files;
use rusqlite::{Connection, TransactionBehavior};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use vault::SealError;

/// What [`crate::Journal::open`] found and mended.
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
    /// The last moment at which something became durable, in microseconds since the Unix epoch (UTC).
    pub last_durable_us: Option<i64>,
    /// What the look at the picture files mended.
    pub swept: ReconcileReport,
    /// Set when the database was damaged and set aside.
    pub quarantined: Option<QuarantineReport>,
}

/// Numbers of files and rows that did not match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReconcileReport {
    /// Unfinished files, removed.
    pub unfinished: u64,
    /// Whole files whose row was never written (a crash in between; never acknowledged), removed.
    pub orphans: u64,
    /// Files that no row explains, moved into `set-aside`.
    pub set_aside: u64,
    /// Files whose row says deleted or archived already, removed.
    pub leftovers: u64,
    /// Rows whose file is missing, marked lost.
    pub lost: u64,
}

/// A damaged database that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineReport {
    /// Where the damaged file is now.
    pub path: PathBuf,
    /// What was wrong with it.
    pub why: String,
    /// Records saved from it.
    pub salvaged: u64,
    /// Records known to be missing.
    pub lost: u64,
}

/// The right to write; it ends when the file is closed, also by a crash.
pub(crate) fn lock(dir: &Path) -> Result<File, JournalError> {
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

/// Opens the database for writing; also says which run this is.
pub(crate) fn open(
    dir: &Path,
    device: &DeviceId,
    ring: &KeyRing,
    now_us: i64,
) -> Result<(Database, RecoveryReport, i64), JournalError> {
    let resumed = salvage::resume(dir, device, ring)?;
    match attempt(dir, device, ring, now_us, resumed) {
        Err(JournalError::Damaged { why, .. }) => {
            let quarantined = salvage::quarantine(dir, device, ring, &why, now_us)?;
            attempt(dir, device, ring, now_us, Some(quarantined))
        }
        opened => opened,
    }
}

/// Opens the database for a short errand: it must be there and whole, and nothing is mended.
pub(crate) fn open_for_errand(
    dir: &Path,
    device: &DeviceId,
    check: bool,
) -> Result<(Database, i64), JournalError> {
    let path = dir.join(DB_NAME);
    let conn = db::connect(&path, AccessMode::Write)?;
    if check {
        quick_check(&conn, &path)?;
    }
    doubt::checkpoint_now(&conn, &path)?;
    if migrate::check_version(&conn, &path)? {
        return Err(JournalError::Missing { path });
    }
    let db = Database::with(conn, dir, path)?;
    if db.device != *device {
        return Err(JournalError::OtherDevice {
            path: db.path,
            found: db.device.to_string(),
            vault: device.to_string(),
        });
    }
    let run = db.meta(key::RUN)?.unwrap_or(0);
    Ok((db, run))
}

fn attempt(
    dir: &Path,
    device: &DeviceId,
    ring: &KeyRing,
    now_us: i64,
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
    let mut conn = db::connect(&path, AccessMode::Write)?;
    quick_check(&conn, &path)?;
    doubt::checkpoint_now(&conn, &path)?;
    recovery.first = migrate::create(&mut conn, &path)?;
    let run = begin_run(&mut conn, &path, device, now_us, &mut recovery)?;
    let mut db = Database::with(conn, dir, path)?;
    read_pending(&db, ring, run, &mut recovery)?;
    recovery.swept = sweep::reconcile(&mut db, recovery.quarantined.is_some())?;
    Ok((db, recovery, run))
}

/// SQLite's own check of the file's structure.
pub(crate) fn quick_check(conn: &Connection, path: &Path) -> Result<(), JournalError> {
    let verdict: String = conn
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(JournalError::sqlite("check", path))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(JournalError::Damaged {
        path: path.to_owned(),
        why: verdict,
    })
}

/// Notes that a run began, so that a missing clean end is seen at the next start.
fn begin_run(
    conn: &mut Connection,
    path: &Path,
    device: &DeviceId,
    now_us: i64,
    recovery: &mut RecoveryReport,
) -> Result<i64, JournalError> {
    let failed = || JournalError::sqlite("begin in", path);
    let found: Option<String> = db::meta(conn, path, key::DEVICE)?;
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
    let clean: Option<bool> = db::meta(conn, path, key::CLEAN)?;
    recovery.clean = clean.unwrap_or(recovery.first);
    recovery.last_durable_us = db::meta(conn, path, key::LAST_DURABLE)?;
    let epoch: Option<u64> = db::meta(conn, path, key::EPOCH)?;
    let run: i64 = db::meta(conn, path, key::RUN)?.unwrap_or(0) + 1;
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed())?;
    let set = |key: &str, value: &dyn rusqlite::ToSql| db::set_meta(&tx, key, value);
    set(key::DEVICE, &device.as_str())
        .and_then(|()| match epoch {
            Some(_) => Ok(()),
            None => set(key::EPOCH, &now_us.div_euclid(1_000_000).max(0)).and_then(|()| {
                // What was sent before has the lost epoch in its name.
                tx.execute_batch(
                    "UPDATE segment SET manifest = 0 WHERE acked <> 0;
                     UPDATE blob SET manifest = 0 WHERE acked <> 0;",
                )
            }),
        })
        .and_then(|()| set(key::RUN, &run))
        .and_then(|()| set(key::CLEAN, &0))
        .and_then(|()| rollup::note_complete_since(&tx))
        .map_err(failed())?;
    tx.commit().map_err(failed())?;
    Ok(run)
}

fn read_pending(
    db: &Database,
    ring: &KeyRing,
    run: i64,
    recovery: &mut RecoveryReport,
) -> Result<(), JournalError> {
    for row in pending(db, run)? {
        match row.sealed.open_span(db, ring) {
            Ok(span) => recovery.pending.push(span),
            Err(JournalError::Seal(SealError::Key { .. })) => recovery.pending_sealed += 1,
            Err(_) => recovery.pending_damaged += 1,
        }
    }
    Ok(())
}

/// A row of `pending`.
pub(crate) struct ProvisionalRow {
    pub(crate) run: i64,
    pub(crate) session_no: i64,
    /// The UTC day of its session: the only one that is known without opening it.
    pub(crate) day: UtcDay,
    /// `seq` is its id.
    pub(crate) sealed: SealedRow,
}

/// The provisional spans of all runs before `run`, in the order in which they were begun.
pub(crate) fn pending(db: &Database, run: i64) -> Result<Vec<ProvisionalRow>, JournalError> {
    let sql = format!(
        "SELECT {PENDING_COLUMNS}, s.no, s.day, p.run
         FROM pending p JOIN session s ON s.no = p.session WHERE p.run < ?1 ORDER BY p.run, p.id"
    );
    db.conn
        .prepare_cached(&sql)
        .and_then(|mut s| {
            s.query_map([run], |row| {
                Ok(ProvisionalRow {
                    sealed: SealedRow::from_row(row)?,
                    session_no: row.get(6)?,
                    day: UtcDay(row.get(7)?),
                    run: row.get(8)?,
                })
            })?
            .collect()
        })
        .map_err(db.failed("read the open spans"))
}

/// The number the next record gets: above every row, every segment and every number used up and erased, or lost.
pub(crate) fn next_seq(db: &Database) -> Result<u64, JournalError> {
    let floor: u64 = db.meta(key::SEQ_FLOOR)?.unwrap_or(0);
    Ok(db.last_seq()?.max(floor).max(db.frozen_through()?) + 1)
}

/// Bytes of all sealed records.
pub(crate) fn total(db: &Database) -> Result<u64, JournalError> {
    db.conn
        .query_row(
            "SELECT coalesce((SELECT total FROM record ORDER BY seq DESC LIMIT 1), 0)",
            [],
            |row| row.get(0),
        )
        .map_err(db.failed("read the records"))
}
