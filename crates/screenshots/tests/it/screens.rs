//! Screenshots that look like windows, and the pipeline's output.

use image::{Rgb, RgbImage};
use model::{Frame, Rect};
use screenshots::{
    EncodedScreenshot, PipelineOutcome, ScreenshotPipeline, ScreenshotQuality, ScreenshotSettings,
};
use std::path::PathBuf;
use std::process::Command;

pub(crate) const SANS: &str = "DejaVu-Sans";
pub(crate) const SERIF: &str = "DejaVu-Serif";
pub(crate) const MONO: &str = "DejaVu-Sans-Mono";

/// A screenshot's pixels as a capture would give them, with some bytes of padding after each row.
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) stride: usize,
    pub(crate) bgrx: Vec<u8>,
}

impl Pixels {
    pub(crate) fn of(picture: &RgbImage) -> Self {
        let (width, height) = picture.dimensions();
        let stride = width as usize * 4 + 12;
        let mut bgrx = vec![0x5a; stride * height as usize];
        for (x, y, Rgb([r, g, b])) in picture.enumerate_pixels() {
            let at = y as usize * stride + x as usize * 4;
            bgrx[at..at + 3].copy_from_slice(&[*b, *g, *r]);
        }
        Self {
            width,
            height,
            stride,
            bgrx,
        }
    }

    pub(crate) fn frame<'a>(&'a self, scale_percent: u32, foreign: &'a [Rect]) -> Frame<'a> {
        Frame {
            width: self.width,
            height: self.height,
            stride: self.stride,
            bgrx: &self.bgrx,
            scale_percent,
            foreign,
        }
    }
}

pub(crate) fn pipeline(blur: bool) -> ScreenshotPipeline {
    ScreenshotPipeline::new(ScreenshotSettings {
        blur,
        quality: ScreenshotQuality::Standard,
    })
}

/// The outcome for a frame that must give a screenshot.
pub(crate) fn shoot(pipeline: &mut ScreenshotPipeline, frame: &Frame<'_>) -> EncodedScreenshot {
    match pipeline.process(frame).unwrap() {
        PipelineOutcome::Screenshot(picture) => picture,
        other => panic!("expected a picture, got {other:?}"),
    }
}

/// `picture` through a fresh pipeline at 100 % scaling.
pub(crate) fn shot_of(picture: &RgbImage, settings: ScreenshotSettings) -> EncodedScreenshot {
    let pixels = Pixels::of(picture);
    shoot(
        &mut ScreenshotPipeline::new(settings),
        &pixels.frame(100, &[]),
    )
}

/// The pixels in an encoded screenshot, read by a decoder that shares no code with the encoder.
pub(crate) fn decoded(picture: &EncodedScreenshot) -> RgbImage {
    image::load_from_memory_with_format(&picture.bytes, image::ImageFormat::WebP)
        .unwrap()
        .to_rgb8()
}

/// Runs ImageMagick's `convert`, which must print a PNG.
pub(crate) fn convert(arguments: &[String]) -> RgbImage {
    let out = Command::new("convert")
        .args(arguments)
        .arg("png:-")
        .output()
        .unwrap_or_else(|e| panic!("cannot run `convert` ({e}): install the Debian packages `imagemagick` and `fonts-dejavu`"));
    assert!(
        out.status.success() && out.stderr.is_empty(),
        "`convert` failed (are the Debian packages `imagemagick` and `fonts-dejavu` installed?): {}",
        String::from_utf8_lossy(&out.stderr)
    );
    image::load_from_memory(&out.stdout).unwrap().to_rgb8()
}

/// Lines of text, `height` pixels high, on a page of `width`×`page` pixels.
pub(crate) fn page(
    width: u32,
    page: u32,
    font: &str,
    height: u32,
    ink: &str,
    paper: &str,
    lines: &[String],
) -> RgbImage {
    let mut arguments: Vec<String> = [
        "-size",
        &format!("{width}x{page}"),
        &format!("xc:{paper}"),
        "-fill",
        ink,
        "-font",
        font,
        "-pointsize",
        &height.to_string(),
    ]
    .map(str::to_owned)
    .to_vec();
    for (n, line) in (1u32..).zip(lines) {
        // Lines stand 1.6 heights apart. Letters and spaces only, so nothing needs quoting.
        arguments.push("-annotate".into());
        arguments.push(format!("+{}+{}", height, height * 8 / 5 * n));
        arguments.push(line.clone());
    }
    convert(&arguments)
}

/// A scratch file for a program that reads only files.
pub(crate) fn scratch(folder: &tempfile::TempDir, picture: &RgbImage) -> PathBuf {
    let path = folder.path().join("picture.png");
    picture.save(&path).unwrap();
    path
}

/// Common words of four letters or more, all different.
pub(crate) const WORDS: &[&str] = &[
    "about", "answer", "bridge", "butter", "camera", "change", "circle", "copper", "danger",
    "desert", "dinner", "doctor", "engine", "family", "finger", "flower", "forest", "friend",
    "garden", "golden", "hammer", "harbor", "island", "jacket", "kitchen", "ladder", "letter",
    "market", "master", "minute", "mirror", "monkey", "mother", "number", "office", "orange",
    "paper", "pencil", "people", "planet", "pocket", "record", "river", "school", "season",
    "silver", "simple", "spring", "street", "summer", "table", "ticket", "travel", "uncle",
    "valley", "village", "water", "weather", "window", "winter", "yellow", "writer", "thunder",
    "station",
];

/// `count` lines of `each` words, without repetition until all words are used; `turn` starts elsewhere in the list.
pub(crate) fn lines(count: usize, each: usize, turn: usize) -> Vec<String> {
    (0..count)
        .map(|line| {
            (0..each)
                .map(|word| WORDS[(turn + (line * each + word) * 7) % WORDS.len()])
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect()
}
