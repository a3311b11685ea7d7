//! The queue that is drained.

use journal::{
    JournalError, ObjectEncoding, Outbox, ScreenshotFile, Segment, VaultCopy, WaitingScreenshot,
};
use model::{DeviceId, Timestamp};

/// A queue that can be drained: the journal's [`Outbox`], or a test's stand-in. The promises are those of [`Outbox`].
pub trait UploadQueue {
    /// The installation's id.
    fn device(&self) -> DeviceId;
    /// Seconds since the Unix epoch at which the journal was made.
    fn epoch(&self) -> u64;
    /// The vault copy that the sink does not have.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn unsent_vault_copy(&self) -> Result<Option<VaultCopy>, JournalError>;
    /// The sink has the vault copy.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn acknowledge_vault_copy(&mut self, seq: u64, at: Timestamp) -> Result<(), JournalError>;
    /// The oldest screenshots that go before the segment of [`Self::next_segment`].
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn next_screenshots(&self, limit: usize) -> Result<Vec<WaitingScreenshot>, JournalError>;
    /// A screenshot's file.
    ///
    /// # Errors
    /// [`JournalError::ScreenshotLost`] when it is gone, [`JournalError::ScreenshotDeleted`] when it was removed; it then waits
    /// no more.
    fn open_screenshot_file(&self, seq: u64) -> Result<ScreenshotFile, JournalError>;
    /// Puts begin; returns those that may be put.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn begin_screenshot_puts(
        &mut self,
        screenshots: &[(u64, ObjectEncoding)],
    ) -> Result<Vec<u64>, JournalError>;
    /// The sink has the screenshot.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn acknowledge_screenshot(
        &mut self,
        seq: u64,
        encoding: ObjectEncoding,
        at: Timestamp,
    ) -> Result<(), JournalError>;
    /// The next segment; the same one until it is acknowledged.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn next_segment(&self) -> Result<Option<Segment>, JournalError>;
    /// Notes that a put begins; false when the segment must not be put any more.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn begin_segment_put(
        &mut self,
        segment: &Segment,
        encoding: ObjectEncoding,
    ) -> Result<bool, JournalError>;
    /// The sink does not have the segment, and its body is gone.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn rebuild_segment(&mut self, first: u64, last: u64) -> Result<(), JournalError>;
    /// The sink has the segment.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn acknowledge_segment(
        &mut self,
        first: u64,
        last: u64,
        encoding: ObjectEncoding,
        at: Timestamp,
    ) -> Result<(), JournalError>;
}

impl UploadQueue for Outbox {
    fn device(&self) -> DeviceId {
        Outbox::device(self).clone()
    }

    fn epoch(&self) -> u64 {
        Outbox::epoch(self)
    }

    fn unsent_vault_copy(&self) -> Result<Option<VaultCopy>, JournalError> {
        Outbox::unsent_vault_copy(self)
    }

    fn acknowledge_vault_copy(&mut self, seq: u64, at: Timestamp) -> Result<(), JournalError> {
        Outbox::acknowledge_vault_copy(self, seq, at)
    }

    fn next_screenshots(&self, limit: usize) -> Result<Vec<WaitingScreenshot>, JournalError> {
        Outbox::next_screenshots(self, limit)
    }

    fn open_screenshot_file(&self, seq: u64) -> Result<ScreenshotFile, JournalError> {
        Outbox::open_screenshot_file(self, seq)
    }

    fn begin_screenshot_puts(
        &mut self,
        screenshots: &[(u64, ObjectEncoding)],
    ) -> Result<Vec<u64>, JournalError> {
        Outbox::begin_screenshot_puts(self, screenshots)
    }

    fn acknowledge_screenshot(
        &mut self,
        seq: u64,
        encoding: ObjectEncoding,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        Outbox::acknowledge_screenshot(self, seq, encoding, at)
    }

    fn next_segment(&self) -> Result<Option<Segment>, JournalError> {
        Outbox::next_segment(self)
    }

    fn begin_segment_put(
        &mut self,
        segment: &Segment,
        encoding: ObjectEncoding,
    ) -> Result<bool, JournalError> {
        Outbox::begin_segment_put(self, segment, encoding)
    }

    fn rebuild_segment(&mut self, first: u64, last: u64) -> Result<(), JournalError> {
        Outbox::rebuild_segment(self, first, last)
    }

    fn acknowledge_segment(
        &mut self,
        first: u64,
        last: u64,
        encoding: ObjectEncoding,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        Outbox::acknowledge_segment(self, first, last, encoding, at)
    }
}
