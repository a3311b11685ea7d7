//! Reading, without changing anything.
//!
//! Always true: SQLite refuses every change on this connection, and a row that cannot be read hides no other.

use crate::database::{AccessMode, Database};
use crate::error::JournalError;
use crate::object::{ScreenshotEntry, UploadedObject, UploadedObjectInfo, VaultCopy};
use crate::ops::connect::open_existing;
use crate::ops::depth::{OutboxDepth, measure_depth};
use crate::ops::rollups::{self, StoredRollup};
use crate::ops::{manifest_outbox, open_screenshot, read_records};
use crate::quarter_hour::QuarterHour;
use crate::record_line::{DamagedRow, RecordLines, SpanFilter, SpanHead};
use crate::sealing::KeyRing;
use crate::tables::erased::{self, ErasedRange};
use crate::tables::manifests::{self, ManifestHead, ManifestInfo};
use crate::tables::meta::{self, key};
use crate::tables::screenshots::ShownScreenshots;
use crate::tables::{provisional, segments, sequence, tombstones};
use crate::utc_day::UtcDay;
use model::{DeviceId, RecordLine, Span, Timestamp};
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use vault::Opener;

/// Reads a journal that another process may be writing.
#[derive(Debug)]
pub struct Reader {
    db: Database,
    ring: KeyRing,
}

impl Reader {
    /// Opens the journal in `dir` for looking.
    ///
    /// # Errors
    /// [`JournalError::Missing`], [`JournalError::Newer`], [`JournalError::Older`], [`JournalError::Damaged`], and what
    /// the disk says.
    pub fn open(dir: &Path, opener: Opener) -> Result<Self, JournalError> {
        let db = open_existing(dir, AccessMode::Read)?;
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

    /// Every record whose **start** lies in `time`, by rising `seq`. A span that began before it and reaches into it is not
    /// among them: ask from as much earlier as a span may last.
    ///
    /// # Errors
    /// See [`JournalError`]; a row that cannot be read is no error but an entry in [`RecordLines::damaged`]. Which day such a
    /// row belongs to is known, its exact start is not; so it is listed when its UTC day touches the time.
    pub fn read_records(&self, time: Range<Timestamp>) -> Result<RecordLines, JournalError> {
        let mut lines = RecordLines::default();
        self.for_each_record(time, &mut |line| lines.add(line))?;
        Ok(lines)
    }

    /// As [`Self::read_records`], without the spans that `wanted` does not want. These are not taken
    /// apart, which is most of the cost of a line.
    ///
    /// # Errors
    /// As [`Self::read_records`].
    pub fn read_records_where(
        &self,
        time: Range<Timestamp>,
        wanted: &mut dyn FnMut(SpanHead<'_>) -> bool,
    ) -> Result<RecordLines, JournalError> {
        let mut lines = RecordLines::default();
        let within = &mut |head: SpanHead<'_>| time.contains(&head.start) && wanted(head);
        self.for_each_within(&time, within, &mut |line| lines.add(line))?;
        Ok(lines)
    }

    /// As [`Self::read_records`], one at a time, for ranges that should not lie in memory at once.
    ///
    /// # Errors
    /// As [`Self::read_records`].
    pub fn for_each_record(
        &self,
        time: Range<Timestamp>,
        visit: &mut dyn FnMut(Result<RecordLine, DamagedRow>),
    ) -> Result<(), JournalError> {
        self.for_each_within(&time, &mut |_| true, visit)
    }

    fn for_each_within(
        &self,
        time: &Range<Timestamp>,
        wanted: SpanFilter<'_>,
        visit: &mut dyn FnMut(Result<RecordLine, DamagedRow>),
    ) -> Result<(), JournalError> {
        if time.is_empty() {
            return Ok(());
        }
        let days = UtcDay::touched_by(time);
        read_records::for_each_of_days(
            &self.db,
            &self.ring,
            &days,
            wanted,
            &mut |line| match line {
                Ok(line) if !time.contains(&line.record.start()) => {}
                line => visit(line),
            },
        )
    }

    /// Every record whose **start** lies in one of these quarter hours, one at a time; by
    /// rising `seq` within each run of neighbouring days. For the quarter hours [`Self::read_rollups`] says nothing about.
    ///
    /// # Errors
    /// As [`Self::read_records`].
    pub fn for_each_record_of(
        &self,
        quarter_hours: &BTreeSet<QuarterHour>,
        visit: &mut dyn FnMut(Result<RecordLine, DamagedRow>),
    ) -> Result<(), JournalError> {
        read_records::for_each_of_quarter_hours(&self.db, &self.ring, quarter_hours, visit)
    }

    /// The roll-ups of these quarter hours, by rising number. From
    /// [`Self::rollups_complete_since`] on, outside the days in [`Self::erased_ranges`], one that is missing here holds no time; one
    /// without content is to be read from its records, and everything else too.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn read_rollups(
        &self,
        quarter_hours: Range<QuarterHour>,
    ) -> Result<Vec<StoredRollup>, JournalError> {
        let mut out = Vec::new();
        self.for_each_rollup(quarter_hours, &mut |row| out.push(row))?;
        Ok(out)
    }

    /// As [`Self::read_rollups`], one at a time, for times that should not lie in memory at once.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn for_each_rollup(
        &self,
        quarter_hours: Range<QuarterHour>,
        visit: &mut dyn FnMut(StoredRollup),
    ) -> Result<(), JournalError> {
        rollups::for_each_rollup(&self.db, &self.ring, &quarter_hours, visit)
    }

