//! Unix sockets.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One connection, seen from either side.
pub type EndpointStream = UnixStream;

/// Accepts callers. Dropping it removes the socket file.
pub struct EndpointListener {
    inner: UnixListener,
    path: PathBuf,
}

impl EndpointListener {
    /// Listens at `path`. A socket that a crash left there is replaced: the caller holds the instance lock.
    ///
    /// # Errors
    /// The socket cannot be created or closed to other users.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let inner = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        Ok(Self {
            inner,
            path: path.to_owned(),
        })
    }

    /// Waits for the next caller.
    ///
    /// # Errors
    /// The error of the system; later callers may still arrive.
    pub fn accept(&self) -> io::Result<EndpointStream> {
        self.inner.accept().map(|(stream, _)| stream)
    }
}

impl Drop for EndpointListener {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Connects to the listener at `path`.
///
/// # Errors
/// `NotFound` or `ConnectionRefused` when nobody listens, or another error of the system.
pub fn connect_endpoint(path: &Path) -> io::Result<EndpointStream> {
    UnixStream::connect(path)
}

/// Limits the time of each read and each write.
///
/// # Errors
/// The error of the system; a timeout of zero.
pub fn set_timeouts(stream: &EndpointStream, timeout: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))
}

/// Says that the answer to a question was read, so that closing the stream need not wait. A socket never waits.
pub fn mark_answered(_: &EndpointStream) {}

/// Runs `work` and returns its result; the stream's own timeouts limit it (see [`set_timeouts`]).
///
/// # Errors
/// Those of `work`.
pub fn run_with_timeout<T>(_: Duration, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    work()
}
