//! Text screens in at most 256 colours, which WebP can then keep without loss.
//!
//! A screen of text is a few flat colours and the steps between them that smooth the letters' edges. Kept as a palette
//! it needs fewer bytes, less CPU and no guesswork about edges, which is what lossy codecs are worst at. Photos and
//! gradients have too many colours, or change at too many pixels; they are left alone.
//!
//! Always true: the commonest [`EXACT`] colours stay as they are, no other is off by more than [`FURTHEST`]
//! (squared distance), and either all pixels are done or none is touched.

/// Most colours of a WebP palette.
const COLOURS: usize = 256;

/// This many of the commonest colours stay exact, so that faint stripes and borders stay visible.
const EXACT: usize = 64;

/// Most different colours that are reduced. Drawn and real text screens have a few hundred to two thousand.
const MOST: usize = 4096;

/// The distances tried, smallest first: squared, over red, green and blue in steps of a byte. The largest is a difference
/// of 18 in each of the three, as between two neighbouring steps of a letter's smoothed edge.
const DISTANCES: [u32; 7] = [16, 32, 64, 128, 256, 512, FURTHEST];
const FURTHEST: u32 = 1024;

/// Of this many pixels at most one may differ from its left neighbour. Dense text stays below one in six; noise in few
/// colours (a dithered screenshot) does not, and would take many times the bytes of a lossy screenshot.
const QUIET: usize = 3;

/// Bits of an index into the table of colours: twice as many slots as colours.
const BITS: u32 = 13;

/// Counts of colours, by open addressing. A colour is a pixel's four bytes, opaque and therefore not 0: an empty slot.
struct ColourTable {
    colours: Vec<u32>,
    counts: Vec<u32>,
    used: usize,
}

impl ColourTable {
    /// The colours of `pixels`, or nothing when they are too many or change too often.
    fn count(pixels: &[[u8; 4]]) -> Option<Self> {
        let mut table = Self {
            colours: vec![0; 1 << BITS],
            counts: vec![0; 1 << BITS],
            used: 0,
        };
        let mut changes = 0;
        let (mut last, mut at) = (0, 0);
        for pixel in pixels {
            let colour = u32::from_le_bytes(*pixel);
            if colour != last {
                last = colour;
                changes += 1;
                at = table.find_slot(colour);
                if table.colours[at] == 0 {
                    table.colours[at] = colour;
                    table.used += 1;
                    if table.used > MOST {
                        return None;
                    }
                }
            }
            table.counts[at] += 1;
        }
        (changes <= pixels.len() / QUIET).then_some(table)
    }

