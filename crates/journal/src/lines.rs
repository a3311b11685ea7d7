//! Records as lines: the bytes that are sealed here and lie in the bucket.

use crate::JournalError;
use crate::db::Db;
use model::{DeviceId, Line, LineRef, Record, SCHEMA};
use rusqlite::Row;
use vault::{Opener, SealError};

/// A row that cannot be read; the others can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Its number.
    pub seq: u64,
    /// Why, for people.
    pub why: String,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The records, by rising `seq`.
    pub lines: Vec<Line>,
    /// The rows that could not be read.
    pub damaged: Vec<Damaged>,
}

impl Lines {
    pub(crate) fn push(&mut self, line: Result<Line, Damaged>) {
        match line {
            Ok(line) => self.lines.push(line),
            Err(damaged) => self.damaged.push(damaged),
        }
    }
}

/// The bytes of a record's line, without the line feed.
pub(crate) fn encode(
    device: &DeviceId,
    seq: u64,
    record: &Record,
) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec(&LineRef {
        schema: SCHEMA,
        device_id: device,
        seq,
        record,
    })
    .map_err(JournalError::Encode)
}

/// Something sealed, with what is needed to open it.
pub(crate) struct Sealed {
    pub(crate) seq: u64,
    session: [u8; 16],
    wrapped_key: Vec<u8>,
    schema: u32,
    sealed: Vec<u8>,
}

/// The columns [`Sealed::from_row`] reads, of `session s`; the number and the sealed bytes stand before them.
pub(crate) const SESSION_COLUMNS: &str = "s.id, s.wrapped_key, s.schema";

impl Sealed {
    /// From the columns `seq, sealed, id, wrapped_key, schema`.
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            sealed: row.get(1)?,
            session: row.get(2)?,
            wrapped_key: row.get(3)?,
            schema: row.get(4)?,
        })
    }

    /// The plain bytes.
    pub(crate) fn open(
        &self,
        db: &Db,
        opener: &Opener,
        what: &'static str,
    ) -> Result<Vec<u8>, SealError> {
        let aad = db.aad(&self.session, self.schema, what, self.seq);
        opener.open(&self.wrapped_key, &aad, &self.sealed)
    }

    /// Opens other bytes that belong to the same number and session, such as a picture's file.
    pub(crate) fn open_other(
        &self,
        db: &Db,
        opener: &Opener,
        what: &'static str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let aad = db.aad(&self.session, self.schema, what, self.seq);
        opener.open(&self.wrapped_key, &aad, sealed)
    }

    /// The record's line, parsed.
    pub(crate) fn line(&self, db: &Db, opener: &Opener) -> Result<Line, Damaged> {
        let damaged = |why: String| Damaged { seq: self.seq, why };
        let plain = self
            .open(db, opener, "record")
            .map_err(|e| damaged(e.to_string()))?;
        let line: Line =
            serde_json::from_slice(&plain).map_err(|e| damaged(format!("not a record: {e}")))?;
        if line.schema > SCHEMA {
            return Err(damaged(format!(
                "its format {} is newer than this program's {SCHEMA}; update uam",
                line.schema
            )));
        }
        Ok(line)
    }
}
