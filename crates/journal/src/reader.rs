//! Looking without changing anything.
//!
//! Always true: SQLite refuses every change on this connection, and a row that cannot be read hides no other.

use crate::db::{Db, Use, key};
use crate::lines::{SESSION_COLUMNS, Sealed};
use crate::{Damaged, Day, Depth, JournalError, Lines, ShotRow, blobs, depth, recover};
use model::{DeviceId, Line, Span};
use rusqlite::Params;
use std::ops::Range;
use std::path::Path;
use vault::Opener;

/// Looks into a journal that another process may be writing.
#[derive(Debug)]
pub struct Reader {
    db: Db,
    opener: Opener,
}

impl Reader {
    /// Opens the journal in `dir` for looking.
    ///
    /// # Errors
    /// [`JournalError::Missing`], [`JournalError::Newer`], [`JournalError::Older`], [`JournalError::Damaged`], and what
    /// the disk says.
    pub fn open(dir: &Path, opener: Opener) -> Result<Self, JournalError> {
        let db = Db::open(dir, Use::Look)?;
        Ok(Self { db, opener })
    }

    /// The installation's id.
    #[must_use]
    pub fn device(&self) -> &DeviceId {
        &self.db.device
    }

    /// Seconds since the Unix epoch (UTC) at which this journal was made.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.db.epoch
    }

    /// Every record whose **start** lies in `start_us` (microseconds since the Unix epoch, UTC), by rising `seq`. A span
    /// that began before the range and reaches into it is not among them: ask from as much earlier as a span may last.
    ///
    /// # Errors
    /// See [`JournalError`]; a row that cannot be read is no error but an entry in [`Lines::damaged`]. Which day such a
    /// row belongs to is known, its exact start is not; so it is listed when its UTC day touches the range.
    pub fn lines(&self, start_us: Range<i64>) -> Result<Lines, JournalError> {
        let mut lines = Lines::default();
        self.each_line(start_us, &mut |line| lines.push(line))?;
        Ok(lines)
    }

    /// As [`Self::lines`], one at a time, for ranges that should not lie in memory at once.
    ///
    /// # Errors
    /// As [`Self::lines`].
    pub fn each_line(
        &self,
        start_us: Range<i64>,
        visit: &mut dyn FnMut(Result<Line, Damaged>),
    ) -> Result<(), JournalError> {
        if start_us.is_empty() {
            return Ok(());
        }
        let days = (Day::of_us(start_us.start).0, Day::of_us(start_us.end - 1).0);
        let sql = format!(
            "SELECT r.seq, r.sealed, {SESSION_COLUMNS}
             FROM record r JOIN session s ON s.no = r.session
             WHERE r.day BETWEEN ?1 AND ?2 ORDER BY r.seq"
        );
        self.each_row(&sql, days, &mut |sealed| {
            match sealed.line(&self.db, &self.opener) {
                Ok(line) if !start_us.contains(&line.record.start_us()) => {}
                line => visit(line),
            }
            Ok(())
        })
    }

    /// Up to `limit` records with a number above `seq`, by rising `seq`.
    ///
    /// # Errors
    /// See [`JournalError`]; a row that cannot be read is an entry in [`Lines::damaged`].
    pub fn tail_after(&self, seq: u64, limit: usize) -> Result<Lines, JournalError> {
        let mut lines = Lines::default();
        self.each_after(seq, limit, &mut |sealed| {
            lines.push(sealed.line(&self.db, &self.opener));
            Ok(())
        })?;
        Ok(lines)
    }

    /// The highest number given so far; 0 when there is none.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn last_seq(&self) -> Result<u64, JournalError> {
        self.db.last_seq()
    }

    /// Up to `limit` records with a number above `seq` as the very bytes that were sealed (and are uploaded), without
    /// the line feed.
    ///
    /// # Errors
    /// See [`JournalError`]; here a row that does not open is an error ([`JournalError::Seal`]).
    pub fn raw_lines(&self, seq: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        let mut out = Vec::new();
        self.each_after(seq, limit, &mut |sealed| {
            out.push((sealed.seq, sealed.open(&self.db, &self.opener, "record")?));
            Ok(())
        })?;
        Ok(out)
    }

    /// The provisional spans: what is being counted right now, or was when the last run ended without saying so.
    ///
    /// # Errors
    /// See [`JournalError`]; one that cannot be read is left out.
    pub fn pending(&self) -> Result<Vec<Span>, JournalError> {
        let spans = recover::pending(&self.db, &self.opener, i64::MAX)?;
        Ok(spans.into_iter().flatten().collect())
    }

    /// The last moment at which something became durable, in microseconds since the Unix epoch (UTC).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn last_durable_us(&self) -> Result<Option<i64>, JournalError> {
        self.db.meta(key::LAST_DURABLE)
    }

    /// What waits for the sink. Its cost does not grow with the number of records.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn depth(&self) -> Result<Depth, JournalError> {
        depth::measure(&self.db, &self.opener)
    }

    /// When the sink last acknowledged something, in microseconds since the Unix epoch (UTC).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn last_ack_us(&self) -> Result<Option<i64>, JournalError> {
        self.db.meta(key::LAST_ACK)
    }

    /// The uploader's note ([`crate::Outbox::set_note`]).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn note(&self) -> Result<Option<String>, JournalError> {
        self.db.meta(key::NOTE)
    }

    /// The newest `limit` shots, newest first; those whose facts cannot be read are left out.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn shots(&self, limit: usize) -> Result<Vec<ShotRow>, JournalError> {
        blobs::newest(&self.db, &self.opener, limit)
    }

    /// The encoded picture of a shot, checked against its hash.
    ///
    /// # Errors
    /// [`JournalError::NoShot`], [`JournalError::PictureLost`], [`JournalError::PictureDeleted`].
    pub fn picture(&self, seq: u64) -> Result<Vec<u8>, JournalError> {
        blobs::picture(&self.db, &self.opener, seq)
    }

    fn each_after(
        &self,
        seq: u64,
        limit: usize,
        visit: &mut dyn FnMut(&Sealed) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let sql = format!(
            "SELECT r.seq, r.sealed, {SESSION_COLUMNS}
             FROM record r JOIN session s ON s.no = r.session
             WHERE r.seq > ?1 ORDER BY r.seq LIMIT ?2"
        );
        self.each_row(&sql, (seq, limit), visit)
    }

    fn each_row(
        &self,
        sql: &str,
        params: impl Params,
        visit: &mut dyn FnMut(&Sealed) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let failed = || self.db.failed("read the records");
        let mut query = self.db.conn.prepare_cached(sql).map_err(failed())?;
        let mut rows = query.query(params).map_err(failed())?;
        while let Some(row) = rows.next().map_err(failed())? {
            visit(&Sealed::from_row(row).map_err(failed())?)?;
        }
        Ok(())
    }
}
