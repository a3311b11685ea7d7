//! How a test window looks.

/// The content of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// One colour, `0xRRGGBB`.
    Solid(u32),
    /// Deterministic noise in tiles; two seeds never look alike.
    Pattern(u32),
    /// Pixels `0xRRGGBB` in rows of this width; black beyond them.
    Image(&'static [u32], u32),
}

impl Fill {
    /// The colour `0xRRGGBB` at (`x`, `y`) of the window's inside.
    #[must_use]
    pub fn pixel(self, x: u32, y: u32) -> u32 {
        match self {
            Self::Solid(rgb) => rgb & 0x00ff_ffff,
            Self::Image(pixels, width) => {
                let place = y as usize * width as usize + x as usize;
                pixels.get(place).copied().unwrap_or(0)
            }
            Self::Pattern(seed) => {
                // Each pixel differs from its neighbours (x and y are in the low bits), tiles differ strongly.
                let tile = (x / 8)
                    .wrapping_mul(0x9e37_79b1)
                    .wrapping_add((y / 8).wrapping_mul(0x85eb_ca6b))
                    .wrapping_add(seed.wrapping_mul(0xc2b2_ae35));
                let mixed = (tile ^ (tile >> 15)).wrapping_mul(0x2c1b_3c6d);
                (mixed ^ (mixed >> 13) ^ x ^ (y << 8)) & 0x00ff_ffff
            }
        }
    }
}

/// How a test window is made.
#[derive(Clone, Debug)]
pub struct WindowSpec {
    /// Title; `_NET_WM_NAME` and `WM_NAME`.
    pub title: String,
    /// Class part of `WM_CLASS`.
    pub class: String,
    /// Left edge asked for.
    pub x: i16,
    /// Top edge asked for.
    pub y: i16,
    /// Width of the inside in pixels.
    pub width: u16,
    /// Height of the inside in pixels.
    pub height: u16,
    /// Its content.
    pub fill: Fill,
    /// Without `_NET_WM_NAME`, as old programs do it; the title is then written as Latin-1 `WM_NAME`.
    pub legacy_title: bool,
    /// Whether the window manager draws a frame around it.
    pub decorated: bool,
    /// True for a window that the window manager leaves alone, such as a menu.
    pub unmanaged: bool,
    /// Value of `_NET_WM_PID`; `None` leaves it out.
    pub pid: Option<u32>,
}

impl WindowSpec {
    /// A framed window of 400 × 300 pixels at (`x`, `y`) with a pattern made from its title.
    #[must_use]
    pub fn new(title: &str, class: &str, x: i16, y: i16) -> Self {
        let seed = title
            .bytes()
            .fold(7u32, |seed, byte| seed.wrapping_mul(31) ^ u32::from(byte));
        Self {
            title: title.to_owned(),
            class: class.to_owned(),
            x,
            y,
            width: 400,
            height: 300,
            fill: Fill::Pattern(seed),
            legacy_title: false,
            decorated: true,
            unmanaged: false,
            pid: Some(std::process::id()),
        }
    }

    /// The same in another size.
    #[must_use]
    pub fn sized(mut self, width: u16, height: u16) -> Self {
        self.width = width;
        self.height = height;
        self
    }

    /// The same with other content.
    #[must_use]
    pub fn filled(mut self, fill: Fill) -> Self {
        self.fill = fill;
        self
    }

    /// The same without a frame.
    #[must_use]
    pub fn undecorated(mut self) -> Self {
        self.decorated = false;
        self
    }

    /// The same, but the window manager leaves it alone.
    #[must_use]
    pub fn unmanaged(mut self) -> Self {
        self.unmanaged = true;
        self
    }

    /// The same with a `WM_NAME` title only.
    #[must_use]
    pub fn legacy(mut self) -> Self {
        self.legacy_title = true;
        self
    }
}
