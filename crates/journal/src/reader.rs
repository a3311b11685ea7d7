//! Looking without changing anything.
//!
//! Always true: SQLite refuses every change on this connection, and a row that cannot be read hides no other.

use crate::db::{AccessMode, Database, key};
use crate::keys::KeyRing;
use crate::lines::{RECORD_COLUMNS, SealedRow, SpanFilter, SpanHead};
use crate::{
    DamagedRow, ErasedRange, JournalError, ManifestHead, ManifestInfo, OutboxDepth, RecordLines,
    ScreenshotEntry, StoredRollup, UploadedObject, UploadedObjectInfo, UtcDay, VaultCopy, blobs,
    chain, depth, erase, outbox, recover, rollup,
};
use model::{DeviceId, RecordLine, Span};
use rusqlite::{OptionalExtension, Row};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::ops::{ControlFlow, Range, RangeInclusive};
use std::path::Path;
use std::sync::Arc;
use vault::Opener;

/// A session's id, wrapped data key and format.
type SessionRow = ([u8; 16], Arc<[u8]>, u32);

/// Looks into a journal that another process may be writing.
#[derive(Debug)]
pub struct Reader {
    db: Database,
    ring: KeyRing,
}

impl Reader {
    /// Opens the journal in `dir` for looking.
    ///
    /// # Errors
    /// [`JournalError::Missing`], [`JournalError::Newer`], [`JournalError::Older`], [`JournalError::DamagedRow`], and what
    /// the disk says.
    pub fn open(dir: &Path, opener: Opener) -> Result<Self, JournalError> {
        let db = Database::open(dir, AccessMode::Look)?;
        let ring = KeyRing::new(opener);
        Ok(Self { db, ring })
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
    /// See [`JournalError`]; a row that cannot be read is no error but an entry in [`RecordLines::damaged`]. Which day such a
    /// row belongs to is known, its exact start is not; so it is listed when its UTC day touches the range.
    pub fn read_records(&self, start_us: Range<i64>) -> Result<RecordLines, JournalError> {
        let mut lines = RecordLines::default();
        self.for_each_record(start_us, &mut |line| lines.push(line))?;
        Ok(lines)
    }

    /// As [`Self::read_records`], without the spans that `wanted` does not want. These are not taken apart, which is most of what a
    /// line costs.
    ///
    /// # Errors
    /// As [`Self::read_records`].
    pub fn read_records_where(
        &self,
        start_us: Range<i64>,
        wanted: &mut dyn FnMut(SpanHead<'_>) -> bool,
    ) -> Result<RecordLines, JournalError> {
        let mut lines = RecordLines::default();
        if start_us.is_empty() {
            return Ok(lines);
        }
        let days = UtcDay::of_us(start_us.start)..=UtcDay::of_us(start_us.end - 1);
        let mut within = |head: SpanHead<'_>| start_us.contains(&head.start_us) && wanted(head);
        self.each_opened(&days, &mut within, &mut |line| match line {
            Ok(line) if !start_us.contains(&line.record.start_us()) => {}
            line => lines.push(line),
        })?;
        Ok(lines)
    }

    /// As [`Self::read_records`], one at a time, for ranges that should not lie in memory at once.
    ///
    /// # Errors
    /// As [`Self::read_records`].
    pub fn for_each_record(
        &self,
        start_us: Range<i64>,
        visit: &mut dyn FnMut(Result<RecordLine, DamagedRow>),
    ) -> Result<(), JournalError> {
        if start_us.is_empty() {
            return Ok(());
        }
        let days = UtcDay::of_us(start_us.start)..=UtcDay::of_us(start_us.end - 1);
        self.each_of_days(&days, &mut |line| match line {
            Ok(line) if !start_us.contains(&line.record.start_us()) => {}
            line => visit(line),
        })
    }

    /// Every record whose **start** lies in one of `slots` (quarter hours since the Unix epoch, UTC), one at a time; by
    /// rising `seq` within each run of neighbouring days. For the quarter hours [`Self::read_rollups`] says nothing about.
    ///
    /// # Errors
    /// As [`Self::read_records`].
    pub fn for_each_record_of(
        &self,
        slots: &BTreeSet<i64>,
        visit: &mut dyn FnMut(Result<RecordLine, DamagedRow>),
    ) -> Result<(), JournalError> {
        let mut days = slots.iter().map(|slot| rollup::day_of(*slot)).peekable();
        while let Some(first) = days.next() {
            let mut last = first;
            while let Some(day) = days.next_if(|day| day.0 <= last.0.saturating_add(1)) {
                last = day;
            }
            self.each_of_days(&(first..=last), &mut |line| match line {
                Ok(line) if !slots.contains(&rollup::slot_of(line.record.start_us())) => {}
                line => visit(line),
            })?;
        }
        Ok(())
    }

    /// The roll-ups of the quarter hours in `slots` (counted from the Unix epoch, UTC), by rising slot. From
    /// [`Self::rollups_complete_since`] on, outside the days in [`Self::erased_ranges`], a slot that is missing here holds no time; one
    /// without content is to be read from its records, and everything else too.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn read_rollups(&self, slots: Range<i64>) -> Result<Vec<StoredRollup>, JournalError> {
        let mut out = Vec::new();
        self.for_each_rollup(slots, &mut |row| out.push(row))?;
        Ok(out)
    }

    /// As [`Self::read_rollups`], one at a time, for times that should not lie in memory at once.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn for_each_rollup(
        &self,
        slots: Range<i64>,
        visit: &mut dyn FnMut(StoredRollup),
    ) -> Result<(), JournalError> {
        rollup::read(&self.db, &self.ring, slots, visit)
    }

