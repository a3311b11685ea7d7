//! Six screens that look like everyday work, drawn the same way every time.

use crate::canvas::{DrawnScreen, ScreenFonts};
use anyhow::{Result, bail};

/// The names of all screens, in the order in which they are measured.
pub(crate) const NAMES: [&str; 6] = ["article", "editor", "terminal", "mail", "sheet", "photo"];

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;

/// Everyday words; a small generator strings them into sentences.
const WORDS: &str = "the of and a to in is was for on with as by at from that this it be are or an which were not have \
    has but one their its they all more when some other than into also after only most over such year day week report \
    number change work time part place hand group system question point service result morning letter account line \
    market house river station window paper table order price level season record sample model report garden bridge";

/// Draws the screen called `name`, 1920 by 1080 pixels.
///
/// # Errors
/// When there is none of this name or the fonts are missing.
pub(crate) fn draw_screen(name: &str) -> Result<DrawnScreen> {
    let fonts = ScreenFonts::load()?;
    Ok(match name {
        "article" => draw_article(&fonts),
        "editor" => draw_editor(&fonts),
        "terminal" => draw_terminal(&fonts),
        "mail" => draw_mail(&fonts),
        "sheet" => draw_sheet(&fonts),
        "photo" => draw_photo(&fonts),
        other => bail!(
            "there is no screen {other:?}; there are {}",
            NAMES.join(", ")
        ),
    })
}

/// Deterministic random numbers: splitmix-like mixing of a counter.
struct PatternRng(u64);

impl PatternRng {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z ^= z >> 27;
        usize::try_from(z % limit.max(1) as u64).unwrap_or_default()
    }

    fn pick_words(&mut self, count: usize) -> String {
        let all: Vec<&str> = WORDS.split_whitespace().collect();
        let words: Vec<&str> = (0..count).map(|_| all[self.below(all.len())]).collect();
        words.join(" ")
    }
}

/// A title bar as in browsers and editors: tabs, an address, a shadow line.
fn draw_bar(c: &mut DrawnScreen, f: &ScreenFonts, title: &str, back: u32, front: u32) {
    c.fill_rect(0, 0, WIDTH, 72, back);
    c.fill_rect(16, 8, 300, 28, front);
    c.draw_text(&f.sans, 15, 28, 13, 0x30_3030, title);
    c.fill_rect(120, 42, 1500, 24, 0xff_ffff);
    c.draw_text(
        &f.sans,
        14,
        132,
        46,
        0x50_5050,
        "https://example.org/reports/2026/november",
    );
    c.fill_rect(0, 72, WIDTH, 1, 0xb0_b0b0);
}

fn draw_article(f: &ScreenFonts) -> DrawnScreen {
    let mut c = DrawnScreen::new(WIDTH, HEIGHT, 0xff_ffff);
    let mut rng = PatternRng(1);
    draw_bar(&mut c, f, "The river and the town", 0xde_e1e6, 0xff_ffff);
    c.draw_text(&f.sans, 40, 360, 110, 0x11_1111, "The river and the town");
    c.draw_text(
        &f.sans,
        16,
        360,
        165,
        0x80_8080,
        "22 November, nine minutes to read",
    );
    let mut y = 210;
    while y < HEIGHT {
        for _ in 0..5 + rng.below(4) {
            let line = rng.pick_words(15);
            c.draw_text(&f.sans, 19, 360, y, 0x22_2222, &line);
            y += 30;
        }
        y += 18;
    }
    // A side column with small print and coloured cards.
    for n in 0..6 {
        let top = 210 + n * 150;
        c.fill_rect(1560, top, 300, 130, 0xf4_f6f8);
        c.fill_rect(
            1560,
            top,
            300,
            6,
            [0x3b_82f6, 0xf5_9e0b, 0x10_b981][n as usize % 3],
        );
        for l in 0..4 {
            let line = rng.pick_words(6);
            c.draw_text(&f.sans, 13, 1572, top + 18 + l * 26, 0x44_5566, &line);
        }
    }
    c
}

