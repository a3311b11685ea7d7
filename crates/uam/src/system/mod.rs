//! The few things that differ from system to system outside the sensors.

#[cfg(unix)]
#[path = "unix.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows.rs"]
mod imp;

pub(crate) use imp::{alone, apart, browser, detach, places};
