//! The image of a display, and clicks in its menus.

use super::typist::{Button, Typist};
use super::wait::wait_until;
use anyhow::{Result, ensure};
use std::time::Duration;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat, MapState, Rectangle};

/// X keysym of the arrow key downwards.
const DOWN: u32 = 0xff54;

/// Two images of a display this far apart show whether something still moves.
const STILL: Duration = Duration::from_millis(60);

/// No menu is smaller, in pixels each way.
const LEAST_MENU: u16 = 100;

/// The image of a display at one moment.
#[derive(Clone, Debug)]
pub struct ScreenImage {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// `0xRRGGBB` of each pixel, row by row from the upper left.
    pub pixels: Vec<u32>,
}

impl ScreenImage {
    /// Captures the whole display.
    ///
    /// # Errors
    /// When the server is gone or has another depth than 24.
    pub fn capture(display: &str) -> Result<Self> {
        let (conn, screen) = x11rb::connect(Some(display))?;
        let screen = &conn.setup().roots[screen];
        let (width, height) = (screen.width_in_pixels, screen.height_in_pixels);
        let image = conn
            .get_image(ImageFormat::Z_PIXMAP, screen.root, 0, 0, width, height, !0)?
            .reply()?;
        let pixel = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes) & 0x00ff_ffff;
        let (pixels, rest) = image.data.as_chunks();
        ensure!(rest.is_empty(), "the display's depth is {}", image.depth);
        Ok(Self {
            width,
            height,
            pixels: pixels.iter().map(pixel).collect(),
        })
    }

    /// The middle of all pixels whose red, green and blue differ from `rgb` by less than 24, in the rows above `below`;
    /// none when there are fewer than `least`.
    #[must_use]
    pub fn middle_of(&self, rgb: u32, below: u16, least: usize) -> Option<(i16, i16)> {
        let part = |pixel: u32, shift: u32| (pixel >> shift) & 0xff;
        let is = |pixel: u32| {
            [0, 8, 16]
                .iter()
                .all(|s| part(pixel, *s).abs_diff(part(rgb, *s)) < 24)
        };
        let width = usize::from(self.width);
        let found: Vec<(usize, usize)> = self
            .pixels
            .iter()
            .take(width * usize::from(below))
            .enumerate()
            .filter(|(_, pixel)| is(**pixel))
            .map(|(n, _)| (n % width, n / width))
            .collect();
        let middle = |sum: usize| i16::try_from(sum / found.len().max(1)).ok();
        if found.len() < least.max(1) {
            return None;
        }
        Some((
            middle(found.iter().map(|(x, _)| x).sum())?,
            middle(found.iter().map(|(_, y)| y).sum())?,
        ))
    }

    /// The smallest rectangle around all pixels that differ from `other`; none when none does.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Rectangle> {
        let width = usize::from(self.width).max(1);
        let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
        for (n, (a, b)) in self.pixels.iter().zip(&other.pixels).enumerate() {
            if a != b {
                let (x, y) = (n % width, n / width);
                (left, right) = (left.min(x), right.max(x));
                (top, bottom) = (top.min(y), bottom.max(y));
            }
        }
        (left <= right).then(|| Rectangle {
            x: left as i16,
            y: top as i16,
            width: (right - left + 1) as u16,
            height: (bottom - top + 1) as u16,
        })
    }
}

/// Clicks with `button` at `place` until a menu is open, and chooses the entry that is `steps` down among those that can be
/// chosen: goes there with the keyboard, and clicks on the highlighted entry. `seen` is called before that click.
///
/// # Errors
/// When the server is gone, no menu opens, or it stays open.
pub fn choose_from_menu(
    display: &str,
    place: (i16, i16),
    button: Button,
    steps: u32,
    seen: impl FnOnce(),
) -> Result<()> {
    let typist = Typist::new(display)?;
    typist.point_at(place.0, place.1)?;
    typist.clicks(button, 1, 10)?;
    let menu = wait_until("a menu is open", || find_open_menu(display))?;
    // Drawn, and nothing is highlighted yet.
    let bare = wait_until_still(display)?;
    let mut last = bare.clone();
    for _ in 0..steps {
        typist.press(DOWN)?;
        wait_until("another entry is highlighted", || {
            Ok(ScreenImage::capture(display)?.difference(&last))
        })?;
        last = wait_until_still(display)?;
    }
    let entry = last.difference(&bare);
    let entry = entry.filter(|e| e.y >= menu.y && e.width <= menu.width);
    ensure!(entry.is_some(), "no entry of the menu was highlighted");
    if let Some(entry) = entry {
        seen();
        let middle = |from: i16, length: u16| from + (length / 2) as i16;
        typist.point_at(middle(entry.x, entry.width), middle(entry.y, entry.height))?;
        typist.clicks(Button::Left, 1, 10)?;
    }
    wait_until("the menu is closed", || {
        Ok(find_open_menu(display)?.is_none().then_some(()))
    })
}

/// Waits until two images of the display are the same, and returns the last.
fn wait_until_still(display: &str) -> Result<ScreenImage> {
    let mut last = ScreenImage::capture(display)?;
    wait_until("nothing moves", || {
        std::thread::sleep(STILL);
        let now = ScreenImage::capture(display)?;
        let same = now.pixels == last.pixels;
        last = now.clone();
        Ok(same.then_some(now))
    })
}

/// The menu that is open: the uppermost window that no window manager manages.
fn find_open_menu(display: &str) -> Result<Option<Rectangle>> {
    let (conn, screen) = x11rb::connect(Some(display))?;
    let root = conn.setup().roots[screen].root;
    for window in conn.query_tree(root)?.reply()?.children.into_iter().rev() {
        // A window that has gone meanwhile is skipped.
        let (Ok(facts), Ok(place)) = (
            conn.get_window_attributes(window)?.reply(),
            conn.get_geometry(window)?.reply(),
        ) else {
            continue;
        };
        let open = facts.override_redirect && facts.map_state == MapState::VIEWABLE;
        if open && place.width >= LEAST_MENU && place.height >= LEAST_MENU {
            return Ok(Some(Rectangle {
                x: place.x,
                y: place.y,
                width: place.width,
                height: place.height,
            }));
        }
    }
    Ok(None)
}
