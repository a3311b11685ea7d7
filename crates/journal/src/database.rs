//! The connection to the database: settings, checkpoint, integrity check, transactions.

use crate::error::{JournalError, TxnError};
use model::DeviceId;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database's name within the journal's directory.
pub const DB_NAME: &str = "journal.db";

/// How long one process waits for another's transaction; every transaction here is short.
const BUSY: Duration = Duration::from_secs(10);

/// How long a checkpoint waits for a reader; recording stands still meanwhile.
pub(crate) const CHECKPOINT_WAIT: Duration = Duration::from_secs(1);

/// Pages after which SQLite copies the write-ahead log into the database (4 KiB each).
const CHECKPOINT_PAGES: i64 = 256;

/// Bytes the write-ahead log keeps after a checkpoint.
const WAL_KEEP_BYTES: i64 = 1 << 20;

/// The purpose of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessMode {
    /// Reading and writing.
    Write,
    /// Reading: SQLite itself refuses every change.
    Read,
}

/// An open database with the names every row is sealed with.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) conn: Connection,
    /// The journal's directory.
    pub(crate) dir: PathBuf,
    /// The database file.
    pub(crate) path: PathBuf,
    pub(crate) device: DeviceId,
    /// Seconds since the Unix epoch (UTC) at which the journal was created.
    pub(crate) epoch: u64,
}

/// Opens an existing database file with the settings every connection has.
pub(crate) fn open_connection(path: &Path) -> Result<Connection, JournalError> {
    let failed = || JournalError::sqlite("open", path);
    if !path.exists() {
        return Err(JournalError::Missing {
            path: path.to_owned(),
        });
    }
    // A reader opens for writing too: after a crash only such a connection may read the write-ahead log.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(failed())?;
    conn.busy_timeout(BUSY).map_err(failed())?;
    set_pragma(&conn, path, "cache_size", &-512)?;
    set_pragma(&conn, path, "trusted_schema", &false)?;
    set_pragma(&conn, path, "cell_size_check", &true)?;
    Ok(conn)
}

/// Prepares a connection for its use. Only `AccessMode::Write` turns on the write-ahead log.
pub(crate) fn set_access_mode(
    conn: &Connection,
    path: &Path,
    mode: AccessMode,
) -> Result<(), JournalError> {
    let failed = || JournalError::sqlite("open", path);
    match mode {
        AccessMode::Write => {
            let log: String = conn
                .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
                .map_err(failed())?;
            if !log.eq_ignore_ascii_case("wal") {
                return Err(failed()(rusqlite::Error::InvalidQuery));
            }
            set_pragma(conn, path, "synchronous", &"full")?;
            set_pragma(conn, path, "secure_delete", &true)?;
            set_pragma(conn, path, "foreign_keys", &true)?;
            set_pragma(conn, path, "wal_autocheckpoint", &CHECKPOINT_PAGES)?;
            set_pragma(conn, path, "journal_size_limit", &WAL_KEEP_BYTES)
        }
        AccessMode::Read => {
            conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
                .map_err(failed())?;
            set_pragma(conn, path, "query_only", &true)
        }
    }
}

fn set_pragma(
    conn: &Connection,
    path: &Path,
    name: &str,
    value: &dyn ToSql,
) -> Result<(), JournalError> {
    conn.pragma_update(None, name, value)
        .map_err(JournalError::sqlite("set up", path))
}

impl Database {
    /// Turns an error of SQLite into one that names the file and the step.
    pub(crate) fn sql(&self, doing: &'static str) -> impl FnOnce(rusqlite::Error) -> JournalError {
        JournalError::sqlite(doing, &self.path)
    }

    /// The same for an error of several steps.
    pub(crate) fn txn(&self, doing: &'static str) -> impl FnOnce(TxnError) -> JournalError {
        let of_sqlite = self.sql(doing);
        move |error| match error {
            TxnError::Sql(e) => of_sqlite(e),
            TxnError::Other(e) => e,
        }
    }

    /// Runs a query.
    pub(crate) fn query<T>(
        &self,
        doing: &'static str,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        query(&self.conn).map_err(self.sql(doing))
    }

    /// Runs `change` in one short writing transaction.
    pub(crate) fn change<T>(
        &mut self,
        doing: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let done = (|| {
            let tx = self
                .conn
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let out = change(&tx)?;
            tx.commit()?;
            Ok(out)
        })();
        done.map_err(JournalError::sqlite(doing, &self.path))
    }

    /// Copies the write-ahead log into the database and empties it; see [`checkpoint`].
    pub(crate) fn checkpoint(&self, wait: Duration) -> Result<bool, JournalError> {
        checkpoint(&self.conn, &self.path, wait)
    }

    /// SQLite's own check of the file's structure; see [`quick_check`].
    pub(crate) fn quick_check(&self) -> Result<(), JournalError> {
        quick_check(&self.conn, &self.path)
    }
}

/// Copies the write-ahead log into the database and empties it; false while a reader needs it for longer than `wait`.
pub(crate) fn checkpoint(
    conn: &Connection,
    path: &Path,
    wait: Duration,
) -> Result<bool, JournalError> {
    let failed = || JournalError::sqlite("copy the log into", path);
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

/// At the start: writes the content of the log into the database. Where a reader needs the log, its connection was there
/// before this one: then nothing in it was found by reading the file, and nothing is to be copied.
pub(crate) fn checkpoint_now(conn: &Connection, path: &Path) -> Result<(), JournalError> {
    checkpoint(conn, path, Duration::ZERO).map(drop)
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
