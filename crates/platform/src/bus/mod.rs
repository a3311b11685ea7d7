//! The D-Bus system bus: where it is, and, on Linux, connecting to it.

mod address;
#[cfg(target_os = "linux")]
pub mod connection;

pub use address::BusAddress;
