//! The definition of a changed screenshot.

use crate::screens::{MONO, Pixels, SANS, lines, page, pipeline, shoot};
use image::{Rgb, RgbImage};
use model::Rect;
use screenshots::PipelineOutcome;

fn is_changed(blur: bool, scale: u32, before: &RgbImage, after: &RgbImage) -> bool {
    let mut pipeline = pipeline(blur);
    shoot(&mut pipeline, &Pixels::of(before).frame(scale, &[]));
    match pipeline
        .process(&Pixels::of(after).frame(scale, &[]))
        .unwrap()
    {
        PipelineOutcome::Screenshot(_) => true,
        PipelineOutcome::Unchanged => false,
        PipelineOutcome::Blank => panic!("not blank"),
    }
}

fn editor(scale: u32) -> RgbImage {
    page(
        600 * scale / 100,
        400 * scale / 100,
        MONO,
        14 * scale / 100,
        "black",
        "white",
        &lines(16, 8, 0),
    )
}

fn inverted(picture: &RgbImage, left: u32, top: u32, width: u32, height: u32) -> RgbImage {
    let mut picture = picture.clone();
    for y in top..(top + height).min(picture.height()) {
        for x in left..(left + width).min(picture.width()) {
            let Rgb(c) = *picture.get_pixel(x, y);
            picture.put_pixel(x, y, Rgb(c.map(|c| 255 - c)));
        }
    }
    picture
}

#[test]
fn a_blinking_cursor_counts_as_unchanged_wherever_it_blinks() {
    for scale in [100, 150, 200] {
        let editor = editor(scale);
        for (width, height) in [(1, 14), (2, 20), (9, 18), (16, 32)] {
            let (width, height) = (width * scale / 100, height * scale / 100);
            for (left, top) in [(0, 0), (13, 15), (31, 31), (40, 33), (120, 190), (595, 390)] {
                let blinked = inverted(&editor, left, top, width, height);
                assert!(blinked != editor);
                for blur in [false, true] {
                    assert!(
                        !is_changed(blur, scale, &editor, &blinked),
                        "{width}×{height} at {left},{top}, {scale} %, blur {blur}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_changed_line_of_text_counts_as_changed_wherever_it_stands() {
    for scale in [100, 200] {
        for line in 0..16 {
            let mut text = lines(16, 8, 0);
            // The same letters in another order: the same ink, so any mean of brightness would hardly see it.
            text[line] = text[line].split(' ').rev().collect::<Vec<_>>().join(" ");
            let changed = page(
                600 * scale / 100,
                400 * scale / 100,
                MONO,
                14 * scale / 100,
                "black",
                "white",
                &text,
            );
            for blur in [false, true] {
                assert!(
                    is_changed(blur, scale, &editor(scale), &changed),
                    "line {line}, {scale} %, blur {blur}"
                );
            }
        }
    }
}

#[test]
fn a_changed_word_in_small_grey_print_counts_as_changed() {
    let text = |word: &str| {
        page(
            400,
            60,
            SANS,
            11,
            "#dddddd",
            "white",
            &["about".into(), format!("answer {word} bridge")],
        )
    };
    for blur in [false, true] {
        assert!(is_changed(blur, 100, &text("window"), &text("wonder")));
    }
}

#[test]
fn typing_is_not_lost_but_adds_up_until_it_counts() {
    let typed = |letters: usize| {
        page(
            400,
            60,
            MONO,
            14,
            "black",
            "white",
            &["the quick brown fox"[..letters].to_owned()],
        )
    };
    let mut pipeline = pipeline(false);
    shoot(&mut pipeline, &Pixels::of(&typed(3)).frame(100, &[]));
    let mut pictures = 0;
    for letters in 4..20 {
        match pipeline
            .process(&Pixels::of(&typed(letters)).frame(100, &[]))
            .unwrap()
        {
            PipelineOutcome::Screenshot(_) => pictures += 1,
            PipelineOutcome::Unchanged => {}
            PipelineOutcome::Blank => panic!("not blank"),
        }
    }
    assert!((2..16).contains(&pictures), "{pictures}");
}

#[test]
fn the_same_picture_is_unchanged_until_forgotten_or_resized() {
    let editor = editor(100);
    let pixels = Pixels::of(&editor);
    let mut pipeline = pipeline(true);
    shoot(&mut pipeline, &pixels.frame(100, &[]));
    assert!(matches!(
        pipeline.process(&pixels.frame(100, &[])).unwrap(),
        PipelineOutcome::Unchanged
    ));
    pipeline.forget_last();
    shoot(&mut pipeline, &pixels.frame(100, &[]));
    let cut = image::imageops::crop_imm(&editor, 0, 0, 599, 400).to_image();
    shoot(&mut pipeline, &Pixels::of(&cut).frame(100, &[]));
    shoot(&mut pipeline, &pixels.frame(100, &[]));
    // The same pixels at another scaling blur differently.
    shoot(&mut pipeline, &pixels.frame(200, &[]));
}

#[test]
fn a_picture_of_one_colour_is_blank_also_when_wholly_covered() {
    let mut black = RgbImage::new(101, 67);
    let pixels = Pixels::of(&black);
    assert!(matches!(
        pipeline(false).process(&pixels.frame(100, &[])).unwrap(),
        PipelineOutcome::Blank
    ));
    let covered = Pixels::of(&editor(100));
    let all = [Rect {
        x: -5,
        y: -5,
        width: 900,
        height: 900,
    }];
    assert!(matches!(
        pipeline(false).process(&covered.frame(100, &all)).unwrap(),
        PipelineOutcome::Blank
    ));
    // A single differing pixel, also in the odd last column, is a screenshot.
    black.put_pixel(100, 66, Rgb([0, 0, 1]));
    shoot(&mut pipeline(false), &Pixels::of(&black).frame(100, &[]));
}

#[test]
fn a_blank_moment_between_two_equal_pictures_makes_no_new_one() {
    let pixels = Pixels::of(&editor(100));
    let blank = Pixels::of(&RgbImage::new(600, 400));
    let mut pipeline = pipeline(false);
    shoot(&mut pipeline, &pixels.frame(100, &[]));
    assert!(matches!(
        pipeline.process(&blank.frame(100, &[])).unwrap(),
        PipelineOutcome::Blank
    ));
    assert!(matches!(
        pipeline.process(&pixels.frame(100, &[])).unwrap(),
        PipelineOutcome::Unchanged
    ));
}