    /// The first quarter hour (counted from the Unix epoch, UTC) of which [`Self::read_rollups`] tells everything.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn rollups_complete_since(&self) -> Result<i64, JournalError> {
        rollup::complete_since(&self.db)
    }

    /// Up to `limit` records with a number above `seq`, by rising `seq`.
    ///
    /// # Errors
    /// See [`JournalError`]; a row that cannot be read is an entry in [`RecordLines::damaged`].
    pub fn read_after(&self, seq: u64, limit: usize) -> Result<RecordLines, JournalError> {
        let mut lines = RecordLines::default();
        self.each_after(seq, limit, &mut |sealed| {
            lines.push(sealed.line(&self.db, &self.ring));
            Ok(())
        })?;
        Ok(lines)
    }

    /// The highest number given so far to a record that is there; 0 when there is none.
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
    pub fn read_raw_lines(
        &self,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        let mut out = Vec::new();
        self.each_after(seq, limit, &mut |sealed| {
            out.push((sealed.seq, sealed.bytes(&self.db, &self.ring)?));
            Ok(())
        })?;
        Ok(out)
    }

    /// The provisional spans that open: what is being counted right now, or was when the last run ended without saying
    /// so.
    ///
    /// # Errors
    /// See [`JournalError`]; one that cannot be read is left out.
    pub fn provisional_spans(&self) -> Result<Vec<Span>, JournalError> {
        let rows = recover::pending(&self.db, i64::MAX)?;
        let spans = rows
            .iter()
            .filter_map(|row| row.sealed.open_span(&self.db, &self.ring).ok());
        Ok(spans.collect())
    }

    /// The numbers whose records were erased, by rising number; why others are missing is not known here.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn erased_ranges(&self) -> Result<Vec<ErasedRange>, JournalError> {
        erase::ranges(&self.db)
    }

    /// The last moment at which something became durable, in microseconds since the Unix epoch (UTC).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn last_durable_us(&self) -> Result<Option<i64>, JournalError> {
        self.db.meta(key::LAST_DURABLE)
    }

    /// What waits for the sink. Its cost does not grow with the number of records, and it needs no key.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn depth(&self) -> Result<OutboxDepth, JournalError> {
        depth::measure(&self.db)
    }

    /// When the sink last acknowledged something, in microseconds since the Unix epoch (UTC).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn last_ack_us(&self) -> Result<Option<i64>, JournalError> {
        self.db.meta(key::LAST_ACK)
    }

    /// The uploader's note ([`crate::Outbox::set_upload_note`]).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn upload_note(&self) -> Result<Option<String>, JournalError> {
        self.db.meta(key::NOTE)
    }

    /// The newest `limit` shots, newest first; those whose facts cannot be read are left out.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn newest_screenshots(&self, limit: usize) -> Result<Vec<ScreenshotEntry>, JournalError> {
        self.screenshots_below(u64::MAX, limit)
    }

    /// The newest `limit` shots with a number below `seq`, newest first; as [`Self::newest_screenshots`].
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn screenshots_below(
        &self,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<ScreenshotEntry>, JournalError> {
        blobs::newest(&self.db, &self.ring, seq, limit)
    }

    /// The shots of whole UTC days, newest first; as [`Self::newest_screenshots`].
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn screenshots_of(
        &self,
        days: &RangeInclusive<UtcDay>,
    ) -> Result<Vec<ScreenshotEntry>, JournalError> {
        blobs::of_days(&self.db, &self.ring, days)
    }

    /// The encoded picture of a shot, checked against its hash.
    ///
    /// # Errors
    /// [`JournalError::NoShot`], [`JournalError::PictureLost`], [`JournalError::PictureDeleted`].
    pub fn open_screenshot(&self, seq: u64) -> Result<Vec<u8>, JournalError> {
        blobs::picture(&self.db, &self.ring, seq)
    }

    /// Everything the sink has, or may have, by rising number of the first record; pictures among the segments.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn for_each_uploaded(
        &self,
        visit: &mut dyn FnMut(UploadedObjectInfo),
    ) -> Result<(), JournalError> {
        outbox::each_sent(&self.db, visit)
    }

    /// The copy of the recovery kit that the sink has, if it is the newest one.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn uploaded_vault_copy(&self) -> Result<Option<VaultCopy>, JournalError> {
        Ok(outbox::kept_kit(&self.db)?.and_then(|(kit, sent)| sent.then_some(kit)))
    }

    /// Every manifest that was made, oldest first.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn for_each_manifest(
        &self,
        visit: &mut dyn FnMut(ManifestInfo),
    ) -> Result<(), JournalError> {
        chain::each_manifest(&self.db, visit)
    }

    /// The newest manifest, if one was made.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn manifest_head(&self) -> Result<Option<ManifestHead>, JournalError> {
        chain::head(&self.db)
    }

    /// Objects at the sink that hold nothing but what their owner had taken out or erased here.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn tombstones(&self) -> Result<Vec<UploadedObject>, JournalError> {
        chain::entombed(&self.db)
    }

    fn each_after(
        &self,
        seq: u64,
        limit: usize,
        visit: &mut dyn FnMut(&SealedRow) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let sql = format!(
            "SELECT {RECORD_COLUMNS} FROM record r JOIN session s ON s.no = r.session
             WHERE r.seq > ?1 ORDER BY r.seq LIMIT ?2"
        );
        self.db.each_row(&sql, (seq, limit), &mut |sealed| {
            visit(&sealed)?;
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The records of whole days. A promoted row's day is only that of its session, so all of them are looked at; there
    /// is one for each hard crash.
    fn each_of_days(
        &self,
        days: &RangeInclusive<UtcDay>,
        visit: &mut dyn FnMut(Result<RecordLine, DamagedRow>),
    ) -> Result<(), JournalError> {
        self.each_opened(days, &mut |_| true, visit)
    }

    fn each_opened(
        &self,
        days: &RangeInclusive<UtcDay>,
        wanted: SpanFilter<'_>,
        visit: &mut dyn FnMut(Result<RecordLine, DamagedRow>),
    ) -> Result<(), JournalError> {
        // Few sessions wrote the many records of a day; each is fetched once.
        let sql = "SELECT r.seq, r.sealed, r.open_id, r.session, r.day FROM record r
             WHERE r.seq IN (SELECT seq FROM record WHERE day BETWEEN ?1 AND ?2
                             UNION SELECT seq FROM record WHERE open_id IS NOT NULL) ORDER BY r.seq";
        let failed = || self.db.failed("read the records");
        let mut sessions: HashMap<i64, Option<SessionRow>> = HashMap::new();
        let mut query = self.db.conn.prepare_cached(sql).map_err(failed())?;
        let mut rows = query
            .query([days.start().0, days.end().0])
            .map_err(failed())?;
        while let Some(row) = rows.next().map_err(failed())? {
            let session: i64 = row.get(3).map_err(failed())?;
            let known = match sessions.entry(session) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(self.session(session)?),
            };
            let Some((id, wrapped_key, schema)) = known else {
                continue;
            };
            let sealed = SealedRow {
                seq: row.get(0).map_err(failed())?,
                sealed: row.get(1).map_err(failed())?,
                open_id: row.get(2).map_err(failed())?,
                session: *id,
                wrapped_key: Arc::clone(wrapped_key),
                schema: *schema,
            };
            let day = UtcDay(row.get(4).map_err(failed())?);
            match sealed.line_if(&self.db, &self.ring, wanted) {
                None => {}
                Some(Err(_)) if !days.contains(&day) => {}
                Some(line) => visit(line),
            }
        }
        Ok(())
    }

    fn session(&self, no: i64) -> Result<Option<SessionRow>, JournalError> {
        let sql = "SELECT id, wrapped_key, schema FROM session WHERE no = ?1";
        let row = |row: &Row<'_>| {
            let wrapped_key: Vec<u8> = row.get(1)?;
            Ok((row.get(0)?, wrapped_key.into(), row.get(2)?))
        };
        self.db
            .conn
            .prepare_cached(sql)
            .and_then(|mut query| query.query_row([no], row).optional())
            .map_err(self.db.failed("read the sessions"))
    }
}
