//! Errors of the pipeline.

/// Why there is no screenshot. None of these is worth a retry with the same frame; the next frame may well succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScreenshotError {
    /// The frame breaks the promises of [`model::Frame`]: a defect of the capture that made it.
    #[error(
        "the captured frame of {width}×{height} pixels is malformed: {what}; skip it and capture again"
    )]
    Frame {
        /// Width in pixels as the frame states it.
        width: u32,
        /// Height in pixels as the frame states it.
        height: u32,
        /// The part that does not fit.
        what: &'static str,
    },
    /// libwebp refused; almost always for want of memory.
    #[error(
        "libwebp could not encode a screenshot of {width}×{height} pixels ({reason}); if memory is short, close programs or switch blur on, which needs far less"
    )]
    Encode {
        /// Width of the screenshot to encode, in pixels.
        width: u32,
        /// Height of the screenshot to encode, in pixels.
        height: u32,
        /// The reason libwebp gave.
        reason: String,
    },
}
