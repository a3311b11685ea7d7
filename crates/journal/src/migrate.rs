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
", "
-- Set in a row that was a provisional span: it is sealed as such (kind `open`), under this id.
ALTER TABLE record ADD COLUMN open_id INTEGER;
CREATE INDEX record_promoted ON record (seq) WHERE open_id IS NOT NULL;

-- form: 0 sealed under its session's key (sha256 and size are of the picture; sha256 of the file once it is to be sent), 1
-- an age file (they are of the file).
-- acked: 1 as it lies here, 2 readable. tried: the same as bits, set before a put.
-- plain_*: of the picture; only where it is to be sent readable.
ALTER TABLE blob ADD COLUMN form INTEGER NOT NULL DEFAULT 0;
ALTER TABLE blob ADD COLUMN tried INTEGER NOT NULL DEFAULT 0;
ALTER TABLE blob ADD COLUMN plain_sha256 BLOB;
ALTER TABLE blob ADD COLUMN plain_size INTEGER;
-- acked_us: when the sink acknowledged it, microseconds since the Unix epoch (UTC); format 1 did not keep it.
ALTER TABLE blob ADD COLUMN acked_us INTEGER;
-- Format 1 sent everything readable, sixteen pictures at once.
UPDATE blob SET plain_sha256 = sha256, plain_size = size, acked = 2 WHERE acked = 1;
UPDATE blob SET plain_sha256 = sha256, plain_size = size, tried = 2 WHERE seq IN
    (SELECT seq FROM blob WHERE acked = 0 AND place = 0 ORDER BY seq LIMIT 16);

-- form: 0 as format 1 had it, 1 an age file, 2 sealed rows; sha256 and size are of the body (0: of what was sent).
-- A body is kept until the sink has it. One that is gone before (acked = 0) is made again by the writer, unless a put
-- was begun (tried): then the uploader looks first whether the sink has it. session is of format 1 alone.
ALTER TABLE segment ADD COLUMN form INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segment ADD COLUMN tried INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segment ADD COLUMN plain_sha256 BLOB;
ALTER TABLE segment ADD COLUMN plain_size INTEGER;
ALTER TABLE segment ADD COLUMN frozen_us INTEGER;
ALTER TABLE segment ADD COLUMN acked_us INTEGER;
-- Not to be put before this moment: what was packed at the end of a run is held back like everything else.
ALTER TABLE segment ADD COLUMN not_before_us INTEGER NOT NULL DEFAULT 0;
UPDATE segment SET plain_sha256 = sha256, plain_size = size, acked = 2 WHERE acked = 1;
UPDATE segment SET plain_sha256 = sha256, plain_size = size, tried = 2, body = NULL, session = NULL WHERE acked = 0;
CREATE INDEX segment_gone ON segment (first_seq) WHERE acked = 0 AND body IS NULL;
INSERT INTO meta SELECT 'acked_through', max(last_seq) FROM segment WHERE acked <> 0 HAVING count(*) > 0;
DELETE FROM session WHERE no NOT IN (SELECT session FROM record UNION SELECT session FROM pending);

-- Tells the format where the first page, which says it too, is lost.
INSERT INTO meta VALUES ('format', 2);

-- Sums of a quarter hour (counted from 1970-01-01 UTC); empty where its records are to be read instead. One row a slot.
CREATE TABLE rollup (
    slot    INTEGER NOT NULL,
    session INTEGER NOT NULL REFERENCES session (no),
    sealed  BLOB NOT NULL,
    PRIMARY KEY (slot, session)
) STRICT, WITHOUT ROWID;

-- Numbers whose records were erased on request: missing, and explained.
CREATE TABLE erased (
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    first_day INTEGER NOT NULL,
    last_day  INTEGER NOT NULL,
    at_us     INTEGER NOT NULL,
    PRIMARY KEY (first_seq, last_seq)
) STRICT, WITHOUT ROWID;

