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

/// What somebody might do to a small picture to read it: stretch it to screen size in several ways, sharpen, and
/// stretch contrast; also read it at a size at which the blurred letters are as high as Tesseract likes them.
fn attempts(small: &RgbImage, width: u32, height: u32) -> Vec<(&'static str, RgbImage)> {
    let smooth = resize(small, width, height, FilterType::CatmullRom);
    let lanczos = resize(small, width, height, FilterType::Lanczos3);
    let sharp = unsharpen(&lanczos, 8.0, 0);
    let contrast = image::imageops::contrast(&sharp, 60.0);
    let quarter = resize(
        small,
        (width / 4).max(1),
        (height / 4).max(1),
        FilterType::Lanczos3,
    );
    vec![
        ("nearest", resize(small, width, height, FilterType::Nearest)),
        ("smooth", smooth),
        ("sharpened", sharp),
        ("sharpened, more contrast", contrast),
        ("a quarter of screen size", quarter),
    ]
}

/// Best recall over all attempts on the blurred picture, and the recall on the unblurred one.
fn recalls(font: &str, height: u32, scale: u32, ink: &str, paper: &str) -> (f64, f64) {
    // A page of 6 lines or what fits, wide enough for its words of about 4.4 heights each.
    let text = lines(4, 3, height as usize);
    let (width, tall) = (height * 16, height * 8);
    let picture = page(width, tall, font, height, ink, paper, &text);
    let pixels = Pixels::of(&picture);
    let open = decoded(&shoot(&mut pipeline(false), &pixels.frame(scale, &[])));
    let small = decoded(&shoot(&mut pipeline(true), &pixels.frame(scale, &[])));
    // Screen text is small for Tesseract, which was made for 300 dpi: help it, so that the comparison is fair to it.
    let open = match height {
        0..=23 => resize(&open, width * 3, tall * 3, FilterType::CatmullRom),
        _ => open,
    };
    let mut best = 0.0;
    for (how, attempt) in attempts(&small, width, tall) {
        let got = recall(&attempt, &text);
        if got > best {
            best = got;
        }
        println!("{font} {height} px at {scale} %, {how}: {got:.2}");
    }
    (recall(&open, &text), best)
}

#[test]
fn text_is_read_without_blur_and_not_with_it() {
    for (font, ink, paper) in [(SANS, "black", "white"), (SERIF, "#e0e0e0", "#202020")] {
        for height in [11, 14, 20, 32, 48, 64, 96] {
            let (open, blurred) = recalls(font, height, 100, ink, paper);
            assert!(
                open >= 0.8,
                "{font} {height} px: only {open:.2} read without blur, so the test proves nothing"
            );
            let limit = if height <= 64 { 0.0 } else { 0.1 };
            assert!(
                blurred <= limit,
                "{font} {height} px: {blurred:.2} read through the blur"
            );
        }
    }
}

#[test]
fn blur_hides_the_larger_letters_of_scaled_screens_too() {
    for (height, scale) in [(48, 150), (96, 150), (28, 200), (96, 200)] {
        let (open, blurred) = recalls(SANS, height, scale, "black", "white");
        assert!(
            open >= 0.8,
            "{height} px at {scale} %: only {open:.2} read without blur"
        );
        assert!(
            blurred <= 0.0,
            "{height} px at {scale} %: {blurred:.2} read through the blur"
        );
    }
}
