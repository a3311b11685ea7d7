//! The connection and the small table of facts.

use crate::lines::SealedRow;
use crate::{DB_NAME, JournalError, migrate};
use model::{DeviceId, RECORD_SCHEMA};
use rusqlite::config::DbConfig;
use rusqlite::types::FromSql;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Params, ToSql, params};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;
use vault::SealingSession;

/// How long one process waits for another's transaction; every transaction here is short.
const BUSY: Duration = Duration::from_secs(10);

/// How long folding in the log waits for somebody who is looking; recording stands still meanwhile.
pub(crate) const FOLD: Duration = Duration::from_secs(1);

/// Pages after which the write-ahead log is folded into the database (4 KiB each).
const CHECKPOINT_PAGES: i64 = 256;

/// Bytes the write-ahead log keeps after it was folded in.
const WAL_KEEP_BYTES: i64 = 1 << 20;

/// Keys of the table `meta`.
pub(crate) mod key {
    pub(crate) const DEVICE: &str = "device";
    pub(crate) const EPOCH: &str = "epoch";
    pub(crate) const LAST_DURABLE: &str = "last_durable_us";
    pub(crate) const LAST_ACK: &str = "last_ack_us";
    pub(crate) const CLEAN: &str = "clean";
    pub(crate) const RUN: &str = "run";
    pub(crate) const NOTE: &str = "note";
    /// Numbers up to this one are used up, whether or not a row is there.
    pub(crate) const SEQ_FLOOR: &str = "seq_floor";
    /// Records lost when earlier databases were damaged.
    pub(crate) const LOST: &str = "lost";
    /// The sink has every record up to this number that was not erased.
    pub(crate) const ACKED_THROUGH: &str = "acked_through";
    /// From this quarter hour on every one that a span touches has a row in `rollup`.
    pub(crate) const ROLLED_SINCE: &str = "rolled_since";
    /// The copy of the recovery kit for the sink, its number, its day, and the number the sink has.
    pub(crate) const KIT: &str = "kit";
    pub(crate) const KIT_SEQ: &str = "kit_seq";
    pub(crate) const KIT_DAY: &str = "kit_day";
    pub(crate) const KIT_ACKED: &str = "kit_acked";
    /// The number of the copy that a manifest lists.
    pub(crate) const KIT_LISTED: &str = "kit_listed";
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessMode {
    /// Reading and writing.
    Write,
    /// Looking: SQLite itself refuses every change.
    Look,
}

/// An open database with the names every row is sealed with.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) conn: Connection,
    pub(crate) dir: PathBuf,
    pub(crate) path: PathBuf,
    pub(crate) device: DeviceId,
    pub(crate) epoch: u64,
}

/// Opens an existing database file. Only `AccessMode::Write` turns on the write-ahead log.
pub(crate) fn connect(path: &Path, purpose: AccessMode) -> Result<Connection, JournalError> {
    let failed = || JournalError::sqlite("open", path);
    if !path.exists() {
        return Err(JournalError::Missing {
            path: path.to_owned(),
        });
    }
    // A looker opens for writing too: after a crash only such a connection may read the write-ahead log.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(failed())?;
    conn.busy_timeout(BUSY).map_err(failed())?;
    let set = |name: &str, value: &dyn ToSql| {
        conn.pragma_update(None, name, value)
            .map_err(JournalError::sqlite("set up", path))
    };
    set("cache_size", &-512)?;
    set("trusted_schema", &false)?;
    set("cell_size_check", &true)?;
    match purpose {
        AccessMode::Write => {
            migrate::check_version(&conn, path)?;
            let mode: String = conn
                .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
                .map_err(failed())?;
            if !mode.eq_ignore_ascii_case("wal") {
                return Err(failed()(rusqlite::Error::InvalidQuery));
            }
            set("synchronous", &"full")?;
            set("secure_delete", &true)?;
            set("foreign_keys", &true)?;
            set("wal_autocheckpoint", &CHECKPOINT_PAGES)?;
            set("journal_size_limit", &WAL_KEEP_BYTES)?;
        }
        AccessMode::Look => {
            conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
                .map_err(failed())?;
            set("query_only", &true)?;
        }
    }
    Ok(conn)
}

