//! Screenshots of the active window: read from the root window, so that its true frame is in them.

use super::connection::{X11Connection, X11Error, ignore_missing_window};
use super::shared_memory::SharedMemory;
use super::visibility::{CaptureMiss, measure_visibility};
use crate::capture::{CaptureError, WindowCapture};
use model::{Frame, Rect, Unsupported, WindowHandle};
use x11rb::connection::{Connection, RequestConnection};
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat, ImageOrder, VisualClass};

/// Most bytes of pixels in one answer where there is no shared memory: bounds the pixels that a screenshot holds twice.
const STRIP_BYTES: usize = 1024 * 1024;

/// Longest text of X resources that is searched for the scaling, in units of four bytes.
const RESOURCE_WORDS: u32 = 16 * 1024;

/// Takes screenshots over a connection of its own, made at the first screenshot.
pub(super) struct ScreenCapture {
    display: Option<String>,
    shared: bool,
    open: Option<CaptureConnection>,
}

struct CaptureConnection {
    link: X11Connection,
    memory: Option<SharedMemory>,
    /// Pixels where there is no shared memory.
    pixels: Vec<u8>,
}

impl ScreenCapture {
    /// Asks whether screenshots can be had, and how.
    pub(super) fn probe(
        link: &X11Connection,
        display: Option<String>,
    ) -> Result<Result<(Self, String), Unsupported>, X11Error> {
        if let Err(reason) = check_pixel_format(link) {
            let remedy = "use a screen with 24 bits of colour";
            return Ok(Err(Unsupported::new(reason, remedy)));
        }
        let known = link.conn.extension_information(shm::X11_EXTENSION_NAME)?;
        let shared = known.is_some() && {
            let version = ignore_missing_window(link.conn.shm_query_version()?.reply())?;
            // The first version that takes a memory file.
            version.is_some_and(|v| (v.major_version, v.minor_version) >= (1, 2))
                && match SharedMemory::attach(link, 4096)? {
                    Ok(trial) => {
                        trial.detach(link)?;
                        true
                    }
                    Err(_) => false,
                }
        };
        let by = if shared {
            "MIT-SHM with one reused segment"
        } else {
            "GetImage in strips (no shared memory with this X server)"
        };
        let capture = Self {
            display,
            shared,
            open: None,
        };
        Ok(Ok((capture, by.to_owned())))
    }

