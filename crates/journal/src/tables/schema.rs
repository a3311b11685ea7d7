//! The tables.
//!
//! Always true: a database has all tables or none; one that another version made is refused and left as it is.

use rusqlite::{Connection, TransactionBehavior};

/// `PRAGMA application_id`: "uamj", so that `file` can name a journal.
const APPLICATION_ID: i64 = 0x7561_6d6a;

/// `PRAGMA user_version`. Versions 1 and 2 were never released.
pub(crate) const VERSION: i64 = 3;

/// How many groups of statements make the tables.
pub(crate) const GROUPS: usize = 3;

/// The statements that make the tables, in groups: the first page of a database that has the first one or the first two
/// describes their tables by itself, and salvage puts it in the place of a broken one. So the order of the statements is
/// part of the format, and so is, roughly, their length: a new table is added at the end.
const STATEMENTS: [&str; GROUPS] = [CORE_STATEMENTS, LATER_STATEMENTS, MANIFEST_STATEMENTS];

/// Everything a record, a screenshot and a segment need.
const CORE_STATEMENTS: &str = "
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

-- total: bytes of every sealed record up to this one, so that the bytes waiting are a difference of two rows, not a scan.
-- open_id: set in a row that was a provisional span; it is sealed as such (kind `open`), under this id.
CREATE TABLE record (
    seq     INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session (no),
    day     INTEGER NOT NULL,
    total   INTEGER NOT NULL,
    sealed  BLOB NOT NULL,
    open_id INTEGER
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

-- Files of screenshots. path: relative to the journal's directory, or absolute. sha256, stored: of the file.
-- place: 0 here, 1 archived, 2 deleted, 3 lost. form: 1, an age file.
-- acked: 1 as it is here, 2 unsealed. tried: the same as bits, set before a put. acked_us: when the sink acknowledged it,
-- microseconds since the Unix epoch (UTC). plain_*: of the screenshot; only where it is to be sent unsealed.
-- manifest: the one that lists it; 0 when it was sent by a journal whose name is lost.
CREATE TABLE blob (
    seq    INTEGER PRIMARY KEY REFERENCES record (seq),
    path   TEXT NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    size   INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    media  TEXT NOT NULL,
    day    INTEGER NOT NULL,
    place  INTEGER NOT NULL DEFAULT 0,
    acked  INTEGER NOT NULL DEFAULT 0,
    form   INTEGER NOT NULL DEFAULT 0,
    tried  INTEGER NOT NULL DEFAULT 0,
    plain_sha256 BLOB,
    plain_size INTEGER,
    acked_us INTEGER,
    manifest INTEGER
) STRICT;
CREATE INDEX blob_waiting ON blob (seq, stored) WHERE acked = 0 AND place = 0;
CREATE INDEX blob_here ON blob (day, seq, stored, acked) WHERE place = 0;

-- One frozen batch. form: 1 an age file, 2 sealed rows. sha256, size: of the body. session: not used.
-- The body is kept until the sink has it. One that is gone before (acked = 0) is made again by the writer, unless a put
-- was begun (tried): then the uploader looks first whether the sink has it. A range that is still to be made has no
-- form, hash and size. not_before_us: not to be put before this moment. The rest as in `blob`.
CREATE TABLE segment (
    first_seq INTEGER PRIMARY KEY,
    last_seq  INTEGER NOT NULL UNIQUE,
    day       INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    sha256    BLOB NOT NULL CHECK (length(sha256) = 32),
    session   INTEGER REFERENCES session (no),
    body      BLOB,
    acked     INTEGER NOT NULL DEFAULT 0,
    form      INTEGER NOT NULL DEFAULT 0,
    tried     INTEGER NOT NULL DEFAULT 0,
    plain_sha256 BLOB,
    plain_size INTEGER,
    frozen_us INTEGER,
    acked_us  INTEGER,
    not_before_us INTEGER NOT NULL DEFAULT 0,
    manifest  INTEGER
) STRICT;
CREATE INDEX segment_waiting ON segment (first_seq) WHERE acked = 0;
";

/// Roll-ups and erasure.
const LATER_STATEMENTS: &str = "
CREATE INDEX record_promoted ON record (seq) WHERE open_id IS NOT NULL;
CREATE INDEX segment_gone ON segment (first_seq) WHERE acked = 0 AND body IS NULL;

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

-- Files of screenshots whose rows are gone and that are still to be deleted.
CREATE TABLE doomed (
    path TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
";

/// The signed lists of uploaded objects.
const MANIFEST_STATEMENTS: &str = "
-- One signed list of uploaded objects. through: every record up to this number is in a listed object, or explained.
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
CREATE INDEX segment_unlisted ON segment (first_seq) WHERE acked <> 0 AND manifest IS NULL;
CREATE INDEX blob_unlisted ON blob (seq) WHERE acked <> 0 AND manifest IS NULL;

-- Objects the sink has, or may have, and that hold only records redacted or erased here; and the manifest that says so.
-- form: 1 an age file, 2 sealed rows, 3 unsealed. media: of a screenshot.
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
";

/// The version of a database's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SchemaVersion {
    /// It has no tables yet.
    Empty,
    /// [`VERSION`].
    Current,
    /// A newer one.
    Newer(i64),
    /// One that was never released.
    Older(i64),
    /// The tables of [`VERSION`], and another number: damage.
    Contradiction(i64),
}

/// Reads which version a database is of.
pub(crate) fn read_version(conn: &Connection) -> rusqlite::Result<SchemaVersion> {
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found == 0 {
        return Ok(SchemaVersion::Empty);
    }
    if found == VERSION {
        return Ok(SchemaVersion::Current);
    }
    if found > VERSION {
        return Ok(SchemaVersion::Newer(found));
    }
    let newest = "SELECT 1 FROM sqlite_schema WHERE name = 'tombstone'";
    Ok(match conn.prepare(newest)?.exists([])? {
        true => SchemaVersion::Contradiction(found),
        false => SchemaVersion::Older(found),
    })
}

/// Makes the tables of the first `groups` of [`STATEMENTS`] in an empty database.
pub(crate) fn create_groups(conn: &mut Connection, groups: usize) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for sql in STATEMENTS.iter().take(groups) {
        tx.execute_batch(sql)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Where each table begins, and the pages that describe the tables (the first page alone, or two below it).
    fn layout(groups: usize) -> (Vec<(String, u32)>, Vec<u32>) {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("a.db");
        let mut conn = Connection::open(&path).unwrap();
        create_groups(&mut conn, groups).unwrap();
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
