//! The quality setting, and libwebp's knobs for it.

/// How much detail an encoded screenshot keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScreenshotQuality {
    /// Text screens as a palette without further loss, all else as lossy WebP at quality 45: fewer bytes than a JPEG at
    /// quality 50, and better to read.
    #[default]
    Standard,
    /// A quarter smaller again. Text costs nearly twice the CPU and stays as it is; photos lose detail.
    Small,
}

impl ScreenshotQuality {
    /// Sets libwebp's knobs, for a screenshot reduced to a palette (`exact`) or any other.
    pub(crate) fn apply_to(self, exact: bool, config: &mut webp::WebPConfig) {
        if exact {
            config.lossless = 1;
            // Without loss, quality means effort. From 51 on libwebp looks for repetitions up to 256 rows above, which
            // finds the same letters in earlier lines of text; from 76 on further, at much more CPU.
            config.quality = 51.0;
            // 0 tries one way to code the palette and never traces back; 1 tries more ways.
            config.method = match self {
                Self::Standard => 0,
                Self::Small => 1,
            };
            return;
        }
        config.quality = match self {
            Self::Standard => 45.0,
            Self::Small => 20.0,
        };
        // Of libwebp's 0 (fast) to 6 (small): beyond 2 the CPU doubles for a few percent of bytes.
        config.method = 2;
        // More than libwebp's 50: spends bytes on smooth parts, where loss is seen, rather than on busy ones. Photos gain.
        config.sns_strength = 80;
    }
}
