//! Screenshots of windows that never were.

use crate::capture::{CaptureError, WindowCapture};
use model::{Frame, WindowHandle};
use std::sync::{Arc, Mutex, PoisonError};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 200;

/// Takes "screenshots" of the trace's active window.
pub(super) struct ReplayCapture {
    active: Arc<Mutex<Option<WindowHandle>>>,
    pixels: Vec<u8>,
}

impl ReplayCapture {
    pub(super) fn new(active: Arc<Mutex<Option<WindowHandle>>>) -> Self {
        Self {
            active,
            pixels: Vec::new(),
        }
    }
}

/// The pixel (blue, green, red, 0) at (`x`, `y`) of the scripted window `handle`.
#[must_use]
pub fn test_pattern_pixel(handle: WindowHandle, x: u32, y: u32) -> [u8; 4] {
    let seed = handle.0.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    // Tiles of 16 pixels with a one-pixel grid: edges for an encoder, flat parts for a comparison.
    let tile = (x / 16).wrapping_mul(7) ^ (y / 16).wrapping_mul(13);
    let tile = tile.to_le_bytes()[0].wrapping_mul(29);
    if x.is_multiple_of(16) || y.is_multiple_of(16) {
        return [0, 0, 0, 0];
    }
    [
        seed[1].wrapping_add(tile),
        seed[3].wrapping_sub(tile),
        seed[5] ^ tile,
        0,
    ]
}

impl WindowCapture for ReplayCapture {
    fn capture_window(
        &mut self,
        handle: WindowHandle,
        with: &mut dyn FnMut(&Frame<'_>),
    ) -> Result<(), CaptureError> {
        let active = *self.active.lock().unwrap_or_else(PoisonError::into_inner);
        if active != Some(handle) {
            return Err(CaptureError::NotActive);
        }
        self.pixels.clear();
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                self.pixels
                    .extend_from_slice(&test_pattern_pixel(handle, x, y));
            }
        }
        with(&Frame {
            width: WIDTH,
            height: HEIGHT,
            stride: 4 * WIDTH as usize,
            bgrx: &self.pixels,
            scale_percent: 100,
            foreign: &[],
        });
        Ok(())
    }

    fn release_memory(&mut self) {
        self.pixels = Vec::new();
    }
}
