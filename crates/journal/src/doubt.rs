//! After the disk failed: what is believed, and when.
//!
//! Always true:
//! * After an input/output error (a failed fsync above all) nothing is acknowledged until the database was opened anew,
//!   its log was copied into it, and what had been acknowledged was found there and opened.
//! * What lies in the log is copied, not believed. After a failed fsync the system may show pages that never reached the
//!   disk, and does not write them again: another fsync of the same file says nothing of them. Folding the log in writes
//!   each page anew, into the database, and the fsync of that one counts. So does the start, for the run before it may
//!   have ended at such an error.
//! * What was written but never acknowledged is taken back: its caller writes it again. Until then a picture's file stays,
//!   for its row may be in the log, and this process may end before it is settled.

use crate::db::{self, AccessMode};
use crate::lines::{RECORD_COLUMNS, SealedRow};
use crate::{Journal, JournalError, blobs, recover};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;
use vault::SealError;

/// How many of the newest records are opened again.
const LOOKED_AT: u64 = 256;

/// At the start: writes what the log holds into the database. Where somebody who is looking needs the log, their
/// connection was there before this one: then nothing in it was found by reading the file, and nothing is to be copied.
pub(crate) fn checkpoint_now(conn: &Connection, path: &Path) -> Result<(), JournalError> {
    db::checkpoint(conn, path, Duration::ZERO).map(drop)
}

impl Journal {
    /// Notes an error that leaves the disk's content in doubt.
    pub(crate) fn note_io_error<T>(
        &mut self,
        done: Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        self.in_doubt |= matches!(done, Err(JournalError::Io { .. }));
        done
    }

    /// After a failed write: reopens the database and compares it with what was acknowledged.
    pub(crate) fn reverify(&mut self) -> Result<(), JournalError> {
        if !self.in_doubt {
            return Ok(());
        }
        self.db.conn = db::connect(&self.db.path, AccessMode::Write)?;
        if !db::checkpoint(&self.db.conn, &self.db.path, db::FOLD)? {
            return Err(JournalError::Busy {
                path: self.db.path.clone(),
            });
        }
        recover::quick_check(&self.db.conn, &self.db.path)?;
        self.check_acknowledged()?;
        self.undo_unacknowledged()?;
        for file in self.doubtful.drain(..) {
            // Best effort: the next start removes a file without a row.
            let _ = blobs::remove(&file);
        }
        self.next_seq = recover::next_seq(&self.db)?;
        self.total = recover::total(&self.db)?;
        self.in_doubt = false;
        Ok(())
    }

    /// Fails when something acknowledged is not there as it was written.
    fn check_acknowledged(&self) -> Result<(), JournalError> {
        let last = self.next_seq - 1;
        let gone = |why: String| JournalError::Damaged {
            path: self.db.path.clone(),
            why,
        };
        let total: Option<u64> = self
            .db
            .conn
            .query_row("SELECT total FROM record WHERE seq = ?1", [last], |row| {
                row.get(0)
            })
            .optional()
            .map_err(self.db.failed("look after a failed write"))?;
        if recover::next_seq(&self.db)? < self.next_seq || total.is_some_and(|t| t != self.total) {
            return Err(gone(format!("record {last} was durable and is gone")));
        }
        let sql = format!(
            "SELECT {RECORD_COLUMNS} FROM record r JOIN session s ON s.no = r.session
             WHERE r.seq BETWEEN ?1 AND ?2 ORDER BY r.seq"
        );
        let newest = (last.saturating_sub(LOOKED_AT), last);
        self.db.each_row(&sql, newest, &mut |row: SealedRow| {
            match row.bytes(&self.db, &self.ring) {
                // What an earlier lease wrote opens elsewhere.
                Ok(_) | Err(JournalError::Seal(SealError::Key { .. })) => {
                    Ok(ControlFlow::Continue(()))
                }
                Err(e) => Err(gone(format!(
                    "record {} was durable and is not readable: {e}",
                    row.seq
                ))),
            }
        })
    }

    /// Removes what was written although the caller was told that it failed, and will write again. No segment can hold
    /// it: it is frozen only after this. A promoted row stays, for what it was made from is gone; the caller's records
    /// come after it.
    fn undo_unacknowledged(&mut self) -> Result<(), JournalError> {
        let last = self.next_seq - 1;
        let failed = || JournalError::sqlite("look after a failed write", &self.db.path);
        let tx = self
            .db
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed())?;
        for sql in [
            "DELETE FROM blob WHERE seq > ?1",
            "DELETE FROM record WHERE seq > ?1 AND open_id IS NULL",
        ] {
            tx.execute(sql, [last]).map_err(failed())?;
        }
        self.slots.settle(&tx).map_err(failed())?;
        tx.commit().map_err(failed())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::writer::tests::{commit, journal};
    use crate::{Commit, DB_NAME};
    use std::fs;

    /// Records in a copy of the database file alone, without its log: what is there for certain.
    fn in_the_file_alone(dir: &Path) -> i64 {
        let copy = tempfile::TempDir::new().unwrap();
        let to = copy.path().join(DB_NAME);
        fs::copy(dir.join(DB_NAME), &to).unwrap();
        let conn = Connection::open(to).unwrap();
        // Not even its tables may be there.
        conn.query_row("SELECT count(*) FROM record", [], |row| row.get(0))
            .unwrap_or(0)
    }

    #[test]
    fn what_the_log_holds_is_copied_before_anything_is_acknowledged_again() {
        let (dir, mut journal) = journal();
        commit(&mut journal, 3).unwrap();
        assert_eq!(in_the_file_alone(dir.path()), 0);
        journal.in_doubt = true;
        commit(&mut journal, 1).unwrap();
        assert_eq!(in_the_file_alone(dir.path()), 3);
    }

