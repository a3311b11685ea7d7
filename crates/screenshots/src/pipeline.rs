//! The pipeline as the rest of the program sees it.

use crate::ScreenshotError;
use crate::fingerprint::FrameFingerprint;
use crate::stage::{MEDIA_TYPE, RawFrame};
use data_encoding::HEXLOWER;
use model::Frame;
use sha2::{Digest, Sha256};
use std::fmt;

/// How much detail an encoded picture keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScreenshotQuality {
    /// Text screens as a palette without further loss, all else as lossy WebP at quality 45: fewer bytes than a JPEG at
    /// quality 50, and better to read.
    #[default]
    Standard,
    /// A quarter smaller again. Text costs nearly twice the CPU and stays as it is; photos lose detail.
    Small,
}

impl ScreenshotQuality {
    /// Sets libwebp's knobs, for a picture reduced to a palette (`exact`) or any other.
    pub(crate) fn apply(self, exact: bool, config: &mut webp::WebPConfig) {
        if exact {
            config.lossless = 1;
            // Without loss, quality means effort. From 51 on libwebp looks for repetitions up to 256 rows above, which
            // finds the same letters in earlier lines of text; from 76 on further, at much more CPU.
            config.quality = 51.0;
            // 0 tries one way to code the palette and never traces back; 1 tries more ways.
            config.method = match self {
                Self::Standard => 0,
                Self::Small => 1,
            };
            return;
        }
        config.quality = match self {
            Self::Standard => 45.0,
            Self::Small => 20.0,
        };
        // Of libwebp's 0 (fast) to 6 (small): beyond 2 the CPU doubles for a few percent of bytes.
        config.method = 2;
        // More than libwebp's 50: spends bytes on smooth parts, where loss is seen, rather than on busy ones. Photos gain.
        config.sns_strength = 80;
    }
}

/// What the pipeline is asked to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScreenshotSettings {
    /// Make pictures unreadable: see [`crate::blur_block_side`].
    pub blur: bool,
    /// How much detail to keep.
    pub quality: ScreenshotQuality,
}

/// Turns borrowed pixels into encoded pictures, one at a time, and remembers just enough to see that the next one shows
/// nothing new.
///
/// Between calls it holds a few kilobytes (see the crate's own promises); all larger memory is freed before
/// [`ScreenshotPipeline::process`] returns.
pub struct ScreenshotPipeline {
    settings: ScreenshotSettings,
    last: Option<FrameFingerprint>,
}

impl ScreenshotPipeline {
    /// A pipeline that has seen no picture yet.
    #[must_use]
    pub fn new(settings: ScreenshotSettings) -> Self {
        Self {
            settings,
            last: None,
        }
    }

    /// What it was asked to do.
    #[must_use]
    pub fn settings(&self) -> ScreenshotSettings {
        self.settings
    }

    /// Paints over the foreign parts, compares with the last picture, and when there is something new blurs (if asked)
    /// and encodes it.
    ///
    /// # Errors
    /// [`ScreenshotError::Frame`] when the frame's sizes do not agree with its bytes, [`ScreenshotError::Encode`] when libwebp
    /// refuses. Either way nothing is remembered of the frame.
    pub fn process(&mut self, frame: &Frame<'_>) -> Result<PipelineOutcome, ScreenshotError> {
        let redacted = RawFrame::new(frame)?.mask_foreign();
        let now = FrameFingerprint::of(&redacted);
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
        let finished = redacted.finish(self.settings.blur);
        let (width, height) = (finished.width(), finished.height());
        let bytes = finished.encode(self.settings.quality)?;
        self.last = Some(now);
        Ok(PipelineOutcome::Picture(EncodedScreenshot {
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

    /// Makes the next picture count as changed whatever it shows: after another window was active, or when the last
    /// picture could not be stored.
    pub fn forget_last(&mut self) {
        self.last = None;
    }
}

/// What came of a frame.
#[derive(Debug)]
pub enum PipelineOutcome {
    /// It differs from the last picture by no more than a blinking cursor; nothing to store.
    Unchanged,
    /// Every pixel has the same colour (a window not drawn yet, one that is protected from capture, one that lies wholly
    /// under others): nothing to see, nothing to store. The last picture stays the one to compare with.
    Blank,
    /// Something new.
    Picture(EncodedScreenshot),
}

/// An encoded picture: redacted always, blurred when the settings said so. Only [`ScreenshotPipeline::process`] can make one.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncodedScreenshot {
    /// The file, of type [`EncodedScreenshot::media`].
    pub bytes: Vec<u8>,
    /// SHA-256 of `bytes`, 64 lower-case hex digits.
    pub sha256: String,
    /// Media type, [`MEDIA_TYPE`].
    pub media: &'static str,
    /// Width of the encoded picture in pixels.
    pub width: u32,
    /// Height of the encoded picture in pixels.
    pub height: u32,
    /// Width on screen in pixels; more than `width` when the picture was blurred, or too large to encode as it was.
    pub screen_width: u32,
    /// Height on screen in pixels.
    pub screen_height: u32,
    /// True when the picture was made unreadable.
    pub blurred: bool,
}

/// Facts only: a log must not hold a picture.
impl fmt::Debug for EncodedScreenshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture")
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
