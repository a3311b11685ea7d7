//! From the outbox into a sink, in order. No key is needed; with one, what is to be readable is opened on the way.
//!
//! What is always true:
//! * The pictures a segment names are in the sink before it.
//! * Segments go one after the other, oldest first; the next is put only when the one before is acknowledged.
//! * The journal hears of a put before it begins, and of an acknowledgement only after the sink gave one (see
//!   [`Sink::put_new`]). A crash in between puts the same bytes under the same key again, which the sink recognises.
//! * What may be readable or sealed in the sink is never both: when the one was tried before and the other is what can
//!   be put now, a look goes first.
//! * At most [`BATCH`] pictures or [`BATCH_BYTES`] of them (and always at least one) are in memory at once.

use crate::error::SinkError;
use crate::keys;
use crate::schedule::AttemptOutcome;
use crate::store::{NewObject, Sink, sha256_hex};
use journal::{
    JournalError, ObjectEncoding, Outbox, ScreenshotFile, Segment, UnsealedDigest, VaultCopy,
    WaitingScreenshot,
};
use model::{Clock, DeviceId};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use thiserror::Error;
use vault::Opener;

/// Pictures put together at most.
pub const BATCH: usize = 16;
/// Bytes of pictures put together at most, unless one alone is larger.
pub const BATCH_BYTES: u64 = 8 << 20;

/// What can be drained: the journal's [`Outbox`], or a test's stand-in. See there for what each call promises.
pub trait UploadQueue {
    /// The installation's id.
    fn device(&self) -> DeviceId;
    /// Seconds since the Unix epoch at which the journal was made.
    fn epoch(&self) -> u64;
    /// The copy of the recovery kit the sink does not have.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn kit(&self) -> Result<Option<VaultCopy>, JournalError>;
    /// The sink has the kit.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn ack_kit(&mut self, seq: u64, at_us: i64) -> Result<(), JournalError>;
    /// The oldest pictures that go before the segment [`Self::next_segment`] gives.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn next_shots(&self, limit: usize) -> Result<Vec<WaitingScreenshot>, JournalError>;
    /// A picture's file.
    ///
    /// # Errors
    /// [`JournalError::ScreenshotLost`] when it is gone, [`JournalError::ScreenshotDeleted`] when it was removed; it then waits
    /// no more.
    fn picture(&self, seq: u64) -> Result<ScreenshotFile, JournalError>;
    /// Puts begin; returns those that may be put.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn begin_shots(&mut self, shots: &[(u64, ObjectEncoding)]) -> Result<Vec<u64>, JournalError>;
    /// The sink has the picture.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn ack_shot(&mut self, seq: u64, form: ObjectEncoding, at_us: i64) -> Result<(), JournalError>;
    /// The next segment; the same one until it is acknowledged.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn next_segment(&self) -> Result<Option<Segment>, JournalError>;
    /// A put begins; false when the segment must not be put any more.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn begin_segment(
        &mut self,
        segment: &Segment,
        form: ObjectEncoding,
    ) -> Result<bool, JournalError>;
    /// The sink does not have the segment, and its body is gone.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn withdraw_segment(&mut self, first: u64, last: u64) -> Result<(), JournalError>;
    /// The sink has the segment.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn ack_segment(
        &mut self,
        first: u64,
        last: u64,
        form: ObjectEncoding,
        at_us: i64,
    ) -> Result<(), JournalError>;
}

impl UploadQueue for Outbox {
    fn device(&self) -> DeviceId {
        Outbox::device(self).clone()
    }

    fn epoch(&self) -> u64 {
        Outbox::epoch(self)
    }

    fn kit(&self) -> Result<Option<VaultCopy>, JournalError> {
        Outbox::unsent_vault_copy(self)
    }

    fn ack_kit(&mut self, seq: u64, at_us: i64) -> Result<(), JournalError> {
        Outbox::acknowledge_vault_copy(self, seq, at_us)
    }

    fn next_shots(&self, limit: usize) -> Result<Vec<WaitingScreenshot>, JournalError> {
        Outbox::next_screenshots(self, limit)
    }

    fn picture(&self, seq: u64) -> Result<ScreenshotFile, JournalError> {
        Outbox::open_screenshot_file(self, seq)
    }

    fn begin_shots(&mut self, shots: &[(u64, ObjectEncoding)]) -> Result<Vec<u64>, JournalError> {
        Outbox::begin_screenshot_puts(self, shots)
    }

    fn ack_shot(&mut self, seq: u64, form: ObjectEncoding, at_us: i64) -> Result<(), JournalError> {
        Outbox::acknowledge_screenshot(self, seq, form, at_us)
    }

    fn next_segment(&self) -> Result<Option<Segment>, JournalError> {
        Outbox::next_segment(self)
    }

