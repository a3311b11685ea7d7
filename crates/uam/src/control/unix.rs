//! Unix sockets.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

pub(crate) type Stream = UnixStream;

/// Where callers arrive. The socket file goes with it.
pub(crate) struct Listener {
    inner: UnixListener,
    path: std::path::PathBuf,
}

impl Listener {
    /// Listens at `path`; a socket left there by a crash is replaced (the caller holds the instance lock).
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
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

    pub(crate) fn accept(&self) -> io::Result<Stream> {
        self.inner.accept().map(|(stream, _)| stream)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

pub(crate) fn connect(path: &Path) -> io::Result<Stream> {
    UnixStream::connect(path)
}

pub(crate) fn set_patience(stream: &Stream, patience: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))
}

/// Nothing is left to wait for.
pub(crate) fn is_answered(_: &Stream) {}

/// Does `work`; the stream's own time-outs bound it.
pub(crate) fn within<T>(_: Duration, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    work()
}
