//! Data keys that seal nothing any more.

use crate::tables::{records, rollups, sessions};
use rusqlite::Connection;
use std::collections::BTreeSet;

/// Sessions that may have lost their last row.
#[derive(Default)]
pub(crate) struct UnusedKeys(BTreeSet<i64>);

impl UnusedKeys {
    /// Notes a session.
    pub(crate) fn note_session(&mut self, session_no: i64) {
        self.0.insert(session_no);
    }

    /// Notes the session of a record's row, before that changes.
    pub(crate) fn note_record(&mut self, conn: &Connection, seq: u64) -> rusqlite::Result<()> {
        self.note_session(records::session_of(conn, seq)?);
        Ok(())
    }

    /// Deletes the keys of those that seal nothing any more, but that of `current`, which is in use. How many.
    pub(crate) fn delete_unused(&self, conn: &Connection, current: i64) -> rusqlite::Result<u64> {
        let used = sessions::numbers_in_use(conn)?;
        let mut deleted = 0;
        let unused = |session: &&i64| **session != current && !used.contains(session);
        for session in self.0.iter().filter(unused) {
            rollups::move_marks(conn, *session, current)?;
            deleted += sessions::delete_row(conn, *session)?;
        }
        Ok(deleted)
    }
}
