//! From the outbox into a sink, in order.
//!
//! What is always true:
//! * A picture is in the sink before the segment that names it is frozen.
//! * Segments go one after the other, oldest first; the next is put only when the one before is acknowledged.
//! * The journal hears of an acknowledgement only after the sink gave one (see [`Sink::put_new`]). A crash in between
//!   puts the same bytes under the same key again, which the sink recognises.
//! * At most [`BATCH`] pictures or [`BATCH_BYTES`] of them (and always at least one) are in memory at once.

use crate::error::SinkError;
use crate::keys;
use crate::schedule::Outcome;
use crate::store::{Object, Sink};
use journal::{JournalError, Outbox, Segment, WaitingShot};
use model::{Clock, DeviceId};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use thiserror::Error;

/// Pictures put together at most.
pub const BATCH: usize = 16;
/// Bytes of pictures put together at most, unless one alone is larger.
pub const BATCH_BYTES: u64 = 8 << 20;

/// What can be drained: the journal's [`Outbox`], or a test's stand-in. See there for what each call promises.
pub trait Source {
    /// The installation's id.
    fn device(&self) -> DeviceId;
    /// Seconds since the Unix epoch at which the journal was made.
    fn epoch(&self) -> u64;
    /// The oldest pictures the sink does not have.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn next_shots(&self, limit: usize) -> Result<Vec<WaitingShot>, JournalError>;
    /// A picture's bytes.
    ///
    /// # Errors
    /// [`JournalError::PictureLost`] when it is gone; it then waits no more.
    fn picture(&self, seq: u64) -> Result<Vec<u8>, JournalError>;
    /// The sink has the picture.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn ack_shot(&mut self, seq: u64, at_us: i64) -> Result<(), JournalError>;
    /// The next segment; the same one until it is acknowledged.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    fn freeze(
        &mut self,
        now_us: i64,
        limits: journal::Limits,
    ) -> Result<Option<Segment>, JournalError>;
    /// The sink has the segment.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn ack_segment(&mut self, first: u64, last: u64, at_us: i64) -> Result<(), JournalError>;
}

impl Source for Outbox {
    fn device(&self) -> DeviceId {
        Outbox::device(self).clone()
    }

    fn epoch(&self) -> u64 {
        Outbox::epoch(self)
    }

    fn next_shots(&self, limit: usize) -> Result<Vec<WaitingShot>, JournalError> {
        Outbox::next_shots(self, limit)
    }

    fn picture(&self, seq: u64) -> Result<Vec<u8>, JournalError> {
        Outbox::picture(self, seq)
    }

    fn ack_shot(&mut self, seq: u64, at_us: i64) -> Result<(), JournalError> {
        Outbox::ack_shot(self, seq, at_us)
    }

    fn freeze(
        &mut self,
        now_us: i64,
        limits: journal::Limits,
    ) -> Result<Option<Segment>, JournalError> {
        Outbox::freeze(self, now_us, limits)
    }

    fn ack_segment(&mut self, first: u64, last: u64, at_us: i64) -> Result<(), JournalError> {
        Outbox::ack_segment(self, first, last, at_us)
    }
}

/// What was delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Segments acknowledged.
    pub segments: u64,
    /// Records in them.
    pub records: u64,
    /// Pictures acknowledged.
    pub shots: u64,
    /// Bytes of both.
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
pub enum Progress {
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
    pub cause: Cause,
    /// What was delivered before.
    pub drained: Drained,
}

/// Whose error it was.
#[derive(Debug, Error)]
pub enum Cause {
    /// The sink's.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The journal's.
    #[error(transparent)]
    Journal(Box<JournalError>),
}

impl From<JournalError> for Cause {
    fn from(error: JournalError) -> Self {
        Self::Journal(Box::new(error))
    }
}

impl UploadError {
    /// True when somebody must mend something first.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match &self.cause {
            Cause::Sink(e) => e.is_permanent(),
            Cause::Journal(e) => !e.is_temporary(),
        }
    }

    /// What to do, as one sentence; empty where the error itself says it.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.cause {
            Cause::Sink(e) => e.hint(),
            Cause::Journal(_) => String::new(),
        }
    }

    /// What the schedule needs to know.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.is_permanent() {
            return Outcome::Permanent;
        }
        Outcome::Retriable {
            retry_after: match &self.cause {
                Cause::Sink(e) => e.retry_after(),
                Cause::Journal(_) => None,
            },
        }
    }
}

