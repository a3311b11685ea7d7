//! The differences between operating systems below the sensors: private files, disk space, clocks, the end of the
//! session.
//!
//! Always true: a file or folder made here belongs to its user alone from its first moment; after
//! [`files::write_file_durably`] returns, the new content survives a power cut, and until then the old one does.
//!
//! Each module is a façade over one `imp` per system, chosen on its `mod` line.

pub mod bus;
pub mod clock;
pub mod directories;
pub mod disk_space;
pub mod endpoint;
pub mod files;
pub mod instance_lock;
pub mod metered;
pub mod process;
pub mod shutdown;
pub mod timezone;
#[cfg(windows)]
pub mod windows;