    fn try_capture(
        &mut self,
        window: u32,
        with: &mut dyn FnMut(&Frame<'_>),
    ) -> Result<(), CaptureMiss> {
        let open = match &mut self.open {
            Some(open) => open,
            slot => slot.insert(CaptureConnection {
                link: X11Connection::open(self.display.as_deref())?,
                memory: None,
                pixels: Vec::new(),
            }),
        };
        let before = measure_visibility(&open.link, window)?;
        let scale_percent = query_scale_percent(&open.link)?;
        open.read_pixels(before.bounds, &mut self.shared)?;
        let after = measure_visibility(&open.link, window)?;
        if after.bounds != before.bounds {
            return Err(CaptureError::Moved.into());
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
        let bgrx = match &open.memory {
            Some(memory) => memory.pixels(),
            None => &open.pixels,
        };
        let stride = bytes_per_row(before.bounds);
        let length = stride * before.bounds.height as usize;
        let bgrx = bgrx
            .get(..length)
            .ok_or_else(|| CaptureError::Backend("the screenshot is incomplete".into()))?;
        with(&Frame {
            width: before.bounds.width,
            height: before.bounds.height,
            stride,
            bgrx,
            scale_percent,
            foreign: &foreign,
        });
        Ok(())
    }
}

impl WindowCapture for ScreenCapture {
    fn capture_window(
        &mut self,
        handle: WindowHandle,
        with: &mut dyn FnMut(&Frame<'_>),
    ) -> Result<(), CaptureError> {
        // X11 numbers are 32 bits wide; another number was never a window here.
        let window = u32::try_from(handle.0).map_err(|_| CaptureError::Gone)?;
        match self.try_capture(window, with) {
            Ok(()) => Ok(()),
            Err(CaptureMiss::Capture(error)) => Err(error),
            Err(CaptureMiss::Connection(error)) => {
                // The next screenshot starts with a new connection.
                self.open = None;
                Err(CaptureError::Backend(error.to_string()))
            }
        }
    }

    fn release_memory(&mut self) {
        if let Some(open) = &mut self.open {
            open.pixels = Vec::new();
            if let Some(memory) = &mut open.memory {
                memory.release_pages();
            }
        }
    }
}

impl CaptureConnection {
    /// Reads `area` of the root window into the memory, or into `pixels` where there is none.
    fn read_pixels(&mut self, area: Rect, shared: &mut bool) -> Result<(), CaptureMiss> {
        let bytes = bytes_per_row(area) * area.height as usize;
        if *shared && self.memory.as_ref().is_none_or(|s| s.size() < bytes) {
            if let Some(old) = self.memory.take() {
                old.detach(&self.link)?;
            }
            // As large as the screen: one memory does for every window. Untouched pages cost nothing.
            let whole = self.screen_size_bytes().max(bytes);
            match SharedMemory::attach(&self.link, whole)? {
                Ok(memory) => self.memory = Some(memory),
                Err(_) => *shared = false,
            }
        }
        let (x, y, width, height) = to_wire_rect(area)?;
        if let Some(memory) = &self.memory {
            let format = u8::from(ImageFormat::Z_PIXMAP);
            let reply = self
                .link
                .conn
                .shm_get_image(
                    self.link.root,
                    x,
                    y,
                    width,
                    height,
                    !0,
                    format,
                    memory.id(),
                    0,
                )?
                .reply();
            // The screen became smaller since its size was read.
            let reply = ignore_missing_window(reply)?.ok_or(CaptureError::Moved)?;
            return if reply.size as usize == bytes {
                Ok(())
            } else {
                Err(size_error(reply.size as usize, bytes).into())
            };
        }
        self.pixels.clear();
        self.pixels.reserve_exact(bytes);
        let rows = u16::try_from(STRIP_BYTES / bytes_per_row(area).max(1))
            .unwrap_or(u16::MAX)
            .max(1);
        let mut done = 0;
        while done < height {
            let part = rows.min(height - done);
            let top = y.saturating_add_unsigned(done);
            let reply = self
                .link
                .conn
                .get_image(
                    ImageFormat::Z_PIXMAP,
                    self.link.root,
                    x,
                    top,
                    width,
                    part,
                    !0,
                )?
                .reply();
            let reply = ignore_missing_window(reply)?.ok_or(CaptureError::Moved)?;
            let expected = bytes_per_row(area) * usize::from(part);
            if reply.data.len() != expected {
                return Err(size_error(reply.data.len(), expected).into());
            }
            self.pixels.extend_from_slice(&reply.data);
            done += part;
        }
        Ok(())
    }

    fn screen_size_bytes(&self) -> usize {
        self.link.screen().map_or(0, |screen| {
            4 * usize::from(screen.width_in_pixels) * usize::from(screen.height_in_pixels)
        })
    }
}

fn size_error(got: usize, expected: usize) -> CaptureError {
    CaptureError::Backend(format!(
        "the X server sent {got} bytes of pixels instead of {expected}"
    ))
}

fn bytes_per_row(area: Rect) -> usize {
    4 * area.width as usize
}

/// A rectangle of the root window as the protocol writes it.
fn to_wire_rect(area: Rect) -> Result<(i16, i16, u16, u16), CaptureError> {
    let fits = || {
        Some((
            i16::try_from(area.x).ok()?,
            i16::try_from(area.y).ok()?,
            u16::try_from(area.width).ok()?,
            u16::try_from(area.height).ok()?,
        ))
    };
    fits().ok_or(CaptureError::NotVisible)
}

/// Screenshots are handed on as the server stores them, so that must be blue, green, red, unused in memory.
fn check_pixel_format(link: &X11Connection) -> Result<(), String> {
    let setup = link.conn.setup();
    let Some(screen) = link.screen() else {
        return Err("the X server has no such screen".into());
    };
    let depth = screen.root_depth;
    let bits = setup
        .pixmap_formats
        .iter()
        .find(|format| format.depth == depth)
        .map_or(0, |format| format.bits_per_pixel);
    let visual = screen
        .allowed_depths
        .iter()
        .flat_map(|depth| &depth.visuals)
        .find(|visual| visual.visual_id == screen.root_visual);
    let masks = visual.map(|v| (v.class, v.red_mask, v.green_mask, v.blue_mask));
    let expected = (VisualClass::TRUE_COLOR, 0x00ff_0000, 0xff00, 0xff);
    let direct = (VisualClass::DIRECT_COLOR, 0x00ff_0000, 0xff00, 0xff);
    let little = setup.image_byte_order == ImageOrder::LSB_FIRST;
    if bits == 32 && little && (masks == Some(expected) || masks == Some(direct)) {
        return Ok(());
    }
    Err(format!(
        "the screen stores pixels in a way uam does not read ({depth} bits of colour in {bits})"
    ))
}

/// The screen's scaling in percent: `Xft.dpi` of the X resources, of which 96 is 100 %.
fn query_scale_percent(link: &X11Connection) -> Result<u32, X11Error> {
    let reply = link
        .conn
        .get_property(
            false,
            link.root,
            AtomEnum::RESOURCE_MANAGER,
            AtomEnum::ANY,
            0,
            RESOURCE_WORDS,
        )?
        .reply();
    let Some(reply) = ignore_missing_window(reply)? else {
        return Ok(100);
    };
    Ok(parse_scale_percent(&String::from_utf8_lossy(&reply.value)))
}

fn parse_scale_percent(resources: &str) -> u32 {
    let dpi = resources.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "Xft.dpi").then(|| value.trim().parse::<f64>().ok())?
    });
    match dpi {
        // 10 to 2000 dpi: anything else is a mistake.
        Some(dpi) if (10.0..=2000.0).contains(&dpi) => {
            let percent = (dpi * 100.0 / 96.0).round();
            // In range by the guard: 10 to 2083.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let percent = percent as u32;
            percent
        }
        _ => 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_scaling_is_read_from_the_resources() {
        assert_eq!(parse_scale_percent("*color: red\nXft.dpi:\t192\n"), 200);
        assert_eq!(parse_scale_percent("Xft.dpi: 120.0"), 125);
        assert_eq!(parse_scale_percent("Xft.dpi: lots"), 100);
        assert_eq!(parse_scale_percent("Xft.dpi: 0"), 100);
        assert_eq!(parse_scale_percent(""), 100);
    }

    proptest! {
        #[test]
        fn any_resources_give_a_usable_scaling(text in "(Xft.dpi:)?.*") {
            let percent = parse_scale_percent(&text);
            prop_assert!((10..=2084).contains(&percent));
        }
    }
}
