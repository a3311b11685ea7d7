//! Bytes and legibility against JPEG at quality 50, over screenshots that look like screens.
//!
//! The JPEG is ImageMagick's, a stand-in for Pillow's, set to do what Pillow does unless told otherwise: the same library
//! and tables, colours at half resolution, standard Huffman tables. `cargo xtask bench` compares with Pillow itself.
//! Screens of text alone are kept as a palette and gain most; those with photos are lossy and gain least. Each kind has to
//! keep the promise by itself.

use crate::screens::{MONO, SANS, SERIF, convert, lines, page, scratch, shot_of};
use image::RgbImage;
use screenshots::{EncodedScreenshot, ScreenshotQuality, ScreenshotSettings};
use ssimulacra2::{
    ColorPrimaries, LinearRgb, Rgb, TransferCharacteristic, compute_frame_ssimulacra2,
};
use std::process::Command;

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;

fn words(of: &str) -> Vec<String> {
    of.split(' ').map(str::to_owned).collect()
}

/// A photo of `width`×`height` pixels, the same at each run: the one built into ImageMagick, enlarged, with a little of
/// a camera's noise.
fn photo(width: u32, height: u32) -> RgbImage {
    convert(&words(&format!(
        "rose: -resize {width}x{height}! -seed 7 -attenuate 0.15 +noise Gaussian"
    )))
}

fn put(onto: &mut RgbImage, picture: &RgbImage, x: i64, y: i64) {
    image::imageops::replace(onto, picture, x, y);
}

fn fill(onto: &mut RgbImage, (x, y, width, height): (u32, u32, u32, u32), colour: [u8; 3]) {
    for row in y..(y + height).min(onto.height()) {
        for column in x..(x + width).min(onto.width()) {
            onto.put_pixel(column, row, image::Rgb(colour));
        }
    }
}

fn article() -> RgbImage {
    let ink = "#222222";
    let mut screen = page(WIDTH, HEIGHT, SERIF, 16, ink, "white", &lines(27, 14, 0));
    let title = page(WIDTH, 50, SANS, 28, "#103050", "white", &lines(1, 3, 3));
    put(&mut screen, &title, 0, 0);
    put(&mut screen, &photo(380, 250), 870, 90);
    let aside = page(380, 340, SANS, 13, "#333333", "#f0f0f4", &lines(15, 5, 9));
    put(&mut screen, &aside, 870, 370);
    screen
}

fn editor() -> RgbImage {
    let mut screen = page(
        WIDTH,
        HEIGHT,
        MONO,
        13,
        "#d4d4d4",
        "#1e1e1e",
        &lines(33, 8, 1),
    );
    let colours = ["#569cd6", "#ce9178", "#6a9955"];
    for (n, ink) in (0..).zip(colours) {
        put(
            &mut screen,
            &page(500, 60, MONO, 13, ink, "#1e1e1e", &lines(2, 4, 40 + n)),
            40,
            100 + 140 * n as i64,
        );
    }
    fill(&mut screen, (0, 0, 30, HEIGHT), [40, 40, 48]);
    fill(&mut screen, (0, HEIGHT - 20, WIDTH, 20), [0, 122, 204]);
    screen
}

fn terminal() -> RgbImage {
    page(
        WIDTH,
        HEIGHT,
        MONO,
        14,
        "#c0c0c0",
        "black",
        &lines(31, 14, 2),
    )
}

fn spreadsheet() -> RgbImage {
    let numbers: Vec<String> = (0..36u32)
        .map(|row| {
            (0..10)
                .map(|c| format!("{:7}", (row * 7919 + c * 104_729) % 99_991))
                .collect::<Vec<_>>()
                .join("   ")
        })
        .collect();
    let mut screen = page(WIDTH, HEIGHT, MONO, 12, "black", "white", &numbers);
    for column in 0..16 {
        fill(&mut screen, (column * 80, 0, 1, HEIGHT), [200, 200, 200]);
    }
    for row in 0..38 {
        fill(&mut screen, (0, row * 19, WIDTH, 1), [200, 200, 200]);
    }
    fill(&mut screen, (0, 0, WIDTH, 10), [230, 236, 245]);
    screen
}