    /// The first quarter hour of which [`Self::read_rollups`] tells everything.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn rollups_complete_since(&self) -> Result<QuarterHour, JournalError> {
        self.db.query("read a fact", meta::rollups_complete_since)
    }

    /// Up to `limit` records with a number above `seq`, by rising `seq`.
    ///
    /// # Errors
    /// See [`JournalError`]; a row that cannot be read is an entry in [`RecordLines::damaged`].
    pub fn read_after(&self, seq: u64, limit: usize) -> Result<RecordLines, JournalError> {
        let mut lines = RecordLines::default();
        read_records::for_each_after(&self.db, seq, limit, &mut |sealed| {
            lines.add(sealed.open_line(&self.db.device, &self.ring));
            Ok(())
        })?;
        Ok(lines)
    }

    /// The highest number given so far to a record that is there; 0 when there is none.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn last_seq(&self) -> Result<u64, JournalError> {
        self.db.query("read the records", sequence::last_seq)
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
        read_records::for_each_after(&self.db, seq, limit, &mut |sealed| {
            out.push((
                sealed.seq,
                sealed.open_line_bytes(&self.db.device, &self.ring)?,
            ));
            Ok(())
        })?;
        Ok(out)
    }

    /// The provisional spans that open: those that are counted right now, or were when the last run crashed.
    ///
    /// # Errors
    /// See [`JournalError`]; one that cannot be read is left out.
    pub fn provisional_spans(&self) -> Result<Vec<Span>, JournalError> {
        let rows = self.db.query("read the open spans", |conn| {
            provisional::rows_before_run(conn, i64::MAX)
        })?;
        let spans = rows.iter().filter_map(|row| {
            row.sealed
                .open_provisional_span(&self.db.device, &self.ring)
                .ok()
        });
        Ok(spans.collect())
    }

    /// The numbers whose records were erased, by rising number; why others are missing is not known here.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn erased_ranges(&self) -> Result<Vec<ErasedRange>, JournalError> {
        self.db.query("read the erased ranges", erased::ranges)
    }

    /// The last moment at which something became durable.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn last_durable(&self) -> Result<Option<Timestamp>, JournalError> {
        self.read_time(key::LAST_DURABLE)
    }

    /// The objects that wait for the sink. The cost does not grow with the number of records, and no key is needed.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn depth(&self) -> Result<OutboxDepth, JournalError> {
        measure_depth(&self.db)
    }

    /// When the sink last acknowledged something.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn last_ack(&self) -> Result<Option<Timestamp>, JournalError> {
        self.read_time(key::LAST_ACK)
    }

    /// The uploader's note ([`crate::Outbox::set_upload_note`]).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn upload_note(&self) -> Result<Option<String>, JournalError> {
        self.db
            .query("read a fact", |conn| meta::read_value(conn, key::NOTE))
    }

    /// The newest `limit` screenshots, newest first; those whose facts cannot be read are left out.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn newest_screenshots(&self, limit: usize) -> Result<Vec<ScreenshotEntry>, JournalError> {
        self.screenshots_below(u64::MAX, limit)
    }

    /// The newest `limit` screenshots with a number below `seq`, newest first; as [`Self::newest_screenshots`].
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn screenshots_below(
        &self,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<ScreenshotEntry>, JournalError> {
        open_screenshot::list_entries(&self.db, &self.ring, &ShownScreenshots::Below(seq, limit))
    }

    /// The screenshots of whole UTC days, newest first; as [`Self::newest_screenshots`].
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn screenshots_of(
        &self,
        days: &RangeInclusive<UtcDay>,
    ) -> Result<Vec<ScreenshotEntry>, JournalError> {
        open_screenshot::list_entries(&self.db, &self.ring, &ShownScreenshots::OfDays(days))
    }

    /// The encoded bytes of a screenshot, checked against its hash.
    ///
    /// # Errors
    /// [`JournalError::NoScreenshot`], [`JournalError::ScreenshotLost`], [`JournalError::ScreenshotDeleted`].
    pub fn open_screenshot(&self, seq: u64) -> Result<Vec<u8>, JournalError> {
        open_screenshot::open_screenshot(&self.db, &self.ring, seq)
    }

    /// Everything the sink has, or may have, by rising number of the first record; screenshots among the segments.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn for_each_uploaded(
        &self,
        visit: &mut dyn FnMut(UploadedObjectInfo),
    ) -> Result<(), JournalError> {
        self.db.query("read the uploaded objects", |conn| {
            segments::for_each_uploaded(conn, visit)
        })
    }

    /// The copy of the recovery kit that the sink has, if it is the newest one.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn uploaded_vault_copy(&self) -> Result<Option<VaultCopy>, JournalError> {
        let newest = self.db.query("read a fact", meta::vault_copy)?;
        Ok(newest.and_then(|(copy, acknowledged)| acknowledged.then_some(copy)))
    }

    /// Every manifest that was made, oldest first.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn for_each_manifest(
        &self,
        visit: &mut dyn FnMut(ManifestInfo),
    ) -> Result<(), JournalError> {
        self.db.query("read the manifests", |conn| {
            manifests::for_each(conn, visit)
        })
    }

    /// The newest manifest, if one was made.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn manifest_head(&self) -> Result<Option<ManifestHead>, JournalError> {
        manifest_outbox::read_head(&self.db)
    }

    /// Objects at the sink that hold nothing but records that their owner redacted or erased here.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn tombstones(&self) -> Result<Vec<UploadedObject>, JournalError> {
        self.db.query("read the tombstones", tombstones::objects)
    }

    fn read_time(&self, key: &str) -> Result<Option<Timestamp>, JournalError> {
        self.db
            .query("read a fact", |conn| meta::read_time(conn, key))
    }
}
