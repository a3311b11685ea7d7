//! The three states of a screenshot on its way out, each reachable only from the one before:
//! [`RawFrame`] → [`MaskedFrame`] → [`FinishedFrame`] → encoded bytes.
//!
//! Always true: only `RawFrame::mask_foreign` makes a `MaskedFrame`, only `MaskedFrame::finish` makes a `FinishedFrame`, and only
//! `FinishedFrame::encode` makes bytes. `MaskedFrame` owns no pixels: it shows one row at a time, masked where it must be.

use crate::box_downscale::{BoxDownscaler, blur_block_side, count_blocks};
use crate::error::ScreenshotError;
use crate::palette;
use crate::quality::ScreenshotQuality;
use model::{Frame, Rect};

/// Media type of every encoded screenshot.
pub const MEDIA_TYPE: &str = "image/webp";

/// Longest side libwebp can encode, in pixels (the format stores 14 bits).
const MAX_SIDE: u32 = 16_383;

/// Most pixels encoded as they are; larger frames are scaled down by a whole number first. Encoding takes about 10 bytes
/// of memory for each, so this bounds a screenshot's memory at 700 MB; an 8K screen has half as many.
const MAX_PIXELS: u64 = 1 << 26;

/// Most pixels kept without loss: two 4K screens. That takes about 17 bytes of memory for each; larger screenshots are lossy.
const MAX_EXACT: usize = 1 << 24;

/// Longest side of a frame that is believed, in pixels. It keeps blocks within what [`BoxDownscaler`] can sum.
const MAX_FRAME_SIDE: u32 = 32 * MAX_SIDE;

/// Paint over foreign parts: mid grey, blue, green, red and opaque.
const GREY: [u8; 4] = [128, 128, 128, 255];

/// A checked frame whose pixels were not read yet.
pub(crate) struct RawFrame<'a> {
    frame: &'a Frame<'a>,
}

impl<'a> RawFrame<'a> {
    /// Checks that the frame's sizes agree with its bytes.
    ///
    /// # Errors
    /// [`ScreenshotError::Frame`] when they do not.
    pub(crate) fn new(frame: &'a Frame<'a>) -> Result<Self, ScreenshotError> {
        let malformed = |what| ScreenshotError::Frame {
            width: frame.width,
            height: frame.height,
            what,
        };
        if frame.width == 0 || frame.height == 0 {
            return Err(malformed("it has no pixels"));
        }
        if frame.width.max(frame.height) > MAX_FRAME_SIDE {
            return Err(malformed("it is larger than any screen"));
        }
        let row = u64::from(frame.width) * 4;
        let stride = frame.stride as u64;
        if stride < row {
            return Err(malformed("its rows overlap (stride below 4 × width)"));
        }
        let needed = stride
            .checked_mul(u64::from(frame.height) - 1)
            .and_then(|above| above.checked_add(row));
        match needed {
            Some(needed) if needed <= frame.bgrx.len() as u64 => Ok(Self { frame }),
            _ => Err(malformed("it has fewer bytes than its size needs")),
        }
    }

    /// Notes the parts to be masked.
    pub(crate) fn mask_foreign(self) -> MaskedFrame<'a> {
        let whole = Rect {
            x: 0,
            y: 0,
            width: self.frame.width,
            height: self.frame.height,
        };
        let mut masked = Vec::with_capacity(self.frame.foreign.len());
        for rect in self.frame.foreign {
            // Inside the frame after the cut, so the edges are neither negative nor beyond `u32`.
            if let Some(part) = rect.intersect(&whole) {
                let left = part.x.unsigned_abs();
                let top = part.y.unsigned_abs();
                masked.push(MaskedRect {
                    top,
                    bottom: top + part.height,
                    left: left as usize * 4,
                    right: (left + part.width) as usize * 4,
                });
            }
        }
        MaskedFrame {
            frame: self.frame,
            masked,
        }
    }
}

/// A masked part: rows `top..bottom`, bytes `left..right` of each.
struct MaskedRect {
    top: u32,
    bottom: u32,
    left: usize,
    right: usize,
}

/// A screenshot in which foreign parts cannot be seen any more.
pub(crate) struct MaskedFrame<'a> {
    frame: &'a Frame<'a>,
    masked: Vec<MaskedRect>,
}