-- Picture files whose rows are gone and that are still to be deleted.
CREATE TABLE doomed (
    path TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
", "
-- One signed list of what the sink has. through: every record up to this number is in a listed object, or explained.
-- The body is kept until the sink has it.
CREATE TABLE manifest (
    no      INTEGER PRIMARY KEY,
    day     INTEGER NOT NULL,
    through INTEGER NOT NULL,
    sha256  BLOB NOT NULL CHECK (length(sha256) = 32),
    size    INTEGER NOT NULL,
    body    BLOB,
    at_us   INTEGER NOT NULL,
    acked   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX manifest_waiting ON manifest (no) WHERE acked = 0;

-- manifest: the one that lists it; 0 when it was sent by a journal whose name is lost.
ALTER TABLE segment ADD COLUMN manifest INTEGER;
ALTER TABLE blob ADD COLUMN manifest INTEGER;
CREATE INDEX segment_unlisted ON segment (first_seq) WHERE acked <> 0 AND manifest IS NULL;
CREATE INDEX blob_unlisted ON blob (seq) WHERE acked <> 0 AND manifest IS NULL;

-- Objects the sink has, or may have, and that hold nothing but what was taken out or erased here; and the manifest that
-- says so. form: 0 sealed under its session's key, 1 an age file, 2 sealed rows, 3 readable. media: of a picture.
CREATE TABLE tombstone (
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    sha256    BLOB NOT NULL CHECK (length(sha256) = 32),
    form      INTEGER NOT NULL,
    media     TEXT,
    at_us     INTEGER NOT NULL,
    manifest  INTEGER,
    PRIMARY KEY (first_seq, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstone_unlisted ON tombstone (first_seq) WHERE manifest IS NULL;
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
    run_to(conn, path, known())
}

/// Brings a database to `version`, which may be an older one than is known here.
pub(crate) fn run_to(conn: &mut Connection, path: &Path, version: i64) -> Result<(), JournalError> {
    refuse_newer(conn, path)?;
    let failed = || JournalError::sqlite("bring the tables up to date", path);
    let done = usize::try_from(found(conn).map_err(failed())?).unwrap_or(0);
    let to = usize::try_from(version).unwrap_or(0);
    for (n, sql) in MIGRATIONS.iter().enumerate().take(to).skip(done) {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Where each table begins, and the pages that describe the tables (the first page alone, or two below it).
    fn layout(groups: i64) -> (Vec<(String, u32)>, Vec<u32>) {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("a.db");
        let mut conn = Connection::open(&path).unwrap();
        run_to(&mut conn, &path, groups).unwrap();
        let roots = conn
            .prepare("SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        conn.close().unwrap();
        // Interior pages: kind 5, the rightmost child, and cells that begin with the number of a child.
        // (sqlite.org/fileformat2.html, section 1.6)
        let head = std::fs::read(&path).unwrap();
        let short = |at: usize| usize::from(u16::from_be_bytes([head[at], head[at + 1]]));
        let long = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
        let children = match head[100] {
            5 => (0..short(103))
                .map(|n| long(short(112 + 2 * n)))
                .chain([long(108)])
                .collect(),
            _ => Vec::new(),
        };
        (roots, children)
    }

    /// Salvage puts the first page of an empty database in the place of a broken one: it fits every journal that has
    /// its tables on the same pages.
    #[test]
    fn every_table_begins_on_the_page_where_it_always_began() {
        let expected = [
            ("meta", 2),
            ("session", 3),
            ("record", 5),
            ("pending", 7),
            ("blob", 8),
            ("segment", 11),
            ("rollup", 16),
            ("erased", 17),
            ("doomed", 18),
            ("manifest", 19),
            ("tombstone", 24),
        ];
        for (groups, tables, children) in [(1, 6, vec![]), (2, 9, vec![]), (3, 11, vec![23, 25])] {
            let expected: Vec<_> = expected[..tables]
                .iter()
                .map(|(name, page)| ((*name).to_owned(), *page))
                .collect();
            assert_eq!(layout(groups), (expected, children));
        }
    }
}
