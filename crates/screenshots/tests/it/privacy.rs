//! Hidden pixels have no influence on the screenshot.

use crate::screens::{Pixels, SANS, decoded, lines, page, pipeline, shoot};
use model::Rect;
use proptest::prelude::*;
use screenshots::{EncodedScreenshot, PipelineOutcome};

/// A pixel buffer in which everything that must not be seen is filled from `secret`: foreign parts, the fourth byte of
/// each pixel, the padding after each row.
fn with_secret(
    open: &[u8],
    width: u32,
    height: u32,
    foreign: &[Rect],
    secret: impl Fn(usize) -> u8,
) -> Pixels {
    let stride = width as usize * 4 + 8;
    let mut bgrx: Vec<u8> = (0..stride * height as usize).map(&secret).collect();
    for y in 0..height {
        for x in 0..width {
            let covered = foreign.iter().any(|r| {
                let (x, y) = (i64::from(x) - i64::from(r.x), i64::from(y) - i64::from(r.y));
                (0..i64::from(r.width)).contains(&x) && (0..i64::from(r.height)).contains(&y)
            });
            if !covered {
                let at = y as usize * stride + x as usize * 4;
                for c in 0..3 {
                    bgrx[at + c] = open[(at + c) % open.len()];
                }
            }
        }
    }
    Pixels {
        width,
        height,
        stride,
        bgrx,
    }
}

fn bytes(outcome: PipelineOutcome) -> Option<Vec<u8>> {
    match outcome {
        PipelineOutcome::Screenshot(EncodedScreenshot { bytes, .. }) => Some(bytes),
        PipelineOutcome::Blank | PipelineOutcome::Unchanged => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn foreign_pixels_padding_and_unused_bytes_change_nothing(
        width in 1u32..90,
        height in 1u32..90,
        foreign in proptest::collection::vec(
            (-30i32..100, -30i32..100, 0u32..80, 0u32..80).prop_map(|(x, y, width, height)| Rect { x, y, width, height }),
            0..5,
        ),
        open in proptest::collection::vec(any::<u8>(), 1..200),
        blur in any::<bool>(),
    ) {
        let one = with_secret(&open, width, height, &foreign, |_| 0);
        let two = with_secret(&open, width, height, &foreign, |n| (n * 31 + 200) as u8);
        let first = bytes(pipeline(blur).process(&one.frame(100, &foreign)).unwrap());
        let second = bytes(pipeline(blur).process(&two.frame(100, &foreign)).unwrap());
        prop_assert_eq!(&first, &second);

        // Nor do they make a screenshot count as changed.
        let mut pipeline = pipeline(blur);
        let before = pipeline.process(&one.frame(100, &foreign)).unwrap();
        let after = pipeline.process(&two.frame(100, &foreign)).unwrap();
        prop_assert!(
            matches!((&before, &after), (PipelineOutcome::Screenshot(_), PipelineOutcome::Unchanged) | (PipelineOutcome::Blank, PipelineOutcome::Blank)),
            "{before:?} {after:?}"
        );
    }
}

#[test]
fn foreign_parts_are_flat_grey() {
    let picture = page(1200, 720, SANS, 20, "black", "white", &lines(21, 10, 0));
    let foreign = [Rect {
        x: 240,
        y: 96,
        width: 720,
        height: 528,
    }];
    for (blur, step, off) in [(false, 1, 4), (true, 24, 12)] {
        let pixels = Pixels::of(&picture);
        let seen = decoded(&shoot(&mut pipeline(blur), &pixels.frame(100, &foreign)));
        // Lossy coding smooths across edges, so stay a few of its pixels inside.
        let margin = if blur { 5 } else { 16 };
        for y in 96 / step + margin..624 / step - margin {
            for x in 240 / step + margin..960 / step - margin {
                let pixel = seen.get_pixel(x, y);
                assert!(
                    pixel.0.iter().all(|c| c.abs_diff(128) <= off),
                    "blur {blur}: {pixel:?} at {x},{y}"
                );
            }
        }
    }
}

#[test]
fn blur_shows_only_the_means_of_its_blocks() {
    // Text, and the same screenshot with each block's pixels replaced by their mean, give the same small screenshot but for
    // rounding: nothing finer than a block gets through.
    let picture = page(645, 413, SANS, 14, "black", "white", &lines(17, 9, 0));
    let (columns, rows) = (645 / 24, 413 / 24);
    let mut means = picture.clone();
    for j in 0..rows {
        for i in 0..columns {
            let (left, right) = (i * 645 / columns, (i + 1) * 645 / columns);
            let (top, bottom) = (j * 413 / rows, (j + 1) * 413 / rows);
            let mut sum = [0u32; 3];
            for y in top..bottom {
                for x in left..right {
                    for (sum, c) in sum.iter_mut().zip(picture.get_pixel(x, y).0) {
                        *sum += u32::from(c);
                    }
                }
            }
            let count = (right - left) * (bottom - top);
            let mean = image::Rgb(sum.map(|s| ((s + count / 2) / count) as u8));
            for y in top..bottom {
                for x in left..right {
                    means.put_pixel(x, y, mean);
                }
            }
        }
    }
    let shot = |picture| shoot(&mut pipeline(true), &Pixels::of(picture).frame(100, &[]));
    assert_eq!(shot(&picture).sha256, shot(&means).sha256);
}

#[test]
fn the_log_form_of_a_picture_holds_no_pixels() {
    let picture = page(200, 100, SANS, 20, "black", "white", &lines(2, 2, 0));
    let shot = shoot(&mut pipeline(false), &Pixels::of(&picture).frame(100, &[]));
    let shown = format!("{:?}", PipelineOutcome::Screenshot(shot.clone()));
    assert!(
        shown.contains(&format!("bytes: {}", shot.bytes.len())) && shown.len() < 300,
        "{shown}"
    );
}
