//! The pipeline as the rest of the program sees it.

use crate::error::ScreenshotError;
use crate::fingerprint::FrameFingerprint;
use crate::quality::ScreenshotQuality;
use crate::stages::{MEDIA_TYPE, RawFrame};
use data_encoding::HEXLOWER;
use model::Frame;
use sha2::{Digest, Sha256};
use std::fmt;

/// The settings of a [`ScreenshotPipeline`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScreenshotSettings {
    /// Make screenshots unreadable: see [`crate::blur_block_side`].
    pub blur: bool,
    /// How much detail to keep.
    pub quality: ScreenshotQuality,
}

/// Turns borrowed pixels into encoded screenshots, one at a time, and remembers just enough to see that the next one shows
/// nothing new.
///
/// Between calls it holds a few kilobytes (see the crate's own promises); all larger memory is freed before
/// [`ScreenshotPipeline::process`] returns.
pub struct ScreenshotPipeline {
    settings: ScreenshotSettings,
    last: Option<FrameFingerprint>,
}

impl ScreenshotPipeline {
    /// A pipeline that has seen no screenshot yet.
    #[must_use]
    pub fn new(settings: ScreenshotSettings) -> Self {
        Self {
            settings,
            last: None,
        }
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> ScreenshotSettings {
        self.settings
    }

    /// Masks the foreign parts, compares with the last screenshot, and when there is something new blurs (if asked)
    /// and encodes it.
    ///
    /// # Errors
    /// [`ScreenshotError::Frame`] when the frame's sizes do not agree with its bytes, [`ScreenshotError::Encode`] when libwebp
    /// refuses. Either way nothing is remembered of the frame.
    pub fn process(&mut self, frame: &Frame<'_>) -> Result<PipelineOutcome, ScreenshotError> {
        let masked = RawFrame::new(frame)?.mask_foreign();
        let now = FrameFingerprint::new(&masked);
        if now.is_blank() {
            return Ok(PipelineOutcome::Blank);
        }
        if self
            .last
            .as_ref()
            .is_some_and(|last| last.is_similar_to(&now))
        {
            return Ok(PipelineOutcome::Unchanged);
        }
        let finished = masked.finish(self.settings.blur);
        let (width, height) = (finished.width(), finished.height());
        let bytes = finished.encode(self.settings.quality)?;
        self.last = Some(now);
        Ok(PipelineOutcome::Screenshot(EncodedScreenshot {
            sha256: HEXLOWER.encode(&Sha256::digest(&bytes)),
            bytes,
            media: MEDIA_TYPE,
            width,
            height,
            screen_width: frame.width,
            screen_height: frame.height,
            blurred: self.settings.blur,
        }))
    }

    /// Makes the next screenshot count as changed whatever it shows: after another window was active, or when the last
    /// screenshot could not be stored.
    pub fn forget_last(&mut self) {
        self.last = None;
    }
}

/// The result of processing a frame.
#[derive(Debug)]
pub enum PipelineOutcome {
    /// It differs from the last screenshot by no more than a blinking cursor; nothing to store.
    Unchanged,
    /// Every pixel has the same colour (a window not drawn yet, one that is protected from capture, one that lies wholly
    /// under others): nothing to see, nothing to store. The last screenshot stays the one to compare with.
    Blank,
    /// Something new.
    Screenshot(EncodedScreenshot),
}

/// An encoded screenshot: foreign parts always masked, blurred when the settings ask for it. Only [`ScreenshotPipeline::process`] can make one.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncodedScreenshot {
    /// The file, of type [`EncodedScreenshot::media`].
    pub bytes: Vec<u8>,
    /// SHA-256 of `bytes`, 64 lower-case hex digits.
    pub sha256: String,
    /// Media type, [`MEDIA_TYPE`].
    pub media: &'static str,
    /// Width of the encoded screenshot in pixels.
    pub width: u32,
    /// Height of the encoded screenshot in pixels.
    pub height: u32,
    /// Width on screen in pixels; more than `width` when the screenshot was blurred, or too large to encode as it was.
    pub screen_width: u32,
    /// Height on screen in pixels.
    pub screen_height: u32,
    /// True when the screenshot was made unreadable.
    pub blurred: bool,
}

/// Facts only: a log must not hold a screenshot.
impl fmt::Debug for EncodedScreenshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedScreenshot")
            .field("bytes", &self.bytes.len())
            .field("sha256", &self.sha256)
            .field("media", &self.media)
            .field("width", &self.width)
            .field("height", &self.height)
            .field("screen_width", &self.screen_width)
            .field("screen_height", &self.screen_height)
            .field("blurred", &self.blurred)
            .finish()
    }
}
