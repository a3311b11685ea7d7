//! The tables, from the first day on, one step after another.
//!
//! Always true: `user_version` is the number of steps applied; a step is applied whole or not at all; a database with
//! more steps than are known here is refused and left as it is.

use crate::JournalError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// `PRAGMA application_id`: "uamj", so that `file` can name a journal.
const APPLICATION_ID: i64 = 0x7561_6d6a;

/// Step n brings version n to n + 1. Never change one that was released; add another.
const MIGRATIONS: &[&str] = &["
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- One data key. Everything sealed under it was sealed with this record format.
CREATE TABLE session (
    no          INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    wrapped_key BLOB NOT NULL,
    schema      INTEGER NOT NULL,
    day         INTEGER NOT NULL
) STRICT;

CREATE TABLE record (
    seq     INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session (no),
    day     INTEGER NOT NULL,
    -- Bytes of every sealed record up to this one: what waits is a difference of two rows, not a scan.
    total   INTEGER NOT NULL,
    sealed  BLOB NOT NULL
) STRICT;
CREATE INDEX record_day ON record (day);

-- Provisional spans. A run is one opening of the journal.
CREATE TABLE pending (
    run     INTEGER NOT NULL,
    id      INTEGER NOT NULL,
    session INTEGER NOT NULL REFERENCES session (no),
    sealed  BLOB NOT NULL,
    PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;

-- place: 0 here, 1 archived, 2 deleted, 3 lost. path: relative to the journal's directory, or absolute.
CREATE TABLE blob (
    seq    INTEGER PRIMARY KEY REFERENCES record (seq),
    path   TEXT NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    size   INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    media  TEXT NOT NULL,
    day    INTEGER NOT NULL,
    place  INTEGER NOT NULL DEFAULT 0,
    acked  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX blob_waiting ON blob (seq, stored) WHERE acked = 0 AND place = 0;
CREATE INDEX blob_here ON blob (day, seq, stored, acked) WHERE place = 0;

-- One frozen batch. The sealed body is kept until the sink has it.
CREATE TABLE segment (
    first_seq INTEGER PRIMARY KEY,
    last_seq  INTEGER NOT NULL UNIQUE,
    day       INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    sha256    BLOB NOT NULL CHECK (length(sha256) = 32),
    session   INTEGER REFERENCES session (no),
    body      BLOB,
    acked     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX segment_waiting ON segment (first_seq) WHERE acked = 0;
"];

/// The version this program writes.
pub(crate) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The version of an open database.
pub(crate) fn found(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Refuses a database that a newer program wrote.
pub(crate) fn refuse_newer(conn: &Connection, path: &Path) -> Result<(), JournalError> {
    let found = found(conn).map_err(JournalError::sqlite("read the version", path))?;
    if found > known() {
        return Err(JournalError::Newer {
            path: path.to_owned(),
            found,
            known: known(),
        });
    }
    Ok(())
}

/// Brings a database up to date.
pub(crate) fn run(conn: &mut Connection, path: &Path) -> Result<(), JournalError> {
    refuse_newer(conn, path)?;
    let failed = || JournalError::sqlite("bring the tables up to date", path);
    let done = usize::try_from(found(conn).map_err(failed())?).unwrap_or(0);
    for (n, sql) in MIGRATIONS.iter().enumerate().skip(done) {
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed())?;
        tx.execute_batch(sql).map_err(failed())?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)
            .map_err(failed())?;
        tx.pragma_update(None, "user_version", n + 1)
            .map_err(failed())?;
        tx.commit().map_err(failed())?;
    }
    Ok(())
}
