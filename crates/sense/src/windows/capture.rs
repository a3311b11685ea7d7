//! Screenshots of the active window: read from the screen within the window's visible bounds.
//!
//! From the screen and not from the window: it has the pixels of programs that draw with the graphics card, it leaves
//! out what asks not to be captured, and no other program is called. What lies above is named for painting over.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use super::visibility::measure_visibility;
use crate::capture::{CaptureError, WindowCapture};
use model::{Frame, Rect, WindowHandle};
use std::io;
use std::ptr::{NonNull, null_mut};
use windows_sys::Win32::Graphics::Gdi::{
    BI_RGB, BITMAPINFO, BITMAPINFOHEADER, BitBlt, CAPTUREBLT, CreateCompatibleDC, CreateDIBSection,
    DIB_RGB_COLORS, DeleteDC, DeleteObject, GdiFlush, GetDC, HBITMAP, HDC, HGDIOBJ, ReleaseDC,
    SRCCOPY, SelectObject,
};

/// Bytes of a pixel: blue, green, red, unused.
const PIXEL: usize = 4;

/// Takes screenshots. Nothing is held between two of them.
pub(super) struct ScreenCapture;

impl WindowCapture for ScreenCapture {
    fn capture_window(
        &mut self,
        handle: WindowHandle,
        with: &mut dyn FnMut(&Frame<'_>),
    ) -> Result<(), CaptureError> {
        let before = measure_visibility(handle)?;
        let bitmap = CapturedBitmap::copy_screen(before.bounds)
            .map_err(|e| CaptureError::Backend(format!("the system refused it: {e}")))?;
        let after = measure_visibility(handle)?;
        if after.bounds != before.bounds {
            return Err(CaptureError::Moved);
        }
        let bgrx = bitmap.pixels();
        if is_uniform(bgrx) {
            return Err(CaptureError::Blank);
        }
        // A window that came or went during the reading may be in the screenshot: both lists count.
        let mut foreign = before.foreign;
        for rect in after.foreign {
            if !foreign.contains(&rect) {
                foreign.push(rect);
            }
        }
        for rect in &mut foreign {
            rect.x -= before.bounds.x;
            rect.y -= before.bounds.y;
        }
        with(&Frame {
            width: before.bounds.width,
            height: before.bounds.height,
            stride: before.bounds.width as usize * PIXEL,
            bgrx,
            scale_percent: before.scale_percent,
            foreign: &foreign,
        });
        Ok(())
    }

    fn release_memory(&mut self) {}
}

/// One colour whatever it is: of the fourth byte nothing is known.
fn is_uniform(bgrx: &[u8]) -> bool {
    let mut pixels = bgrx.chunks_exact(PIXEL).map(|pixel| &pixel[..3]);
    let first = pixels.next();
    pixels.all(|pixel| Some(pixel) == first)
}

/// A copy of a part of the screen in memory of the system.
struct CapturedBitmap {
    screen: HDC,
    memory: HDC,
    bitmap: HBITMAP,
    before: HGDIOBJ,
    start: Option<NonNull<u8>>,
    bytes: usize,
}

impl CapturedBitmap {
    fn copy_screen(area: Rect) -> io::Result<Self> {
        let refused = || io::Error::last_os_error();
        let (Ok(width), Ok(height)) = (i32::try_from(area.width), i32::try_from(area.height))
        else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        // From here on `captured` frees everything made before something was refused.
        // SAFETY: no pointers; a null window means the screen.
        let mut captured = Self {
            screen: unsafe { GetDC(null_mut()) },
            memory: null_mut(),
            bitmap: null_mut(),
            before: null_mut(),
            start: None,
            bytes: area.width as usize * area.height as usize * PIXEL,
        };
        if captured.screen.is_null() {
            return Err(refused());
        }
        // SAFETY: the device contexts are ours; `info` and `start` live through their call; the bitmap is selected
        // before it is drawn to. `GdiFlush` makes the drawing complete before its pixels are read.
        unsafe {
            captured.memory = CreateCompatibleDC(captured.screen);
            if captured.memory.is_null() {
                return Err(refused());
            }
            let info = BITMAPINFO {
                bmiHeader: BITMAPINFOHEADER {
                    biSize: size_of::<BITMAPINFOHEADER>() as u32,
                    biWidth: width,
                    // Negative: the first row is the top one.
                    biHeight: -height,
                    biPlanes: 1,
                    biBitCount: 32,
                    biCompression: BI_RGB,
                    ..BITMAPINFOHEADER::default()
                },
                ..BITMAPINFO::default()
            };
            let mut start = null_mut();
            captured.bitmap = CreateDIBSection(
                captured.memory,
                &info,
                DIB_RGB_COLORS,
                &mut start,
                null_mut(),
                0,
            );
            if captured.bitmap.is_null() {
                return Err(refused());
            }
            captured.start = NonNull::new(start.cast());
            captured.before = SelectObject(captured.memory, captured.bitmap);
            let done = BitBlt(
                captured.memory,
                0,
                0,
                width,
                height,
                captured.screen,
                area.x,
                area.y,
                SRCCOPY | CAPTUREBLT,
            );
            if done == 0 {
                return Err(refused());
            }
            GdiFlush();
        }
        Ok(captured)
    }

    fn pixels(&self) -> &[u8] {
        match self.start {
            // SAFETY: the section is `bytes` long, lives until `self` is dropped, and is drawn to by nobody any more.
            Some(start) => unsafe { std::slice::from_raw_parts(start.as_ptr(), self.bytes) },
            None => &[],
        }
    }
}

impl Drop for CapturedBitmap {
    fn drop(&mut self) {
        // SAFETY: each is ours and given back once; a bitmap must not be selected when it is deleted.
        unsafe {
            if !self.before.is_null() {
                SelectObject(self.memory, self.before);
            }
            if !self.bitmap.is_null() {
                DeleteObject(self.bitmap);
            }
            if !self.memory.is_null() {
                DeleteDC(self.memory);
            }
            if !self.screen.is_null() {
                ReleaseDC(null_mut(), self.screen);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_colour_is_blank_whatever_its_fourth_byte() {
        assert!(is_uniform(&[1, 2, 3, 0, 1, 2, 3, 255]));
        assert!(!is_uniform(&[1, 2, 3, 0, 1, 2, 4, 0]));
    }
}
