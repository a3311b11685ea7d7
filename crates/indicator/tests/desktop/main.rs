//! On a display and a session bus of its own: a real panel (xfce4-panel), a real notification service (dunst), real
//! clicks.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod kit;
mod notifications;
mod tray;
