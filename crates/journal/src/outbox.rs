//! The uploader's side. It holds no key: the objects it hands out are sealed, or were sealed for others to open on the
//! way.
//!
//! Always true:
//! * Segments are handed out in order, the next one only after the one before is acknowledged, and always with the same
//!   bytes.
//! * Ask for the segment first, then put the screenshots that go before it, then the segment: so a record in the sink never
//!   names a screenshot that is not there. No screenshot is handed out before its segment was frozen.
//! * A put is noted before it is begun, so whether the sink may have something is known after a crash too.
//! * Writing transactions are short: the writer waits for them.

use crate::database::{AccessMode, Database};
use crate::error::JournalError;
use crate::object::{ObjectEncoding, ScreenshotFile, Segment, VaultCopy, WaitingScreenshot};
use crate::ops::connect::open_existing;
use crate::ops::depth::{OutboxDepth, measure_depth};
use crate::ops::manifest_outbox::{self, ManifestDraft};
use crate::ops::{put_queue, retain};
use crate::retention::{RetentionReport, RetentionStep, StoredScreenshot};
use crate::tables::manifests::{self, UnsentManifest};
use crate::tables::meta::{self, key};
use crate::tables::{screenshots, segments};
use model::{DeviceId, Timestamp};
use std::path::Path;

/// The uploader's side of the journal; another process than the writer's may hold it.
#[derive(Debug)]
pub struct Outbox {
    db: Database,
    /// The present moment, where records that are held back are to stay so.
    now: Option<Timestamp>,
}

impl Outbox {
    /// Opens the outbox of the journal in `dir`.
    ///
    /// # Errors
    /// [`JournalError::Missing`] before the writer's first start, and errors of the disk.
    pub fn open(dir: &Path) -> Result<Self, JournalError> {
        let db = open_existing(dir, AccessMode::Write)?;
        Ok(Self { db, now: None })
    }

    /// Leaves objects alone that are held back at `now`.
    #[must_use]
    pub fn hold_back_until_due(mut self, now: Timestamp) -> Self {
        self.now = Some(now);
        self
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

    /// The oldest `limit` screenshots that go before the segment [`Self::next_segment`] gives, or the last ones when it gives
    /// none.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn next_screenshots(&self, limit: usize) -> Result<Vec<WaitingScreenshot>, JournalError> {
        put_queue::next_screenshots(&self.db, limit, self.now)
    }

    /// A screenshot's file as it lies here, checked against its hash.
    ///
    /// # Errors
    /// [`JournalError::ScreenshotLost`] when it is gone or was changed; it is then marked lost and waits no more.
    /// [`JournalError::ScreenshotDeleted`] when it was removed in the meantime.
    pub fn open_screenshot_file(&self, seq: u64) -> Result<ScreenshotFile, JournalError> {
        put_queue::open_screenshot_file(&self.db, seq)
    }

    /// Notes that puts of these screenshots begin. Returns those that still wait: the others were removed meanwhile and
    /// must not be put.
    ///
    /// # Errors
    /// See [`JournalError`]; then nothing may be put.
    pub fn begin_screenshot_puts(
        &mut self,
        shots: &[(u64, ObjectEncoding)],
    ) -> Result<Vec<u64>, JournalError> {
        put_queue::begin_screenshot_puts(&mut self.db, shots)
    }

    /// The sink has the screenshot durably, in this encoding. Repeating it does no harm.
    ///
    /// # Errors
    /// [`JournalError::NoScreenshot`], also when it was erased meanwhile; see [`JournalError`] for the rest.
    pub fn acknowledge_screenshot(
        &mut self,
        seq: u64,
        encoding: ObjectEncoding,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        put_queue::acknowledge_screenshot(&mut self.db, seq, encoding, at)
    }