impl MaskedFrame<'_> {
    /// Width in pixels, at least 1.
    pub(crate) fn width(&self) -> u32 {
        self.frame.width
    }

    /// Height in pixels, at least 1.
    pub(crate) fn height(&self) -> u32 {
        self.frame.height
    }

    /// Screen scaling in percent.
    pub(crate) fn scale_percent(&self) -> u32 {
        self.frame.scale_percent
    }

    /// Calls `visit` with every row from the top, as `4 * width` bytes in order blue, green, red, unused (any value).
    /// Rows without foreign parts are not copied.
    pub(crate) fn visit_rows(&self, mut visit: impl FnMut(&[u8])) {
        let bytes = self.frame.width as usize * 4;
        let mut copy = vec![0; if self.masked.is_empty() { 0 } else { bytes }];
        let rows = self.frame.bgrx.chunks(self.frame.stride);
        for (y, row) in (0..self.frame.height).zip(rows) {
            let row = &row[..bytes];
            let mut here = self
                .masked
                .iter()
                .filter(|p| (p.top..p.bottom).contains(&y))
                .peekable();
            if here.peek().is_none() {
                visit(row);
                continue;
            }
            copy.copy_from_slice(row);
            for part in here {
                for pixel in copy[part.left..part.right].chunks_exact_mut(4) {
                    pixel.copy_from_slice(&GREY);
                }
            }
            visit(&copy);
        }
    }

    /// The screenshot as it will be seen: blurred by keeping one mean for each block, or (`blur` off) sharp.
    pub(crate) fn finish(self, blur: bool) -> FinishedFrame {
        let (width, height) = (self.width(), self.height());
        let block = if blur {
            blur_block_side(self.scale_percent())
        } else {
            1
        };
        let block = block.max(encodable_divisor(width, height));
        let (columns, rows) = (count_blocks(width, block), count_blocks(height, block));
        let rgba = if block == 1 {
            let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
            self.visit_rows(|row| rgba.extend(row.chunks_exact(4).flat_map(to_opaque_rgba)));
            rgba
        } else {
            let mut down = BoxDownscaler::new(width, height, columns, rows);
            self.visit_rows(|row| down.add_row(row));
            down.into_rgba()
        };
        FinishedFrame {
            rgba,
            width: columns,
            height: rows,
            blurred: blur,
        }
    }
}

/// One pixel from blue, green, red, unused to red, green, blue, opaque.
fn to_opaque_rgba(bgrx: &[u8]) -> [u8; 4] {
    match bgrx {
        [b, g, r, ..] => [*r, *g, *b, 255],
        _ => GREY,
    }
}

/// By how much a frame must be scaled down so that it can be encoded: 1 for all but gigantic ones.
fn encodable_divisor(width: u32, height: u32) -> u32 {
    let mut by = width.max(height).div_ceil(MAX_SIDE);
    while u64::from(width / by).max(1) * u64::from(height / by).max(1) > MAX_PIXELS {
        by += 1;
    }
    by
}

/// A screenshot that may be seen: red, green, blue and opaque, at most [`MAX_SIDE`] long and wide.
pub(crate) struct FinishedFrame {
    rgba: Vec<u8>,
    width: u32,
    height: u32,
    blurred: bool,
}

impl FinishedFrame {
    /// Width in pixels.
    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    /// The screenshot as a WebP file; its pixels are freed before this returns. A sharp screenshot of text is kept as a palette
    /// without loss (see [`palette`]), any other with it.
    ///
    /// # Errors
    /// [`ScreenshotError::Encode`] when libwebp refuses.
    pub(crate) fn encode(mut self, quality: ScreenshotQuality) -> Result<Vec<u8>, ScreenshotError> {
        let (width, height) = (self.width, self.height);
        let refused = |reason: String| ScreenshotError::Encode {
            width,
            height,
            reason,
        };
        let mut config = webp::WebPConfig::new().map_err(|()| {
            refused("its version is not the one this program was built for".into())
        })?;
        // Blurred screenshots are all gradients: lossy is smaller.
        let exact = !self.blurred
            && self.rgba.len() / 4 <= MAX_EXACT
            && palette::reduce_to_palette(&mut self.rgba);
        quality.apply_to(exact, &mut config);
        let encoder = webp::Encoder::from_rgba(&self.rgba, width, height);
        match encoder.encode_advanced(&config) {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(reason) => Err(refused(format!("{reason:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_gigantic_frames_are_scaled_down() {
        assert_eq!(encodable_divisor(1, 1), 1);
        assert_eq!(encodable_divisor(7680, 4320), 1);
        assert_eq!(encodable_divisor(16_383, 4_096), 1);
        assert_eq!(encodable_divisor(16_384, 1), 2);
        assert_eq!(encodable_divisor(16_383, 16_383), 2);
        for side in [1, 16_384, 50_000, MAX_FRAME_SIDE] {
            let by = encodable_divisor(side, side);
            assert!(
                2 * by <= 257,
                "blocks of up to {} do not fit BoxDown",
                2 * by
            );
            let left = u64::from(side / by).max(1);
            assert!(left <= u64::from(MAX_SIDE) && left * left <= MAX_PIXELS);
        }
    }
}