    /// Where `colour` is or belongs. Ends because the table never fills.
    fn find_slot(&self, colour: u32) -> usize {
        // The golden ratio spreads neighbouring colours (Knuth, volume 3, section 6.4).
        let mut at = (colour.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize;
        while self.colours[at] != 0 && self.colours[at] != colour {
            at = (at + 1) & ((1 << BITS) - 1);
        }
        at
    }
}

/// Reduces opaque pixels (red, green, blue, 255) to at most 256 colours. False, with the pixels untouched, when that
/// would show or would not pay.
pub(crate) fn reduce_to_palette(rgba: &mut [u8]) -> bool {
    let (pixels, _) = rgba.as_chunks_mut::<4>();
    let Some(table) = ColourTable::count(pixels) else {
        return false;
    };
    if table.used <= COLOURS {
        return true;
    }
    let mut common: Vec<(u32, u32)> = table
        .counts
        .iter()
        .copied()
        .zip(table.colours.iter().copied())
        .filter(|(_, colour)| *colour != 0)
        .collect();
    // The colour itself breaks ties: the same pixels always give the same screenshot.
    common.sort_unstable_by(|a, b| b.cmp(a));
    let Some(palette) = DISTANCES.iter().find_map(|d| pick_palette(&common, *d)) else {
        return false;
    };
    let mut instead = vec![0; table.colours.len()];
    for (_, colour) in &common {
        let nearest = palette
            .iter()
            .min_by_key(|kept| squared_distance(**kept, *colour));
        instead[table.find_slot(*colour)] = nearest.copied().unwrap_or(*colour);
    }
    let (mut last, mut kept) = (0, [0; 4]);
    for pixel in pixels {
        let colour = u32::from_le_bytes(*pixel);
        if colour != last {
            last = colour;
            kept = instead[table.find_slot(colour)].to_le_bytes();
        }
        *pixel = kept;
    }
    true
}

/// From the commonest colour down, each that is further than `apart` from all kept so far; nothing when these are more
/// than a palette holds.
fn pick_palette(common: &[(u32, u32)], apart: u32) -> Option<Vec<u32>> {
    let mut kept = Vec::with_capacity(COLOURS);
    for (n, (_, colour)) in common.iter().enumerate() {
        if n < EXACT || kept.iter().all(|k| squared_distance(*k, *colour) > apart) {
            if kept.len() == COLOURS {
                return None;
            }
            kept.push(*colour);
        }
    }
    Some(kept)
}

/// Squared distance of two colours over their four bytes.
fn squared_distance(a: u32, b: u32) -> u32 {
    let (a, b) = (a.to_le_bytes(), b.to_le_bytes());
    let square = |n: usize| u32::from(a[n].abs_diff(b[n])).pow(2);
    square(0) + square(1) + square(2) + square(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Each colour as a run of `run` pixels.
    fn runs(colours: impl IntoIterator<Item = [u8; 3]>, run: usize) -> Vec<u8> {
        colours
            .into_iter()
            .flat_map(|[r, g, b]| [r, g, b, 255].repeat(run))
            .collect()
    }

    fn colours(rgba: &[u8]) -> BTreeSet<[u8; 4]> {
        rgba.as_chunks::<4>().0.iter().copied().collect()
    }

    #[test]
    fn few_colours_stay_exact() {
        let mut rgba = runs((0..=255).map(|n| [n, 255 - n, 7]), 4);
        let before = rgba.clone();
        assert!(reduce_to_palette(&mut rgba));
        assert_eq!(rgba, before);
    }

    #[test]
    fn more_become_256_near_ones_and_the_commonest_stay() {
        // 1024 colours in a cube of steps of 4, and two greys that are common and hardly differ.
        let cube = (0..1024u32).map(|n| [n % 16, n / 16 % 16, n / 256].map(|v| (v * 4) as u8));
        let mut rgba = runs(cube, 4);
        rgba.extend(runs([[250; 3], [251; 3]], 500));
        let before = rgba.clone();
        assert!(reduce_to_palette(&mut rgba));
        assert!(colours(&rgba).len() <= COLOURS);
        assert!(colours(&rgba).is_superset(&[[250, 250, 250, 255], [251, 251, 251, 255]].into()));
        let pairs = before
            .as_chunks::<4>()
            .0
            .iter()
            .zip(rgba.as_chunks::<4>().0);
        for (was, is) in pairs {
            let off = squared_distance(u32::from_le_bytes(*was), u32::from_le_bytes(*is));
            assert!(off <= FURTHEST, "{was:?} became {is:?}");
        }
    }

    #[test]
    fn colours_too_many_too_far_apart_or_too_restless_are_left_alone() {
        let many = runs((0..5000u32).map(|n| [n as u8, (n >> 8) as u8, 0]), 4);
        let spread = (0..1000u32).map(|n| [n % 10, n / 10 % 10, n / 100].map(|v| (v * 28) as u8));
        let far = runs(spread, 4);
        let restless = runs((0..9000).map(|n| [if n % 2 == 0 { 0 } else { 200 }; 3]), 1);
        for before in [many, far, restless] {
            let mut rgba = before.clone();
            assert!(!reduce_to_palette(&mut rgba));
            assert_eq!(rgba, before);
        }
    }
}
