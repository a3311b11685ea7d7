//! The place of a window, and the windows above it.

use super::connection::{X11Connection, X11Error, ignore_missing_window};
use super::window_info;
use crate::capture::CaptureError;
use model::Rect;
use x11rb::connection::Connection;
use x11rb::protocol::shape::{ConnectionExt as _, SK};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, MapState, WindowClass};

/// Most rectangles of a window's shape that are looked at; a window with more gives no screenshot, as what shines through
/// its holes could not be painted over.
const MAX_SHAPE_RECTS: usize = 512;

/// Most windows above that are looked at; with more the whole screenshot counts as foreign.
const MAX_ABOVE: usize = 512;

/// A window's place on the screen. All rectangles are relative to the root window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WindowVisibility {
    /// The visible bounds with the frame, clipped to the screen.
    pub(super) bounds: Rect,
    /// Parts of `bounds` that show something else.
    pub(super) foreign: Vec<Rect>,
}

/// Why a window could not be captured.
pub(super) enum CaptureMiss {
    Capture(CaptureError),
    Connection(X11Error),
}

impl From<CaptureError> for CaptureMiss {
    fn from(error: CaptureError) -> Self {
        Self::Capture(error)
    }
}

impl From<X11Error> for CaptureMiss {
    fn from(error: X11Error) -> Self {
        Self::Connection(error)
    }
}

impl From<x11rb::errors::ConnectionError> for CaptureMiss {
    fn from(error: x11rb::errors::ConnectionError) -> Self {
        Self::Connection(error.into())
    }
}

/// Looks at `window`, which must be active and visible.
pub(super) fn measure_visibility(
    link: &X11Connection,
    window: u32,
) -> Result<WindowVisibility, CaptureMiss> {
    let attributes = link.conn.get_window_attributes(window)?.reply();
    let Some(attributes) = ignore_missing_window(attributes)? else {
        return Err(CaptureError::Gone.into());
    };
    let active = if window_info::find_manager(link)?.is_some() {
        window_info::active_by_manager(link)?
    } else {
        window_info::active_by_focus(link)?.map(|(_, top)| top)
    };
    if active != Some(window) {
        return Err(CaptureError::NotActive.into());
    }
    if attributes.map_state != MapState::VIEWABLE {
        return Err(CaptureError::NotVisible.into());
    }
    let frame = frame_of(link, window)?.ok_or(CaptureError::Gone)?;
    let screen = link.conn.get_geometry(link.root)?.reply();
    let screen = screen.map_err(X11Error::from)?;
    let screen = Rect {
        x: 0,
        y: 0,
        width: u32::from(screen.width),
        height: u32::from(screen.height),
    };
    let outer = outer_rect(link, frame)?.ok_or(CaptureError::Gone)?;
    let mut bounds = outer;
    if let Some([left, right, top, bottom]) = shadow_margins(link, window)? {
        bounds = shrink(bounds, left, right, top, bottom);
    }
    let bounds = bounds.intersect(&screen).ok_or(CaptureError::NotVisible)?;
    let mut foreign = find_occluders(link, frame, bounds)?;
    foreign.extend(find_shape_holes(link, frame, outer, bounds)?);
    Ok(WindowVisibility { bounds, foreign })
}

/// The window's top-level frame: its ancestor below the root, or the window itself.
fn frame_of(link: &X11Connection, window: u32) -> Result<Option<u32>, X11Error> {
    let mut frame = window;
    // Frames are one to three windows deep; the bound keeps a broken tree from holding us.
    for _ in 0..64 {
        let Some(tree) = ignore_missing_window(link.conn.query_tree(frame)?.reply())? else {
            return Ok(None);
        };
        if tree.parent == link.root || tree.parent == 0 {
            return Ok(Some(frame));
        }
        frame = tree.parent;
    }
    Ok(None)
}

/// A child of the root with its border.
fn outer_rect(link: &X11Connection, frame: u32) -> Result<Option<Rect>, X11Error> {
    let place = link.conn.get_geometry(frame)?.reply();
    Ok(ignore_missing_window(place)?
        .map(|g| with_border(g.x, g.y, g.width, g.height, g.border_width)))
}

fn with_border(x: i16, y: i16, width: u16, height: u16, border: u16) -> Rect {
    Rect {
        x: i32::from(x),
        y: i32::from(y),
        width: u32::from(width) + 2 * u32::from(border),
        height: u32::from(height) + 2 * u32::from(border),
    }
}

/// The invisible margins of a window that draws its own frame and shadow: left, right, top, bottom. What shows in
/// them is the window behind.
fn shadow_margins(link: &X11Connection, window: u32) -> Result<Option<[u32; 4]>, X11Error> {
    let property = link.atoms._GTK_FRAME_EXTENTS;
    let reply = link
        .conn
        .get_property(false, window, property, AtomEnum::CARDINAL, 0, 4)?
        .reply();
    let Some(reply) = ignore_missing_window(reply)? else {
        return Ok(None);
    };
    let values: Vec<u32> = reply.value32().into_iter().flatten().collect();
    Ok(values.try_into().ok())
}

/// `rect` without its margins; empty margins and margins larger than the window are possible.
fn shrink(rect: Rect, left: u32, right: u32, top: u32, bottom: u32) -> Rect {
    let left_in = left.min(rect.width);
    let top_in = top.min(rect.height);
    Rect {
        x: rect.x.saturating_add_unsigned(left_in),
        y: rect.y.saturating_add_unsigned(top_in),
        width: (rect.width - left_in).saturating_sub(right),
        height: (rect.height - top_in).saturating_sub(bottom),
    }
}

