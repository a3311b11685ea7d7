//! Virtual desktops with real windows: an X server (Xvfb), a window manager (openbox), top-level windows whose every
//! pixel is known, and a typist who presses real keys and buttons through XTEST.

mod desktop_session;
mod screen_image;
mod test_window;
mod typist;
mod virtual_desktop;
mod wait;
mod window_spec;

pub use desktop_session::{DesktopSession, PANEL_HEIGHT};
pub use screen_image::{ScreenImage, choose_from_menu};
pub use test_window::TestWindow;
pub use typist::{Button, Typist};
pub use virtual_desktop::{DesktopSpec, VirtualDesktop};
pub use wait::{PATIENCE, wait_until};
pub use window_spec::{Fill, WindowSpec};
