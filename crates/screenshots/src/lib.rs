//! Screenshots: mask, compare, blur, encode. Pure: no files, no clock, no randomness of its own.
//!
//! Always true:
//! * **The order is a type.** `RawFrame` → `MaskedFrame` → `FinishedFrame` → bytes; the three are private, so neither an
//!   unmasked screenshot nor, with [`ScreenshotSettings::blur`], an unblurred one can leave this crate.
//! * **Foreign pixels have no influence.** Nothing in [`model::Frame::foreign`], in the padding of rows or in the unused
//!   fourth byte changes a byte of the result.
//! * **A blurred screenshot holds the means of its blocks** and no more; see [`blur_block_side`].
//! * **Nothing readable is kept** between two screenshots: a 16-bit digest per tile, to see whether the next one changed.
//!
//! [`CaptureSchedule`] says when: at one random moment in each interval.

mod box_downscale;
mod capture_schedule;
mod error;
mod fingerprint;
mod palette;
mod pipeline;
mod quality;
mod stages;

pub use box_downscale::blur_block_side;
pub use capture_schedule::{CaptureDue, CaptureSchedule, MIN_INTERVAL};
pub use error::ScreenshotError;
pub use pipeline::{EncodedScreenshot, PipelineOutcome, ScreenshotPipeline, ScreenshotSettings};
pub use quality::ScreenshotQuality;
pub use stages::MEDIA_TYPE;
