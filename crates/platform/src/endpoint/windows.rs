//! Named pipes.
//!
//! The pipe is named after the path that the socket has on other systems, so each data folder has its own. Only the user
//! who made it and the system can open it, and never from another computer.

use interprocess::os::windows::named_pipe::{
    DuplexPipeStream, PipeListener, PipeListenerOptions, pipe_mode::Bytes,
};
use interprocess::os::windows::security_descriptor::SecurityDescriptor;
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;
use widestring::u16cstr;

/// One connection, seen from either side.
pub type EndpointStream = DuplexPipeStream<Bytes>;

/// Accepts callers.
pub struct EndpointListener {
    inner: PipeListener<Bytes, Bytes>,
}

impl EndpointListener {
    /// Listens under the name that belongs to `path`. The name is free again when the process ends, however it ends.
    ///
    /// # Errors
    /// The name is taken, or another error of the system.
    pub fn bind(path: &Path) -> io::Result<Self> {
        // Full access for the owner and the system, none for anybody else, nothing inherited.
        let access = SecurityDescriptor::deserialize(u16cstr!("D:P(A;;GA;;;OW)(A;;GA;;;SY)"))?;
        let inner = PipeListenerOptions::new()
            .path(pipe_name(path))
            .security_descriptor(Some(access))
            .accept_remote(false)
            .create_duplex::<Bytes>()?;
        Ok(Self { inner })
    }

    /// Waits for the next caller.
    ///
    /// # Errors
    /// The error of the system; later callers may still arrive.
    pub fn accept(&self) -> io::Result<EndpointStream> {
        self.inner.accept()
    }
}

/// Connects to the listener at `path`.
///
/// # Errors
/// `NotFound` when nobody listens, or another error of the system.
pub fn connect_endpoint(path: &Path) -> io::Result<EndpointStream> {
    EndpointStream::connect_by_path(pipe_name(path))
}

/// Does nothing: pipes have no timeouts. A silent caller occupies one of the few threads that answer, and only the user's
/// own programs can be callers.
///
/// # Errors
/// None.
pub fn set_timeouts(_: &EndpointStream, _: Duration) -> io::Result<()> {
    Ok(())
}

/// Says that the answer to a question was read, so that closing the stream need not wait until the pipe is read empty.
pub fn mark_answered(stream: &EndpointStream) {
    stream.assume_flushed();
}

/// Runs `work` on a thread of its own and waits for its result no longer than `timeout`; after that it is left to the end
/// of the program.
///
/// # Errors
/// Those of `work`; `TimedOut`.
pub fn run_with_timeout<T: Send + 'static>(
    timeout: Duration,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = sync_channel(1);
    let thread = std::thread::Builder::new()
        .name("uam-call".into())
        .spawn(move || {
            let _ = sender.send(work());
        })?;
    match receiver.recv_timeout(timeout) {
        Ok(result) => {
            // Its last steps; a program should not end in the middle of them.
            let _ = thread.join();
            result
        }
        Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
        Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("the call panicked")),
    }
}

/// Pipe names are one flat list with a maximum length, so the path becomes a hash. Windows ignores the case of paths.
fn pipe_name(path: &Path) -> String {
    let path = path.to_string_lossy().to_lowercase();
    let digest = Sha256::digest(path.as_bytes());
    let hex: String = digest.iter().take(12).map(|b| format!("{b:02x}")).collect();
    format!(r"\\.\pipe\uam-{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_path_has_one_name() {
        let one = pipe_name(Path::new(r"C:\Users\Ada\uam.sock"));
        assert_eq!(one, pipe_name(Path::new(r"c:\users\ada\UAM.sock")));
        assert_ne!(one, pipe_name(Path::new(r"C:\Users\Bob\uam.sock")));
        assert!(one.len() < 64, "{one}");
    }
}
