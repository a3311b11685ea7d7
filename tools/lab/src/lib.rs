//! Test kit: real servers and real desktops for tests. Never shipped.

#[cfg(feature = "desktop")]
pub mod desktop;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(feature = "sink")]
pub mod sink;
pub mod terminal;