fn viewer() -> RgbImage {
    let mut screen = page(
        WIDTH,
        HEIGHT,
        SANS,
        14,
        "#333333",
        "#f3f3f3",
        &lines(20, 1, 5),
    );
    put(&mut screen, &photo(700, 480), 150, 30);
    screen
}

/// Score of `seen` against `original`: 100 is the same, 70 high, 50 medium.
fn score(original: &RgbImage, seen: &RgbImage) -> f64 {
    let linear = |picture: &RgbImage| {
        let data = picture
            .pixels()
            .map(|p| p.0.map(|c| f32::from(c) / 255.0))
            .collect();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        LinearRgb::try_from(
            Rgb::new(
                data,
                width,
                height,
                TransferCharacteristic::SRGB,
                ColorPrimaries::BT709,
            )
            .unwrap(),
        )
        .unwrap()
    };
    compute_frame_ssimulacra2(linear(original), linear(seen)).unwrap()
}

/// The pixels as libwebp shows them, which is what browsers and viewers use: it interpolates the colours.
fn shown(picture: &EncodedScreenshot) -> RgbImage {
    let seen = webp::Decoder::new(&picture.bytes).decode().unwrap();
    assert!(!seen.is_alpha());
    RgbImage::from_raw(seen.width(), seen.height(), seen.to_vec()).unwrap()
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let out = Command::new("convert")
        .arg(scratch(&folder, picture))
        .args(["-sampling-factor", "2x2", "-quality", "50"])
        .args(["-define", "jpeg:optimize-coding=false", "jpeg:-"])
        .output()
        .unwrap_or_else(|e| {
            panic!("cannot run `convert` ({e}): install the Debian package `imagemagick`")
        });
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    out.stdout
}

/// Means over `screens`: size as a share of JPEG's, and by how many points the score is better than JPEG's. Also the
/// worst score.
fn against_jpeg(screens: &[(&str, RgbImage)]) -> (f64, f64, f64) {
    let (mut size, mut gain, mut worst) = (0.0, 0.0, 100.0f64);
    let count = screens.len() as f64;
    for (name, screen) in screens {
        let old = jpeg(screen);
        let old_seen = image::load_from_memory(&old).unwrap().to_rgb8();
        let new = shot_of(
            screen,
            ScreenshotSettings {
                blur: false,
                quality: ScreenshotQuality::Standard,
            },
        );
        let ratio = new.bytes.len() as f64 / old.len() as f64;
        let (before, after) = (score(screen, &old_seen), score(screen, &shown(&new)));
        println!(
            "{name}: {ratio:.2} of JPEG's {} bytes, score {after:.1} against {before:.1}",
            old.len()
        );
        size += ratio / count;
        gain += (after - before) / count;
        worst = worst.min(after);
    }
    println!("mean: {size:.2} of the bytes, {gain:.1} points better");
    (size, gain, worst)
}

#[test]
fn text_is_much_smaller_than_jpeg_and_looks_the_same_as_on_screen() {
    let (size, gain, worst) = against_jpeg(&[
        ("editor", editor()),
        ("terminal", terminal()),
        ("spreadsheet", spreadsheet()),
    ]);
    assert!(size <= 0.3, "{size:.2} of JPEG's bytes");
    assert!(gain >= 25.0, "only {gain:.1} points better than JPEG");
    // From 90 on no difference is seen.
    assert!(worst >= 90.0, "a score of only {worst:.1}");
}

#[test]
fn screens_with_photos_are_smaller_and_clearer_than_jpeg() {
    let (size, gain, _) = against_jpeg(&[("article", article()), ("viewer", viewer())]);
    assert!(size <= 0.6, "{size:.2} of JPEG's bytes");
    assert!(gain >= 5.0, "only {gain:.1} points better than JPEG");
}
