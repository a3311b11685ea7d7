//! Test kit: a real S3 server, real virtual desktops, a real terminal. Never shipped.
//!
//! Always true: everything listens on loopback only, has bounds, and is gone when its value is dropped.

#[cfg(feature = "desktop")]
pub mod desktop;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(feature = "sink")]
pub mod sink_conformance;
pub mod terminal;
