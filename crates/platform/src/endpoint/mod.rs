//! A local endpoint of one user: a Unix socket, or a named pipe on Windows. No other user can open it, and no
//! other computer.
//!
//! An endpoint is named by the path of its socket, also where there is no such file.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod imp;

pub use imp::{
    EndpointListener, EndpointStream, connect_endpoint, mark_answered, run_with_timeout,
    set_timeouts,
};

use std::path::Path;

/// Removes the socket file at the end of a run; one that is missing is no error. A run that ends otherwise leaves it, and
/// the next [`EndpointListener::bind`] replaces it. Pipes leave nothing to remove.
pub fn remove_endpoint(path: &Path) {
    let _ = std::fs::remove_file(path);
}