/// Where visible windows above `frame` cover `bounds`.
fn find_occluders(
    link: &X11Connection,
    frame: u32,
    bounds: Rect,
) -> Result<Vec<Rect>, CaptureMiss> {
    let tree = link.conn.query_tree(link.root)?.reply();
    let tree = tree.map_err(X11Error::from)?;
    // Children come from bottom to top.
    let Some(place) = tree.children.iter().position(|child| *child == frame) else {
        return Err(CaptureError::Gone.into());
    };
    let mask = link.conn.setup().resource_id_mask;
    let windows: Vec<u32> = tree
        .children
        .into_iter()
        .skip(place + 1)
        // Windows of the server itself (the compositor's overlay) carry no client's number and show what the
        // windows below show.
        .filter(|window| window & !mask != 0)
        .collect();
    if windows.len() > MAX_ABOVE {
        return Ok(vec![bounds]);
    }
    let mut asked = Vec::with_capacity(windows.len());
    for window in windows {
        asked.push((
            link.conn.get_window_attributes(window)?,
            link.conn.get_geometry(window)?,
        ));
    }
    let mut foreign = Vec::new();
    for (attributes, place) in asked {
        let attributes = ignore_missing_window(attributes.reply())?;
        let place = ignore_missing_window(place.reply())?;
        let (Some(attributes), Some(place)) = (attributes, place) else {
            continue;
        };
        if attributes.map_state != MapState::VIEWABLE || attributes.class == WindowClass::INPUT_ONLY
        {
            continue;
        }
        let rect = with_border(
            place.x,
            place.y,
            place.width,
            place.height,
            place.border_width,
        );
        foreign.extend(rect.intersect(&bounds));
    }
    Ok(foreign)
}

/// Parts of `bounds` where the frame has no pixels of its own because it is not a rectangle.
fn find_shape_holes(
    link: &X11Connection,
    frame: u32,
    outer: Rect,
    bounds: Rect,
) -> Result<Vec<Rect>, CaptureMiss> {
    // A server without the shape extension knows rectangles only.
    let Ok(extents) = link.conn.shape_query_extents(frame) else {
        return Ok(Vec::new());
    };
    let shaped =
        ignore_missing_window(extents.reply())?.is_some_and(|extents| extents.bounding_shaped);
    if !shaped {
        return Ok(Vec::new());
    }
    let shape = link.conn.shape_get_rectangles(frame, SK::BOUNDING)?.reply();
    let shape = ignore_missing_window(shape)?.ok_or(CaptureError::Gone)?;
    if shape.rectangles.len() > MAX_SHAPE_RECTS {
        return Ok(vec![bounds]);
    }
    let solid: Vec<Rect> = shape
        .rectangles
        .iter()
        .map(|r| Rect {
            x: outer.x + i32::from(r.x),
            y: outer.y + i32::from(r.y),
            width: u32::from(r.width),
            height: u32::from(r.height),
        })
        .collect();
    Ok(complement(bounds, &solid))
}

/// The part of `whole` that none of `parts` covers.
fn complement(whole: Rect, parts: &[Rect]) -> Vec<Rect> {
    let mut left = vec![whole];
    for part in parts {
        left = left
            .into_iter()
            .flat_map(|rect| subtract(rect, *part))
            .collect();
    }
    left
}

/// `rect` without `part`, in up to four pieces.
fn subtract(rect: Rect, part: Rect) -> Vec<Rect> {
    let Some(cut) = rect.intersect(&part) else {
        return vec![rect];
    };
    let below = cut.y.saturating_add_unsigned(cut.height);
    let beside = cut.x.saturating_add_unsigned(cut.width);
    let above_height = cut.y.abs_diff(rect.y);
    let left_width = cut.x.abs_diff(rect.x);
    [
        Rect {
            height: above_height,
            ..rect
        },
        Rect {
            y: below,
            height: rect.height - above_height - cut.height,
            ..rect
        },
        Rect {
            y: cut.y,
            height: cut.height,
            width: left_width,
            ..rect
        },
        Rect {
            x: beside,
            y: cut.y,
            width: rect.width - left_width - cut.width,
            height: cut.height,
        },
    ]
    .into_iter()
    .filter(|piece| piece.width > 0 && piece.height > 0)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rect() -> impl Strategy<Value = Rect> {
        (-5i32..12, -5i32..12, 0u32..12, 0u32..12).prop_map(|(x, y, width, height)| Rect {
            x,
            y,
            width,
            height,
        })
    }

    fn covers(rects: &[Rect], x: i32, y: i32) -> usize {
        let pixel = Rect {
            x,
            y,
            width: 1,
            height: 1,
        };
        rects
            .iter()
            .filter(|r| r.intersect(&pixel).is_some())
            .count()
    }

    proptest! {
        #[test]
        fn a_complement_covers_exactly_what_the_parts_leave(
            parts in prop::collection::vec(rect(), 0..6),
        ) {
            let whole = Rect { x: -2, y: -1, width: 10, height: 9 };
            let rest = complement(whole, &parts);
            for x in -6..20 {
                for y in -6..20 {
                    let expected = covers(&[whole], x, y) == 1 && covers(&parts, x, y) == 0;
                    prop_assert_eq!(covers(&rest, x, y), usize::from(expected), "at {},{}", x, y);
                }
            }
        }

        #[test]
        fn margins_never_make_a_window_larger(
            rect in rect(), left in 0u32..20, right in 0u32..20, top in 0u32..20, bottom in 0u32..20,
        ) {
            let inner = shrink(rect, left, right, top, bottom);
            prop_assert!(inner.width <= rect.width && inner.height <= rect.height);
            if inner.width > 0 && inner.height > 0 {
                prop_assert_eq!(inner.intersect(&rect), Some(inner));
            }
        }
    }
}