impl Database {
    /// Opens a journal that the writer has made.
    pub(crate) fn open(dir: &Path, purpose: AccessMode) -> Result<Self, JournalError> {
        let path = dir.join(DB_NAME);
        let conn = connect(&path, purpose)?;
        if migrate::check_version(&conn, &path)? {
            // The file is there, but the writer has not yet created its tables.
            return Err(JournalError::Missing { path });
        }
        Self::with(conn, dir, path)
    }

    pub(crate) fn with(conn: Connection, dir: &Path, path: PathBuf) -> Result<Self, JournalError> {
        let device: Option<String> = meta(&conn, &path, key::DEVICE)?;
        let device = device
            .as_deref()
            .and_then(DeviceId::parse)
            .ok_or_else(|| JournalError::Missing { path: path.clone() })?;
        let epoch = meta(&conn, &path, key::EPOCH)?.unwrap_or(0);
        Ok(Self {
            conn,
            dir: dir.to_owned(),
            path,
            device,
            epoch,
        })
    }

    pub(crate) fn meta<T: FromSql>(&self, key: &str) -> Result<Option<T>, JournalError> {
        meta(&self.conn, &self.path, key)
    }

    /// The number up to which the sink has every record.
    pub(crate) fn acked_through(&self) -> Result<u64, JournalError> {
        Ok(self.meta(key::ACKED_THROUGH)?.unwrap_or(0))
    }

    /// The number up to which every record is in a segment, or its segment is to be made again.
    pub(crate) fn frozen_through(&self) -> Result<u64, JournalError> {
        let frozen: u64 = self
            .conn
            .prepare_cached("SELECT coalesce(max(last_seq), 0) FROM segment")
            .and_then(|mut s| s.query_row([], |row| row.get(0)))
            .map_err(self.failed("read the segments"))?;
        Ok(frozen.max(self.acked_through()?))
    }

    /// The highest record number.
    pub(crate) fn last_seq(&self) -> Result<u64, JournalError> {
        self.conn
            .prepare_cached("SELECT coalesce(max(seq), 0) FROM record")
            .and_then(|mut s| s.query_row([], |row| row.get(0)))
            .map_err(self.failed("read the records"))
    }

    pub(crate) fn failed(
        &self,
        doing: &'static str,
    ) -> impl FnOnce(rusqlite::Error) -> JournalError {
        JournalError::sqlite(doing, &self.path)
    }

    /// The records' rows of a query that selects [`crate::read_records::RECORD_COLUMNS`], one at a time.
    pub(crate) fn each_row(
        &self,
        sql: &str,
        params: impl Params,
        visit: &mut dyn FnMut(SealedRow) -> Result<ControlFlow<()>, JournalError>,
    ) -> Result<(), JournalError> {
        let failed = || self.failed("read the records");
        let mut query = self.conn.prepare_cached(sql).map_err(failed())?;
        let mut rows = query.query(params).map_err(failed())?;
        while let Some(row) = rows.next().map_err(failed())? {
            if visit(SealedRow::from_row(row).map_err(failed())?)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Folds the write-ahead log in and empties it; false while somebody who is looking needs it for longer than `wait`.
pub(crate) fn checkpoint(
    conn: &Connection,
    path: &Path,
    wait: Duration,
) -> Result<bool, JournalError> {
    let failed = || JournalError::sqlite("fold in the log of", path);
    conn.busy_timeout(wait).map_err(failed())?;
    let busy: rusqlite::Result<i64> =
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    conn.busy_timeout(BUSY).map_err(failed())?;
    match busy {
        Ok(busy) => Ok(busy == 0),
        Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(false),
        Err(e) => Err(failed()(e)),
    }
}

/// One fact, if it is known.
pub(crate) fn meta<T: FromSql>(
    conn: &Connection,
    path: &Path,
    key: &str,
) -> Result<Option<T>, JournalError> {
    conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")
        .and_then(|mut s| s.query_row([key], |row| row.get(0)).optional())
        .map_err(JournalError::sqlite("read a fact", path))
}

/// Sets one fact.
pub(crate) fn set_meta(conn: &Connection, key: &str, value: &dyn ToSql) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![key, value])?;
    Ok(())
}

/// Makes sure the session's row is there; its number.
pub(crate) fn session_row(
    conn: &Connection,
    session: &SealingSession,
    day: i32,
) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "INSERT INTO session (id, wrapped_key, schema, day) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET day = day
         RETURNING no",
    )?
    .query_row(
        params![session.id, session.wrapped_key, RECORD_SCHEMA, day],
        |row| row.get(0),
    )
}
