//! Scaling down by blocks: each block of the frame becomes one pixel, its mean.
//!
//! This is the blur. Unlike a Gaussian blur it cannot be undone: discarded detail cannot be sharpened back.
//!
//! The size of a block decides what can still be read. Tesseract's word recall at 100 % scaling, the best of stretching
//! the small screenshot smoothly, sharpening it and raising its contrast, by height of the letters:
//!
//! | block | up to 56 px | 64 px | 80 px | 96 px |
//! |---|---|---|---|---|
//! | 16 | 0 | 0.02 | 0.38 | 0.60 |
//! | 20 | 0 | 0 | 0 | 0.06 |
//! | **24** | 0 | 0 | 0 | 0.02 |

/// Side of a block at 100 % scaling, in pixels.
const SIDE: u32 = 24;

/// Highest scaling that is believed, in percent; desktops go to 500. It bounds a block at 120 pixels, and so (blocks being
/// stretched to fit the frame) below 240: the sum of 240 bytes fits 16 bits.
const MAX_SCALE: u32 = 500;

/// Smallest side of a blur's blocks, in pixels of the screen, at a screen scaling of `scale_percent` (100 = 1×):
/// 24 up to 100 %, then in proportion and rounded up (30 at 125 %, 36 at 150 %, 48 at 200 %), 120 from 500 % on.
/// Letters grow with the scaling, so the blocks that hide them must too: a window leaves the same small screenshot on every
/// screen.
#[must_use]
pub fn blur_block_side(scale_percent: u32) -> u32 {
    (SIDE * scale_percent.clamp(100, MAX_SCALE)).div_ceil(100)
}

/// How many blocks of at least `side` pixels fit along `length` pixels; at least 1.
///
/// Rounding down matters: a last block of the few pixels left over would show a thin strip almost unblurred. Instead
/// all blocks are stretched evenly, to less than twice `side`.
pub(crate) fn count_blocks(length: u32, side: u32) -> u32 {
    (length / side.max(1)).max(1)
}

/// Where block `index` of `count` begins along `length` pixels.
fn block_edge(index: u32, count: u32, length: u32) -> u32 {
    // At most `length`, because `index <= count`.
    (u64::from(index) * u64::from(length) / u64::from(count)) as u32
}

/// Takes rows from the top and keeps one mean for each block.
pub(crate) struct BoxDownscaler {
    width: u32,
    height: u32,
    columns: u32,
    rows: u32,
    /// Sums down the current row of blocks, for each byte of a row. 16 bits keep the loop narrow and therefore fast;
    /// they hold 257 rows of 255.
    down: Vec<u16>,
    /// Rows of the frame seen in all, and the row of blocks being summed.
    seen: u32,
    block_row: u32,
    rgba: Vec<u8>,
}

impl BoxDownscaler {
    /// From `width`×`height` pixels to `columns`×`rows`, each at least 1 and no more than there are pixels. A block must
    /// be at most 257 pixels high.
    pub(crate) fn new(width: u32, height: u32, columns: u32, rows: u32) -> Self {
        debug_assert!(height.div_ceil(rows) <= 257);
        Self {
            width,
            height,
            columns,
            rows,
            down: vec![0; width as usize * 4],
            seen: 0,
            block_row: 0,
            rgba: Vec::with_capacity(columns as usize * rows as usize * 4),
        }
    }

    /// Takes the next row: `4 * width` bytes in order blue, green, red, unused.
    pub(crate) fn add_row(&mut self, row: &[u8]) {
        for (sum, byte) in self.down.iter_mut().zip(row) {
            *sum = sum.wrapping_add(u16::from(*byte));
        }
        self.seen += 1;
        if self.seen == block_edge(self.block_row + 1, self.rows, self.height) {
            self.close_blocks();
        }
    }

    /// Turns the sums of the current row of blocks into pixels.
    fn close_blocks(&mut self) {
        let tall = self.seen - block_edge(self.block_row, self.rows, self.height);
        for column in 0..self.columns {
            let from = block_edge(column, self.columns, self.width);
            let to = block_edge(column + 1, self.columns, self.width);
            let mut sum = [0u32; 4];
            for pixel in self.down[from as usize * 4..to as usize * 4].chunks_exact(4) {
                for (sum, part) in sum.iter_mut().zip(pixel) {
                    *sum += u32::from(*part);
                }
            }
            let count = tall * (to - from);
            // A mean of bytes is a byte.
            let [b, g, r, _] = sum.map(|sum| ((sum + count / 2) / count) as u8);
            self.rgba.extend([r, g, b, 255]);
        }
        self.down.fill(0);
        self.block_row += 1;
    }

    /// The small screenshot: red, green, blue and opaque.
    pub(crate) fn into_rgba(self) -> Vec<u8> {
        self.rgba
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_grow_with_the_screen_scaling() {
        let sides = [0, 100, 110, 125, 150, 200, 300, 500, u32::MAX].map(blur_block_side);
        assert_eq!(sides, [24, 24, 27, 30, 36, 48, 72, 120, 120]);
    }

    #[test]
    fn no_block_is_thinner_than_asked_unless_the_frame_is() {
        for side in [2, 24, 30, 48, 120] {
            for length in 1..500 {
                let count = count_blocks(length, side);
                for index in 0..count {
                    let size =
                        block_edge(index + 1, count, length) - block_edge(index, count, length);
                    assert!(size >= side.min(length), "{size} of {length} at {side}");
                    assert!(size < 2 * side, "{size} of {length} at {side}");
                }
                assert_eq!(block_edge(count, count, length), length);
            }
        }
    }

    #[test]
    fn each_pixel_is_the_mean_of_its_block() {
        // 5×3 to 2×1: columns 0..2 and 2..5.
        let mut down = BoxDownscaler::new(5, 3, 2, 1);
        for y in 0..3u8 {
            let row: Vec<u8> = (0..5u8).flat_map(|x| [x * 10, y * 10, 255, 77]).collect();
            down.add_row(&row);
        }
        assert_eq!(down.into_rgba(), [255, 10, 5, 255, 255, 10, 30, 255]);
    }

    #[test]
    fn white_stays_white_in_the_largest_blocks() {
        let mut down = BoxDownscaler::new(239, 239, 1, 1);
        for _ in 0..239 {
            down.add_row(&[255; 239 * 4]);
        }
        assert_eq!(down.into_rgba(), [255; 4]);
    }
}