fn draw_editor(f: &ScreenFonts) -> DrawnScreen {
    let mut c = DrawnScreen::new(WIDTH, HEIGHT, 0x1e_1e2e);
    let mut rng = PatternRng(2);
    c.fill_rect(0, 0, 280, HEIGHT, 0x18_1825);
    for n in 0..38 {
        let name = format!("{}.rs", rng.pick_words(1));
        c.draw_text(
            &f.sans,
            14,
            24 + 16 * (n % 3),
            20 + n * 27,
            0xa6_adc8,
            &name,
        );
    }
    let colours = [
        0xcd_d6f4, 0xcb_a6f7, 0x89_b4fa, 0xa6_e3a1, 0xf9_e2af, 0xf3_8ba8,
    ];
    for n in 0..52 {
        let y = 14 + n * 20;
        c.draw_text(&f.mono, 15, 300, y, 0x58_5b70, &format!("{:>4}", n + 118));
        if rng.below(7) == 0 {
            continue;
        }
        let mut x = 360 + 36 * u32::try_from(rng.below(5)).unwrap_or_default();
        for _ in 0..3 + rng.below(7) {
            let word = rng.pick_words(1);
            let mark = ["", "(", ")", "::", ".", ";", " ="][rng.below(7)];
            let colour = colours[rng.below(colours.len())];
            x = c.draw_text(&f.mono, 15, x, y, colour, &format!("{word}{mark} "));
        }
    }
    c
}

fn draw_terminal(f: &ScreenFonts) -> DrawnScreen {
    let mut c = DrawnScreen::new(WIDTH, HEIGHT, 0x0c_0c0c);
    let mut rng = PatternRng(3);
    for n in 0..66 {
        let y = 6 + n * 16;
        if rng.below(9) == 0 {
            let x = c.draw_text(&f.mono, 13, 8, y, 0x16_c60c, "me@desk:~/work$ ");
            let typed = rng.pick_words(3);
            c.draw_text(&f.mono, 13, x, y, 0xcc_cccc, &typed);
        } else {
            let line = format!(
                "[{:02}:{:02}:{:02}] {:>6} {:<10} {}",
                rng.below(24),
                rng.below(60),
                rng.below(60),
                rng.below(99_999),
                rng.pick_words(1),
                rng.pick_words(14)
            );
            let colour = [0xcc_cccc, 0xcc_cccc, 0x99_9999, 0xf9_f1a5][rng.below(4)];
            c.draw_text(&f.mono, 13, 8, y, colour, &line);
        }
    }
    c
}

fn draw_mail(f: &ScreenFonts) -> DrawnScreen {
    let mut c = DrawnScreen::new(WIDTH, HEIGHT, 0xf7_f8fa);
    let mut rng = PatternRng(4);
    draw_bar(&mut c, f, "Inbox (24)", 0x2f_4858, 0xf7_f8fa);
    for n in 0..14 {
        let y = 80 + n * 72;
        c.fill_rect(0, y, 620, 70, if n == 2 { 0xd3_e3fd } else { 0xff_ffff });
        c.fill_rect(
            16,
            y + 14,
            40,
            40,
            [0xe0_7a5f, 0x3d_405b, 0x81_b29a, 0xf2_cc8f][rng.below(4)],
        );
        let (sender, subject, text) = (rng.pick_words(2), rng.pick_words(5), rng.pick_words(9));
        c.draw_text(&f.sans, 15, 70, y + 8, 0x20_2124, &sender);
        c.draw_text(&f.sans, 14, 70, y + 28, 0x20_2124, &subject);
        c.draw_text(&f.sans, 13, 70, y + 48, 0x5f_6368, &text);
        c.draw_text(
            &f.sans,
            12,
            560,
            y + 8,
            0x5f_6368,
            &format!("{:02}:{:02}", rng.below(24), rng.below(60)),
        );
    }
    c.fill_rect(640, 80, 1260, 980, 0xff_ffff);
    let subject = rng.pick_words(6);
    c.draw_text(&f.sans, 26, 680, 100, 0x20_2124, &subject);
    for n in 0..27 {
        if n % 6 != 5 {
            let line = rng.pick_words(14);
            c.draw_text(&f.sans, 16, 680, 170 + n * 32, 0x20_2124, &line);
        }
    }
    c
}