/// Delivers until the outbox is empty, something fails, or `progress` answers `Break` (asked after each object).
///
/// Blocks; a single object takes no longer than the sink's timeouts.
///
/// # Errors
/// [`UploadError`] with the cause and what was delivered before it. Calling again goes on where this ended.
pub fn drain(
    source: &mut dyn Source,
    sink: &dyn Sink,
    limits: journal::Limits,
    clock: &dyn Clock,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Drained, UploadError> {
    let mut drained = Drained::default();
    let ended = Run {
        source,
        sink,
        clock,
        progress,
        drained: &mut drained,
    }
    .run(limits);
    match ended {
        Ok(()) => Ok(drained),
        Err(cause) => Err(UploadError { cause, drained }),
    }
}

struct Run<'a> {
    source: &'a mut dyn Source,
    sink: &'a dyn Sink,
    clock: &'a dyn Clock,
    progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    drained: &'a mut Drained,
}

impl Run<'_> {
    fn run(&mut self, limits: journal::Limits) -> Result<(), Cause> {
        loop {
            self.shots()?;
            if self.drained.stopped {
                return Ok(());
            }
            let now = self.clock.now().utc_us;
            let Some(segment) = self.source.freeze(now, limits)? else {
                return Ok(());
            };
            self.segment(segment)?;
            if self.drained.stopped {
                return Ok(());
            }
        }
    }

    /// Every waiting picture.
    fn shots(&mut self) -> Result<(), Cause> {
        let device = self.source.device();
        let epoch = self.source.epoch();
        let mut lost = BTreeSet::new();
        loop {
            let waiting = self.source.next_shots(BATCH)?;
            if waiting.is_empty() {
                return Ok(());
            }
            let mut batch: Vec<(u64, Object)> = Vec::new();
            let mut bytes = 0;
            for shot in waiting {
                bytes += shot.bytes;
                if bytes > BATCH_BYTES && !batch.is_empty() {
                    break;
                }
                let picture = match self.source.picture(shot.seq) {
                    Ok(picture) => picture,
                    // The journal marks it, so it does not come again; if it does, the error is real.
                    Err(error @ JournalError::PictureLost { .. }) if lost.insert(shot.seq) => {
                        self.drained.lost_pictures += 1;
                        self.tell(Progress::PictureLost {
                            seq: shot.seq,
                            why: error.to_string(),
                        });
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                };
                let object = Object {
                    key: keys::shot(
                        &device,
                        epoch,
                        shot.day,
                        shot.seq,
                        &shot.sha256,
                        &shot.media,
                    ),
                    body: picture.into(),
                    sha256: shot.sha256,
                };
                batch.push((shot.seq, object));
            }
            self.put_shots(batch)?;
            if self.drained.stopped {
                return Ok(());
            }
        }
    }

    fn put_shots(&mut self, batch: Vec<(u64, Object)>) -> Result<(), Cause> {
        let (seqs, objects): (Vec<u64>, Vec<Object>) = batch.into_iter().unzip();
        let mut results = self.sink.put_all(&objects).into_iter();
        for (seq, object) in seqs.into_iter().zip(objects) {
            // No result: an earlier one failed, and its error has already left this loop.
            let Some(result) = results.next() else {
                return Err(SinkError::Other {
                    what: "a put was not tried".into(),
                }
                .into());
            };
            self.count(result?, object.body.len());
            self.source.ack_shot(seq, self.clock.now().utc_us)?;
            self.drained.shots += 1;
            self.tell(Progress::Shot {
                seq,
                bytes: object.body.len() as u64,
                key: object.key,
            });
        }
        Ok(())
    }

    fn segment(&mut self, segment: Segment) -> Result<(), Cause> {
        let key = keys::activity(
            &self.source.device(),
            self.source.epoch(),
            segment.day,
            segment.first_seq,
            &segment.sha256,
        );
        let object = Object {
            key,
            body: segment.body.into(),
            sha256: segment.sha256,
        };
        let put = self.sink.put_new(&object)?;
        self.count(put, object.body.len());
        self.source
            .ack_segment(segment.first_seq, segment.last_seq, self.clock.now().utc_us)?;
        self.drained.segments += 1;
        self.drained.records += segment.count;
        self.tell(Progress::Segment {
            first_seq: segment.first_seq,
            last_seq: segment.last_seq,
            records: segment.count,
            bytes: object.body.len() as u64,
            key: object.key,
        });
        Ok(())
    }

    fn count(&mut self, put: crate::Put, bytes: usize) {
        self.drained.bytes += bytes as u64;
        if put == crate::Put::AlreadyThere {
            self.drained.already_there += 1;
        }
    }

    fn tell(&mut self, step: Progress) {
        if (self.progress)(step).is_break() {
            self.drained.stopped = true;
        }
    }
}
