//! Pixels on loan.

/// A rectangle in pixels, relative to the screenshot's top left corner unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Rect {
    /// The part that both rectangles cover, or `None` when they do not meet.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let left = self.x.max(other.x);
        let top = self.y.max(other.y);
        let right = (i64::from(self.x) + i64::from(self.width))
            .min(i64::from(other.x) + i64::from(other.width));
        let bottom = (i64::from(self.y) + i64::from(self.height))
            .min(i64::from(other.y) + i64::from(other.height));
        let width = u32::try_from(right - i64::from(left))
            .ok()
            .filter(|w| *w > 0)?;
        let height = u32::try_from(bottom - i64::from(top))
            .ok()
            .filter(|h| *h > 0)?;
        Some(Self {
            x: left,
            y: top,
            width,
            height,
        })
    }
}

/// A captured screenshot while it is being captured: 32-bit pixels in memory order blue, green, red, unused.
///
/// It borrows the capture's memory and is neither `Clone` nor serializable, so raw pixels cannot be kept or sent.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Width in pixels, at least 1.
    pub width: u32,
    /// Height in pixels, at least 1.
    pub height: u32,
    /// Bytes from one row to the next, at least `4 * width`.
    pub stride: usize,
    /// `stride * (height - 1) + 4 * width` bytes or more.
    pub bgrx: &'a [u8],
    /// Screen scaling in percent (100 = 1×), which decides how coarse a blur must be.
    pub scale_percent: u32,
    /// Parts of the screenshot that belong to other windows lying above; they must be painted over.
    pub foreign: &'a [Rect],
}