    fn begin_segment(
        &mut self,
        segment: &Segment,
        form: ObjectEncoding,
    ) -> Result<bool, JournalError> {
        Outbox::begin_segment_put(self, segment, form)
    }

    fn withdraw_segment(&mut self, first: u64, last: u64) -> Result<(), JournalError> {
        Outbox::rebuild_segment(self, first, last)
    }

    fn ack_segment(
        &mut self,
        first: u64,
        last: u64,
        form: ObjectEncoding,
        at_us: i64,
    ) -> Result<(), JournalError> {
        Outbox::acknowledge_segment(self, first, last, form, at_us)
    }
}

/// What was delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DrainReport {
    /// Segments acknowledged.
    pub segments: u64,
    /// Records in them.
    pub records: u64,
    /// Pictures acknowledged.
    pub shots: u64,
    /// Copies of the recovery kit acknowledged.
    pub kits: u64,
    /// Bytes of all of these that were put.
    pub bytes: u64,
    /// Objects of these that an earlier try had already stored.
    pub already_there: u64,
    /// Pictures that were lost on this computer's disk before they could be delivered; their facts are delivered.
    pub lost_pictures: u64,
    /// True when the caller asked to stop before the outbox was empty.
    pub stopped: bool,
}

/// One step, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrainProgress {
    /// A picture is in the sink.
    Shot {
        /// Its shot's number.
        seq: u64,
        /// Its key.
        key: String,
        /// Its size.
        bytes: u64,
    },
    /// A segment is in the sink.
    Segment {
        /// Number of its first record.
        first_seq: u64,
        /// Number of its last record.
        last_seq: u64,
        /// How many records.
        records: u64,
        /// Its key.
        key: String,
        /// Its size.
        bytes: u64,
    },
    /// A copy of the recovery kit is in the sink.
    Kit {
        /// Its key.
        key: String,
        /// Its size.
        bytes: u64,
    },
    /// A picture was lost on this computer's disk.
    PictureLost {
        /// Its shot's number.
        seq: u64,
        /// Why.
        why: String,
    },
}

/// Why draining ended early. What was delivered until then is in `drained`, and is acknowledged.
#[derive(Debug, Error)]
#[error("{cause}")]
pub struct UploadError {
    /// Why.
    #[source]
    pub cause: UploadCause,
    /// What was delivered before.
    pub drained: DrainReport,
}

/// Whose error it was.
#[derive(Debug, Error)]
pub enum UploadCause {
    /// The sink's.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The journal's.
    #[error(transparent)]
    Journal(Box<JournalError>),
}

impl From<JournalError> for UploadCause {
    fn from(error: JournalError) -> Self {
        Self::Journal(Box::new(error))
    }
}

impl UploadError {
    /// True when somebody must mend something first.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match &self.cause {
            UploadCause::Sink(e) => e.is_permanent(),
            UploadCause::Journal(e) => !e.is_temporary(),
        }
    }

    /// What to do, as one sentence; empty where the error itself says it.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.cause {
            UploadCause::Sink(e) => e.hint(),
            UploadCause::Journal(_) => String::new(),
        }
    }

    /// What the schedule needs to know.
    #[must_use]
    pub fn outcome(&self) -> AttemptOutcome {
        if self.is_permanent() {
            return AttemptOutcome::Permanent;
        }
        AttemptOutcome::Retriable {
            retry_after: match &self.cause {
                UploadCause::Sink(e) => e.retry_after(),
                UploadCause::Journal(_) => None,
            },
        }
    }
}

/// Delivers until the outbox is empty, something fails, or `progress` answers `Break` (asked after each object).
///
/// `opener` opens what the journal says is to be sent readable; what it does not open, or without one, goes out sealed.
/// Blocks; a single object takes no longer than the sink's timeouts.
///
/// # Errors
/// [`UploadError`] with the cause and what was delivered before it. Calling again goes on where this ended.
pub fn drain(
    source: &mut dyn UploadQueue,
    sink: &dyn Sink,
    opener: Option<&Opener>,
    clock: &dyn Clock,
    progress: &mut dyn FnMut(DrainProgress) -> ControlFlow<()>,
) -> Result<DrainReport, UploadError> {
    let mut drained = DrainReport::default();
    let ended = DrainRun {
        device: source.device(),
        epoch: source.epoch(),
        source,
        sink,
        opener,
        clock,
        progress,
        drained: &mut drained,
    }
    .run();
    match ended {
        Ok(()) => Ok(drained),
        Err(cause) => Err(UploadError { cause, drained }),
    }
}

struct DrainRun<'a> {
    device: DeviceId,
    epoch: u64,
    source: &'a mut dyn UploadQueue,
    sink: &'a dyn Sink,
    opener: Option<&'a Opener>,
    clock: &'a dyn Clock,
    progress: &'a mut dyn FnMut(DrainProgress) -> ControlFlow<()>,
    drained: &'a mut DrainReport,
}