fn draw_sheet(f: &ScreenFonts) -> DrawnScreen {
    let mut c = DrawnScreen::new(WIDTH, HEIGHT, 0xff_ffff);
    let mut rng = PatternRng(5);
    draw_bar(&mut c, f, "costs.ods", 0x21_7346, 0xff_ffff);
    for row in 0..42 {
        let y = 76 + row * 24;
        c.fill_rect(0, y + 23, WIDTH, 1, 0xd0_d0d0);
        c.fill_rect(0, y, 48, 23, 0xf0_f0f0);
        c.draw_text(&f.sans, 13, 12, y + 4, 0x60_6060, &format!("{}", row + 1));
        for column in 0..14 {
            let x = 52 + column * 134;
            if rng.below(11) == 0 {
                c.fill_rect(x, y, 132, 23, 0xff_f2cc);
            }
            let cell = if column == 0 {
                rng.pick_words(2)
            } else {
                format!("{:>10}.{:02}", rng.below(99_999), rng.below(100))
            };
            let colour = if rng.below(8) == 0 {
                0xc0_0000
            } else {
                0x1a_1a1a
            };
            c.draw_text(&f.sans, 13, x + 6, y + 4, colour, &cell);
        }
    }
    for column in 0..15 {
        c.fill_rect(48 + column * 134, 74, 1, HEIGHT, 0xd0_d0d0);
    }
    c
}

/// A landscape in smooth noise of six sizes with grain, framed as a viewer would.
fn draw_photo(f: &ScreenFonts) -> DrawnScreen {
    let mut c = DrawnScreen::new(WIDTH, HEIGHT, 0x20_2020);
    for y in 40..HEIGHT - 60 {
        for x in 160..WIDTH - 160 {
            let mut height = 0.0;
            for octave in 0..6u32 {
                let size = 512 >> octave;
                height += smooth_noise(x, y, size, octave) / f32::from(1u16 << octave);
            }
            #[expect(clippy::cast_precision_loss, reason = "screen coordinates")]
            let sky = y as f32 / HEIGHT as f32;
            let grain = (lattice_value(x, y, 99) - 0.5) * 14.0;
            let light = (height - 0.95) * 240.0 + 90.0 + grain;
            let channel = |base: f32, share: f32| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "clamped to a byte"
                )]
                {
                    (base + light * share).clamp(0.0, 255.0) as u32
                }
            };
            let colour = channel(10.0 + 60.0 * sky, 0.9) << 16
                | channel(30.0 + 30.0 * sky, 0.8) << 8
                | channel(110.0 - 90.0 * sky, 0.7);
            c.blend_pixel(i64::from(x), i64::from(y), colour, 1.0);
        }
    }
    c.draw_text(
        &f.sans,
        15,
        860,
        HEIGHT - 40,
        0xe0_e0e0,
        "IMG_2041.jpg  (12 of 88)",
    );
    c
}

/// A number in 0..1 for a point of a lattice.
fn lattice_value(x: u32, y: u32, seed: u32) -> f32 {
    let mut h =
        x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77) ^ seed.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    #[expect(clippy::cast_precision_loss, reason = "16 bits are exact")]
    {
        ((h >> 16) & 0xffff) as f32 / 65_535.0
    }
}

/// Value noise: bilinear between lattice points `size` pixels apart.
fn smooth_noise(x: u32, y: u32, size: u32, seed: u32) -> f32 {
    let (cx, cy) = (x / size, y / size);
    #[expect(clippy::cast_precision_loss, reason = "screen coordinates")]
    let (fx, fy) = (
        (x % size) as f32 / size as f32,
        (y % size) as f32 / size as f32,
    );
    let (fx, fy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
    let top = lattice_value(cx, cy, seed) * (1.0 - fx) + lattice_value(cx + 1, cy, seed) * fx;
    let bottom =
        lattice_value(cx, cy + 1, seed) * (1.0 - fx) + lattice_value(cx + 1, cy + 1, seed) * fx;
    top * (1.0 - fy) + bottom * fy
}
