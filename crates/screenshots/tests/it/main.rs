//! The screenshot pipeline against real screenshots, a real text reader and a real quality measure.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// The measured figures, for `--nocapture`.
#![allow(clippy::print_stdout)]

mod changes;
mod ocr;
mod privacy;
mod quality;
mod screens;
mod sizes;