/// A picture ready to put.
struct ReadyScreenshot {
    seq: u64,
    form: ObjectEncoding,
    object: NewObject,
}

impl DrainRun<'_> {
    fn run(&mut self) -> Result<(), UploadCause> {
        self.kit()?;
        while !self.drained.stopped {
            // Asked before the pictures, so that none of a segment frozen in between is missed.
            let segment = self.source.next_segment()?;
            self.shots()?;
            let (false, Some(segment)) = (self.drained.stopped, segment) else {
                break;
            };
            self.segment(segment)?;
        }
        Ok(())
    }

    fn now_us(&self) -> i64 {
        self.clock.now().utc_us
    }

    fn kit(&mut self) -> Result<(), UploadCause> {
        let Some(kit) = self.source.kit()? else {
            return Ok(());
        };
        let sha256 = sha256_hex(&kit.bytes);
        let object = NewObject {
            key: keys::vault_copy_key(&self.device, self.epoch, kit.day, kit.seq, &sha256),
            body: kit.bytes.into(),
            sha256,
        };
        let put = self.sink.put_new(&object)?;
        self.count(put, object.body.len());
        self.source.ack_kit(kit.seq, self.now_us())?;
        self.drained.kits += 1;
        self.tell(DrainProgress::Kit {
            bytes: object.body.len() as u64,
            key: object.key,
        });
        Ok(())
    }

    /// Every picture that goes before the next segment.
    fn shots(&mut self) -> Result<(), UploadCause> {
        let mut gone = BTreeSet::new();
        loop {
            let waiting = self.source.next_shots(BATCH)?;
            if waiting.is_empty() {
                return Ok(());
            }
            let mut batch: Vec<ReadyScreenshot> = Vec::new();
            let mut bytes = 0;
            for shot in waiting {
                bytes += shot.bytes;
                if bytes > BATCH_BYTES && !batch.is_empty() {
                    break;
                }
                match self.source.picture(shot.seq) {
                    Ok(file) => batch.extend(self.ready(&shot, file)?),
                    // Neither comes again; if one does, the error is real.
                    Err(JournalError::ScreenshotDeleted { .. }) if gone.insert(shot.seq) => {}
                    Err(error @ JournalError::ScreenshotLost { .. }) if gone.insert(shot.seq) => {
                        self.drained.lost_pictures += 1;
                        self.tell(DrainProgress::PictureLost {
                            seq: shot.seq,
                            why: error.to_string(),
                        });
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            self.put_shots(batch)?;
            if self.drained.stopped {
                return Ok(());
            }
        }
    }

    /// A picture as it is to be put; `None` when the sink has it already, in the other form.
    fn ready(
        &mut self,
        shot: &WaitingScreenshot,
        file: ScreenshotFile,
    ) -> Result<Option<ReadyScreenshot>, UploadCause> {
        let key = |sha256: &str, form| {
            keys::screenshot_key(
                &self.device,
                self.epoch,
                shot.day,
                shot.seq,
                sha256,
                &shot.media,
                form,
            )
        };
        let opened = shot
            .readable
            .as_ref()
            .and_then(|plain| self.opened(&file.bytes, plain));
        let (form, body, sha256, other) = match (opened, &shot.readable) {
            (Some((body, sha256)), _) => {
                let other = shot.tried.stored.then(|| {
                    (
                        key(&file.sha256, shot.form),
                        file.bytes.len() as u64,
                        shot.form,
                    )
                });
                (ObjectEncoding::Unsealed, body, sha256, other)
            }
            (None, plain) => {
                let other = plain.as_ref().filter(|_| shot.tried.readable).map(|plain| {
                    (
                        key(&plain.sha256, ObjectEncoding::Unsealed),
                        plain.bytes,
                        ObjectEncoding::Unsealed,
                    )
                });
                (shot.form, file.bytes, file.sha256, other)
            }
        };
        if let Some((key, bytes, form)) = other
            && self.has(&key, bytes)?
        {
            self.shot_done(shot.seq, form, key, bytes)?;
            self.drained.already_there += 1;
            return Ok(None);
        }
        Ok(Some(ReadyScreenshot {
            seq: shot.seq,
            form,
            object: NewObject {
                key: key(&sha256, form),
                body: body.into(),
                sha256,
            },
        }))
    }

    fn put_shots(&mut self, mut batch: Vec<ReadyScreenshot>) -> Result<(), UploadCause> {
        if batch.is_empty() {
            return Ok(());
        }
        let begun: Vec<(u64, ObjectEncoding)> =
            batch.iter().map(|ready| (ready.seq, ready.form)).collect();
        let may = self.source.begin_shots(&begun)?;
        batch.retain(|ready| may.contains(&ready.seq));
        let objects: Vec<NewObject> = batch.iter().map(|ready| ready.object.clone()).collect();
        let mut results = self.sink.put_all(&objects).into_iter();
        for ReadyScreenshot { seq, form, object } in batch {
            // No result: an earlier one failed, and its error has already left this loop.
            let Some(result) = results.next() else {
                return Err(SinkError::Other {
                    what: "a put was not tried".into(),
                }
                .into());
            };
            self.count(result?, object.body.len());
            self.shot_done(seq, form, object.key, object.body.len() as u64)?;
        }
        Ok(())
    }

    fn shot_done(
        &mut self,
        seq: u64,
        form: ObjectEncoding,
        key: String,
        bytes: u64,
    ) -> Result<(), UploadCause> {
        match self.source.ack_shot(seq, form, self.now_us()) {
            // Erased while it was on its way; whoever did it was told that the sink may have it.
            Err(JournalError::NoScreenshot { .. }) => {}
            acked => acked?,
        }
        self.drained.shots += 1;
        self.tell(DrainProgress::Shot { seq, key, bytes });
        Ok(())
    }

    fn segment(&mut self, mut segment: Segment) -> Result<(), UploadCause> {
        let key = |sha256: &str, form| {
            keys::segment_key(
                &self.device,
                self.epoch,
                segment.day,
                segment.first_seq,
                sha256,
                form,
            )
        };
        let stored = (key(&segment.sha256, segment.form), segment.bytes);
        let readable = segment
            .readable
            .as_ref()
            .map(|plain| (key(&plain.sha256, ObjectEncoding::Unsealed), plain.bytes));
        let body = segment.body.take();
        let opened = body
            .as_ref()
            .zip(segment.readable.as_ref())
            .and_then(|(body, plain)| self.opened(body, plain));
        // What an earlier try may have stored, and this one would store in another form.
        let mut looks = Vec::new();
        if segment.tried.stored && (opened.is_some() || body.is_none()) {
            looks.push((stored.clone(), segment.form));
        }
        if segment.tried.readable && opened.is_none() {
            looks.extend(
                readable
                    .clone()
                    .map(|object| (object, ObjectEncoding::Unsealed)),
            );
        }
        for ((key, bytes), form) in looks {
            if self.has(&key, bytes)? {
                self.drained.already_there += 1;
                return self.segment_done(&segment, form, key, bytes);
            }
        }
        let (form, object) = match (opened, readable, body) {
            (Some((body, sha256)), Some((key, _)), _) => {
                let body = body.into();
                (ObjectEncoding::Unsealed, NewObject { key, body, sha256 })
            }
            (_, _, Some(body)) => {
                let (key, sha256) = (stored.0, segment.sha256.clone());
                let body = body.into();
                (segment.form, NewObject { key, body, sha256 })
            }
            (_, _, None) => {
                self.source
                    .withdraw_segment(segment.first_seq, segment.last_seq)?;
                return Ok(());
            }
        };
        if !self.source.begin_segment(&segment, form)? {
            return Ok(());
        }
        let put = self.sink.put_new(&object)?;
        self.count(put, object.body.len());
        self.segment_done(&segment, form, object.key, object.body.len() as u64)
    }

    fn segment_done(
        &mut self,
        segment: &Segment,
        form: ObjectEncoding,
        key: String,
        bytes: u64,
    ) -> Result<(), UploadCause> {
        let (first_seq, last_seq) = (segment.first_seq, segment.last_seq);
        self.source
            .ack_segment(first_seq, last_seq, form, self.now_us())?;
        self.drained.segments += 1;
        self.drained.records += segment.count;
        self.tell(DrainProgress::Segment {
            first_seq,
            last_seq,
            records: segment.count,
            key,
            bytes,
        });
        Ok(())
    }

    /// The readable form with its hash, when there is a key that opens it and it is what the journal says.
    fn opened(&self, sealed: &[u8], plain: &UnsealedDigest) -> Option<(Vec<u8>, String)> {
        let mut opened = self.opener?.open_file(sealed).ok()?;
        let sha256 = sha256_hex(&opened);
        (sha256 == plain.sha256).then(|| (std::mem::take(&mut *opened), sha256))
    }

    /// True when the sink has an object of this name and size; the name holds the hash.
    fn has(&self, key: &str, bytes: u64) -> Result<bool, SinkError> {
        let head = self.sink.head(key)?;
        Ok(head.is_some_and(|head| head.bytes == bytes))
    }

    fn count(&mut self, put: crate::PutOutcome, bytes: usize) {
        self.drained.bytes += bytes as u64;
        if put == crate::PutOutcome::AlreadyThere {
            self.drained.already_there += 1;
        }
    }

    fn tell(&mut self, step: DrainProgress) {
        if (self.progress)(step).is_break() {
            self.drained.stopped = true;
        }
    }
}
