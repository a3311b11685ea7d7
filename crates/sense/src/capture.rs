//! Capturing the active window.

use model::{Frame, Unsupported, WindowHandle};

/// Captures the active window. The pixels are passed to a function and gone afterwards.
pub trait WindowCapture: Send {
    /// Reads the pixels of the window `handle`, with its frame, and passes them to `with`.
    ///
    /// `with` is called at most once, and only when the window was active, visible and in the same place before and
    /// after its pixels were read. The frame is clipped to the screen; what lies above it is named in
    /// [`Frame::foreign`] and must be painted over by the caller.
    ///
    /// # Errors
    /// A [`CaptureError`]; `with` was not called then. None of them is lasting: the next try may succeed.
    fn capture_window(
        &mut self,
        handle: WindowHandle,
        with: &mut dyn FnMut(&Frame<'_>),
    ) -> Result<(), CaptureError>;

    /// Gives back the memory that screenshots need; the next [`WindowCapture::capture_window`] takes it again.
    fn release_memory(&mut self);
}

/// Why there is no screenshot this time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// Another window is active, or became active while the pixels were read.
    #[error("the window is not the active one (any more)")]
    NotActive,
    /// The window was closed.
    #[error("the window is gone")]
    Gone,
    /// The window is minimised, hidden or wholly outside the screen.
    #[error("nothing of the window is visible")]
    NotVisible,
    /// The window moved or changed its size while the pixels were read.
    #[error("the window moved while it was captured")]
    Moved,
    /// The window asks not to be captured.
    #[error("the window asks not to be captured")]
    Protected,
    /// Every pixel has the same colour: the system hands out nothing, and a blank screenshot would say that nothing was there.
    #[error("the screenshot is blank: the system does not give out this window's pixels")]
    Blank,
    /// This desktop gives no screenshots.
    #[error("no screenshots here: {0}")]
    Unsupported(Unsupported),
    /// The desktop refused or went away.
    #[error("the screenshot could not be read: {0}")]
    Backend(String),
}
