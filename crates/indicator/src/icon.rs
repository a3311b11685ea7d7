//! The icons, icon at run time in any size: there are no icon files.
//!
//! Each state has its own shape, so nobody needs to distinguish colours; and each colour stands out from white as well as
//! from a dark panel.

use crate::status::IconState;

/// Sample points along each side of a pixel.
const SAMPLES_PER_PIXEL: u32 = 4;

/// Red, green and blue of a state.
fn icon_colour(state: IconState) -> [u8; 3] {
    match state {
        IconState::Active => [0xe0, 0x2f, 0x2f],
        IconState::Idle => [0x3a, 0x7b, 0xd5],
        IconState::Paused => [0xb8, 0x73, 0x0a],
        IconState::NotRecording => [0x80, 0x80, 0x80],
    }
}

/// True when the point is part of the icon. Both coordinates run from -1 to 1, from the upper left.
fn covers_point(state: IconState, x: f32, y: f32) -> bool {
    let far = x.hypot(y);
    let ring = (0.68..=0.94).contains(&far);
    match state {
        IconState::Active => far <= 0.88,
        IconState::Idle => ring || (far <= 0.94 && x <= 0.0),
        IconState::Paused => (0.2..=0.72).contains(&x.abs()) && y.abs() <= 0.8,
        IconState::NotRecording => {
            let slash = (x - y).abs() <= 0.13 * 2.0_f32.sqrt() && far <= 0.94;
            ring || slash
        }
    }
}

/// The icon of `state`, `size` pixels high and wide (1 to 256): red, green, blue and opacity of each, row by row from the
/// upper left.
#[must_use]
pub fn render_icon(state: IconState, size: u16) -> Vec<[u8; 4]> {
    let size = u32::from(size.clamp(1, 256));
    let [red, green, blue] = icon_colour(state);
    let steps = size * SAMPLES_PER_PIXEL;
    // The centre of the n-th sample.
    let centre = |n: u32| (2 * n + 1) as f32 / steps as f32 - 1.0;
    let mut all = Vec::with_capacity((size * size) as usize);
    for row in 0..size {
        for column in 0..size {
            let mut covered = 0;
            for y in row * SAMPLES_PER_PIXEL..(row + 1) * SAMPLES_PER_PIXEL {
                for x in column * SAMPLES_PER_PIXEL..(column + 1) * SAMPLES_PER_PIXEL {
                    covered += u32::from(covers_point(state, centre(x), centre(y)));
                }
            }
            let opacity = u8::try_from(covered * 255 / (SAMPLES_PER_PIXEL * SAMPLES_PER_PIXEL))
                .unwrap_or(u8::MAX);
            all.push([red, green, blue, opacity]);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [u16; 5] = [16, 22, 24, 32, 48];

    /// Of WCAG 2, from 0 (black) to 1 (white).
    fn luminance(colour: [u8; 3]) -> f64 {
        let [r, g, b] = colour.map(|part| {
            let part = f64::from(part) / 255.0;
            match part <= 0.040_45 {
                true => part / 12.92,
                false => ((part + 0.055) / 1.055).powf(2.4),
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn every_colour_stands_out_from_light_and_from_dark_panels() {
        for state in IconState::ALL {
            for panel in [[0xff; 3], [0x20, 0x20, 0x20]] {
                // The contrast that WCAG requires of a meaningful graphic.
                let ratio = contrast(icon_colour(state), panel);
                assert!(ratio >= 3.0, "{state:?} on {panel:?}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn shapes_differ_without_their_colours() {
        for size in SIZES {
            let shapes = IconState::ALL.map(|state| render_icon(state, size));
            for (n, one) in shapes.iter().enumerate() {
                for other in &shapes[n + 1..] {
                    let pairs = one.iter().zip(other);
                    let differ = pairs.filter(|(a, b)| a[3].abs_diff(b[3]) > 128).count();
                    let all = usize::from(size) * usize::from(size);
                    assert!(differ * 8 > all, "{differ} of {all} pixels");
                }
            }
        }
    }

    #[test]
    fn each_size_is_full_and_has_clear_corners() {
        for size in SIZES {
            for state in IconState::ALL {
                let icon = render_icon(state, size);
                assert_eq!(icon.len(), usize::from(size) * usize::from(size));
                assert_eq!(icon[0][3], 0, "{state:?} {size}");
                let solid = icon.iter().filter(|p| p[3] == 255).count();
                assert!(solid * 5 > icon.len(), "{state:?} {size}: {solid}");
            }
        }
        assert_eq!(render_icon(IconState::Active, 0).len(), 1);
    }
}
