-- The tables as format 1 of the journal had them.
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
