//! From the outbox into a sink, in order. No key is needed; with one, objects that are to be readable are opened on the
//! way.
//!
//! Always true:
//! * The screenshots a segment names are in the sink before it.
//! * Segments go one after the other, oldest first; the next is put only when the one before is acknowledged.
//! * The journal notes a put before it begins, and an acknowledgement only after the sink gave one (see
//!   [`Sink::put_new`]). A crash in between puts the same bytes under the same key again, which the sink recognises.
//! * An object that may be readable or sealed in the sink is never both: when one encoding was tried before and the other
//!   would be put now, a look goes first.
//! * At most [`BATCH`] screenshots or [`BATCH_BYTES`] of them (and always at least one) are in memory at once.

use crate::error::SinkError;
use crate::object_keys::{screenshot_key, segment_key, vault_copy_key};
use crate::sink::interface::{NewObject, PutOutcome, Sink, sha256_hex};
use journal::{
    JournalError, ObjectEncoding, ScreenshotFile, Segment, UnsealedDigest, WaitingScreenshot,
};
use model::{Clock, DeviceId, Timestamp};
use outcome::{DrainProgress, DrainReport, UploadCause, UploadError};
use queue::UploadQueue;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use vault::Opener;

pub(crate) mod outcome;
pub(crate) mod queue;

/// Screenshots put together at most.
pub const BATCH: usize = 16;
/// Bytes of screenshots put together at most, unless one alone is larger.
pub const BATCH_BYTES: u64 = 8 << 20;

/// Delivers until the outbox is empty, something fails, or `progress` answers `Break` (asked after each object).
///
/// `opener` opens the objects that the journal marks as readable; all others, and all without an opener, go out sealed.
/// Blocks; a single object takes no longer than the sink's timeouts.
///
/// # Errors
/// [`UploadError`] with the cause and the objects delivered before it. Calling again goes on where this ended.
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
    .empty_queue();
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

/// A screenshot ready to put.
struct ReadyScreenshot {
    seq: u64,
    encoding: ObjectEncoding,
    object: NewObject,
}

