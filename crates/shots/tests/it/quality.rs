//! Bytes and legibility against JPEG at quality 50, over pictures that look like screens.
//!
//! The JPEG is ImageMagick's, a stand-in for Pillow's: the same library and tables, chroma at half resolution as Pillow
//! has it, and optimised Huffman tables, which Pillow has not by default. `cargo xtask bench` compares with Pillow itself.

use crate::screens::{MONO, SANS, SERIF, convert, decoded, lines, page, scratch, shot_of};
use image::RgbImage;
use shots::{Quality, Settings};
use ssimulacra2::{
    ColorPrimaries, LinearRgb, Rgb, TransferCharacteristic, compute_frame_ssimulacra2,
};
use std::process::Command;

const WIDTH: u32 = 960;
const HEIGHT: u32 = 540;

fn words(of: &str) -> Vec<String> {
    of.split(' ').map(str::to_owned).collect()
}

/// A photo-like texture of `width`×`height` pixels, the same at each run.
fn photo(width: u32, height: u32) -> RgbImage {
    convert(&words(&format!(
        "-seed 7 -size {width}x{height} plasma:seagreen-tomato -paint 2 -blur 0x0.6"
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
    let mut screen = page(
        WIDTH,
        HEIGHT,
        SERIF,
        15,
        "#222222",
        "white",
        &lines(21, 9, 0),
    );
    put(
        &mut screen,
        &page(400, 60, SANS, 28, "#103050", "white", &lines(1, 2, 3)),
        0,
        0,
    );
    put(&mut screen, &photo(280, 190), 650, 90);
    fill(&mut screen, (0, 0, WIDTH, 8), [60, 90, 160]);
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
        &lines(25, 8, 1),
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
        "#b8e0b8",
        "black",
        &lines(23, 7, 2),
    )
}

fn spreadsheet() -> RgbImage {
    let numbers: Vec<String> = (0..17u32)
        .map(|row| {
            (0..10)
                .map(|c| format!("{:7}", (row * 7919 + c * 104_729) % 99_991))
                .collect::<Vec<_>>()
                .join("   ")
        })
        .collect();
    let mut screen = page(WIDTH, HEIGHT, MONO, 12, "black", "white", &numbers);
    for column in 0..12 {
        fill(&mut screen, (column * 80, 0, 1, HEIGHT), [200, 200, 200]);
    }
    for row in 0..29 {
        fill(&mut screen, (0, row * 19, WIDTH, 1), [200, 200, 200]);
    }
    fill(&mut screen, (0, 0, WIDTH, 10), [230, 236, 245]);
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

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let out = Command::new("convert")
        .arg(scratch(&folder, picture))
        .args(["-sampling-factor", "2x2", "-quality", "50", "jpeg:-"])
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

#[test]
fn standard_quality_is_smaller_and_clearer_than_jpeg() {
    let (mut size, mut gain) = (0.0, 0.0);
    let screens = [
        ("article", article()),
        ("editor", editor()),
        ("terminal", terminal()),
        ("spreadsheet", spreadsheet()),
        ("photo", photo(WIDTH, HEIGHT)),
    ];
    let count = screens.len() as f64;
    for (name, screen) in screens {
        let old = jpeg(&screen);
        let old_seen = image::load_from_memory(&old).unwrap().to_rgb8();
        let new = shot_of(
            &screen,
            Settings {
                blur: false,
                quality: Quality::Standard,
            },
        );
        let ratio = new.bytes.len() as f64 / old.len() as f64;
        let (before, after) = (score(&screen, &old_seen), score(&screen, &decoded(&new)));
        println!(
            "{name}: {ratio:.2} of JPEG's {} bytes, score {after:.1} against {before:.1}",
            old.len()
        );
        size += ratio / count;
        gain += (after - before) / count;
    }
    println!("mean: {size:.2} of the bytes, {gain:.1} points better");
    assert!(size <= 0.6, "{size:.2} of JPEG's bytes");
    assert!(gain >= 5.0, "only {gain:.1} points better than JPEG");
}