    /// The next segment to put, or `None` when nothing waits, only segments held back
    /// ([`Self::hold_back_until_due`]), or one that the writer has to freeze first. The same one until it is acknowledged.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn next_segment(&self) -> Result<Option<Segment>, JournalError> {
        put_queue::next_segment(&self.db, self.now)
    }

    /// Notes that a put of the segment begins. False when it was withdrawn meanwhile (and perhaps made again with other
    /// bytes); then it must not be put.
    ///
    /// # Errors
    /// See [`JournalError`]; then nothing may be put.
    pub fn begin_segment_put(
        &mut self,
        segment: &Segment,
        encoding: ObjectEncoding,
    ) -> Result<bool, JournalError> {
        put_queue::begin_segment_put(&mut self.db, segment, encoding)
    }

    /// Until when frozen segments are held back; `None` when none is.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn held_until(&self) -> Result<Option<Timestamp>, JournalError> {
        self.db.query("read the segments", |conn| {
            segments::held_until(conn, self.now.unwrap_or(Timestamp::MAX))
        })
    }

    /// The sink does not have the segment and its body is gone: the writer makes it again.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn rebuild_segment(&mut self, first_seq: u64, last_seq: u64) -> Result<(), JournalError> {
        self.db.change("rebuild a damaged segment", |tx| {
            segments::rebuild(tx, first_seq, last_seq)
        })
    }

    /// The sink has the segment durably, in this encoding. In order; repeating it does no harm.
    ///
    /// # Errors
    /// [`JournalError::NoSegment`] when no such segment was frozen; see [`JournalError`] for the rest.
    pub fn acknowledge_segment(
        &mut self,
        first_seq: u64,
        last_seq: u64,
        encoding: ObjectEncoding,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        put_queue::acknowledge_segment(&mut self.db, (first_seq, last_seq), encoding, at)
    }

    /// The copy of the recovery kit that the sink does not have yet ([`crate::Journal::store_vault_copy`]).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn unsent_vault_copy(&self) -> Result<Option<VaultCopy>, JournalError> {
        let newest = self.db.query("read a fact", meta::vault_copy)?;
        Ok(newest.and_then(|(copy, acknowledged)| (!acknowledged).then_some(copy)))
    }

    /// The sink has the copy `seq` of the recovery kit durably.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn acknowledge_vault_copy(&mut self, seq: u64, at: Timestamp) -> Result<(), JournalError> {
        self.db
            .change("note an acknowledged copy of the vault", |tx| {
                meta::set_value(tx, key::KIT_ACKED, &seq)?;
                meta::set_time(tx, key::LAST_ACK, at)
            })
    }

    /// The content of the next manifest. Nothing is changed; [`Self::store_manifest`] keeps it once it is signed.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn draft_manifest(&self) -> Result<ManifestDraft, JournalError> {
        manifest_outbox::draft_manifest(&self.db)
    }

    /// Keeps a signed manifest of this draft until the sink acknowledged it.
    ///
    /// # Errors
    /// See [`JournalError`]; also when another manifest of that number was kept meanwhile. Then none of it is listed.
    pub fn store_manifest(
        &mut self,
        draft: &ManifestDraft,
        bytes: &[u8],
        at: Timestamp,
    ) -> Result<(), JournalError> {
        manifest_outbox::store_manifest(&mut self.db, draft, bytes, at)
    }

    /// The oldest manifest the sink does not have yet.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn next_manifest(&self) -> Result<Option<UnsentManifest>, JournalError> {
        self.db
            .query("read the next manifest", manifests::next_unsent)
    }

    /// The sink has the manifest durably. Repeating it does no harm.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn acknowledge_manifest(&mut self, no: u64, at: Timestamp) -> Result<(), JournalError> {
        manifest_outbox::acknowledge_manifest(&mut self.db, no, at)
    }

    /// The objects that wait for the sink.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn depth(&self) -> Result<OutboxDepth, JournalError> {
        measure_depth(&self.db)
    }

    /// Keeps one line for `uam status` (the state of uploading; free text, in clear, so never anything personal or
    /// secret).
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn set_upload_note(&mut self, note: &str) -> Result<(), JournalError> {
        self.db
            .change("keep a note", |tx| meta::set_value(tx, key::NOTE, &note))
    }

    /// The line kept last.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn upload_note(&self) -> Result<Option<String>, JournalError> {
        self.db
            .query("read a fact", |conn| meta::read_value(conn, key::NOTE))
    }

    /// The screenshots that lie here, for [`crate::retention::plan_retention`].
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn list_local_screenshots(&self) -> Result<Vec<StoredScreenshot>, JournalError> {
        self.db
            .query("list the screenshots", screenshots::local_rows)
    }

    /// Executes a plan; repeating it after a crash does no harm.
    ///
    /// # Errors
    /// See [`JournalError`]; the steps before are done.
    pub fn apply_retention(
        &mut self,
        plan: &[RetentionStep],
    ) -> Result<RetentionReport, JournalError> {
        retain::apply_retention(&mut self.db, plan)
    }
}
