//! Named pipes.
//!
//! The pipe is named after the place where the socket lies elsewhere, so that each data folder has its own. Only the user
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

pub(crate) type Stream = DuplexPipeStream<Bytes>;

/// Where callers arrive.
pub(crate) struct Listener {
    inner: PipeListener<Bytes, Bytes>,
}

impl Listener {
    /// Listens under the name of `path`. The name goes with the process, however it ends; one that is taken is an error.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        // Full access for the owner and the system, none for anybody else, nothing inherited.
        let access = SecurityDescriptor::deserialize(u16cstr!("D:P(A;;GA;;;OW)(A;;GA;;;SY)"))?;
        let inner = PipeListenerOptions::new()
            .path(name(path))
            .security_descriptor(Some(access))
            .accept_remote(false)
            .create_duplex::<Bytes>()?;
        Ok(Self { inner })
    }

    pub(crate) fn accept(&self) -> io::Result<Stream> {
        self.inner.accept()
    }
}

pub(crate) fn connect(path: &Path) -> io::Result<Stream> {
    Stream::connect_by_path(name(path))
}

/// Pipes know no time-outs. A silent caller holds one of the few threads that answer, and only the user's own programs
/// can be callers.
pub(crate) fn set_patience(_: &Stream, _: Duration) -> io::Result<()> {
    Ok(())
}

/// Whoever has the answer knows that the question arrived: the pipe need not be waited for until it is read empty.
pub(crate) fn is_answered(stream: &Stream) {
    stream.assume_flushed();
}

/// Does `work`, but waits for it no longer than `patience`; then it is left to the end of the program.
pub(crate) fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (tell, told) = sync_channel(1);
    let thread = std::thread::Builder::new()
        .name("uam-call".into())
        .spawn(move || {
            let _ = tell.send(work());
        })?;
    match told.recv_timeout(patience) {
        Ok(result) => {
            // Its last steps; a program should not end in the middle of them.
            let _ = thread.join();
            result
        }
        Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
        Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("the call broke off")),
    }
}

/// Pipe names are one flat list with a longest length, so the place becomes a number. Windows does not tell upper from
/// lower case in places.
fn name(path: &Path) -> String {
    let place = path.to_string_lossy().to_lowercase();
    let digest = Sha256::digest(place.as_bytes());
    let hex: String = digest.iter().take(12).map(|b| format!("{b:02x}")).collect();
    format!(r"\\.\pipe\uam-{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_one_name() {
        let one = name(Path::new(r"C:\Users\Ada\uam.sock"));
        assert_eq!(one, name(Path::new(r"c:\users\ada\UAM.sock")));
        assert_ne!(one, name(Path::new(r"C:\Users\Bob\uam.sock")));
        assert!(one.len() < 64, "{one}");
    }
}
