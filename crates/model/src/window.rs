//! The facts of a window.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Longest title that is kept, in bytes of UTF-8; sensors cut longer ones at a character boundary.
pub const MAX_TITLE_BYTES: usize = 4096;

/// The facts of a window as they are recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowInfo {
    /// Name of the application (X11: the class part of `WM_CLASS`; Windows: the version info's description).
    pub app: String,
    /// Full path of the executable, or empty when it cannot be known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub exe: String,
    /// The title as the program set it. Hostile text: show it through [`crate::to_printable`] only.
    pub title: String,
}

/// The desktop's own number for a window. It lives as long as the window and is never recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WindowHandle(pub u64);

/// The window that has the focus now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveWindow {
    /// Which one, for the capture's "still active?" check.
    pub handle: WindowHandle,
    /// Its facts.
    pub window: Arc<WindowInfo>,
}
