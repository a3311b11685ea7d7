//! Has the screenshot changed since the last one?
//!
//! What is kept of a screenshot is one 16-bit digest for each tile of 16×16 pixels (at 100 % scaling): too little to read
//! anything from, also for a small window whose thumbnail would still be legible. Digests see every change of every
//! pixel, whereas the means of a thumbnail hardly differ between two lines of text of the same density, less than a
//! blinking cursor makes them differ.
//!
//! **Changed** means that the changed tiles do not all lie within 2 columns and 3 rows. A text cursor of up to 16 pixels
//! by 32 always does, wherever it blinks; a line of text with more than 32 pixels of change never does. The price is that
//! a change as small as a cursor, a letter or a tick in a box, waits until more has changed. It is not lost: the
//! comparison is with the last screenshot that was kept, not with the last that was seen.

use crate::stages::MaskedFrame;

/// Side of a tile at 100 % scaling, in pixels. Cursors grow with the scaling, so tiles do too.
const SIDE: u32 = 16;

/// Highest scaling that is believed, in percent.
const MAX_SCALE: u32 = 400;

/// The changed tiles of a blinking cursor span at most this many columns and rows.
const CURSOR_COLUMNS: usize = 2;
const CURSOR_ROWS: usize = 3;

/// Leaves the two unused bytes out of two pixels.
const COLOURS: u64 = u64::from_le_bytes([255, 255, 255, 0, 255, 255, 255, 0]);

/// Odd multipliers, one for each pair of pixels across a tile.
const KEYS: [u64; (SIDE * MAX_SCALE / 100 / 2) as usize] = hash_keys();

/// The fingerprint of a screenshot.
#[derive(PartialEq, Eq)]
pub(crate) struct FrameFingerprint {
    width: u32,
    height: u32,
    columns: usize,
    tiles: Box<[u16]>,
    blank: bool,
}

impl FrameFingerprint {
    /// Reads the screenshot once.
    pub(crate) fn new(frame: &MaskedFrame<'_>) -> Self {
        // Even, so that a tile is whole pairs of pixels.
        let side = (SIDE * frame.scale_percent().clamp(100, MAX_SCALE) / 100) & !1;
        let columns = frame.width().div_ceil(side) as usize;
        let rows = frame.height().div_ceil(side) as usize;
        let mut tiles = Vec::with_capacity(columns * rows);
        let mut sums = vec![0u64; columns];
        let mut seen = 0;
        let mut first = None;
        let mut differs = 0;
        frame.visit_rows(|row| {
            let first = *first.get_or_insert_with(|| double_first_pixel(row) & COLOURS);
            for (sum, tile) in sums.iter_mut().zip(row.chunks(side as usize * 4)) {
                let (line, differs_here) = digest_line(tile, first);
                *sum = (sum.rotate_left(29) ^ line).wrapping_mul(KEYS[0]);
                differs |= differs_here;
            }
            seen += 1;
            if seen % side == 0 || seen == frame.height() {
                tiles.extend(sums.iter().map(|sum| (sum >> 48) as u16));
                sums.fill(0);
            }
        });
        Self {
            width: frame.width(),
            height: frame.height(),
            columns,
            tiles: tiles.into_boxed_slice(),
            blank: differs == 0,
        }
    }

    /// True when every pixel has the same colour.
    pub(crate) fn is_blank(&self) -> bool {
        self.blank
    }

    /// True when the two screenshots differ by no more than a blinking cursor. Not transitive.
    pub(crate) fn is_similar_to(&self, other: &Self) -> bool {
        if (self.width, self.height, self.columns) != (other.width, other.height, other.columns) {
            return false;
        }
        // (leftmost, rightmost, top, bottom) of the changed tiles.
        let mut span: Option<(usize, usize, usize, usize)> = None;
        for (index, (a, b)) in self.tiles.iter().zip(&other.tiles).enumerate() {
            if a == b {
                continue;
            }
            let (x, y) = (index % self.columns, index / self.columns);
            let (left, right, top, bottom) = span.unwrap_or((x, x, y, y));
            span = Some((left.min(x), right.max(x), top.min(y), bottom.max(y)));
        }
        span.is_none_or(|(left, right, top, bottom)| {
            right - left < CURSOR_COLUMNS && bottom - top < CURSOR_ROWS
        })
    }
}

/// The first pixel of a row, twice.
fn double_first_pixel(row: &[u8]) -> u64 {
    match row.first_chunk() {
        Some([b, g, r, x]) => u64::from_le_bytes([*b, *g, *r, *x, *b, *g, *r, *x]),
        None => 0,
    }
}

/// Sum of pairs of pixels times the keys: multilinear hashing (Lemire and Kaser, "Strongly universal string hashing is
/// fast", 2014). The products do not wait for each other, which is what makes it cheap. Also the bits in which any pair
/// differs from `first`.
fn digest_line(line: &[u8], first: u64) -> (u64, u64) {
    let (pairs, rest) = line.as_chunks::<8>();
    let mut sum = 0u64;
    let mut differs = 0;
    for (pair, key) in pairs.iter().zip(&KEYS) {
        let pair = u64::from_le_bytes(*pair) & COLOURS;
        differs |= pair ^ first;
        sum = sum.wrapping_add(pair.wrapping_mul(*key));
    }
    // The frame's last column, when its width is odd.
    if !rest.is_empty() {
        let pair = double_first_pixel(rest) & COLOURS;
        differs |= pair ^ first;
        sum = sum.wrapping_add(pair.wrapping_mul(KEYS[KEYS.len() - 1]));
    }
    // Brings every bit of the sum up to where the digest is read.
    ((sum ^ (sum >> 32)).wrapping_mul(KEYS[1]), differs)
}

/// Odd numbers without a pattern: SplitMix64 (Steele, Lea and Flood, 2014) from 0. Fixed, because nobody gains by making
/// two of their own screenshots look alike.
const fn hash_keys<const N: usize>() -> [u64; N] {
    let mut keys = [0; N];
    let mut state = 0u64;
    let mut n = 0;
    while n < N {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        keys[n] = (z ^ (z >> 31)) | 1;
        n += 1;
    }
    keys
}
