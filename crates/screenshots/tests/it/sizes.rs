//! Sizes of frames, of screenshots, and of refused input.

use crate::screens::{Pixels, decoded, pipeline, shoot};
use image::{Rgb, RgbImage};
use model::{Frame, Rect};
use proptest::prelude::*;
use screenshots::{
    PipelineOutcome, ScreenshotError, ScreenshotPipeline, ScreenshotQuality, ScreenshotSettings,
    blur_block_side,
};
use sha2::{Digest, Sha256};

/// A screenshot that is never blank as long as it has two pixels.
fn noise(width: u32, height: u32, seed: u64) -> RgbImage {
    let mut state = seed | 1;
    let mut picture = RgbImage::from_fn(width, height, |_, _| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Rgb([state as u8, (state >> 8) as u8, (state >> 16) as u8])
    });
    picture.put_pixel(0, 0, Rgb([1, 2, 3]));
    picture.put_pixel(width - 1, height - 1, Rgb([200, 100, 50]));
    picture
}

fn rects() -> impl Strategy<Value = Vec<Rect>> {
    let edge = prop_oneof![-20i32..120, any::<i32>()];
    let size = prop_oneof![0u32..150, any::<u32>()];
    let rect = (edge.clone(), edge, size.clone(), size).prop_map(|(x, y, width, height)| Rect {
        x,
        y,
        width,
        height,
    });
    proptest::collection::vec(rect, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_frame_that_keeps_its_promises_gives_a_picture_of_the_promised_size(
        width in 1u32..120,
        height in 1u32..120,
        padding in 0usize..9,
        missing_tail in any::<bool>(),
        scale in prop_oneof![Just(100), 0u32..600, any::<u32>()],
        blur in any::<bool>(),
        small in any::<bool>(),
        foreign in rects(),
        seed in any::<u64>(),
    ) {
        let picture = noise(width, height, seed);
        let stride = width as usize * 4 + padding;
        let mut bgrx = vec![7; stride * height as usize];
        for (x, y, Rgb([r, g, b])) in picture.enumerate_pixels() {
            let at = y as usize * stride + x as usize * 4;
            bgrx[at..at + 3].copy_from_slice(&[*b, *g, *r]);
        }
        if missing_tail {
            bgrx.truncate(bgrx.len() - padding);
        }
        let frame = Frame { width, height, stride, bgrx: &bgrx, scale_percent: scale, foreign: &foreign };
        let quality = if small { ScreenshotQuality::Small } else { ScreenshotQuality::Standard };
        match ScreenshotPipeline::new(ScreenshotSettings { blur, quality }).process(&frame).unwrap() {
            PipelineOutcome::Screenshot(shot) => {
                let side = if blur { blur_block_side(scale) } else { 1 };
                prop_assert_eq!(shot.width, (width / side).max(1));
                prop_assert_eq!(shot.height, (height / side).max(1));
                prop_assert_eq!((shot.screen_width, shot.screen_height), (width, height));
                prop_assert_eq!(shot.blurred, blur);
                prop_assert_eq!(shot.media, "image/webp");
                prop_assert_eq!(decoded(&shot).dimensions(), (shot.width, shot.height));
                prop_assert_eq!(shot.sha256, data_encoding::HEXLOWER.encode(&Sha256::digest(&shot.bytes)));
            }
            PipelineOutcome::Blank => prop_assert!(width * height == 1 || !foreign.is_empty()),
            PipelineOutcome::Unchanged => prop_assert!(false, "nothing to compare with"),
        }
    }

    #[test]
    fn no_frame_whatever_its_promises_panics(
        width in prop_oneof![0u32..100, any::<u32>()],
        height in prop_oneof![0u32..100, any::<u32>()],
        stride in prop_oneof![0usize..500, any::<usize>()],
        bytes in 0usize..20_000,
        foreign in rects(),
        blur in any::<bool>(),
    ) {
        let bgrx = vec![9; bytes];
        let frame = Frame { width, height, stride, bgrx: &bgrx, scale_percent: 100, foreign: &foreign };
        let _ = pipeline(blur).process(&frame);
    }
}

#[test]
fn a_malformed_frame_is_refused_with_its_reason() {
    let bgrx = [0; 4 * 4 * 4];
    let good = || Frame {
        width: 4,
        height: 4,
        stride: 16,
        bgrx: &bgrx,
        scale_percent: 100,
        foreign: &[],
    };
    let cases = [
        (Frame { width: 0, ..good() }, "no pixels"),
        (
            Frame {
                height: 0,
                ..good()
            },
            "no pixels",
        ),
        (
            Frame {
                stride: 15,
                ..good()
            },
            "rows overlap",
        ),
        (
            Frame {
                height: 5,
                ..good()
            },
            "fewer bytes",
        ),
        (
            Frame {
                stride: usize::MAX,
                ..good()
            },
            "fewer bytes",
        ),
        (
            Frame {
                bgrx: &bgrx[..63],
                ..good()
            },
            "fewer bytes",
        ),
        (
            Frame {
                width: u32::MAX,
                stride: 4 * u32::MAX as usize,
                ..good()
            },
            "larger than any screen",
        ),
    ];
    for (frame, reason) in cases {
        let error = pipeline(false).process(&frame).unwrap_err();
        assert!(matches!(error, ScreenshotError::Frame { .. }));
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn a_frame_too_long_for_webp_is_scaled_down_not_lost() {
    for (width, height) in [(16_384, 3), (3, 16_384), (40_001, 2)] {
        let pixels = Pixels::of(&noise(width, height, 5));
        let shot = shoot(&mut pipeline(false), &pixels.frame(100, &[]));
        let by = width.max(height).div_ceil(16_383);
        assert_eq!(
            (shot.width, shot.height),
            ((width / by).max(1), (height / by).max(1))
        );
        assert_eq!((shot.screen_width, shot.screen_height), (width, height));
        assert_eq!(decoded(&shot).dimensions(), (shot.width, shot.height));
    }
}

#[test]
fn small_quality_is_smaller() {
    let picture = noise(320, 200, 3);
    let bytes = |quality| {
        crate::screens::shot_of(
            &picture,
            ScreenshotSettings {
                blur: false,
                quality,
            },
        )
        .bytes
        .len()
    };
    assert!(bytes(ScreenshotQuality::Small) < bytes(ScreenshotQuality::Standard));
}

#[test]
fn colours_are_not_swapped_and_rows_not_shifted() {
    // Four quarters, large enough that their middles survive lossy coding, also when small.
    let quarters = [
        Rgb([220, 20, 20]),
        Rgb([20, 220, 20]),
        Rgb([20, 20, 220]),
        Rgb([230, 230, 230]),
    ];
    let picture = RgbImage::from_fn(1541, 1157, |x, y| {
        quarters[usize::from(x >= 768) + 2 * usize::from(y >= 576)]
    });
    for (blur, step) in [(false, 1), (true, 24)] {
        let seen = decoded(&shoot(
            &mut pipeline(blur),
            &Pixels::of(&picture).frame(100, &[]),
        ));
        for (n, colour) in quarters.iter().enumerate() {
            let x = if n % 2 == 0 { 300 } else { 1200 } / step;
            let y = if n < 2 { 200 } else { 900 } / step;
            let found = seen.get_pixel(x, y);
            let off = colour
                .0
                .iter()
                .zip(found.0)
                .map(|(a, b)| a.abs_diff(b))
                .max()
                .unwrap();
            assert!(
                off < 16,
                "blur {blur}, quarter {n}: {found:?} for {colour:?}"
            );
        }
    }
}