    #[test]
    fn the_start_copies_the_log_too() {
        let (dir, mut journal) = journal();
        commit(&mut journal, 3).unwrap();
        // As after a crash: the log lies there.
        let crashed = tempfile::TempDir::new().unwrap();
        for name in [DB_NAME.to_owned(), format!("{DB_NAME}-wal")] {
            fs::copy(dir.path().join(&name), crashed.path().join(&name)).unwrap();
        }
        assert_eq!(in_the_file_alone(crashed.path()), 0);
        let lease = vault::Identity::generate();
        let keys = crate::writer::tests::keys(&lease);
        let (_next, recovery) = Journal::open(crashed.path(), keys, 1).unwrap();
        assert_eq!(recovery.quarantined, None);
        assert_eq!(in_the_file_alone(crashed.path()), 3);
    }

    #[test]
    fn while_somebody_looks_nothing_in_doubt_is_acknowledged() {
        let (dir, mut journal) = journal();
        commit(&mut journal, 1).unwrap();
        let looker = Connection::open(dir.path().join(DB_NAME)).unwrap();
        looker.execute_batch("BEGIN").unwrap();
        let count = "SELECT count(*) FROM record";
        let seen: i64 = looker.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(seen, 1);
        commit(&mut journal, 1).unwrap();
        journal.in_doubt = true;
        let error = commit(&mut journal, 1).unwrap_err();
        assert!(matches!(error, JournalError::Busy { .. }), "{error}");
        assert!(error.is_temporary());
        looker.execute_batch("COMMIT").unwrap();
        assert_eq!(commit(&mut journal, 1).unwrap(), [3]);
    }

    #[test]
    fn a_picture_that_the_disk_refuses_leaves_everything_in_doubt() {
        let (dir, mut journal) = journal();
        // A file where the folder of pictures is to be.
        fs::write(dir.path().join("shots"), b"").unwrap();
        let (shot, picture) = crate::writer::tests::shot();
        let error = journal.add_screenshot(&shot, &picture, 1).unwrap_err();
        assert!(matches!(error, JournalError::Io { .. }), "{error}");
        assert!(journal.in_doubt);
        fs::remove_file(dir.path().join("shots")).unwrap();
        assert_eq!(journal.add_screenshot(&shot, &picture, 1).unwrap(), 1);
        assert!(!journal.in_doubt);
    }

    #[test]
    fn a_picture_in_doubt_keeps_its_file_until_its_row_is_taken_back() {
        let (dir, mut journal) = journal();
        commit(&mut journal, 1).unwrap();
        let (shot, picture) = crate::writer::tests::shot();
        // As if the fsync after the picture's row had failed: row and file are there, the caller was told they are not.
        let (next_seq, total) = (journal.next_seq, journal.total);
        let seq = journal.add_screenshot(&shot, &picture, 1).unwrap();
        let file = crate::blobs::newest(&journal.db, &journal.ring, u64::MAX, 1).unwrap()[0]
            .file
            .clone()
            .unwrap();
        (journal.next_seq, journal.total) = (next_seq, total);
        journal.in_doubt = true;
        journal.doubtful.push(file.clone());
        // The end comes before it is settled: the start has the picture.
        let ended = tempfile::TempDir::new().unwrap();
        copy_all(dir.path(), ended.path());
        let keys = crate::writer::tests::keys(&vault::Identity::generate());
        let (_next, recovery) = Journal::open(ended.path(), keys, 1).unwrap();
        assert_eq!(recovery.swept, crate::ReconcileReport::default());
        // It goes on: the picture is taken back with its row, and may come again.
        commit(&mut journal, 1).unwrap();
        assert!(!file.exists() && journal.doubtful.is_empty());
        assert_eq!(journal.add_screenshot(&shot, &picture, 1).unwrap(), seq + 1);
    }

    fn copy_all(from: &Path, to: &Path) {
        for entry in fs::read_dir(from).unwrap().flatten() {
            let to = to.join(entry.file_name());
            if entry.path().is_dir() {
                fs::create_dir(&to).unwrap();
                copy_all(&entry.path(), &to);
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }

    #[test]
    fn what_does_not_open_any_more_is_said() {
        let (_dir, mut journal) = journal();
        commit(&mut journal, 2).unwrap();
        journal
            .db
            .conn
            .execute(
                "UPDATE record SET sealed = zeroblob(length(sealed)) WHERE seq = 1",
                [],
            )
            .unwrap();
        journal.in_doubt = true;
        let error = journal.commit(Commit::default()).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    }

    #[test]
    fn what_was_written_but_reported_as_failed_is_taken_back() {
        let (_dir, mut journal) = journal();
        commit(&mut journal, 2).unwrap();
        let (next_seq, total) = (journal.next_seq, journal.total);
        commit(&mut journal, 1).unwrap();
        // As if the fsync of that last commit had failed: the rows are there, the caller was told they are not.
        (journal.next_seq, journal.total) = (next_seq, total);
        journal.in_doubt = true;
        assert_eq!(commit(&mut journal, 1).unwrap(), [3]);
        assert_eq!(journal.db.last_seq().unwrap(), 3);
    }

    #[test]
    fn what_was_acknowledged_and_is_gone_is_said() {
        let (_dir, mut journal) = journal();
        commit(&mut journal, 2).unwrap();
        journal
            .db
            .conn
            .execute("DELETE FROM record WHERE seq = 2", [])
            .unwrap();
        journal.in_doubt = true;
        let error = commit(&mut journal, 1).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    }
}
