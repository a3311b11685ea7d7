//! The X11 sensors on a real X server with a real window manager.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod idle;
mod input;
mod kit;
mod lifecycle;
mod picture;
mod windows;
