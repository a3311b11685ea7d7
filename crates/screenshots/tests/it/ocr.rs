//! Blur against a real text reader, Tesseract. The same reader on the same words without blur shows that it could read
//! them, so that this test can fail.

use crate::screens::{Pixels, SANS, SERIF, decoded, lines, page, pipeline, scratch, shoot};
use image::RgbImage;
use image::imageops::{FilterType, resize, unsharpen};
use std::process::Command;

/// The words Tesseract finds, in small letters.
fn read(picture: &RgbImage) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let out = Command::new("tesseract")
        .arg(scratch(&folder, picture))
        // One uniform block of text: the kindest mode for these pages. One thread: it is quicker so for small pages.
        .args(["-", "-l", "eng", "--psm", "6", "--dpi", "96"])
        .env("OMP_THREAD_LIMIT", "1")
        .output()
        .unwrap_or_else(|e| {
            panic!("cannot run `tesseract` ({e}): install the Debian package `tesseract-ocr`")
        });
    assert!(
        out.status.success(),
        "`tesseract` failed (is the Debian package `tesseract-ocr` installed?): {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout)
        .split(|c: char| !c.is_alphabetic())
        .map(str::to_lowercase)
        .collect()
}

/// Share of `text`'s words that Tesseract finds, 0..=1.
fn recall(picture: &RgbImage, text: &[String]) -> f64 {
    let found = read(picture);
    let words: Vec<&str> = text.iter().flat_map(|line| line.split(' ')).collect();
    let hits = words
        .iter()
        .filter(|w| found.iter().any(|f| f == *w))
        .count();
    hits as f64 / words.len() as f64
}

/// What somebody might do to a small screenshot to read it: stretch it to screen size in several ways, sharpen it, raise
/// its contrast; or stretch it to half and a quarter of that, where the letters are as high as Tesseract likes them.
fn attempts(small: &RgbImage, width: u32, height: u32) -> [(&'static str, RgbImage); 6] {
    let stretch = |by, filter| resize(small, width / by, height / by, filter);
    let sharp = unsharpen(&stretch(1, FilterType::Lanczos3), 8.0, 0);
    let contrast = image::imageops::contrast(&sharp, 60.0);
    [
        ("as blocks", stretch(1, FilterType::Nearest)),
        ("smooth", stretch(1, FilterType::CatmullRom)),
        ("sharpened", sharp),
        ("sharpened, more contrast", contrast),
        ("half the size", stretch(2, FilterType::Lanczos3)),
        ("a quarter of the size", stretch(4, FilterType::Lanczos3)),
    ]
}

/// The best recall that any attempt gets from a blurred page of `height` pixel letters. Fails unless the same page is
/// read without blur.
fn recall_through_blur(font: &str, ink: &str, paper: &str, height: u32, scale: u32) -> f64 {
    let text = lines(4, 3, height as usize);
    // Wide enough for three words, high enough for four lines.
    let (width, tall) = (height * 16, height * 8);
    let pixels = Pixels::of(&page(width, tall, font, height, ink, paper, &text));
    let open = decoded(&shoot(&mut pipeline(false), &pixels.frame(scale, &[])));
    // Tesseract was made for scans at 300 dpi: small screen text must be stretched for it.
    let stretch = if height < 24 { 3 } else { 1 };
    let open = resize(
        &open,
        width * stretch,
        tall * stretch,
        FilterType::CatmullRom,
    );
    let readable = recall(&open, &text);
    assert!(
        readable >= 0.8,
        "{font} at {height} px: only {readable:.2} is read without blur, so this would prove nothing"
    );
    let small = decoded(&shoot(&mut pipeline(true), &pixels.frame(scale, &[])));
    let mut best = 0.0f64;
    for (how, attempt) in attempts(&small, width, tall) {
        let got = recall(&attempt, &text);
        println!(
            "{font} at {height} px, {scale} %: {readable:.2} without blur, {got:.2} with, {how}"
        );
        best = best.max(got);
    }
    best
}

#[test]
fn text_is_read_without_blur_and_not_with_it() {
    for (font, ink, paper) in [(SANS, "black", "white"), (SERIF, "#e0e0e0", "#202020")] {
        for height in [11, 14, 20, 32, 48, 64, 96] {
            let got = recall_through_blur(font, ink, paper, height, 100);
            // Letters an inch high are a poster, not text; a word in twelve of it may come through.
            let limit = if height <= 64 { 0.0 } else { 0.1 };
            assert!(
                got <= limit,
                "{font} at {height} px: {got:.2} read through the blur"
            );
        }
    }
}

#[test]
fn larger_letters_on_scaled_screens_are_hidden_too() {
    for (height, scale) in [(14, 150), (64, 150), (14, 200), (64, 200)] {
        let got = recall_through_blur(SANS, "black", "white", height * scale / 100, scale);
        assert!(
            got <= 0.0,
            "{height} px at {scale} %: {got:.2} read through the blur"
        );
    }
}
