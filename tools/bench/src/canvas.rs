//! A drawn screen: text and rectangles in memory.

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use anyhow::{Context, Result};

/// A colour, `0xRRGGBB`.
pub(crate) type PackedRgb = u32;

/// 24-bit pixels, rows from the top.
pub(crate) struct DrawnScreen {
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
    /// Red, green, blue for each pixel.
    pub(crate) rgb: Vec<u8>,
}

/// The two typefaces that screens are drawn with.
pub(crate) struct ScreenFonts {
    /// For running text.
    pub(crate) sans: FontVec,
    /// For code and tables.
    pub(crate) mono: FontVec,
}

impl ScreenFonts {
    /// Reads DejaVu from where Debian's `fonts-dejavu-core` puts it.
    ///
    /// # Errors
    /// When the files are not there.
    pub(crate) fn load() -> Result<Self> {
        let read = |name: &str| {
            let path = format!("/usr/share/fonts/truetype/dejavu/{name}.ttf");
            let bytes = fs_err::read(&path)?;
            FontVec::try_from_vec(bytes).with_context(|| format!("{path} is no font"))
        };
        Ok(Self {
            sans: read("DejaVuSans")?,
            mono: read("DejaVuSansMono")?,
        })
    }
}

impl DrawnScreen {
    /// A screen of one colour.
    pub(crate) fn new(width: u32, height: u32, colour: PackedRgb) -> Self {
        let [_, r, g, b] = colour.to_be_bytes();
        let pixels = width as usize * height as usize;
        Self {
            width,
            height,
            rgb: [r, g, b].repeat(pixels),
        }
    }

    /// Mixes `colour` into the pixel at (`x`, `y`): `cover` 0 leaves it, 1 replaces it. Outside: nothing.
    pub(crate) fn blend_pixel(&mut self, x: i64, y: i64, colour: PackedRgb, cover: f32) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
            return;
        };
        if x >= self.width || y >= self.height {
            return;
        }
        let at = (y as usize * self.width as usize + x as usize) * 3;
        let [_, r, g, b] = colour.to_be_bytes();
        for (old, new) in self.rgb[at..at + 3].iter_mut().zip([r, g, b]) {
            let mixed = f32::from(*old) * (1.0 - cover) + f32::from(new) * cover;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a mix of two bytes"
            )]
            {
                *old = mixed.round().clamp(0.0, 255.0) as u8;
            }
        }
    }

    /// A filled rectangle.
    pub(crate) fn fill_rect(&mut self, x: u32, y: u32, width: u32, height: u32, colour: PackedRgb) {
        for row in y..(y + height).min(self.height) {
            for column in x..(x + width).min(self.width) {
                self.blend_pixel(i64::from(column), i64::from(row), colour, 1.0);
            }
        }
    }

    /// One line of text with its top left corner at (`x`, `y`), `size` pixels high; returns where it ends. Greyscale
    /// anti-aliasing, whole-pixel advance: as most toolkits draw.
    pub(crate) fn draw_text(
        &mut self,
        font: &FontVec,
        size: u32,
        x: u32,
        y: u32,
        colour: PackedRgb,
        text: &str,
    ) -> u32 {
        #[expect(clippy::cast_precision_loss, reason = "screen coordinates")]
        let (size, mut pen, top) = (size as f32, x as f32, y as f32);
        let scaled = font.as_scaled(PxScale::from(size));
        let baseline = (top + scaled.ascent()).round();
        for c in text.chars() {
            let id = font.glyph_id(c);
            let glyph = id.with_scale_and_position(size, point(pen, baseline));
            if let Some(outline) = font.outline_glyph(glyph) {
                let bounds = outline.px_bounds();
                #[expect(clippy::cast_possible_truncation, reason = "screen coordinates")]
                let (left, top) = (bounds.min.x as i64, bounds.min.y as i64);
                outline.draw(|gx, gy, cover| {
                    self.blend_pixel(left + i64::from(gx), top + i64::from(gy), colour, cover);
                });
            }
            pen = (pen + scaled.h_advance(id)).round();
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "screen coordinates"
        )]
        {
            pen as u32
        }
    }

    /// The screen as a binary portable pixmap (PPM).
    pub(crate) fn to_ppm(&self) -> Vec<u8> {
        let mut out = format!("P6\n{} {}\n255\n", self.width, self.height).into_bytes();
        out.extend_from_slice(&self.rgb);
        out
    }
}