impl DrainRun<'_> {
    fn empty_queue(&mut self) -> Result<(), UploadCause> {
        self.put_vault_copy()?;
        while !self.drained.stopped {
            // Asked before the screenshots, so that none of a segment frozen in between is missed.
            let segment = self.source.next_segment()?;
            self.put_waiting_screenshots()?;
            let (false, Some(segment)) = (self.drained.stopped, segment) else {
                break;
            };
            self.put_segment(segment)?;
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.clock.now().utc
    }

    fn put_vault_copy(&mut self) -> Result<(), UploadCause> {
        let Some(copy) = self.source.unsent_vault_copy()? else {
            return Ok(());
        };
        let sha256 = sha256_hex(&copy.bytes);
        let object = NewObject {
            key: vault_copy_key(&self.device, self.epoch, copy.day, copy.seq, &sha256),
            body: copy.bytes.into(),
            sha256,
        };
        let put = self.sink.put_new(&object)?;
        self.count_put(put, object.body.len());
        self.source.acknowledge_vault_copy(copy.seq, self.now())?;
        self.drained.vault_copies += 1;
        self.report_step(DrainProgress::VaultCopy {
            bytes: object.body.len() as u64,
            key: object.key,
        });
        Ok(())
    }

    /// Puts every screenshot that goes before the next segment.
    fn put_waiting_screenshots(&mut self) -> Result<(), UploadCause> {
        let mut gone = BTreeSet::new();
        loop {
            let waiting = self.source.next_screenshots(BATCH)?;
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
                match self.source.open_screenshot_file(shot.seq) {
                    Ok(file) => batch.extend(self.prepare_screenshot(&shot, file)?),
                    // Neither comes again; if one does, the error is real.
                    Err(JournalError::ScreenshotDeleted { .. }) if gone.insert(shot.seq) => {}
                    Err(error @ JournalError::ScreenshotLost { .. }) if gone.insert(shot.seq) => {
                        self.drained.lost_screenshots += 1;
                        self.report_step(DrainProgress::ScreenshotLost {
                            seq: shot.seq,
                            why: error.to_string(),
                        });
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            self.put_screenshots(batch)?;
            if self.drained.stopped {
                return Ok(());
            }
        }
    }

    /// A screenshot as it will be put; `None` when it is acknowledged already, in the other encoding.
    fn prepare_screenshot(
        &mut self,
        shot: &WaitingScreenshot,
        file: ScreenshotFile,
    ) -> Result<Option<ReadyScreenshot>, UploadCause> {
        let key = |sha256: &str, encoding| {
            screenshot_key(
                &self.device,
                self.epoch,
                shot.day,
                shot.seq,
                sha256,
                &shot.media,
                encoding,
            )
        };
        let opened = shot
            .readable
            .as_ref()
            .and_then(|plain| self.open_unsealed(&file.bytes, plain));
        let (encoding, body, sha256, other) = match (opened, &shot.readable) {
            (Some((body, sha256)), _) => {
                let other = shot.tried.stored.then(|| {
                    (
                        key(&file.sha256, shot.encoding),
                        file.bytes.len() as u64,
                        shot.encoding,
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
                (shot.encoding, file.bytes, file.sha256, other)
            }
        };
        if let Some((key, bytes, encoding)) = other
            && self.is_stored(&key, bytes)?
        {
            self.acknowledge_screenshot(shot.seq, encoding, key, bytes)?;
            self.drained.already_there += 1;
            return Ok(None);
        }
        Ok(Some(ReadyScreenshot {
            seq: shot.seq,
            encoding,
            object: NewObject {
                key: key(&sha256, encoding),
                body: body.into(),
                sha256,
            },
        }))
    }

    fn put_screenshots(&mut self, mut batch: Vec<ReadyScreenshot>) -> Result<(), UploadCause> {
        if batch.is_empty() {
            return Ok(());
        }
        let begun: Vec<(u64, ObjectEncoding)> = batch
            .iter()
            .map(|ready| (ready.seq, ready.encoding))
            .collect();
        let may = self.source.begin_screenshot_puts(&begun)?;
        batch.retain(|ready| may.contains(&ready.seq));
        let objects: Vec<NewObject> = batch.iter().map(|ready| ready.object.clone()).collect();
        let mut results = self.sink.put_all(&objects).into_iter();
        for ReadyScreenshot {
            seq,
            encoding,
            object,
        } in batch
        {
            // No result: an earlier one failed, and its error has already left this loop.
            let Some(result) = results.next() else {
                return Err(SinkError::Other {
                    what: "a put was not tried".into(),
                }
                .into());
            };
            self.count_put(result?, object.body.len());
            self.acknowledge_screenshot(seq, encoding, object.key, object.body.len() as u64)?;
        }
        Ok(())
    }

    fn acknowledge_screenshot(
        &mut self,
        seq: u64,
        encoding: ObjectEncoding,
        key: String,
        bytes: u64,
    ) -> Result<(), UploadCause> {
        match self
            .source
            .acknowledge_screenshot(seq, encoding, self.now())
        {
            // Erased while it was on its way; its owner knows that the sink may have it.
            Err(JournalError::NoScreenshot { .. }) => {}
            acked => acked?,
        }
        self.drained.screenshots += 1;
        self.report_step(DrainProgress::Screenshot { seq, key, bytes });
        Ok(())
    }

    fn put_segment(&mut self, mut segment: Segment) -> Result<(), UploadCause> {
        let key = |sha256: &str, encoding| {
            segment_key(
                &self.device,
                self.epoch,
                segment.day,
                segment.first_seq,
                sha256,
                encoding,
            )
        };
        let stored = (key(&segment.sha256, segment.encoding), segment.bytes);
        let readable = segment
            .readable
            .as_ref()
            .map(|plain| (key(&plain.sha256, ObjectEncoding::Unsealed), plain.bytes));
        let body = segment.body.take();
        let opened = body
            .as_ref()
            .zip(segment.readable.as_ref())
            .and_then(|(body, plain)| self.open_unsealed(body, plain));
        // Objects that an earlier try may have stored, and this one would store in another encoding.
        let mut looks = Vec::new();
        if segment.tried.stored && (opened.is_some() || body.is_none()) {
            looks.push((stored.clone(), segment.encoding));
        }
        if segment.tried.readable && opened.is_none() {
            looks.extend(
                readable
                    .clone()
                    .map(|object| (object, ObjectEncoding::Unsealed)),
            );
        }
        for ((key, bytes), encoding) in looks {
            if self.is_stored(&key, bytes)? {
                self.drained.already_there += 1;
                return self.acknowledge_segment(&segment, encoding, key, bytes);
            }
        }
        let (encoding, object) = match (opened, readable, body) {
            (Some((body, sha256)), Some((key, _)), _) => {
                let body = body.into();
                (ObjectEncoding::Unsealed, NewObject { key, body, sha256 })
            }
            (_, _, Some(body)) => {
                let (key, sha256) = (stored.0, segment.sha256.clone());
                let body = body.into();
                (segment.encoding, NewObject { key, body, sha256 })
            }
            (_, _, None) => {
                self.source
                    .rebuild_segment(segment.first_seq, segment.last_seq)?;
                return Ok(());
            }
        };
        if !self.source.begin_segment_put(&segment, encoding)? {
            return Ok(());
        }
        let put = self.sink.put_new(&object)?;
        self.count_put(put, object.body.len());
        self.acknowledge_segment(&segment, encoding, object.key, object.body.len() as u64)
    }

    fn acknowledge_segment(
        &mut self,
        segment: &Segment,
        encoding: ObjectEncoding,
        key: String,
        bytes: u64,
    ) -> Result<(), UploadCause> {
        let (first_seq, last_seq) = (segment.first_seq, segment.last_seq);
        self.source
            .acknowledge_segment(first_seq, last_seq, encoding, self.now())?;
        self.drained.segments += 1;
        self.drained.records += segment.count;
        self.report_step(DrainProgress::Segment {
            first_seq,
            last_seq,
            records: segment.count,
            key,
            bytes,
        });
        Ok(())
    }

    /// The unsealed bytes with their hash, when a key opens them and the hash is the journal's.
    fn open_unsealed(&self, sealed: &[u8], plain: &UnsealedDigest) -> Option<(Vec<u8>, String)> {
        let mut opened = self.opener?.open_file(sealed).ok()?;
        let sha256 = sha256_hex(&opened);
        (sha256 == plain.sha256).then(|| (std::mem::take(&mut *opened), sha256))
    }

    /// True when the sink has an object of this name and size; the name holds the hash.
    fn is_stored(&self, key: &str, bytes: u64) -> Result<bool, SinkError> {
        let head = self.sink.head(key)?;
        Ok(head.is_some_and(|head| head.bytes == bytes))
    }

    fn count_put(&mut self, put: PutOutcome, bytes: usize) {
        self.drained.bytes += bytes as u64;
        if put == PutOutcome::AlreadyThere {
            self.drained.already_there += 1;
        }
    }

    fn report_step(&mut self, step: DrainProgress) {
        if (self.progress)(step).is_break() {
            self.drained.stopped = true;
        }
    }
}
