//! The picture pipeline: paint over, compare, blur, encode. Pure: no files, no clock, no chance of its own.
//!
//! What is always true:
//! * **The order is a type.** Borrowed pixels become `Raw`, then `Redacted`, then `Finished`, and only `Finished` can be
//!   encoded. The three are private and their fields are private to one module, so neither an unredacted picture nor,
//!   when [`ScreenshotSettings::blur`] is on, an unblurred one can leave this crate. [`EncodedScreenshot`] is the only thing that does.
//! * **Foreign pixels have no influence.** Whatever lies in [`model::Frame::foreign`], in the padding between rows or in
//!   the unused fourth byte of a pixel changes no byte of the outcome.
//! * **A blurred picture holds no more than its blocks' means.** It is kept small; a viewer scales it up. Blocks are
//!   never smaller than [`blur_block_side`], except where the whole frame is.
//! * **Nothing readable is kept between pictures**: only a 16-bit digest for each tile of the last one (16 kB for
//!   1920×1080), to tell whether the next has changed.

mod boxdown;
mod error;
mod fingerprint;
mod palette;
mod pipeline;
pub mod schedule;
mod stage;

pub use boxdown::blur_block_side;
pub use error::ScreenshotError;
pub use pipeline::{
    EncodedScreenshot, PipelineOutcome, ScreenshotPipeline, ScreenshotQuality, ScreenshotSettings,
};
pub use stage::MEDIA_TYPE;
